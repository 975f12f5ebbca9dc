r"""psql's expanded output (``\x``): a record a row, a line a column."""

from __future__ import annotations

import re
from collections.abc import Sequence

from confmend.formats._psql_cells import RULE, Cell, Columns

HEADING = re.compile(r"[ \t]*(?:[+┌├╔╟╠|]?[-─═]\[ RECORD [0-9]+ \]|\* Record [0-9]+[ ]*$)")
_BORDERS = "|│║"
_MARKS = "+↵.…"


def records(lines: Sequence[str], index: int) -> tuple[tuple[Columns, ...], int]:
    """Return the records from a heading on, and the line behind the last."""
    found: list[Columns] = []
    while index < len(lines) and HEADING.match(lines[index]):
        end = index + 1
        while end < len(lines) and _goes_on(lines[end]):
            end += 1
        boxed = lines[index].lstrip()[0] not in "-─═*"
        bordered = not lines[index].lstrip().startswith("*")
        found.append(_bordered(lines, index + 1, end, boxed) if bordered else _bare(lines, index + 1, end))
        index = end
    return tuple(each for each in found if each), index


def _goes_on(line: str) -> bool:
    return bool(line.strip()) and not HEADING.match(line) and not RULE.fullmatch(line)


def _bordered(lines: Sequence[str], start: int, end: int, boxed: bool) -> Columns:
    found: dict[str, Cell] = {}
    name = ""
    for index in range(start, end):
        line = lines[index]
        first = 0
        if boxed:
            first = len(line) - len(line.lstrip(" \t")) + 1
            line = line.rstrip(" \t")
            line = line[:-1] if line[-1:] in tuple(_BORDERS) and len(line) > first else line
        places = [at for each in (_BORDERS + ":;" if name else _BORDERS) if (at := line.find(each, first)) != -1]
        if not places:
            break
        at = min(places)
        called = line[first:at].strip(" \t")
        value_at = min(at + 2, len(line))
        value = line[value_at:].rstrip(" ") if boxed else line[value_at:]
        # A mark stands in the margin of the box.
        if called:
            name = called
            found[name] = Cell(value, index, value_at, value_at + len(value.rstrip(" ")))
        elif name:
            found[name] = _more(found[name], value, line[at])
    return found


def _bare(lines: Sequence[str], start: int, end: int) -> Columns:
    """Read a record without borders: the values stand one column behind the longest name."""
    body = [lines[index] for index in range(start, end)]
    indent = min((len(line) - len(line.lstrip(" ")) for line in body), default=0)
    width = max((len(line.split()[0]) for line in body if line[indent : indent + 1] != " "), default=0)
    found: dict[str, Cell] = {}
    name = ""
    for index in range(start, end):
        line = lines[index]
        called = line[indent : indent + width].strip(" ")
        at = min(indent + width + 1, len(line))
        value = line[at:]
        if called:
            name = called
            found[name] = Cell(value, index, at, at + len(value.rstrip(" ")))
        elif name:
            found[name] = _more(found[name], value, "")
    return found


def _more(cell: Cell, value: str, border: str) -> Cell:
    """Return the cell with its next line; the mark at the end of what it had says how it goes on."""
    before = cell.value.rstrip(" ")
    mark = before[-1:] if before[-1:] in tuple(_MARKS) else ""
    if mark:
        before = before[:-1]
    if mark in (".", "…") or border == ";":
        whole = (before if mark else cell.value) + value
    else:
        whole = before.rstrip(" ") + "\n" + value
    end = min(cell.end, cell.start + len(whole.partition("\n")[0]))
    return Cell(whole, cell.line, cell.start, end)
