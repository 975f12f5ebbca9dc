"""An application's pool keeps idle connections longer than a device on the path remembers them.

Npgsql's pool closes a connection that was not used for Connection Idle Lifetime, 300 s unless it is set. If the load
balancer or firewall between forgets after less, the pool hands out connections that lead nowhere, and the first query
on each hangs or fails. Keepalive below the limit prevents it; so does a shorter lifetime.

The edit is made only where the string itself sets the time. New connections have it; the old number undoes it.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.clients import Clients
from confmend.facts.keepalive import Keepalive
from confmend.facts.path import NetworkPath
from confmend.model import Example, Finding, Rule, Severity, Value
from confmend.units import SECOND

# Npgsql's own default of Connection Idle Lifetime.
DEFAULT = 300 * SECOND


def check(clients: Clients, path: NetworkPath, server: Keepalive | None) -> Iterator[Finding]:
    """Compare the time in the pool with the limit, where no keepalive is in between."""
    limit = path.idle_limit_us
    if server and server.idle_us <= limit // 2:
        return
    for client in clients.all:
        if client.family != "npgsql" or client.local:
            continue
        probes = client.time_us("ping_interval") or client.time_us("keepalive_idle")
        lifetime = client.time_us("idle_lifetime") or Value(DEFAULT)
        if (probes and 0 < probes.value < limit) or lifetime.value < limit:
            continue
        better = max(1, limit // 2 // SECOND)
        yield Finding(
            f"The pool keeps idle connections for {units.seconds(lifetime.value)}, but {path.who} forgets them after "
            f"{units.seconds(limit)}. Set Keepalive={better} (seconds), or Connection Idle Lifetime={better}.",
            (lifetime.origin or client.origin, *((path.origin,) if path.origin else ())),
            (client.edit("Connection Idle Lifetime", str(better)),) if lifetime.origin else (),
            (f"{units.seconds(limit)} ÷ 2 = {better} s",),
        )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://www.npgsql.org/doc/connection-string-parameters.html#pooling",
        "https://www.npgsql.org/doc/keepalive.html",
    ),
    examples=(
        Example(
            {
                "connection_strings": "DB=Host=db;Database=app;Username=app;Connection Idle Lifetime=600\n",
                "answers": "middlebox = aws-nlb\n",
            },
            {"connection_strings": "DB=Host=db;Database=app;Username=app;Connection Idle Lifetime=175\n"},
        ),
        Example(
            {
                "connection_strings": "DB=Host=db;Database=app;Username=app;Keepalive=60\n",
                "answers": "middlebox = azure-lb\n",
            }
        ),
        Example(
            {"connection_strings": "DB=Host=db;Database=app;Username=app\n", "answers": "middlebox = aws-nlb\n"},
        ),
    ),
    side_effect="The pool opens connections anew after quiet minutes, each with its login.",
)
