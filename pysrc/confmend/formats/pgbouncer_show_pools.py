"""PgBouncer's ``SHOW POOLS``, and ``SHOW DATABASES``, ``STATS``, ``CLIENTS`` and ``SERVERS``, as psql prints them.

Source: src/admin.c. A pool's key is ``database/user`` and its value the clients that wait; a row of the others has the
key ``databases/NAME``, ``stats/NAME``, ``clients/N`` or ``servers/N``. The columns hold the whole row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from confmend.document import Format
from confmend.formats import _psql as psql
from confmend.model import Line

# What each command's answer has and no other's, and the column that is taken for the value.
_ANSWERS = (
    ("pools", ("database", "user", "cl_active", "cl_waiting"), "cl_waiting"),
    ("databases", ("name", "host", "port", "database", "pool_size"), "pool_size"),
    ("stats", ("database", "total_xact_count"), "total_xact_count"),
    ("stats", ("database", "total_requests"), "total_requests"),
    ("clients", ("type", "user", "database", "state", "connect_time"), "state"),
)
_COLUMNS = tuple(dict.fromkeys(name for _, names, _ in _ANSWERS for name in names))


def _answers(raws: Sequence[str]) -> Iterator[tuple[str, str, psql.Table]]:
    for table in psql.tables(raws, _COLUMNS, psql.no_guess):
        for called, names, value in _ANSWERS:
            if set(names) <= set(table.names):
                yield called, value, table
                break


def _settled(raws: Sequence[str]) -> Iterator[tuple[str, str, psql.Columns]]:
    for called, value, table in _answers(raws):
        for number, row in enumerate(table.rows, 1):
            found = psql.values(row)
            if value not in found:
                continue
            if called == "pools":
                yield f"{found.get('database', '')}/{found.get('user', '')}", value, row
            elif called == "clients":
                yield f"{'servers' if found.get('type') == 'S' else 'clients'}/{number}", value, row
            else:
                yield f"{called}/{found.get('name' if called == 'databases' else 'database', '')}", value, row


def read(text: str) -> Iterator[Line]:
    """Yield the lines."""
    return psql.lines(text, _settled)


def detect(_name: str, text: str) -> float:
    """Look for the columns that only PgBouncer's console has."""
    start = text[: psql.HEAD]
    if not any(
        each in start for each in ("cl_waiting", "pool_size", "total_xact_count", "total_requests", "connect_time")
    ):
        return 0.0
    return 1.0 if any(_answers(psql.head(text))) else 0.0


FORMAT = Format("pgbouncer_show_pools", "PgBouncer SHOW POOLS", "show pools", detect, read, printed=True)
