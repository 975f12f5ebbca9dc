"""What psql prints, in any of its formats, as tables whose cells know where they stand.

Source: src/fe_utils/print.c. Aligned and wrapped (any border, any line style), expanded, unaligned, csv, with or
without header and footer, with the prompt and its command in front. A column's width is read off the rule under the
header, so a ``|`` inside a value is no border. What psql itself loses stays lost: in an aligned column the blanks at
a value's end (except in the last column), its tabs (psql prints blanks), and in unaligned output which ``|`` belongs
to a value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from confmend.document import split_lines
from confmend.formats import _psql_expanded as expanded
from confmend.formats._psql_cells import FOOTER, RULE, Cell, Layout, by_borders, by_rule, joined, plain
from confmend.formats._psql_cells import Columns as Columns
from confmend.model import Line

# What people set ``\pset null`` to, and what other clients print.
NULLS = frozenset({"[NULL]", "<NULL>", "<null>", "(null)", "[null]", "NULL", "\\N", "∅", "¤", "␀"})
# Any format's detection looks at no more than this.
HEAD = 20_000
_PROMPT = re.compile(r"[^\s=]{0,64}[=*!^\-('\"$][*!?]?[>#] ?(.*)")
_NAME = re.compile(r"[A-Za-z_?][A-Za-z0-9_?]*")
_BORDERS = ("|", "│", "║")
_SEPARATORS = ("|", "│", "║", "\t", ",", ";")


@dataclass(frozen=True, slots=True)
class Table:
    """One answer: the columns' names and the rows, each the cells by the names of their columns."""

    names: tuple[str, ...]
    rows: tuple[Columns, ...]


# What the columns of a table without a header are called, judged by its first row; nothing for no table of that kind.
Guess = Callable[[Sequence[str]], Sequence[str]]


def tables(raws: Sequence[str], known: Collection[str], guess: Guess, widest: Sequence[str] = ()) -> Iterator[Table]:
    """Yield the tables in the lines.

    ``known`` are names of columns, by which unaligned expanded output is told from rows. A separator too many
    belongs to the first of the columns ``widest`` that there is.
    """
    lines = [raw.rstrip("\r\n") for raw in raws]
    index = 0
    while index < len(lines):
        table, after = _table(lines, index, known, guess, widest)
        if table and table.rows:
            yield table
        index = max(after, index + 1)


def _table(
    lines: Sequence[str], index: int, known: Collection[str], guess: Guess, widest: Sequence[str]
) -> tuple[Table | None, int]:
    """Return the table that starts at a line, if any does, and the line behind it."""
    line = lines[index]
    if not line.strip() or FOOTER.fullmatch(line) or _PROMPT.fullmatch(line):
        return None, index + 1
    if expanded.HEADING.match(line):
        rows, index = expanded.records(lines, index)
        return Table(tuple(dict.fromkeys(name for row in rows for name in row)), rows), index
    under = lines[index + 1 : index + 3]
    layout = by_rule(under[0], under[-1]) if len(under) == 2 and RULE.fullmatch(under[0]) else None
    if layout and not RULE.fullmatch(line):
        names = layout.header(line)
        if names:
            rows, after = _aligned(lines, index + 2, names, layout)
            return Table(names, rows), after
    if RULE.fullmatch(line):
        return None, index + 1
    return _delimited(lines, index, known, guess, widest)


def _aligned(lines: Sequence[str], index: int, names: Sequence[str], layout: Layout) -> tuple[tuple[Columns, ...], int]:
    """Return the rows from a line on, and the line behind the last."""
    rows: list[list[list[Cell]]] = []
    continued: Sequence[str] = ()
    while index < len(lines):
        line = lines[index]
        if RULE.fullmatch(line):
            if layout.boxed and index + 1 < len(lines) and layout.fits(lines[index + 1]):
                index += 1
                continue
            return _named(names, rows, layout), index + 1
        if not line or (layout.bordered and not line.strip()) or FOOTER.fullmatch(line):
            break
        pieces = layout.cut(line, index)
        if pieces is None:
            break
        old = layout.continues(line) if rows and not any(continued) else ()
        if any(continued) or any(old):
            for column, piece in enumerate(pieces):
                mark = continued[column] if any(continued) else old[column]
                if mark:
                    rows[-1][column].append(piece.joined_by(mark))
        else:
            rows.append([[piece] for piece in pieces])
        continued = tuple(piece.mark for piece in pieces)
        index += 1
    return _named(names, rows, layout), index


