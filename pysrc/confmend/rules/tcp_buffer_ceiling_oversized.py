"""One TCP connection may pin more than a hundredth of the RAM.

The third number of tcp_rmem and tcp_wmem is the largest buffer that the kernel's tuning gives one connection. The
kernel's own limit is RAM / 128 at most. Beyond it a dozen clients that stopped reading hold a tenth of the RAM, none of
which can be swapped, and TCP as a whole comes to its limit (tcp_mem) with fewer of them.

A connection needs twice its bandwidth times its round trip: 1 Gbit/s over 80 ms is 20 MB. A host whose job is a few
very fast, very long lines may need more than RAM / 128; then leave it. The change holds for new connections; to undo
it, put the line back.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.kernel import Kernel, evidence
from confmend.facts.memory import Memory
from confmend.model import Edit, Example, Finding, Rule, Severity
from confmend.models.tcp_buffers import ENOUGH, SHARE, mended, too_large

KEYS = ("net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem")


def check(kernel: Kernel, memory: Memory) -> Iterator[Finding]:
    """Compare the third number with RAM / 128 in each layer."""
    share = memory.ram // SHARE
    for key in KEYS:
        for values, sizes in kernel.numbers(key, 3):
            least, start, most = sizes
            if not least <= start <= most or not too_large(most, memory.ram):
                continue
            better = mended(key, sizes, memory.ram)
            kinds = dict.fromkeys(value.origin.kind for value in values if value.origin)
            yield Finding(
                f"One connection's {'receive' if 'rmem' in key else 'send'} buffer may grow to {units.human(most)}, "
                f"{most / memory.ram:.1%} of {units.gib(memory.ram)}; {memory.ram // most:,} such connections are the "
                f"whole RAM. The kernel's own limit is RAM ÷ {SHARE}: at most {units.human(min(share, ENOUGH))} here.",
                (*evidence(*values), *memory.origins),
                tuple(Edit(kind, key, better) for kind in kinds),
                (f"{units.gib(memory.ram)} ÷ {SHARE} = {units.human(share)} < {units.human(most)}",),
            )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://docs.kernel.org/networking/ip-sysctl.html#tcp-variables",
        "https://github.com/torvalds/linux/blob/v6.1/net/ipv4/tcp.c",
    ),
    examples=(
        Example(
            {"sysctl_conf": "net.ipv4.tcp_wmem = 4096 65536 134217728\n", "answers": "memory = 4GB\n"},
            {"sysctl_conf": "net.ipv4.tcp_wmem = 4096 65536 33554432\n"},
        ),
        Example({"sysctl_conf": "net.ipv4.tcp_rmem = 4096 87380 33554432\n", "answers": "memory = 4GB\n"}),
    ),
    side_effect="A single connection over a very fast and very long line may reach less than its full speed.",
)
