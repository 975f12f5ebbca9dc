"""PgBouncer's clients wait in vain because PostgreSQL gives it no more connections.

PgBouncer's log has query_wait_timeout, and PostgreSQL's log `too many clients already` or `remaining connection slots
are reserved`: the pool wants to grow to its size and can't, so a larger pool makes nothing better. The slots are taken
by what goes round the pooler, by pools of other databases and users, or by sessions that are left over.

Count in pg_stat_activity who holds them; bring the sum of the pools below what the server has, with max_db_connections.
The rules of the budget do that sum where both files are pasted; there is nothing to edit here.
"""

import re
from collections.abc import Iterator

from confmend.facts.log import ServerLog
from confmend.facts.pooler_state import PoolerState
from confmend.model import Example, Finding, Rule, Severity

WAITED = re.compile(r"query_wait_timeout")
FULL = re.compile("too many clients already|remaining connection slots are reserved|too many connections for")


def check(state: PoolerState, log: ServerLog | None) -> Iterator[Finding]:
    """Look for both; PgBouncer's log may hold the server's answer itself."""
    waited = tuple(state.matching(WAITED))
    if not waited:
        return
    full = (*state.matching(FULL), *(log.matching(FULL) if log else ()))
    if not full:
        return
    yield Finding(
        f"{len(waited):,} clients of PgBouncer waited in vain, and PostgreSQL refused connections {len(full):,} times: "
        "the pools could not grow to their size. Larger pools do not help; free connections of the server do.",
        (*waited[:2], *full[:2]),
    )


_BOUNCER = "2024-05-01 10:00:00.123 UTC [7] LOG C-0x55d0: app/joe@10.0.0.7:51422 closing because: {} (age=120s)\n"
RULE = Rule(
    check,
    Severity.ERROR,
    sources=(
        "https://www.pgbouncer.org/config.html#query_wait_timeout",
        "https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-MAX-CONNECTIONS",
    ),
    examples=(
        Example(
            {
                "pgbouncer_log": _BOUNCER.format("query_wait_timeout"),
                "pg_log": "2024-05-01 10:00:00 UTC [4711] FATAL:  sorry, too many clients already\n",
            },
            {},
        ),
        Example(
            {
                "pgbouncer_log": _BOUNCER.format("query_wait_timeout"),
                "pg_log": "2024-05-01 10:00:00 UTC [4711] LOG:  checkpoint starting: time\n",
            }
        ),
    ),
)
