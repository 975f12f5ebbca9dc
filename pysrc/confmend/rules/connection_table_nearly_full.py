"""The firewall's table of connections is full, or nearly.

Connection tracking remembers every flow that passes the host, each up to minutes after its end. When the table is full
(`nf_conntrack: table full, dropping packet`) packets of new connections are dropped: connects hang and time out, at
random, while everything that is open goes on. Each entry takes about 400 bytes of the kernel's memory.

First look at what fills it: `conntrack -S`, thousands in TIME_WAIT are clients that connect for each query, which a
pooler ends. Where the flows are real, a larger table is right. nf_conntrack_buckets should be at least a quarter of it;
both take effect at once and need no restart. To undo it, write the old number.
"""

import re
from collections.abc import Iterator

from confmend import units
from confmend.facts.kernel import Kernel, evidence
from confmend.facts.kernel_messages import KernelLog
from confmend.facts.memory import Memory
from confmend.facts.pooler import Pooler
from confmend.model import Example, Finding, Rule, Severity
from confmend.models.connection_table import ENTRY, grown, needed

COUNT = "net.netfilter.nf_conntrack_count"
MAX, ALIAS = "net.netfilter.nf_conntrack_max", "net.nf_conntrack_max"
FULL = re.compile(r"nf_conntrack: table full(?: in netns [0-9]+)?, dropping packet")
MANY, NEARLY_ALL = 0.8, 0.95
# More than a hundredth of RAM for the table is no small decision.
MOST_OF_RAM = 0.01
SHOWN = 3


def check(
    kernel: Kernel | None, messages: KernelLog | None, memory: Memory | None, pooler: Pooler | None
) -> Iterator[Finding]:
    """Compare the flows with the table's size, and look for the kernel's message."""
    lines = tuple(messages.matching(FULL)) if messages else ()
    count, most = (kernel.number(COUNT), kernel.number(MAX) or kernel.number(ALIAS)) if kernel else (None, None)
    share = count / most if count is not None and most else 0.0
    if not lines and share < MANY:
        return
    dropped = (
        f"The kernel dropped packets {len(lines):,} × because its table of connections was full. " if lines else ""
    )
    filled = f"{count:,} of {most:,} places are taken ({share:.0%}). " if most and count is not None else ""
    set_ = kernel.effective(MAX) if kernel else None
    better = grown(most, _wanted(pooler)) if most else 0
    fits = bool(better) and memory is not None and better * ENTRY <= MOST_OF_RAM * memory.ram
    values = kernel.assigned(MAX) if kernel and fits and share >= MANY else ()
    advice = f"nf_conntrack_max = {better:,} takes {units.human(better * ENTRY)}" if most else "Raise nf_conntrack_max"
    yield Finding(
        f"{dropped}{filled}New connections hang when it is full. {advice}; first look for clients that connect for "
        "each query, whose finished connections fill it.",
        (*lines[:SHOWN], *(evidence(kernel.effective(COUNT), set_) if kernel else ())),
        kernel.changed(MAX, str(better), values) if kernel else (),
        (f"{count:,} ÷ {most:,} = {share:.0%}", f"{better:,} × {ENTRY} bytes = {units.human(better * ENTRY)}")
        if count is not None and most
        else (),
        Severity.CRITICAL if lines or share >= NEARLY_ALL else Severity.WARNING,
    )


def _wanted(pooler: Pooler | None) -> int:
    if pooler is None:
        return 0
    servers = sum(pooler.pool_size(pool) for pool in pooler.pools) * (pooler.processes or 1)
    return needed(pooler.count("max_client_conn"), servers)


RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=(
        "https://docs.kernel.org/networking/nf_conntrack-sysctl.html",
        "https://github.com/torvalds/linux/blob/v6.1/net/netfilter/nf_conntrack_core.c",
    ),
    examples=(
        Example(
            {
                "sysctl_dump": "kernel.osrelease = 6.1.0\nnet.netfilter.nf_conntrack_count = 250000\n"
                "net.netfilter.nf_conntrack_max = 262144\n",
                "answers": "memory = 64GB\n",
            },
            {
                "sysctl_dump": "kernel.osrelease = 6.1.0\nnet.netfilter.nf_conntrack_count = 250000\n"
                "net.netfilter.nf_conntrack_max = 524288\n"
            },
        ),
        Example({"kernel_log": "[12345.678901] nf_conntrack: nf_conntrack: table full, dropping packet\n"}, {}),
        Example(
            {
                "sysctl_dump": "kernel.osrelease = 6.1.0\nnet.netfilter.nf_conntrack_count = 209700\n"
                "net.netfilter.nf_conntrack_max = 262144\n"
            }
        ),
    ),
    side_effect="The kernel may take about 400 bytes for each further place, unswappable; raise nf_conntrack_buckets "
    "to a quarter of it as well, or look-ups slow down.",
)
