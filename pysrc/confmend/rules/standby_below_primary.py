"""A standby has less than its primary, and stops replaying.

max_connections, max_worker_processes, max_wal_senders, max_prepared_transactions and max_locks_per_transaction of a
standby must be at least the primary's, for what it replays needs the same places. Up to 13 a standby with less does not
start; from 14 on it pauses and lags behind, and ends when it is resumed: `hot standby is not possible because of
insufficient parameter settings`. The log says which value and what the primary has.

The value becomes the primary's, on the standby whose log this is. It needs a restart. For the next change: raise on
standbys first, lower on the primary first.
"""

import re
from collections.abc import Iterator

from confmend.facts.log import ServerLog
from confmend.facts.postgres import Postgres
from confmend.facts.role import Role
from confmend.model import Example, Finding, Origin, Rule, Severity

# xlogrecovery.c: a DETAIL since 14, the message itself up to 13, where the primary was called the master.
_LOWER = re.compile(
    r"(max_[a-z_]+) = ([0-9]+) is a lower setting than on the (?:primary|master) server"
    r"(?:, where its value was ([0-9]+)| \(its value was ([0-9]+)\))"
)


def check(pg: Postgres, log: ServerLog, role: Role | None) -> Iterator[Finding]:
    """Look for what the log says of the primary's values."""
    said: dict[str, tuple[int, Origin]] = {}
    for origin in log.matching(_LOWER):
        match = _LOWER.search(origin.text)
        if match:
            said[match[1]] = int(match[3] or match[4]), origin
    for name, (wanted, origin) in said.items():
        own = pg.count(name)
        if own < wanted:
            managed = role is not None and role.console
            yield Finding(
                f"{name} is {own:,} on this standby, and its primary has {wanted:,}: it does not replay. Set it to "
                f"{wanted:,} and restart."
                + (f" On {role.service} that is in {role.console}." if managed and role else ""),
                (origin, *pg.origins(name)),
                () if managed else (pg.edit(name, str(wanted)),),
                (f"{own:,} < {wanted:,}",),
            )


RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=(
        "https://www.postgresql.org/docs/current/hot-standby.html#HOT-STANDBY-ADMIN",
        "https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/access/transam/xlogrecovery.c",
    ),
    examples=(
        Example(
            {
                "postgresql_conf": "max_connections = 100\n",
                "pg_log": "2024-05-01 10:00:00 UTC [9] WARNING:  hot standby is not possible because of insufficient "
                "parameter settings\n2024-05-01 10:00:00 UTC [9] DETAIL:  max_connections = 100 is a lower setting "
                "than on the primary server, where its value was 300.\n",
            },
            {"postgresql_conf": "max_connections = 300\n"},
        ),
        Example(
            {
                "postgresql_conf": "max_connections = 300\n",
                "pg_log": "2024-05-01 10:00:00 UTC [9] DETAIL:  max_connections = 100 is a lower setting than on the "
                "primary server, where its value was 300.\n",
            }
        ),
    ),
    side_effect="More places take more shared memory, and the standby is restarted.",
)
