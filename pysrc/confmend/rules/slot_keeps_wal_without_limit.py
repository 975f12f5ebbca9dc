"""A replication slot may fill the disk with WAL.

A slot keeps all WAL that its consumer has not taken. If the standby or subscriber is gone for good, pg_wal grows until
the disk is full and the primary stops. max_slot_wal_keep_size (13 and later) puts an end to it: the slot is
invalidated, and its consumer has to be made anew. Its default is no limit.

There is no edit: the right number is what the disk of pg_wal can spare, above what a consumer may be behind in its
longest pause. Wrong where losing the consumer is worse than a full disk. A reload sets it; -1 undoes it.
"""

import re
from collections.abc import Iterator

from confmend.facts.log import ServerLog
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

NAME = "max_slot_wal_keep_size"
_SLOT = re.compile(
    'START_REPLICATION SLOT|CREATE_REPLICATION_SLOT|starting logical decoding for slot|replication slot "'
)
_SHOWN = 2


def check(pg: Postgres, log: ServerLog | None) -> Iterator[Finding]:
    """Look for slots where nothing limits what they keep."""
    if pg.version is None or not pg.has(NAME) or pg.count(NAME) >= 0:
        return
    named = [name for name in ("synchronized_standby_slots",) if pg.has(name) and pg.text(name).value.strip()]
    lines = tuple(log.matching(_SLOT))[:_SHOWN] if log else ()
    if lines or named:
        yield Finding(
            f"Replication slots are in use, and {NAME} is -1: a consumer that is gone keeps all WAL until the disk is "
            "full. Set it to what the disk of pg_wal can spare.",
            (*lines, *pg.origins(NAME, *named)),
        )


_LINE = '2024-05-01 10:00:00 UTC [9] LOG:  starting logical decoding for slot "sub"\n'
RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-replication.html#GUC-MAX-SLOT-WAL-KEEP-SIZE",
        "https://www.postgresql.org/docs/current/warm-standby.html#STREAMING-REPLICATION-SLOTS",
    ),
    examples=(
        Example(
            {"postgresql_conf": "wal_level = logical\n", "pg_log": _LINE, "answers": "postgresql = 16\n"},
            {"postgresql_conf": "wal_level = logical\n"},
        ),
        Example(
            {
                "postgresql_conf": "wal_level = logical\nmax_slot_wal_keep_size = 100GB\n",
                "pg_log": _LINE,
                "answers": "postgresql = 16\n",
            }
        ),
        Example({"postgresql_conf": "wal_level = logical\n", "answers": "postgresql = 16\n"}),
    ),
)
