"""tcp_tw_reuse was set on a host that only accepts connections.

net.ipv4.tcp_tw_reuse = 1 lets the side that opens a connection take a port that is still in TIME_WAIT. A database
server accepts connections; those in TIME_WAIT on its side are not helped. It is often set next to "too many TIME_WAIT",
which on a server is a sign of clients that connect for each query: a pooler is the remedy.

It is useful on a host with PgBouncer or an application, and harmless here, so there is no edit. It needs TCP
timestamps.
"""

from collections.abc import Iterator

from confmend.facts.kernel import Kernel, evidence
from confmend.facts.pooler import Pooler
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

KEY = "net.ipv4.tcp_tw_reuse"


def check(kernel: Kernel, pg: Postgres, pooler: Pooler | None) -> Iterator[Finding]:
    """Look for 1 in the files, where PostgreSQL and no pooler was pasted."""
    written = kernel.at_boot(KEY)
    if written and written.value.strip() == "1" and pooler is None and pg.files:
        yield Finding(
            "tcp_tw_reuse is 1, which helps only the side that opens connections; PostgreSQL accepts them. If "
            "TIME_WAIT "
            "is the trouble, the clients connect too often: a pooler ends that.",
            evidence(written),
        )


RULE = Rule(
    check,
    Severity.INFO,
    sources=("https://docs.kernel.org/networking/ip-sysctl.html#tcp-variables",),
    examples=(
        Example(
            {"sysctl_conf": "net.ipv4.tcp_tw_reuse = 1\n", "postgresql_conf": "max_connections = 100\n"},
            {"sysctl_conf": "net.ipv4.tcp_tw_reuse = 1\n"},
        ),
        Example(
            {
                "sysctl_conf": "net.ipv4.tcp_tw_reuse = 1\n",
                "postgresql_conf": "max_connections = 100\n",
                "pgbouncer_ini": "[databases]\na = host=h\n[pgbouncer]\nlisten_port = 6432\n",
            }
        ),
    ),
)
