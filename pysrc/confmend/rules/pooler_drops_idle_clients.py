"""PgBouncer disconnects clients that are merely idle.

client_idle_timeout closes a client's connection after so many seconds without a query. An application's own pool keeps
idle connections on purpose and finds out only with the next query: `client_idle_timeout`, or a broken connection. An
idle client costs PgBouncer some kB and PostgreSQL nothing, in transaction mode.

It is right against clients that are forgotten in session mode, where each holds a server connection. If it stays, it
must be longer than the idle time after which the application's pool closes connections itself. There is no edit.
"""

from collections.abc import Iterator

from confmend.facts.clients import Clients
from confmend.facts.pooled_clients import PooledClients
from confmend.facts.pooler import Pooler
from confmend.model import Example, Finding, Rule, Severity
from confmend.units import SECOND


def check(pooler: Pooler, through: PooledClients | None, clients: Clients | None) -> Iterator[Finding]:
    """Look for the limit; an application's pool that keeps connections longer makes it grave."""
    limit = pooler.seconds("client_idle_timeout")
    if limit <= 0:
        return
    chosen = through.all if through else clients.all if clients else ()
    pools = [client for client in chosen if client.pool_size or client.time_us("idle_lifetime")]
    longer = [
        each for each in pools if (found := each.time_us("idle_lifetime")) is None or found.value > limit * SECOND
    ]
    yield Finding(
        f"client_idle_timeout = {limit:g} s closes clients that do nothing. The connections of an application's pool "
        "are idle on purpose, and its next query fails. Use 0, or a time beyond that of the application's pool.",
        (*pooler.origins("client_idle_timeout"), *(client.origin for client in longer[:3])),
        severity=Severity.WARNING if longer else Severity.INFO,
    )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://www.pgbouncer.org/config.html#client_idle_timeout",),
    examples=(
        Example(
            {"pgbouncer_ini": "[pgbouncer]\nclient_idle_timeout = 60\n"},
            {"pgbouncer_ini": "[pgbouncer]\nclient_idle_timeout = 60\n"},
        ),
        Example(
            {
                "pgbouncer_ini": "[pgbouncer]\nclient_idle_timeout = 60\n",
                "connection_strings": "DB=Host=pool;Port=6432;Database=app;Maximum Pool Size=20\n",
            },
            {"pgbouncer_ini": "[pgbouncer]\nclient_idle_timeout = 60\n"},
        ),
        Example({"pgbouncer_ini": "[pgbouncer]\nclient_idle_timeout = 0\n"}),
    ),
)
