"""TCP has run out of memory since the host started.

Two counters and a message are the proof that sockstat, which shows one moment, can't give: TCPMemoryPressures counts
how often TCP came above the second number of tcp_mem, TCPAbortOnMemory the connections that it reset for it, and the
kernel logs "TCP: out of memory -- consider tuning tcp_mem" when it drops a closed connection that still had data to
send.

Before raising anything find who held the memory: clients that stopped reading, each with up to tcp_wmem[2] behind it. A
tcp_mem that was set too low by hand is the other cause; other rules look at it. The counters run since the host
started, so compare two readings a day apart. There is no edit.
"""

import re
from collections.abc import Iterator

from confmend.facts.counters import Counters
from confmend.facts.kernel_messages import KernelLog
from confmend.model import Example, Finding, Rule, Severity

PRESSURES, ABORTS = "TcpExt/TCPMemoryPressures", "TcpExt/TCPAbortOnMemory"
OUT = re.compile("TCP: out of memory")
SHOWN = 3


def check(counters: Counters | None, messages: KernelLog | None) -> Iterator[Finding]:
    """Look for the two counters and the message."""
    pressures, aborts = (counters.get(name) if counters else None for name in (PRESSURES, ABORTS))
    lines = tuple(messages.matching(OUT)) if messages else ()
    found = [value for value in (pressures, aborts) if value and value.value > 0]
    if not found and not lines:
        return
    said = []
    if pressures and pressures.value:
        said.append(f"came above its pressure limit {pressures.value:,} ×")
    if aborts and aborts.value:
        said.append(f"reset {aborts.value:,} connections for it")
    if lines:
        said.append(f"logged {len(lines):,} × that it is out of memory")
    hard = bool(lines) or bool(aborts and aborts.value)
    yield Finding(
        f"Since the host started TCP {', '.join(said)}. So memory for sockets did run short. Look who holds it (ss "
        f"-tmn, "
        "sorted by Send-Q) while it happens; only then raise tcp_mem, and to a quarter of the RAM at most.",
        (*lines[:SHOWN], *(value.origin for value in found if value.origin)),
        severity=Severity.ERROR if hard else Severity.WARNING,
    )


RULE = Rule(
    check,
    Severity.ERROR,
    sources=(
        "https://docs.kernel.org/networking/snmp_counter.html",
        "https://github.com/torvalds/linux/blob/v6.1/net/ipv4/tcp.c",
    ),
    examples=(
        Example({"nstat": "#kernel\nTcpExtTCPMemoryPressures        12                 0.0\n"}, {}),
        Example({"kernel_log": "[12345.678901] TCP: out of memory -- consider tuning tcp_mem\n"}, {}),
        Example(
            {
                "nstat": "#kernel\nTcpExtTCPMemoryPressures        0                  0.0\n"
                "TcpExtTCPAbortOnMemory          0                  0.0\n"
            }
        ),
    ),
)
