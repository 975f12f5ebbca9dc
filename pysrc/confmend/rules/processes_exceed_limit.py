"""The connections and workers together are more processes than the server can count.

262,143 is the limit for max_connections, autovacuum workers, background workers and WAL senders together. Beyond it the
server does not start: `too many server processes configured` in 18, `too many backends configured` or `invalid value
for parameter "max_connections"` before. Each number alone is in its range. Nobody needs so many; a zero too many does.

Which of the numbers is wrong its owner knows, so there is no edit.
"""

from collections.abc import Iterator

from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

# MAX_BACKENDS of the server.
MOST = 262_143
# The launcher of autovacuum; from 17 on the slot synchronizer too (NUM_SPECIAL_WORKER_PROCS of 18).
_SPECIAL, _MORE_SPECIAL, _MORE_FROM = 1, 2, 17


def check(pg: Postgres) -> Iterator[Finding]:
    """Add up the processes."""
    slots = pg.version is not None and pg.has("autovacuum_worker_slots")
    names = (
        "max_connections",
        "autovacuum_worker_slots" if slots else "autovacuum_max_workers",
        "max_worker_processes",
        "max_wal_senders",
    )
    counts = [pg.count(name) for name in names]
    special = _MORE_SPECIAL if pg.version and pg.version >= _MORE_FROM else _SPECIAL
    total = sum(counts) + special
    if total > MOST:
        yield Finding(
            f"The settings ask for {total:,} processes, and the server can count {MOST:,}: it does not start.",
            pg.origins(*names),
            arithmetic=(
                " + ".join(f"{count:,} {name}" for count, name in zip(counts, names, strict=True))
                + f" + {special} = {total:,} > {MOST:,}",
            ),
        )


RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=("https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/init/postinit.c",),
    examples=(
        Example(
            {"postgresql_conf": "max_connections = 262143\n", "answers": "postgresql = 16\n"},
            {"postgresql_conf": "max_connections = 262143\n"},
        ),
        Example({"postgresql_conf": "max_connections = 262121\n", "answers": "postgresql = 16\n"}),
    ),
)
