"""Clients wait for a server connection without end.

With query_wait_timeout = 0 a client that finds the pool taken waits for as long as it takes. If PostgreSQL refuses
connections, or a few transactions never end, every client of the application comes to hang there, with no error that
would tell why; the web servers before them run full as well.

120 s, PgBouncer's default, gives an error that names the pool. It is wrong for batches that may queue for longer: then
a larger number, not 0. Clients that wait longer get an error and lose their connection. A RELOAD applies it, 0 undoes
it.
"""

from collections.abc import Iterator

from confmend.facts.pooler import Pooler
from confmend.model import Example, Finding, Rule, Severity

# PgBouncer's default since 1.7.
DEFAULT = 120


def check(pooler: Pooler) -> Iterator[Finding]:
    """Look for a wait that is set to have no end."""
    if pooler.seconds("query_wait_timeout"):
        return
    yield Finding(
        "query_wait_timeout = 0: a client waits for a free server connection for ever, and nothing reports it. "
        f"{DEFAULT} s is PgBouncer's default.",
        pooler.origins("query_wait_timeout"),
        (pooler.edit("query_wait_timeout", str(DEFAULT)),),
    )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://www.pgbouncer.org/config.html#query_wait_timeout",),
    examples=(
        Example(
            {"pgbouncer_ini": "[pgbouncer]\nquery_wait_timeout = 0\n"},
            {"pgbouncer_ini": "[pgbouncer]\nquery_wait_timeout = 120\n"},
        ),
        Example({"pgbouncer_ini": "[pgbouncer]\nquery_wait_timeout = 1\n"}),
        Example({"pgbouncer_ini": "[pgbouncer]\npool_mode = session\n"}),
    ),
    side_effect="A client that waits for 120 s is disconnected with query_wait_timeout; a batch that queues on purpose "
    "needs a larger number.",
)
