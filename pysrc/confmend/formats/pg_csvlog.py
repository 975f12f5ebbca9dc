"""A PostgreSQL csvlog: 23 columns, 24 with backend_type (13), 26 with leader_pid and query_id (14).

The key of a record's first line is its level in English, the value its message; a record may run over many lines, whose
further ones have no key. Columns by the names that the server's manual gives them for a table to copy the log into. A
record that the paste cuts off is read as far as it goes. Source: src/backend/utils/error/csvlog.c.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from confmend.document import Format, split_lines
from confmend.formats.lazy_columns import LazyColumns
from confmend.formats.pg_levels import LEVELS
from confmend.model import Line

COLUMNS = (
    "log_time",
    "user_name",
    "database_name",
    "process_id",
    "connection_from",
    "session_id",
    "session_line_num",
    "command_tag",
    "session_start_time",
    "virtual_transaction_id",
    "transaction_id",
    "error_severity",
    "sql_state_code",
    "message",
    "detail",
    "hint",
    "internal_query",
    "internal_query_pos",
    "context",
    "query",
    "query_pos",
    "location",
    "application_name",
    "backend_type",
    "leader_pid",
    "query_id",
)
# A field in quotes, whatever follows them, or one without; never tried twice, so that hostile text stays cheap.
_FIELD = r'(?>(?:"[^"]*+(?:""[^"]*+)*+(?:"|\Z))?+[^,]*+)'
_START = re.compile(r'(?:[^\s,"]{0,200} {1,80}\| )?(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? ?[^,"\n]{0,40},)')
_HEAD = re.compile(rf"((?:{_FIELD},){{11}})([^,\n]*),{_FIELD},({_FIELD})")
_EACH = re.compile(rf"({_FIELD})(?:,|\Z)")
# No detail, no hint, nothing more in the eight fields behind the message.
_NO_MORE = "," * 9


def _columns(raws: Sequence[str], at: int) -> dict[str, str]:
    fields = _EACH.findall("".join(raws)[at:].rstrip("\r\n"))
    return {name: text for name, field in zip(COLUMNS, fields, strict=False) if (text := _unquoted(field))}


def _unquoted(field: str) -> str:
    return field[1:].removesuffix('"').replace('""', '"') if field.startswith('"') else field


def read(text: str) -> Iterator[Line]:
    """Yield the lines."""
    record: list[str] = []
    open_quote = False
    for raw in split_lines(text):
        start = _START.match(raw)
        # A new record begins even inside quotes: the one before may have been cut off.
        if start and record:
            yield from _record(record)
            record = []
        if start or record:
            open_quote = (open_quote if record else False) != bool(raw.count('"') % 2)
            record.append(raw)
            if not open_quote:
                yield from _record(record)
                record = []
        else:
            yield Line(raw)
    yield from _record(record)


def _record(raws: list[str]) -> Iterator[Line]:
    if not raws:
        return
    first, whole = raws[0], raws[0] if len(raws) == 1 else "".join(raws)
    start = _START.match(first)
    at = start.end() if start else 0
    head = _HEAD.match(whole, at)
    level = LEVELS.get(head[2]) if head else None
    if head and level:
        line_end = len(first.rstrip("\r\n"))
        value_at, end = (min(place, line_end) for place in head.span(3))
        columns = LazyColumns(_columns, (tuple(raws), at), not whole.startswith(_NO_MORE, head.end()))
        value = _unquoted(head[3].rstrip("\r\n") if head.end() == len(whole) else head[3])
        yield Line(first, level, value, min(head.start(2), line_end), value_at, end, columns=columns)
    else:
        yield Line(first)
    for raw in raws[1:]:
        yield Line(raw)


def detect(_name: str, text: str) -> float:
    """Return how many of the lines that begin like a record are one."""
    found = others = 0
    for raw in split_lines(text[:200_000]):
        start = _START.match(raw)
        if start:
            head = _HEAD.match(raw, start.end())
            if head and head[2] in LEVELS:
                found += 1
            else:
                others += 1
    return 0.95 if found and found >= others else 0.0


FORMAT = Format("pg_csvlog", "PostgreSQL csvlog", "postgresql.csv", detect, read)
