"""Checkpoints come because the WAL is full, not because it is time.

max_wal_size is reached long before checkpoint_timeout. Each checkpoint writes all changed buffers, and after it every
page that is changed first goes to the WAL whole (full_page_writes), so more checkpoints make more WAL, which makes more
checkpoints. The server complains when they are less than checkpoint_warning (30 s) apart.

A bulk load that happens once a month needs no change. The edit raises max_wal_size only from the default of 1 GB or
less, to what lasts until checkpoint_timeout at the logged rate, at most eight times as much; a log can't tell whether
it was written before or after an earlier raise. It needs that much disk in pg_wal, and a recovery after a crash replays
more. A reload sets it, the old value undoes it.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.frequent_checkpoints import FrequentCheckpoints
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

# The default since 9.5. What is larger, somebody has raised already.
USUAL = 1024**3
# One step; then measure again.
MOST_TIMES = 8
# Fewer complaints are one bulk load.
MANY = 3


def check(pg: Postgres, frequent: FrequentCheckpoints) -> Iterator[Finding]:
    """Work out the WAL of one checkpoint_timeout from the logged intervals."""
    size, timeout = pg.size("max_wal_size"), pg.time_us("checkpoint_timeout") // 10**6
    if len(frequent.seconds) < MANY:
        return
    times = 2
    while times < MOST_TIMES and frequent.usual * times < timeout:
        times *= 2
    better = max(2 * USUAL, USUAL * times) if size >= USUAL else USUAL * times
    edits = (pg.edit("max_wal_size", units.postgres_size(better)),) if size <= USUAL else ()
    advice = (
        f"With {units.postgres_size(better)}, and that much disk for pg_wal, they come seldom enough to measure again."
        if edits
        else "If the log is of today, double it, if pg_wal's disk holds it."
    )
    yield Finding(
        f"The log complains {len(frequent.seconds):,} times that checkpoints are too frequent, usually "
        f"{frequent.usual} s apart; checkpoint_timeout is {timeout:,} s and max_wal_size {units.human(size)}. {advice}",
        (*frequent.origins[:3], *pg.origins("max_wal_size", "checkpoint_timeout")),
        edits,
        (
            f"WAL until checkpoint_timeout at that rate: {units.human(size)} × {timeout:,} s ÷ {frequent.usual} s = "
            f"{units.human(size * timeout // frequent.usual)} of max_wal_size; one step is at most {MOST_TIMES} GB",
        ),
    )


_LOG = "2025-01-01 10:00:00.000 UTC [7] LOG:  checkpoints are occurring too frequently (12 seconds apart)\n"
RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://www.postgresql.org/docs/current/wal-configuration.html",
        "https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-MAX-WAL-SIZE",
    ),
    examples=(
        Example(
            {"postgresql_conf": "max_wal_size = 64MB\n", "pg_log": _LOG * MANY},
            {"postgresql_conf": "max_wal_size = 8GB\n"},
        ),
        Example(
            {"postgresql_conf": "max_wal_size = 16GB\n", "pg_log": _LOG * MANY},
            {"postgresql_conf": "max_wal_size = 16GB\n"},
        ),
        Example({"postgresql_conf": "max_wal_size = 1GB\n", "pg_log": _LOG * (MANY - 1)}),
    ),
    side_effect="pg_wal grows up to the new size, and a recovery after a crash takes longer: it replays more WAL.",
)
