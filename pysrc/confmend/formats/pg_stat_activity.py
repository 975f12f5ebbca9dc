"""Rows of pg_stat_activity, or connections counted by state, as psql prints them.

Of rows, the key is the process and the value its state. Of counts, the key is what was grouped by and the value the
count; the columns come in any order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from confmend.document import Format
from confmend.formats import _psql as psql
from confmend.model import Line

# src/backend/utils/adt/pgstatfuncs.c, pg_stat_get_activity
STATES = (
    *("active", "idle", "idle in transaction", "idle in transaction (aborted)", "fastpath function call"),
    *("disabled", "starting"),
)
COUNTS = ("count", "n", "num", "total", "connections", "sessions", "cnt")
_COLUMNS = ("pid", "state", "datname", "usename", "application_name", "client_addr", "backend_type", *COUNTS)


def counted(names: Sequence[str]) -> str:
    """Return the column that holds counts; empty where each row is a session."""
    return "" if "pid" in names else next((each for each in COUNTS if each in names), "")


def _guess(first: Sequence[str]) -> Sequence[str]:
    """Name the columns of counts without a header."""
    for names in (("state", "count"), ("count", "state")):
        pairs = dict(zip(names, first, strict=False))
        if len(first) == 2 and pairs["state"] in STATES and pairs["count"].isascii() and pairs["count"].isdigit():
            return names
    return ()


def _tables(raws: Sequence[str]) -> Iterator[psql.Table]:
    view = any("pg_stat_activity" in raw for raw in raws)
    for table in psql.tables(raws, _COLUMNS, _guess):
        names = table.names
        states = {row["state"].value.strip() for row in table.rows if "state" in row}
        if ("state" in names and (counted(names) or "pid" in names or "datname" in names) and states & set(STATES)) or (
            view and counted(names) and len(names) <= 4
        ):
            yield table


def _settled(raws: Sequence[str]) -> Iterator[tuple[str, str, psql.Columns]]:
    for table in _tables(raws):
        count = counted(table.names)
        for number, row in enumerate(table.rows, 1):
            found = psql.values(row)
            if count and count in row:
                yield "/".join(found[name] or "none" for name in found if name != count) or count, count, row
            elif "state" in row:
                yield found.get("pid") or str(number), "state", row


def read(text: str) -> Iterator[Line]:
    """Yield the lines."""
    return psql.lines(text, _settled)


def detect(_name: str, text: str) -> float:
    """Look for a table with states that only sessions have."""
    start = text[: psql.HEAD]
    if "state" not in start and "pg_stat_activity" not in start and not any(state in start for state in STATES[1:3]):
        return 0.0
    return 0.95 if any(_tables(psql.head(text))) else 0.0


FORMAT = Format("pg_stat_activity", "pg_stat_activity", "pg_stat_activity", detect, read, printed=True)
