"""PostgreSQL ends sessions that belong to PgBouncer's pools.

PgBouncer's log has `server conn crashed?`, and PostgreSQL's says that it ended sessions itself: for
idle_session_timeout, idle_in_transaction_session_timeout, or because an administrator said so. The client whose turn it
was gets an error for what another one left behind.

For the pool's users idle_session_timeout should be 0; where both configurations were pasted, pooled_sessions_time_out
says so. idle_in_transaction_session_timeout is a good guard: then it is
the application that leaves transactions open. A restart or failover of the server looks the same and is none of this.
There is nothing to edit here.
"""

import re
from collections.abc import Iterator

from confmend.facts.log import ServerLog
from confmend.facts.pooler import Pooler
from confmend.facts.pooler_state import PoolerState
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity
from confmend.models.connections import ended_while_pooled

CRASHED = re.compile(r"server conn crashed\?")
IDLE = "idle_session_timeout"
REASONS = {
    IDLE: re.compile("terminating connection due to idle-session timeout"),
    "idle_in_transaction_session_timeout": re.compile("terminating connection due to idle-in-transaction timeout"),
    "an administrator's command": re.compile("terminating connection due to administrator command"),
}


def check(state: PoolerState, log: ServerLog, pg: Postgres | None, pooler: Pooler | None) -> Iterator[Finding]:
    """Look for the server's reasons where the pooler saw the effect."""
    crashed = tuple(state.matching(CRASHED))
    if not crashed:
        return
    found = {name: tuple(log.matching(pattern)) for name, pattern in REASONS.items()}
    told = pg and pooler and pg.version is not None and ended_while_pooled(pg, pooler)
    reasons = {name: lines for name, lines in found.items() if lines and not (told and name == IDLE)}
    if not reasons:
        return
    shown = ", ".join(f"{name} ({len(lines):,})" for name, lines in reasons.items())
    yield Finding(
        f"PgBouncer lost {len(crashed):,} server connections, and PostgreSQL ended sessions itself: {shown}.",
        (*crashed[:2], *(lines[0] for lines in reasons.values())),
    )


_BOUNCER = "2024-05-01 10:00:00.123 UTC [7] LOG C-0x55d0: app/joe@10.0.0.7:51422 closing because: {} (age=120s)\n"
RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-IDLE-SESSION-TIMEOUT",),
    examples=(
        Example(
            {
                "pgbouncer_log": _BOUNCER.format("server conn crashed?"),
                "pg_log": "2024-05-01 10:00:00 UTC [4711] FATAL:  terminating connection due to idle-session timeout\n",
            },
            {},
        ),
        Example(
            {
                "pgbouncer_log": _BOUNCER.format("client close request"),
                "pg_log": "2024-05-01 10:00:00 UTC [4711] FATAL:  terminating connection due to idle-session timeout\n",
            }
        ),
        Example(
            {
                "postgresql_conf": "idle_session_timeout = 5min\n",
                "pgbouncer_ini": "[databases]\napp = host=10.0.0.5\n[pgbouncer]\n",
                "pgbouncer_log": _BOUNCER.format("server conn crashed?"),
                "pg_log": "2024-05-01 10:00:00 UTC [4711] FATAL:  terminating connection due to idle-session timeout\n",
                "answers": "postgresql = 16\n",
            }
        ),
    ),
)
