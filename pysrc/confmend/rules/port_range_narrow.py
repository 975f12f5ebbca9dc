"""The host of a pooler has few ports for its connections to the server.

Each connection from one address to one port of a server needs a port of its own, out of net.ipv4.ip_local_port_range,
and keeps it for a minute after it is closed. With a narrow range a pooler that opens and closes connections runs out:
"Cannot assign requested address" (EADDRNOTAVAIL).

It matters only where connections are opened often or in thousands; a pooler that keeps some hundred open never notices.
The change: the line goes and the kernel's 28,232 ports are back, at once for new connections. To undo it, put it back.
"""

from collections.abc import Iterator

from confmend.facts.kernel import Kernel, evidence
from confmend.facts.pooler import Pooler
from confmend.model import Example, Finding, Rule, Severity

KEY, DEFAULT = "net.ipv4.ip_local_port_range", (32_768, 60_999)
# A third of the kernel's own range.
LEAST = 10_000


def check(kernel: Kernel, pooler: Pooler) -> Iterator[Finding]:
    """Count the ports of the range in each layer."""
    for values, (first, last) in kernel.numbers(KEY, 2):
        ports = last - first + 1
        if 0 < ports < LEAST:
            yield Finding(
                f"PgBouncer's host has {ports:,} ports ({first:,} to {last:,}) for connections to one server; a closed "
                f"connection keeps its port for a minute. Remove the line: the default is {DEFAULT[0]:,} to "
                f"{DEFAULT[1]:,}, {DEFAULT[1] - DEFAULT[0] + 1:,} ports.",
                (*evidence(*values), *pooler.origins("default_pool_size")),
                kernel.undone(KEY, f"{DEFAULT[0]} {DEFAULT[1]}", values),
                (f"{last:,} − {first:,} + 1 = {ports:,} < {LEAST:,}",),
            )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://docs.kernel.org/networking/ip-sysctl.html#ip-variables",),
    examples=(
        Example(
            {
                "sysctl_conf": "net.ipv4.ip_local_port_range = 60000 65535\n",
                "pgbouncer_ini": "[databases]\na = host=h\n[pgbouncer]\nlisten_port = 6432\n",
            },
            {"sysctl_conf": ""},
        ),
        Example(
            {
                "sysctl_conf": "net.ipv4.ip_local_port_range = 50000 59999\n",
                "pgbouncer_ini": "[databases]\na = host=h\n[pgbouncer]\nlisten_port = 6432\n",
            }
        ),
    ),
    side_effect="Firewall rules that allow only the old range of source ports must allow the new one.",
)
