"""An error as a program shows it: a driver's exception with its stack trace, psql's words, a line from a chat.

The value of a line is its text, without blanks around it. Sources: libpq's fe-connect.c and fe-protocol3.c, and the
exceptions of psycopg, pgjdbc, Npgsql, node-postgres, pgx, SQLAlchemy and Rails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from confmend.document import Format, split_lines
from confmend.model import Line

_SAMPLE = 200_000
# What drivers write and configuration files do not.
_EXCEPTION = re.compile(
    r"psycopg2?\.(?:errors\.[A-Z]\w+|[A-Z]\w*Error)|asyncpg\.exceptions\.\w+|sqlalchemy\.exc\.\w+|django\.db\.utils\.\w+|"
    r"org\.postgresql\.util\.PSQL\w+|java\.(?:sql|net)\.\w*Exception|com\.zaxxer\.hikari\S*|Npgsql\.\w*Exception|"
    r"PG::\w+|ActiveRecord::\w+|SQLSTATE\[?[ :=]*[0-9A-Z]{5}|\(SQLSTATE [0-9A-Z]{5}\)|pq: |"
    r"Error: (?:connect|read|write) E[A-Z]{5,12}\b|"
    r"connection to server (?:at|on socket) \"|could not connect to server: |"
    r"server closed the connection unexpectedly|SSL SYSCALL error: "
)
_TRACEBACK = re.compile(
    r"^psql: error: |^Traceback \(most recent call last\):|^\s+at [\w.$<>]+\(|^\s+File \"", re.MULTILINE
)
# Alone, with what surely is no server's log around it (a stack, or the program's own name), and as the first words:
# then what the server said behind them makes it no log.
_NAMED, _TRACED, _BEGUN = 0.6, 0.9, 1.0
# A longer text is a log of several programs: it is this only if it is nothing else.
_SHORT = 200
_AMONG_OTHERS = 0.5


def read(text: str) -> Iterator[Line]:
    """Yield the lines."""
    for raw in split_lines(text):
        value = raw.strip()
        start = raw.find(value)
        yield Line(raw, "error" if value else "", value, start, start, start + len(value))


def detect(_name: str, text: str) -> float:
    """Return how surely it is an error: a driver's words, surer with the stack that the exception came through."""
    sample = text[:_SAMPLE]
    if not _EXCEPTION.search(sample):
        return 0.0
    if sample.count("\n") > _SHORT:
        return _AMONG_OTHERS
    first = sample.lstrip()[:200]
    if _EXCEPTION.match(first) or first.startswith("psql: error: "):
        return _BEGUN
    return _TRACED if _TRACEBACK.search(sample) else _NAMED


FORMAT = Format("error_text", "an error message or stack trace", "error.txt", detect, read)
