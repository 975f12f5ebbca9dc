"""The columns of psql's aligned output: where each cell of a line starts and ends, by the width that it is shown in."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

FOOTER = re.compile(r"[ \t]*\([0-9]+ (?:rows?|Zeilen?|lignes?|filas?|строк[аи]?)\)[ \t]*")
# Rules of every line style: ----+----, +---+, ---- ----, and the same in box drawing characters.
RULE = re.compile(r"[ \t]*[-+─═┼╪╫╬┌┬┐├┤└┴┘╔╦╗╠╣╚╩╝╒╤╕╞╡╘╧╛╓╥╖╟╢╙╨╜]{2,}(?: [-─═]+)* *|[ \t]*-[ \t]*")
_ACROSS = frozenset("-─═")
_BORDERS = frozenset("|│║")
# A value goes on: on a new line of its own (newline), or without one (wrap).
NEWLINE, WRAP = "\n", "wrap"
_MARKS = {"+": NEWLINE, "↵": NEWLINE, ".": WRAP, "…": WRAP}
_OLD_MARKS = {":": NEWLINE, ";": WRAP}


@dataclass(frozen=True, slots=True)
class Cell:
    """A value and where its first line stands: ``raw[start:end]`` of line ``line`` (from 0)."""

    value: str
    line: int
    start: int
    end: int
    mark: str = ""

    def joined_by(self, mark: str) -> Cell:
        """Return the piece as it goes on from the one before it."""
        return replace(self, value=("\n" if mark == NEWLINE else "") + self.value)

    def joined(self, more: str) -> Cell:
        """Return the cell with more text behind it."""
        return replace(self, value=self.value + more)

    def stripped(self, left: bool, right: bool) -> Cell:
        """Return the cell without blanks on the sides that are only filled."""
        value = self.value.lstrip(" ") if left else self.value
        value = value.rstrip(" ") if right else value
        start = self.start + len(self.value) - len(self.value.lstrip(" ")) if left else self.start
        return replace(self, value=value, start=min(start, self.end))


# The cells of a row by the names of their columns.
Columns = Mapping[str, Cell]


def joined(pieces: Sequence[Cell]) -> Cell:
    """Return the cell that its pieces, one a line, make up."""
    return replace(pieces[0], value="".join(piece.value for piece in pieces), mark="")


def plain(value: str, nulls: Collection[str]) -> str:
    """Return a value, NULL as nothing."""
    return "" if value in nulls else value


class Places:
    """The characters of a line by the column of the screen in which they are shown."""

    def __init__(self, line: str) -> None:
        self.line = line
        self._at = None if line.isascii() else _shown(line)
        self.width = len(line) if self._at is None else len(self._at)

    def index(self, column: int) -> int:
        """Return which character is shown in a column; the line's length behind its end."""
        if column >= self.width:
            return len(self.line)
        return column if self._at is None else self._at[column]

    def char(self, column: int) -> str:
        """Return the character in a column, empty behind the end."""
        return self.line[self.index(column)] if 0 <= column < self.width else ""

    def text(self, start: int, end: int) -> str:
        """Return what is shown from column ``start`` to before ``end``."""
        return self.line[self.index(start) : self.index(end)]


