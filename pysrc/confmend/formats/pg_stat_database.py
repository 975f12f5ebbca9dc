"""Rows of pg_stat_database as psql prints them: the counters of each database, those of lost sessions (14+) with them.

The key is the database; the row without a name counts what belongs to none of them and is called ``shared objects``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from confmend.document import Format
from confmend.formats import _psql as psql
from confmend.model import Line

# The counters that only this view has, of 12 to 18.
COUNTERS = (
    *("numbackends", "xact_commit", "xact_rollback", "blks_read", "blks_hit", "tup_returned", "tup_fetched"),
    *("tup_inserted", "tup_updated", "tup_deleted", "conflicts", "temp_files", "temp_bytes", "deadlocks"),
    *("checksum_failures", "session_time", "active_time", "idle_in_transaction_time", "sessions"),
    *("sessions_abandoned", "sessions_fatal", "sessions_killed", "parallel_workers_to_launch"),
)
SHARED = "shared objects"


def _tables(raws: Sequence[str]) -> Iterator[psql.Table]:
    for table in psql.tables(raws, ("datid", "datname", *COUNTERS, "stats_reset"), psql.no_guess):
        named = [each for each in table.names if each in COUNTERS]
        if ("datname" in table.names or "datid" in table.names) and named and (len(named) > 1 or named != ["sessions"]):
            yield table


def _settled(raws: Sequence[str]) -> Iterator[tuple[str, str, psql.Columns]]:
    for table in _tables(raws):
        for row in table.rows:
            found = psql.values(row)
            value = next((each for each in COUNTERS if each in row), "")
            if value:
                yield (found.get("datname") or SHARED if "datname" in found else found["datid"]), value, row


def read(text: str) -> Iterator[Line]:
    """Yield the lines."""
    return psql.lines(text, _settled)


def detect(_name: str, text: str) -> float:
    """Look for counters that only this view has."""
    start = text[: psql.HEAD]
    if "datname" not in start and "datid" not in start:
        return 0.0
    return 0.97 if any(_tables(psql.head(text))) else 0.0


FORMAT = Format("pg_stat_database", "pg_stat_database", "pg_stat_database", detect, read, printed=True)
