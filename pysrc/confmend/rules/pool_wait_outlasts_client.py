"""A client gives up before PgBouncer tells it why it waits.

A client whose query waits for a server connection is told so after query_wait_timeout. If its own limit for an answer
is shorter, it closes first, sees only its own time-out, and the cause, a pool that is full, stands in PgBouncer's
statistics alone. Its query is dropped from the queue then, which is right.

query_wait_timeout a little below the clients' limit gives an error that names the pool. Clients with different limits
can't all have that; a batch that may queue needs the longer time. There is no edit.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.pooled_clients import PooledClients
from confmend.model import Example, Finding, Rule, Severity
from confmend.units import SECOND


def check(through: PooledClients) -> Iterator[Finding]:
    """Compare the shortest limit that a client states with the wait."""
    waits = through.pooler.seconds("query_wait_timeout")
    stated = [limit for client in through.all if (limit := client.time_us("read_timeout")) and limit.value > 0]
    if waits <= 0 or not stated:
        return
    shortest = min(stated, key=lambda limit: limit.value)
    if shortest.value > waits * SECOND:
        return
    yield Finding(
        f"A client waits {units.seconds(shortest.value)} for an answer, PgBouncer lets it queue for {waits:g} s "
        "(query_wait_timeout): when the pool is full, the client sees only a time-out of its own.",
        (*((shortest.origin,) if shortest.origin else ()), *through.pooler.origins("query_wait_timeout")),
        arithmetic=(f"{units.seconds(shortest.value)} ≤ {waits:g} s",),
    )


RULE = Rule(
    check,
    Severity.INFO,
    sources=("https://www.pgbouncer.org/config.html#query_wait_timeout",),
    examples=(
        Example(
            {
                "pgbouncer_ini": "[databases]\napp = host=10.0.0.5\n[pgbouncer]\n",
                "connection_strings": "url=jdbc:postgresql://pool:6432/app?socketTimeout=60\n",
            },
            {"pgbouncer_ini": "[databases]\napp = host=10.0.0.5\n[pgbouncer]\n"},
        ),
        Example(
            {
                "pgbouncer_ini": "[databases]\napp = host=10.0.0.5\n[pgbouncer]\nquery_wait_timeout = 50\n",
                "connection_strings": "url=jdbc:postgresql://pool:6432/app?socketTimeout=60\n",
            }
        ),
    ),
)
