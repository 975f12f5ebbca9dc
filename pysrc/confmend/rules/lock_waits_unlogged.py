"""The log shows trouble with locks, but not who waited for whom.

Deadlocks, lock timeouts or statements cancelled while they waited stand in the log. With log_lock_waits the server also
writes, after deadlock_timeout (1 s), which process waits for which lock and who holds it.

It costs a line for each wait of a second. A reload sets it, off undoes it.
"""

import re
from collections.abc import Iterator

from confmend.facts.log import ServerLog
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

# deadlock.c, postgres.c.
_LOCKS = re.compile("deadlock detected|canceling statement due to lock timeout|could not obtain lock on ")


def check(pg: Postgres, log: ServerLog) -> Iterator[Finding]:
    """Look for lock trouble while lock waits are not logged."""
    if pg.flag("log_lock_waits"):
        return
    lines = tuple(log.matching(_LOCKS))
    if lines:
        yield Finding(
            f"The log shows {len(lines):,} deadlocks or lock timeouts, and log_lock_waits is off: with on it says who "
            "waited for whom.",
            (*lines[:3], *pg.origins("log_lock_waits")),
            (pg.edit("log_lock_waits", "on"),),
        )


RULE = Rule(
    check,
    Severity.INFO,
    sources=("https://www.postgresql.org/docs/current/runtime-config-logging.html#GUC-LOG-LOCK-WAITS",),
    examples=(
        Example(
            {
                "postgresql_conf": "log_lock_waits = off\n",
                "pg_log": "2025-01-01 10:00:00.000 UTC [7] ERROR:  deadlock detected\n",
            },
            {"postgresql_conf": "log_lock_waits = on\n"},
        ),
        Example(
            {
                "postgresql_conf": "log_lock_waits = on\n",
                "pg_log": "2025-01-01 10:00:00.000 UTC [7] ERROR:  deadlock detected\n",
            }
        ),
        Example(
            {
                "postgresql_conf": "log_lock_waits = off\n",
                "pg_log": "2025-01-01 10:00:00.000 UTC [7] ERROR:  canceling statement due to statement timeout\n",
            }
        ),
    ),
    side_effect="The log grows by a few lines for each wait of more than deadlock_timeout.",
)