def _named(names: Sequence[str], rows: Sequence[Sequence[Sequence[Cell]]], layout: Layout) -> tuple[Columns, ...]:
    """Join the pieces of each cell; blanks in front belong to text, not to numbers; nor those that fill all rows."""
    whole = [[joined(pieces) for pieces in row] for row in rows]
    numeric = [
        all(re.fullmatch(r" *-?[0-9.,:eE+%-]*", row[column].value) for row in whole) for column in range(len(names))
    ]
    filled = len(whole) > 1 and all(len(row[-1].value) >= layout.last_width for row in whole)
    return tuple(
        {
            name: cell.stripped(numeric[column], filled and column == len(names) - 1)
            for column, (name, cell) in enumerate(zip(names, row, strict=True))
        }
        for row in whole
    )


# Unaligned, csv and tuples only ------------------------------------------------------------------------------------


def _delimited(
    lines: Sequence[str], index: int, known: Collection[str], guess: Guess, widest: Sequence[str]
) -> tuple[Table | None, int]:
    line = lines[index]
    separator = next((each for each in _SEPARATORS if each in line), "")
    first = _first_fields(lines, index, separator)
    if separator and _is_expanded(lines, index, separator, known):
        return _expanded(lines, index, separator, known)
    guessed = tuple(guess(first))
    header = all(map(_NAME.fullmatch, first)) and len(set(first)) == len(first)
    if not guessed and not header:
        return None, index + 1
    layout = by_borders(lines, index) if guessed and separator in _BORDERS else None
    if layout and len(layout.spans) == len(guessed):
        rows, after = _aligned(lines, index, guessed, layout)
        return Table(guessed, rows), after
    # The answer to SHOW is one line; a look further at each word of a text would take too long.
    records, after = _records(lines, index, separator, len(lines) if separator else min(index + 4, len(lines)))
    names, records = (guessed, records) if guessed else (tuple(first), records[1:])
    if not records or (not separator and len(records) > 1):
        return None, index + 1
    rows = tuple(_fitted(record, names, separator, widest) for record in records)
    return Table(names, rows), after


def _first_fields(lines: Sequence[str], index: int, separator: str) -> list[str]:
    if '"' in lines[index] and separator in (",", ";"):
        return [cell.value for cell in _quoted(lines[index : index + 1], 0, separator)[0]]
    line = lines[index].strip(" \t" if separator != "\t" else " ")
    if separator in _BORDERS:
        line = line.strip(separator) if separator and line.startswith(separator) else line
    fields = line.split(separator) if separator else [line]
    return [field.strip().removeprefix('"').removesuffix('"') for field in fields]


