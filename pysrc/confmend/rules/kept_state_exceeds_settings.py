"""The server does not start, because something it keeps needs a setting that was lowered.

Replication slots and prepared transactions survive a restart. A logical slot with wal_level below logical, more slots
than max_replication_slots, more prepared transactions than max_prepared_transactions: each is FATAL at start. They
can't be dropped while the server is down, so the setting must go back up first.

wal_level goes to logical where a logical slot asks for it. The other two are raised by their owner to at least what was
there before. Afterwards `select * from pg_replication_slots` and `pg_prepared_xacts` show what holds on; drop what
nobody uses, then lower again with a restart.
"""

import re
from collections.abc import Iterator

from confmend.facts.log import ServerLog
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

# slot.c, logical.c: at start, and when a slot is made.
_LOGICAL = re.compile(
    'logical replication slot "[^"]*" exists, but "?wal_level"? < "?logical"?|'
    'logical decoding requires "?wal_level"? >= "?logical'
)
_SLOTS = re.compile("too many replication slots active before shutdown")
_PREPARED = re.compile("maximum number of prepared transactions reached")
_SHOWN = 3


def check(pg: Postgres, log: ServerLog) -> Iterator[Finding]:
    """Look for the three refusals, as long as the settings still explain them."""
    logical = tuple(log.matching(_LOGICAL))
    if logical and pg.choice("wal_level") != "logical":
        stops = any("exists, but" in origin.text for origin in logical)
        what = "a logical slot exists, and the server does not start" if stops else "logical decoding is refused"
        yield Finding(
            f"wal_level is {pg.choice('wal_level')}, and the log says that {what}. Set it to logical and restart.",
            (*logical[:_SHOWN], *pg.origins("wal_level")),
            (pg.edit("wal_level", "logical"),),
            severity=Severity.CRITICAL if stops else Severity.ERROR,
        )
    for pattern, name, what in (
        (_SLOTS, "max_replication_slots", "more replication slots are kept than that"),
        (_PREPARED, "max_prepared_transactions", "there are as many prepared transactions already"),
    ):
        # While the server runs the same words mean that something was left behind, which is no matter of settings.
        lines = tuple(origin for origin in log.matching(pattern) if "FATAL" in origin.text)
        if lines:
            yield Finding(
                f"{name} is {pg.count(name):,}, and {what}: the server does not start. Raise it to what it was "
                "before, and start it.",
                (*lines[:_SHOWN], *pg.origins(name)),
            )


RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-replication.html#GUC-MAX-REPLICATION-SLOTS",
        "https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/replication/slot.c",
    ),
    examples=(
        Example(
            {
                "postgresql_conf": "wal_level = replica\n",
                "pg_log": '2024-05-01 10:00:00 UTC [9] FATAL:  logical replication slot "sub" exists, but wal_level < '
                "logical\n",
            },
            {"postgresql_conf": "wal_level = logical\n"},
        ),
        Example(
            {
                "postgresql_conf": "max_replication_slots = 2\n",
                "pg_log": "2024-05-01 10:00:00 UTC [9] FATAL:  too many replication slots active before shutdown\n",
            },
            {"postgresql_conf": "max_replication_slots = 2\n"},
        ),
        Example(
            {
                "postgresql_conf": "wal_level = logical\n",
                "pg_log": '2024-05-01 10:00:00 UTC [9] FATAL:  logical replication slot "sub" exists, but wal_level < '
                "logical\n",
            }
        ),
    ),
    side_effect="wal_level = logical writes somewhat more WAL for updates and deletes.",
)
