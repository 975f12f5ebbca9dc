"""The kernel has forgotten closed connections too early.

A closed connection stays in TIME_WAIT for a minute, so that late packets can't reach a new one of the same ports. At
tcp_max_tw_buckets the kernel drops that state and counts it (TCPTimeWaitOverflow; old kernels log "time wait bucket
table overflow"). So many short connections are clients that connect for each query.

A pooler ends that. A limit that was lowered by hand is another cause; another rule looks at it. There is no edit.
"""

import re
from collections.abc import Iterator

from confmend.facts.counters import Counters
from confmend.facts.kernel import Kernel, evidence
from confmend.facts.kernel_messages import KernelLog
from confmend.model import Example, Finding, Rule, Severity

COUNTER, KEY = "TcpExt/TCPTimeWaitOverflow", "net.ipv4.tcp_max_tw_buckets"
OVERFLOW = re.compile("time wait bucket table overflow")
SHOWN = 3


def check(counters: Counters | None, messages: KernelLog | None, kernel: Kernel | None) -> Iterator[Finding]:
    """Look for the counter and the message."""
    counted = counters.get(COUNTER) if counters else None
    lines = tuple(messages.matching(OVERFLOW)) if messages else ()
    times = max(counted.value if counted else 0, len(lines))
    if times <= 0:
        return
    limit = kernel.effective(KEY) if kernel else None
    yield Finding(
        f"{times:,} × the kernel forgot a closed connection before its minute was over"
        + (f" (tcp_max_tw_buckets = {limit.value})" if limit else "")
        + ". Clients connect and disconnect too often: a pooler ends that.",
        (*lines[:SHOWN], *((counted.origin,) if counted and counted.origin else ()), *evidence(limit)),
    )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://docs.kernel.org/networking/ip-sysctl.html#tcp-variables",
        "https://github.com/torvalds/linux/blob/v6.1/net/ipv4/tcp_minisocks.c",
    ),
    examples=(
        Example({"nstat": "#kernel\nTcpExtTCPTimeWaitOverflow       811                0.0\n"}, {}),
        Example({"nstat": "#kernel\nTcpExtTCPTimeWaitOverflow       0                  0.0\n"}),
    ),
)