def _fitted(record: Sequence[Cell], names: Sequence[str], separator: str, widest: Sequence[str]) -> Columns:
    """Name the cells of a record; those too many belong to ``widest``, to each as many if they are alike."""
    extra = len(record) - len(names)
    columns = [each for each in widest if each in names]
    if extra > 0 and columns:
        one = _gathered(record, [names.index(columns[0])], extra, separator)
        if extra % len(columns) == 0:
            each = _gathered(record, [names.index(name) for name in columns], extra // len(columns), separator)
            alike = len({each[names.index(name)].value for name in columns}) == 1
            one = each if alike else one
        record = one
    return dict(zip(names, record, strict=False))


def _gathered(record: Sequence[Cell], places: Sequence[int], extra: int, separator: str) -> list[Cell]:
    """Return the record with ``extra`` more cells taken into each of the ``places``."""
    found: list[Cell] = []
    at = 0
    while at < len(record):
        middle = record[at : at + 1 + (extra if len(found) in places else 0)]
        text = separator.join(cell.value for cell in middle)
        found.append(Cell(text, middle[0].line, middle[0].start, middle[-1].end))
        at += len(middle)
    return found


def _records(lines: Sequence[str], index: int, separator: str, stop: int) -> tuple[list[list[Cell]], int]:
    """Return the records up to a blank line, a footer or a prompt, of the lines before ``stop``."""
    found: list[list[Cell]] = []
    quotes = separator not in ("|", "\t")
    while index < stop:
        line = lines[index]
        whole = len(found[0]) if found and separator in ("|", "\t") else 0
        # An empty line may be one inside a value: then the rest of the table comes behind it.
        torn = whole > 1 and (
            len(found[-1]) < whole or any(each.count(separator) == whole - 1 for each in lines[index + 1 : index + 4])
        )
        if (not line.strip() and not torn) or FOOTER.fullmatch(line) or _PROMPT.fullmatch(line):
            break
        if line.startswith("Time: "):
            break
        if quotes and '"' in line:
            record, after = _quoted(lines, index, separator or ",")
        else:
            record, after = _split(line, index, separator), index + 1
        if len(record) < whole:
            # A value with a line break in it: the rest of the record stands in the lines that follow.
            if len(found[-1]) < whole or len(record) == 1:
                record[0] = found[-1][-1].joined("\n" + record[0].value)
                found[-1][-1:] = record
            else:
                found.append(record)
        elif separator and found and len(record) < len(found[0]):
            break
        else:
            found.append(record)
        index = after
    return found, index


def _split(line: str, index: int, separator: str) -> list[Cell]:
    found, at = [], 0
    for part in line.split(separator) if separator else [line]:
        found.append(Cell(part, index, at, at + len(part)))
        at += len(part) + 1
    return found


def _quoted(lines: Sequence[str], index: int, separator: str) -> tuple[list[Cell], int]:
    """Return one record of csv, which may run over several lines, and the line behind it."""
    found: list[Cell] = []
    line, at = lines[index], 0
    while True:
        if line[at : at + 1] == '"':
            parts, where, start = [], index, at
            at += 1
            end = len(line)
            while True:
                close = line.find('"', at)
                if close == -1:
                    parts.append(line[at:])
                    if index + 1 >= len(lines):
                        at = len(line)
                        break
                    parts.append("\n")
                    end = end if index == where else len(lines[where])
                    index, line, at = index + 1, lines[index + 1], 0
                elif line[close + 1 : close + 2] == '"':
                    parts.append(line[at : close + 1])
                    at = close + 2
                else:
                    parts.append(line[at:close])
                    at = close + 1
                    end = at if index == where else end
                    break
            found.append(Cell("".join(parts), where, start, end))
        else:
            stop = line.find(separator, at)
            stop = len(line) if stop == -1 else stop
            found.append(Cell(line[at:stop], index, at, stop))
            at = stop
        if line[at : at + 1] != separator:
            return found, index + 1
        at += 1


def _is_expanded(lines: Sequence[str], index: int, separator: str, known: Collection[str]) -> bool:
    """Whether rows are ``column|value``: the first two of a record are known columns, and not the header of a table."""
    below = lines[index + 1] if index + 1 < len(lines) else ""
    first, second = (line.partition(separator)[0].strip() for line in (lines[index], below))
    value = lines[index].partition(separator)[2].partition(separator)[0].strip()
    return first in known and second in known and separator in below and value not in known


def _expanded(lines: Sequence[str], index: int, separator: str, known: Collection[str]) -> tuple[Table, int]:
    """Read records of ``column|value`` lines; a record ends where its first column comes again."""
    rows: list[dict[str, Cell]] = []
    while index < len(lines):
        if not lines[index].strip():
            index += 1
            continue
        if FOOTER.fullmatch(lines[index]) or _PROMPT.fullmatch(lines[index]):
            break
        quoted = separator not in "|\t" and '"' in lines[index]
        split = _split(lines[index], index, separator)
        cells, after = _quoted(lines, index, separator) if quoted else (split, index + 1)
        name = cells[0].value.strip()
        if name not in known and not (_NAME.fullmatch(name) and len(cells) > 1):
            if not rows:
                break
            last = next(reversed(rows[-1]))
            rows[-1][last] = rows[-1][last].joined("\n" + lines[index])
            index = after
            continue
        if not rows or name in rows[-1]:
            rows.append({})
        value = separator.join(cell.value for cell in cells[1:])
        start = cells[1].start if len(cells) > 1 else len(lines[index])
        rows[-1][name] = Cell(value, index, start, max(start, cells[-1].end))
        index = after
    return Table(tuple(dict.fromkeys(name for row in rows for name in row)), tuple(rows)), index


# Lines -------------------------------------------------------------------------------------------------------------


def lines(text: str, settled: Callable[[Sequence[str]], Iterator[tuple[str, str, Columns]]]) -> Iterator[Line]:
    """Yield the lines of a text; ``settled`` gives key, column of the value and cells of each row."""
    raws = list(split_lines(text))
    made: dict[int, Line] = {}
    for key, column, cells in settled(raws):
        cell = cells[column]
        columns = {name: plain(each.value, NULLS) for name, each in cells.items()}
        if cell.line not in made and key:
            raw = raws[cell.line]
            end = min(cell.end, len(raw))
            made[cell.line] = Line(raw, key, cell.value, 0, min(cell.start, end), end, columns=columns)
    for index, raw in enumerate(raws):
        yield made.get(index) or Line(raw)


def head(text: str) -> list[str]:
    """Return the lines that a detection looks at."""
    return list(split_lines(text[:HEAD]))


def sure(all_tables: Iterable[Table], own: Callable[[Table], bool]) -> float:
    """Return how sure a kind is that a text is its own: of several answers the longest counts, or the first."""
    rows, ours, first = 0, 0, 0
    for table in all_tables:
        rows += len(table.rows)
        if own(table):
            first = first if ours else min(cell.line for cell in table.rows[0].values())
            ours += len(table.rows)
    return 0.5 + ours / rows * (0.5 - min(first, 40) / 100) if ours else 0.0


def no_guess(_first: Sequence[str]) -> Sequence[str]:
    """Take no row without a header for a table."""
    return ()


def values(row: Columns) -> Mapping[str, str]:
    """Return a row's values by the names of their columns, NULL as nothing."""
    return {name: plain(cell.value, NULLS) for name, cell in row.items()}
