"""The lock table is full: a transaction needed more locks than there are places.

`out of shared memory` with the hint `You might need to increase max_locks_per_transaction` has nothing to do with RAM.
The table has max_locks_per_transaction × (connections + prepared transactions) places for all sessions together; a
query over thousands of partitions, a DROP SCHEMA, or pg_dump of a large schema takes one for each table and index.

There is no edit, because standbys come first: one that has less than its primary stops replaying. Raise it there, then
on the primary, to 4 times as much and more where partitions go into thousands; about 400 bytes for each place. It
needs a restart.
"""

import re
from collections.abc import Iterator

from confmend import units
from confmend.facts.log import ServerLog
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

# The hint (lock.c); from 17 on the name is in quotes.
_FULL = re.compile('You might need to increase "?max_(?:pred_)?locks_per_transaction')
# Bytes of a place, measured as the slope of shared memory over max_locks_per_transaction.
PLACE = 384
MORE = 4
_SHOWN = 3


def check(pg: Postgres, log: ServerLog) -> Iterator[Finding]:
    """Look for the hint in the log."""
    lines = tuple(log.matching(_FULL))
    if not lines:
        return
    each, sessions = pg.count("max_locks_per_transaction"), pg.count("max_connections")
    prepared = pg.count("max_prepared_transactions")
    places = each * (sessions + prepared)
    yield Finding(
        f"The log has {len(lines):,} transactions that found the lock table full. With max_locks_per_transaction = "
        f"{each:,} it has places for about {places:,} locks of all sessions. Try {MORE * each:,}, on standbys first.",
        (*lines[:_SHOWN], *pg.origins("max_locks_per_transaction", "max_connections", "max_prepared_transactions")),
        arithmetic=(
            f"{each:,} × ({sessions:,} max_connections + {prepared:,} prepared) = {places:,} places",
            f"{(MORE - 1) * places:,} more × {PLACE} bytes = {units.human((MORE - 1) * places * PLACE)}",
        ),
    )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-locks.html#GUC-MAX-LOCKS-PER-TRANSACTION",
        "https://www.postgresql.org/docs/current/hot-standby.html#HOT-STANDBY-ADMIN",
    ),
    examples=(
        Example(
            {
                "postgresql_conf": "max_connections = 100\n",
                "pg_log": "2024-05-01 10:00:00 UTC [9] ERROR:  out of shared memory\n2024-05-01 10:00:00 UTC [9] HINT:"
                "  You might need to increase max_locks_per_transaction.\n",
            },
            {"postgresql_conf": "max_connections = 100\n"},
        ),
        Example(
            {
                "postgresql_conf": "max_connections = 100\n",
                "pg_log": "2024-05-01 10:00:00 UTC [9] ERROR:  out of memory\n",
            }
        ),
    ),
)
