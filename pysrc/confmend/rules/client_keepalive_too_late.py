"""The client's keepalive comes later than a device on the path forgets the connection.

A client that waits for a long query sends nothing, and neither does the server. After the idle limit of the load
balancer or firewall between, the answer is dropped on its way, and the client waits on. libpq's first probe comes after
keepalives_idle seconds, the kernel's two hours unless it is set.

The server's keepalive keeps the path open just as well, unless a proxy stands between that ends TCP, which each side
must ask for itself. The edit sets a probe at half of the limit for new connections; the parameters removed undo it.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.clients import Clients
from confmend.facts.keepalive import Keepalive
from confmend.facts.path import NetworkPath
from confmend.facts.pooler import Pooler
from confmend.model import Example, Finding, Rule, Severity
from confmend.units import SECOND

# As in keepalive_too_late.
USUAL_IDLE, INTERVAL, PROBES = 60, 10, 6
LEAST_IDLE = 10
SYSTEM_IDLE = 7200 * SECOND


def check(clients: Clients, path: NetworkPath, server: Keepalive | None, pooler: Pooler | None) -> Iterator[Finding]:
    """Compare the first probe of libpq's clients with half of the limit, where the server's probes don't do."""
    latest = path.idle_limit_us // 2
    proxied = pooler is not None or (path.middlebox is not None and path.middlebox.ends_tcp)
    if server and server.idle_us <= latest and not proxied:
        return
    for client in clients.all:
        on, given = client.keepalive, client.time_us("keepalive_idle")
        # A string that several drivers read gets no parameter that one of them refuses, but its own may be lowered.
        certain = client.certain or client.dialect == "conninfo"
        if client.family != "libpq" or client.local or (on and not on.value) or not (given or certain):
            continue
        first = given.value if given and given.value else SYSTEM_IDLE
        if first <= latest:
            continue
        better = max(LEAST_IDLE, min(USUAL_IDLE, latest // SECOND))
        edits = [client.edit("keepalives_idle", str(better))]
        if not client.time_us("keepalive_interval"):
            edits.append(client.edit("keepalives_interval", str(INTERVAL)))
        if not client.keepalive_count:
            edits.append(client.edit("keepalives_count", str(PROBES)))
        yield Finding(
            f"This client's first keepalive probe is sent after {units.seconds(first)}, but {path.who} forgets idle "
            f"connections after {units.seconds(path.idle_limit_us)}. Write keepalives_idle={better}.",
            ((given and given.origin) or client.origin, *((path.origin,) if path.origin else ())),
            tuple(edits),
            (f"limit {units.seconds(path.idle_limit_us)} ÷ 2 = {units.seconds(latest)} ≥ {better} s",),
        )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-KEEPALIVES-IDLE",),
    examples=(
        Example(
            {
                "connection_strings": "DB=postgresql+psycopg2://app@db/orders?keepalives_idle=900\n",
                "answers": "middlebox = azure-lb\n",
            },
            {
                "connection_strings": "DB=postgresql+psycopg2://app@db/orders?keepalives_idle=60&"
                "keepalives_interval=10&keepalives_count=6\n"
            },
        ),
        Example(
            {
                "connection_strings": "DB=postgresql+psycopg2://app@db/orders?keepalives_idle=120\n",
                "answers": "middlebox = azure-lb\n",
            }
        ),
        Example(
            {
                "connection_strings": "DB=postgresql+psycopg2://app@db/orders\n",
                "postgresql_conf": "listen_addresses = '*'\ntcp_keepalives_idle = 60\n",
                "answers": "middlebox = azure-lb\n",
            }
        ),
    ),
    side_effect="A packet a minute for each idle connection; a server that is silent for two minutes is given up.",
)
