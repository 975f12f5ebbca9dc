"""Columns and rows of tables that name a secret: pg_shadow's `passwd` as psql shows it.

Aligned with any border (MySQL's and Markdown's tables have the same shape) and expanded; delimited.py reads the other
formats. Where a value holds the sign between columns, all that may belong to it goes: the columns are counted from
both ends of the row.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from confmend.redact.keys import secret_label
from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import line_end, secret

BAR = re.compile(r"[|│]")
RULE = re.compile(r"[ \t]*[-+|─┼├┤┌┐└┘┬┴:]+[ \t]*")
IN_LINE = re.compile(r"^[ \t]*[-+|?:]+[ \t\r]*$")
NAME = re.compile(r"\"?[A-Za-z_][\w.]{0,125}\"?")
ROWS = re.compile(r"^\([0-9]+ rows?\)", re.MULTILINE)
RECORD = "[ RECORD "
RULES = ("---", "───")
# A verifier hides of itself what has to go; t and f are what a column such as `has_password` says.
NO_SECRET = re.compile(r"[tf]|[(\[<]?null[)\]>]?|SCRAM-SHA-256\$.*|md5[0-9a-f]{32}|\$\w{1,9}\$.*", re.IGNORECASE)
COUNTED = re.compile(r".*(?:tokens|keys|secrets|passwords)\"?:[0-9]+", re.IGNORECASE)
PAIRS = (("name", "setting"), ("key", "value"))
LONGEST = 8_000


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of a table's columns: what those hold that are secrets, and where a name and its value stand."""

    names: Sequence[str]
    labels: Mapping[int, str]
    pair: tuple[int, int] | None


def columns_of(names: Sequence[str]) -> Columns | None:
    """Return what the columns say; None if nothing in such a table can be a secret."""
    labels = {index: label for index, name in enumerate(names) if (label := label_of(name))}
    pairs = ((names.index(name), names.index(value)) for name, value in PAIRS if name in names and value in names)
    pair = next(pairs, None)
    return Columns(names, labels, pair) if labels or pair else None


def label_of(name: str) -> str:
    """Return what a column or row of this name holds if that is a secret, else nothing."""
    return secret_label(name) if NAME.fullmatch(name) else ""


def _cell(text: str, start: int, end: int, name: str, label: str) -> Iterator[Span]:
    """Give the value of a cell, without its padding."""
    cell = text[start:end]
    if cell.endswith(" +"):
        cell = cell[:-1]  # it goes on in the next row
    first, last = start + len(cell) - len(cell.lstrip()), start + len(cell.rstrip())
    if first < last and not NO_SECRET.fullmatch(text, first, last) and not COUNTED.fullmatch(f"{name}:{cell.strip()}"):
        span = secret(text, first, last, label)
        yield from (span,) if span else ()


def row(text: str, edges: Sequence[int], columns: Columns) -> Iterator[Span]:
    """Give the secrets of a row; its cells stand between the edges, which may be more than those of the columns."""
    more = len(edges) - 1 - len(columns.names)
    for index, label in columns.labels.items():
        yield from _cell(text, edges[index] + 1, edges[index + 1 + more], columns.names[index], label)
    if not more and columns.pair:
        at, to = columns.pair
        name = text[edges[at] + 1 : edges[at + 1]].strip()
        if label := label_of(name):
            yield from _cell(text, edges[to] + 1, edges[to + 1], name, label)


def _edges(text: str, start: int, end: int) -> list[int]:
    return [start - 1, *(bar.start() for bar in BAR.finditer(text, start, end)), end]


def next_line(text: str, end: int) -> int:
    """Where the line after the one that ends there begins; -1 if there is none."""
    newline = text.find("\n", end, end + 2)
    return newline + 1 if 0 <= newline < len(text) - 1 else -1


def _aligned(text: str, dashes: str) -> Iterator[Span]:
    """Give the secrets of tables with a rule of these below the names of their columns."""
    at = 0
    while (found := text.find(dashes, at)) >= 0:
        start, end = text.rfind("\n", max(0, found - LONGEST), found) + 1, line_end(text, found)
        at = end
        if start < 2 or text[start - 2] in "-─" or not RULE.fullmatch(text, start, end):
            continue
        above = text.rfind("\n", max(0, start - LONGEST), start - 1) + 1
        head = text[above : start - 1].rstrip("\r")
        columns = columns_of([name.strip() for name in BAR.split(head)])
        if columns is None:
            continue
        if len(columns.names) == 1 and not (head[0] == " " and ROWS.search(text, end, end + LONGEST)):
            continue  # a heading, underlined
        while (start := next_line(text, end)) >= 0:
            end = line_end(text, start)
            edges = _edges(text, start, end)
            if end == start or len(edges) - 1 < len(columns.names) or ROWS.match(text, start):
                break
            if RULE.fullmatch(text, start, end):
                break
            yield from row(text, edges, columns)
        at = max(at, end)


def _expanded(text: str) -> Iterator[Span]:
    """Give the secrets of rows that stand below each other as `name | value`."""
    at = 0
    while (at := text.find(RECORD, at)) >= 0:
        end = line_end(text, at)
        at = end
        name = ""
        while (start := next_line(text, end)) >= 0:
            end = line_end(text, start)
            bars = [*BAR.finditer(text, start, min(end, start + 140))]
            outer = bars[:1] and not text[start : bars[0].start()].strip() and len(bars) > 1 and text[start] in "|│"
            bar = bars[1] if outer else bars[0] if bars else None
            if bar is None or RECORD in text[start : start + 40]:
                break
            name = text[start + bool(outer) : bar.start()].strip() or name
            if label := label_of(name):
                yield from _cell(text, bar.end(), end - (bool(outer) and text[end - 1] in "|│"), name, label)


def find(text: str) -> Iterator[Span]:
    """Give the cells whose column, or whose row, names a secret."""
    for dashes in RULES:
        yield from _aligned(text, dashes)
    yield from _expanded(text)


SCANNER = Scanner(
    label="password",
    find=find,
    reason="stands in a column or row of a table that names a secret",
    anchors=(*((dashes, IN_LINE) for dashes in RULES), RECORD.lower()),
    examples=(
        Example(
            " usename |  passwd  | valuntil \n---------+----------+----------\n"
            " app     | qq 11|zz | \n bob     |          | \n(2 rows)\n",
            hidden=("qq 11|zz",),
        ),
        Example(" password \n----------\n qq11zz\n(1 row)\n", hidden=("qq11zz",)),
        Example("| user | password |\n|------|----------|\n| app  | qq11zz   |\n", hidden=("qq11zz",)),
        Example("-[ RECORD 1 ]+-------\nrolname      | app\nrolpassword  | qq11zz\n", hidden=("qq11zz",)),
        Example("     name      | setting | unit \n---------------+---------+------\n app.jwt_secret | qq11zz  | \n",
                hidden=("qq11zz",)),
        Example(" rolname | rolpassword | haspass\n---------+-------------+---------\n app     | ********    | t\n"),
        Example("        name         |    setting    \n---------------------+---------------\n"
                " password_encryption | scram-sha-256\n passfile            | /root/.pgpass\n(2 rows)\n"),
        Example("Password\n--------\nAsk the owner.\n"),
    ),
)  # fmt: skip
