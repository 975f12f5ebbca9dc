"""What ``SHOW ALL`` and ``SHOW work_mem`` print, and ``SELECT name, current_setting(name)``: values with their units.

In any of psql's formats. The value is written as postgresql.conf takes it: ``128MB``, ``on``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from confmend.catalog.postgres import is_setting
from confmend.document import Format
from confmend.formats import _psql as psql
from confmend.formats.postgresql_conf import ascii_lower
from confmend.model import Line

_VALUES = ("setting", "current_setting")
_COLUMNS = ("name", "setting", "current_setting", "description", "short_desc", "source")


def _guess(first: Sequence[str]) -> Sequence[str]:
    """Name the columns of ``psql -t -c 'SHOW ALL'``: its third column is a sentence."""
    if len(first) >= 3 and is_setting(first[0]) and first[-1].endswith((".", ")")) and " " in first[-1]:
        return ("name", "setting", "description")
    return ()


def _tables(raws: Sequence[str]) -> Iterator[psql.Table]:
    return psql.tables(raws, _COLUMNS, _guess, widest=("setting", "current_setting"))


def _is_own(table: psql.Table) -> bool:
    names = set(table.names)
    if names == {"name", "setting", "description"} or names >= {"name", "current_setting"}:
        return True
    # The answer to SHOW name.
    return len(names) == 1 and len(table.rows) == 1 and is_setting(table.names[0])


def _settled(raws: Sequence[str]) -> Iterator[tuple[str, str, psql.Columns]]:
    for table in filter(_is_own, _tables(raws)):
        for row in table.rows:
            if len(table.names) == 1:
                yield ascii_lower(table.names[0]), table.names[0], row
                continue
            value = next((each for each in _VALUES if each in row), "")
            if value and "name" in row:
                yield ascii_lower(row["name"].value.strip()), value, row


def read(text: str) -> Iterator[Line]:
    """Yield the lines; each row's is the one in which its value stands."""
    return psql.lines(text, _settled)


def detect(_name: str, text: str) -> float:
    """Look for the header that only SHOW ALL has, or for that of a single setting."""
    return psql.sure(_tables(psql.head(text)), _is_own)


FORMAT = Format("show_all", "SHOW ALL", "show all", detect, read, printed=True)
