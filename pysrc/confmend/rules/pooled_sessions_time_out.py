"""PostgreSQL ends the idle sessions that a pool keeps on purpose.

idle_session_timeout (from PostgreSQL 14) ends a session that is idle outside a transaction. A pooler's server
connections are idle most of the time; the one that is ended is the one that the next client gets, and PgBouncer logs
`server conn crashed?`. Idle sessions of a pool are no leak: server_idle_timeout closes them, in order.

Set it to 0, and where people's own sessions should end, for their roles: ALTER ROLE ... SET idle_session_timeout. A
reload applies it to new sessions; the old value undoes it. It is right where nothing pools.
"""

import re
from collections.abc import Iterator

from confmend import units
from confmend.facts.log import ServerLog
from confmend.facts.pooler import Pooler
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity
from confmend.models.connections import ended_while_pooled

# postgres.c, ProcessInterrupts.
ENDED = re.compile("terminating connection due to idle-session timeout")


def check(pg: Postgres, pooler: Pooler, log: ServerLog | None) -> Iterator[Finding]:
    """Compare it with the time after which PgBouncer closes its idle connections itself."""
    limit, own = ended_while_pooled(pg, pooler), pooler.seconds("server_idle_timeout")
    if not limit:
        return
    seen = tuple(log.matching(ENDED)) if log else ()
    ended = f" The server's log shows {len(seen):,} such ends." if seen else ""
    kept = f"only after {own:g} s" if own else "never"
    yield Finding(
        f"idle_session_timeout = {units.seconds(limit)} ends sessions that PgBouncer keeps idle in its pools; it "
        f"closes them itself {kept} (server_idle_timeout). The next client gets: server conn crashed.{ended} Use 0 for "
        "the pool's users, and set the limit for people's own roles.",
        (*pg.origins("idle_session_timeout"), *pooler.origins("server_idle_timeout"), *seen[:2]),
        (pg.edit("idle_session_timeout", "0"),),
        (f"{units.seconds(limit)} ≤ {own:g} s",),
    )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-IDLE-SESSION-TIMEOUT",
        "https://www.pgbouncer.org/config.html#server_idle_timeout",
    ),
    examples=(
        Example(
            {
                "postgresql_conf": "idle_session_timeout = 5min\n",
                "pgbouncer_ini": "[databases]\napp = host=10.0.0.5\n[pgbouncer]\n",
                "answers": "postgresql = 16\n",
            },
            {"postgresql_conf": "idle_session_timeout = 0\n"},
        ),
        Example(
            {
                "postgresql_conf": "idle_session_timeout = 601s\n",
                "pgbouncer_ini": "[databases]\napp = host=10.0.0.5\n[pgbouncer]\n",
                "answers": "postgresql = 16\n",
            }
        ),
    ),
    side_effect="Forgotten sessions that go round the pooler are no longer ended, unless their roles have a limit of "
    "their own.",
)
