"""Rows of pg_settings as psql prints them in any of its formats, whichever columns were asked for.

``setting`` is a bare number in the base unit of the setting, which the column ``unit`` names; postgresql.conf takes it
in the same unit, so it is the value as it stands (src/backend/utils/misc/guc_funcs.c, GetConfigOptionValues).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from confmend.catalog.postgres import is_setting
from confmend.document import Format
from confmend.formats import _psql as psql
from confmend.formats.postgresql_conf import ascii_lower
from confmend.model import Line

# In the order of the view.
VIEW = (
    *("name", "setting", "unit", "category", "short_desc", "extra_desc", "context", "vartype", "source", "min_val"),
    *("max_val", "enumvals", "boot_val", "reset_val", "sourcefile", "sourceline", "pending_restart"),
)
# What scripts call the value; without one, the value that a new session gets.
_VALUES = ("setting", "value", "reset_val")
_UNIT = re.compile(r"(?:[0-9]*kB|[0-9]*MB|B|ms|s|min)?")


def _guess(first: Sequence[str]) -> Sequence[str]:
    """Name the columns of rows without a header: all of the view, or name, value and unit."""
    if not first or not is_setting(first[0]) or " " in first[0]:
        return ()
    if len(first) == len(VIEW):
        return VIEW
    if len(first) == 2 or (len(first) == 3 and _UNIT.fullmatch(first[2])):
        return VIEW[: len(first)]
    return ()


def _tables(raws: Sequence[str]) -> Iterator[psql.Table]:
    return psql.tables(raws, VIEW, _guess, widest=("setting", "reset_val"))


def _is_own(table: psql.Table) -> bool:
    names = set(table.names)
    if "name" not in names or not names & set(_VALUES) or "description" in names or "current_setting" in names:
        return False
    return any(is_setting(row["name"].value.strip()) for row in table.rows[:20] if "name" in row)


def _settled(raws: Sequence[str]) -> Iterator[tuple[str, str, psql.Columns]]:
    for table in filter(_is_own, _tables(raws)):
        for row in table.rows:
            value = next((each for each in _VALUES if each in row), "")
            if value and "name" in row:
                yield ascii_lower(row["name"].value.strip()), value, row


def read(text: str) -> Iterator[Line]:
    """Yield the lines; each row's is the one in which its value stands."""
    return psql.lines(text, _settled)


def detect(_name: str, text: str) -> float:
    """Look for a table of settings that are ours."""
    return psql.sure(_tables(psql.head(text)), _is_own)


FORMAT = Format("pg_settings", "pg_settings", "pg_settings", detect, read, printed=True)
