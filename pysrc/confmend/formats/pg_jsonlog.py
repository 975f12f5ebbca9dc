"""A PostgreSQL jsonlog (15 and later), one object a line; also inside what CloudNativePG, Docker and others write.

The key of a line is its level in English, the value its message. Columns by the names that csvlog gives them, so that
both read alike. A line that the paste cuts off is read if its message is whole.

Source: src/backend/utils/error/jsonlog.c.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from confmend.document import Format, split_lines
from confmend.formats.lazy_columns import LazyColumns
from confmend.formats.pg_levels import LEVELS
from confmend.model import Line

# jsonlog's own names and csvlog's for the same; the rest have one name.
_CSV_NAMES = {
    "timestamp": "log_time",
    "user": "user_name",
    "dbname": "database_name",
    "pid": "process_id",
    "line_num": "session_line_num",
    "ps": "command_tag",
    "session_start": "session_start_time",
    "vxid": "virtual_transaction_id",
    "txid": "transaction_id",
    "state_code": "sql_state_code",
    "internal_position": "internal_query_pos",
    "statement": "query",
    "cursor_position": "query_pos",
}
_STRING = r'"((?:[^"\\]|\\.)*+)"'
_LEVEL = re.compile(rf'"error_severity"\s*:\s*{_STRING}')
_MESSAGE = re.compile(rf'"message"\s*:\s*{_STRING}')
_MORE = re.compile(r'"(?:detail|hint|internal_query|context|statement|query|file_name)"\s*:')


def _columns(raw: str) -> dict[str, str]:
    found = _object(raw)
    host, port = found.pop("remote_host", ""), found.pop("remote_port", "")
    if host:
        found["connection_from"] = f"{host}:{port}" if port else host
    function, file, number = (found.pop(name, "") for name in ("func_name", "file_name", "file_line_num"))
    if file:
        found["location"] = f"{function}, {file}:{number}" if function else f"{file}:{number}"
    return {_CSV_NAMES.get(name, name): value for name, value in found.items() if value}


def _object(raw: str) -> dict[str, str]:
    """Return the server's object of a line, its values as text; what holds it may be an object too."""
    # Imported at first use: the engine is up without it.
    import json

    try:
        found, _ = json.JSONDecoder(strict=False).raw_decode(raw, raw.index("{"))
    except (ValueError, RecursionError):
        return {}
    while isinstance(found, dict) and "error_severity" not in found:
        found = next((each for each in found.values() if isinstance(each, dict)), None)
    if not isinstance(found, dict):
        return {}
    return {name: str(value) for name, value in found.items() if isinstance(value, str | int) and value != ""}


def read(text: str) -> Iterator[Line]:
    """Yield the lines."""
    for raw in split_lines(text):
        level, message = _LEVEL.search(raw), _MESSAGE.search(raw)
        if level and message and level[1] in LEVELS:
            start, end = message.span(1)
            columns = LazyColumns(_columns, (raw,), bool(_MORE.search(raw)))
            key_at = min(level.start(1), start)
            yield Line(raw, LEVELS[level[1]], _text(message[1]), key_at, start, end, columns=columns)
        else:
            yield Line(raw)


def _text(written: str) -> str:
    if "\\" not in written:
        return written
    # Imported at first use: the engine is up without it.
    import json

    try:
        return str(json.loads(f'"{written}"', strict=False))
    except ValueError:
        return written


def detect(_name: str, text: str) -> float:
    """Return how sure it is; other programs' objects may stand between the server's."""
    if '"error_severity"' not in text[:200_000]:
        return 0.0
    raws = [raw for raw in split_lines(text[:200_000]) if raw.strip()]
    share = sum(line.key != "" for raw in raws for line in read(raw)) / len(raws)
    return min(1.0, 0.6 + share * 0.39) if share >= 0.1 else 0.0


FORMAT = Format("pg_jsonlog", "PostgreSQL jsonlog", "postgresql.json", detect, read)
