"""A PostgreSQL log as stderr gets it, with any log_line_prefix: ``... LOG:  could not receive data from client: ...``.

The key of a line is its level, the value its message. A line without a level goes on with the message before it.
"""

import re
from collections.abc import Iterator

from confmend.document import Format, split_lines
from confmend.model import Line

# The server puts two spaces behind the colon (src/backend/utils/error/elog.c); chats and wikis swallow one of them.
_LEVEL = re.compile(
    r"(?:^|[\s\])>:|])"
    r"(DEBUG[1-5]?|LOG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC|DETAIL|HINT|CONTEXT|STATEMENT|QUERY|LOCATION): {1,2}(?=\S)"
)
# Behind a longer prefix than this nobody writes a level; it also keeps a line of 100,000 characters cheap.
_PREFIX = 500


def read(text: str) -> Iterator[Line]:
    """Yield the lines."""
    for raw in split_lines(text):
        match = _LEVEL.search(raw, 0, _PREFIX)
        if match:
            end = len(raw.rstrip("\r\n"))
            yield Line(raw, match[1], raw[match.end() : end], match.start(1), match.end(), end)
        else:
            yield Line(raw)


def detect(_name: str, text: str) -> float:
    """Return how much of the text is log lines; statements may run over many lines, so a tenth is enough."""
    lines = [raw for raw in split_lines(text[:200_000]) if raw.strip()]
    if not lines:
        return 0.0
    share = sum(bool(_LEVEL.search(raw, 0, _PREFIX)) for raw in lines) / len(lines)
    return min(1.0, 0.5 + share / 2) if share >= 0.1 else 0.0


FORMAT = Format("pg_log", "PostgreSQL log", "postgresql.log", detect, read)
