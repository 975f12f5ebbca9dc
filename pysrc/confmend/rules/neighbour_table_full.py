"""The host knows more neighbours than its table holds.

To send to an address on its own network the kernel keeps the hardware address in a table; net.ipv4.neigh.default.
gc_thresh3 is its limit, 1,024 by default. On a large flat network, as clusters of containers have, it fills: "neighbor
table overflow!", and sending to anybody new fails with "No buffer space available", which looks like a lack of buffers.

Set gc_thresh3 to at least twice the hosts of the network, gc_thresh2 to half and gc_thresh1 to a quarter of it, at once
and for IPv6 as well. It costs some hundred bytes for each. There is no edit, for the size of the network is not known.
"""

import re
from collections.abc import Iterator

from confmend.facts.kernel import Kernel, evidence
from confmend.facts.kernel_messages import KernelLog
from confmend.model import Example, Finding, Rule, Severity

OVERFLOW = re.compile("eighbou?r table overflow")
IPV4, IPV6 = "net.ipv4.neigh.default.gc_thresh3", "net.ipv6.neigh.default.gc_thresh3"
SHOWN = 3


def check(messages: KernelLog, kernel: Kernel | None) -> Iterator[Finding]:
    """Look for the kernel's message."""
    lines = tuple(messages.matching(OVERFLOW))
    if not lines:
        return
    key = IPV6 if all("ndisc" in line.text for line in lines) else IPV4
    limit = kernel.effective(key) if kernel else None
    now = f" ({limit.value} now)" if limit else " (1024 unless it was set)"
    yield Finding(
        f"The table of neighbours overflowed {len(lines):,} ×: sending to a new address fails with no buffer space "
        f"available. Set {key}{now} to twice the hosts on this network or more; gc_thresh2 to half, gc_thresh1 to a "
        "quarter of it.",
        (*lines[:SHOWN], *evidence(limit)),
    )


RULE = Rule(
    check,
    Severity.ERROR,
    sources=(
        "https://docs.kernel.org/networking/ip-sysctl.html#neigh-default-gc-thresh1",
        "https://github.com/torvalds/linux/blob/v6.1/net/core/neighbour.c",
    ),
    examples=(
        Example({"kernel_log": "[12345.678901] neighbour: arp_cache: neighbor table overflow!\n"}, {}),
        Example({"kernel_log": "[12345.678901] neighbour: ndisc_cache: garbage collected\n"}),
    ),
)
