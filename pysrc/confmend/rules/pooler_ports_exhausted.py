"""PgBouncer's pools come near the number of ports that it has towards PostgreSQL.

Each connection from PgBouncer's address to one address and port of PostgreSQL takes a port of
net.ipv4.ip_local_port_range, and keeps it for 60 s after it was closed. At the end of the range a connect fails:
`Cannot assign requested address`. Seven tenths of the range are as far as it should go.

That many server connections are hardly ever wanted: smaller pools are the remedy, or a Unix socket, which needs no
ports. There is no edit.
"""

from collections.abc import Iterator

from confmend.facts.kernel import Kernel, evidence, integers
from confmend.facts.pooler import Pooler
from confmend.model import Example, Finding, Rule, Severity
from confmend.models.connections import by_server, least_demand

KEY = "net.ipv4.ip_local_port_range"
# What is closed waits for 60 s, and other programs want ports too.
SHARE = 0.7


def check(pooler: Pooler, kernel: Kernel) -> Iterator[Finding]:
    """Compare what the pools of each server can open with the range."""
    value = kernel.effective(KEY)
    ends = integers(value, 2)
    if not ends or ends[1] < ends[0]:
        return
    ports = ends[1] - ends[0] + 1
    for where, pools in by_server(pooler).items():
        # A Unix socket has no ports; neither has what is local by default.
        needed = least_demand(pooler, pools)
        if where.startswith(":") or needed <= SHARE * ports:
            continue
        yield Finding(
            f"The pools to {where} may open {needed:,} connections, and there are {ports:,} ports for them: a "
            "connection that was closed keeps its own for a minute. Make the pools smaller.",
            (*pooler.origins("default_pool_size"), *evidence(value)),
            arithmetic=(f"{needed:,} > {SHARE} × ({ends[1]:,} − {ends[0]:,} + 1) = {int(SHARE * ports):,}",),
        )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://docs.kernel.org/networking/ip-sysctl.html",),
    examples=(
        Example(
            {
                "pgbouncer_ini": "[databases]\napp = host=10.0.0.5\n[pgbouncer]\ndefault_pool_size = 800\n",
                "sysctl_dump": "net.ipv4.ip_local_port_range = 60000 61000\n",
            },
            {"pgbouncer_ini": "[databases]\napp = host=10.0.0.5\n[pgbouncer]\ndefault_pool_size = 800\n"},
        ),
        Example(
            {
                "pgbouncer_ini": "[databases]\napp = host=10.0.0.5\n[pgbouncer]\ndefault_pool_size = 700\n",
                "sysctl_dump": "net.ipv4.ip_local_port_range = 60000 61000\n",
            }
        ),
    ),
)