def _shown(line: str) -> list[int]:
    """Return the index of the character in each column: wide ones take two, combining ones none."""
    from unicodedata import category, east_asian_width  # few lines need it

    found: list[int] = []
    for index, char in enumerate(line):
        if category(char) in ("Mn", "Me", "Cf"):
            continue
        found.append(index)
        if east_asian_width(char) in "WF":
            found.append(index)
    return found


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a table: from and to which column of the screen each value goes, margins left out.

    ``bordered``: there is a line between columns. ``boxed``: one on either side as well.
    """

    spans: tuple[tuple[int, int], ...]
    bordered: bool
    boxed: bool

    @property
    def last_width(self) -> int:
        """The width of the last column."""
        return self.spans[-1][1] - self.spans[-1][0]

    def header(self, line: str) -> tuple[str, ...]:
        """Return the names of the columns; none if the line does not fit the columns."""
        cells = self.cut(line, 0)
        names = tuple(cell.value.strip(" +") for cell in cells or ())
        return names if all(names) and len(set(names)) == len(names) else ()

    def fits(self, line: str) -> bool:
        """Whether the line has its borders where the columns end."""
        return self._fits(Places(line))

    def _fits(self, places: Places, borders: Collection[str] = _BORDERS) -> bool:
        if not self.bordered:
            return True
        ends = self.spans if self.boxed else self.spans[:-1]
        if self.boxed and places.char(self.spans[0][0] - 2) not in _BORDERS:
            return False
        return all(places.char(end + 1) in borders for _, end in ends)

    def continues(self, line: str) -> tuple[str, ...]:
        """Return how each column goes on in a line of the old style, whose borders say so: ``:`` and ``;``."""
        places = Places(line)
        if not self.bordered and len(self.spans) > 1 and not places.text(*self.spans[0]).strip():
            return tuple(NEWLINE if places.text(*span).strip() else "" for span in self.spans)
        if not self.bordered or len(self.spans) == 1 or self._fits(places):
            return ()
        marks = [_OLD_MARKS.get(places.char(start - 2), "") for start, _ in self.spans[1:]]
        first = NEWLINE if places.text(*self.spans[0]).strip() else ""
        return (first, *marks)

    def cut(self, line: str, index: int) -> list[Cell] | None:
        """Return the cells of a line, None if it is no row of the table."""
        places = Places(line)
        if self._fits(places):
            if self.bordered and len(self.spans) == 1 and not self.boxed and line[:1] not in (" ", ".", "…"):
                return None
            return [self._cell(places, column, index) for column in range(len(self.spans))]
        if self._fits(places, frozenset(":; |│")) and any(self.continues(line)[1:]):
            return [self._cell(places, column, index) for column in range(len(self.spans))]
        return self._loose(line, index)

    def _cell(self, places: Places, column: int, index: int) -> Cell:
        start, end = self.spans[column]
        last = column == len(self.spans) - 1 and not self.boxed
        mark = _MARKS.get(places.char(end), "")
        if last and mark and places.width > end + 1:
            mark = ""
        if last and not mark:
            end = max(end, places.width)
        text = places.text(start, end)
        if mark != WRAP and not (last and not mark):
            text = text.rstrip(" ")
        at = places.index(start)
        return Cell(text, index, at, at + len(text.rstrip(" ")), mark)

    def _loose(self, line: str, index: int) -> list[Cell] | None:
        """Cut a line whose blanks were lost on the way here: only its borders count."""
        if not self.bordered:
            return None
        border = next((each for each in _BORDERS if each in line), "")
        parts = line.split(border) if border else []
        at = 0
        if self.boxed and len(parts) == len(self.spans) + 2:
            at, parts = len(parts[0]) + 1, parts[1:-1]
        if len(parts) != len(self.spans) or len(parts) < 2:
            return None
        cells = []
        for part in parts:
            text = part.strip(" \t")
            start = at + (len(part) - len(part.lstrip(" \t")) if text else 0)
            cells.append(Cell(text, index, start, start + len(text)))
            at += len(part) + 1
        return cells


def by_rule(rule: str, first: str) -> Layout | None:
    """Return the columns under a rule; the margin of ``first``, the row under it, tells the border of a lone column."""
    at = len(rule) - len(rule.lstrip(" \t"))
    line = rule.rstrip(" ")
    boxed = line[at] not in _ACROSS
    if boxed:
        at, line = at + 1, line[:-1]
    runs, start = [], at
    for index in range(at, len(line) + 1):
        if index == len(line) or line[index] not in _ACROSS:
            runs.append((start, index))
            start = index + 1
    bordered = boxed or (len(runs) > 1 and " " not in line[at:]) or (len(runs) == 1 and first[at : at + 1] in " .…")
    if any(end - start < (2 if bordered else 1) for start, end in runs):
        # A column without a name or width; or a list's bullet.
        return None
    if bordered:
        return Layout(tuple((start + 1, end - 1) for start, end in runs), True, boxed)
    return Layout(tuple(runs), False, False)


def by_borders(lines: Sequence[str], index: int) -> Layout | None:
    """Return the columns of rows without a header, by where the borders of the first rows stand above one another."""
    common: set[int] | None = None
    width = 0
    for line in lines[index : index + 20]:
        if not line.strip() or FOOTER.fullmatch(line) or RULE.fullmatch(line):
            break
        places = Places(line)
        here = {column for column in range(places.width) if places.char(column) in _BORDERS}
        common = here if common is None else common & here
        width = max(width, places.width)
    if not common:
        return None
    ends = sorted(common)
    first = Places(lines[index])
    margins = [first.char(column + step) for column in ends for step in (-1, 1)]
    if any(margin not in ("", " ", *_MARKS) for margin in margins):
        return None
    boxed = ends[0] == 0 and len(ends) > 1 and ends[-1] == width - 1
    if not boxed and lines[index][:1] != " ":
        return None
    if boxed:
        return Layout(tuple((a + 2, b - 1) for a, b in itertools.pairwise(ends)), True, True)
    starts = [1, *(column + 2 for column in ends)]
    stops = [*(column - 1 for column in ends), max(width, ends[-1] + 2)]
    return Layout(tuple(zip(starts, stops, strict=True)), True, False)
