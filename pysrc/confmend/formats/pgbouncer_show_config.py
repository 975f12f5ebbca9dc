"""PgBouncer's ``SHOW CONFIG``: key, value, default and whether it can be changed while it runs, as psql prints them.

Source: src/admin.c, admin_show_config. A key here is ``pgbouncer/name``, as in pgbouncer.ini.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from confmend.catalog.pgbouncer import settings
from confmend.document import Format
from confmend.formats import _psql as psql
from confmend.model import Line

_COLUMNS = ("key", "value", "default", "changeable")


def _guess(first: Sequence[str]) -> Sequence[str]:
    if first and first[0] in settings() and first[-1] in ("yes", "no") and len(first) in (3, 4):
        return _COLUMNS if len(first) == 4 else ("key", "value", "changeable")
    return ()


def _tables(raws: Sequence[str]) -> Iterator[psql.Table]:
    for table in psql.tables(raws, _COLUMNS, _guess, widest=("value",)):
        if {"key", "value", "changeable"} <= set(table.names):
            yield table


def _settled(raws: Sequence[str]) -> Iterator[tuple[str, str, psql.Columns]]:
    for table in _tables(raws):
        for row in table.rows:
            if "key" in row and "value" in row:
                yield f"pgbouncer/{row['key'].value.strip()}", "value", row


def read(text: str) -> Iterator[Line]:
    """Yield the lines."""
    return psql.lines(text, _settled)


def detect(_name: str, text: str) -> float:
    """Look for the header, or for rows that end with yes or no."""
    start = text[: psql.HEAD]
    if "changeable" not in start and "default_pool_size" not in start:
        return 0.0
    return 1.0 if any(_tables(psql.head(text))) else 0.0


FORMAT = Format("pgbouncer_show_config", "PgBouncer SHOW CONFIG", "show config", detect, read, printed=True)
