"""PgBouncer asks no silent connection whether anybody is there.

With tcp_keepalive = 0 a client or a server that vanished without a word keeps its connection in PgBouncer: a client
counts against max_client_conn until PgBouncer restarts, a server connection is handed out and the query on it waits for
the kernel's retransmissions, a quarter of an hour.

Nothing speaks for 0 but traffic that is paid by the packet. A RELOAD applies it to new connections; 0 undoes it.
"""

from collections.abc import Iterator

from confmend.facts.pooler import Pooler
from confmend.model import Example, Finding, Rule, Severity


def check(pooler: Pooler) -> Iterator[Finding]:
    """Look for keepalive that is switched off, where connections go over a network."""
    if pooler.count("tcp_keepalive") or not pooler.over_network:
        return
    yield Finding(
        "tcp_keepalive = 0: PgBouncer never finds out that a silent client or server is gone. 1 is the default.",
        pooler.origins("tcp_keepalive"),
        (pooler.edit("tcp_keepalive", "1"),),
    )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://www.pgbouncer.org/config.html#tcp_keepalive",),
    examples=(
        Example(
            {"pgbouncer_ini": "[databases]\napp = host=10.0.0.5\n[pgbouncer]\ntcp_keepalive = 0\n"},
            {"pgbouncer_ini": "[databases]\napp = host=10.0.0.5\n[pgbouncer]\ntcp_keepalive = 1\n"},
        ),
        Example({"pgbouncer_ini": "[databases]\napp = host=/run/postgresql\n[pgbouncer]\ntcp_keepalive = 0\n"}),
        Example({"pgbouncer_ini": "[databases]\napp = host=10.0.0.5\n[pgbouncer]\n"}),
    ),
    side_effect="One packet for each idle connection and probe; connections to peers that are gone are closed.",
)
