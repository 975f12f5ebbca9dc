"""A replication slot was given up, and its standby can't go on.

The log says `invalidating obsolete replication slot` (or names the slot whose restart_lsn exceeds
max_slot_wal_keep_size), and then `requested WAL segment ... has already been removed`: the standby was away or too slow
for longer than the limit allows, the server dropped the WAL that it needs, and it asks in vain, again and again.

It must be made anew (pg_basebackup), or fed from an archive with restore_command. Without the limit the disk would have
run full instead: raise max_slot_wal_keep_size only as far as the disk has room. There is nothing to edit.
"""

import re
from collections.abc import Iterator

from confmend.facts.log import ServerLog
from confmend.model import Example, Finding, Rule, Severity

GIVEN_UP = re.compile('invalidating (?:obsolete replication slot|slot "[^"]*" because)')
REMOVED = re.compile("requested WAL segment [0-9A-F]+ has already been removed")


def check(log: ServerLog) -> Iterator[Finding]:
    """Look for both messages."""
    slots = tuple(log.matching(GIVEN_UP))
    asked = tuple(log.matching(REMOVED)) if slots else ()
    if asked:
        yield Finding(
            f"A replication slot was given up, and a standby has asked {len(asked):,} times for WAL that is gone. It "
            "must be made anew, or fed from an archive.",
            (*slots[:2], *asked[:2]),
        )


_LINE = "2024-05-01 10:00:00 UTC [4711] {}\n"
RULE = Rule(
    check,
    Severity.ERROR,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-replication.html#GUC-MAX-SLOT-WAL-KEEP-SIZE",
        "https://www.postgresql.org/docs/current/warm-standby.html#STREAMING-REPLICATION-SLOTS",
    ),
    examples=(
        Example(
            {
                "pg_log": _LINE.format('LOG:  invalidating obsolete replication slot "standby1"')
                + _LINE.format("ERROR:  requested WAL segment 000000010000000000000007 has already been removed")
            },
            {},
        ),
        Example(
            {"pg_log": _LINE.format("ERROR:  requested WAL segment 000000010000000000000007 has already been removed")}
        ),
    ),
)
