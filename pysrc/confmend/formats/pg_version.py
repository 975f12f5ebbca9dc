"""``SELECT version()``, ``postgres --version``, and the banner of psql where it names the server.

``psql (15.18, server 16.4)`` is printed if the two differ, so ``psql (16.4)`` above a prompt means both
(src/bin/psql/command.c, connection_warnings). The key is ``version``, the value the text; the columns hold ``server``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from confmend.document import Format, split_lines
from confmend.model import Line

_VERSION = re.compile(
    r"(?:^|[ \t|│\"',])(?P<value>(?:postgres \()?PostgreSQL\)? "
    r"(?P<server>[0-9]{1,2}(?:\.[0-9]+)*(?:devel|beta[0-9]+|rc[0-9]+)?)"
    r"(?=[ ,\"|│\r\n)]|$)[^|│\"\r\n]*)"
)
_BANNER = re.compile(
    r"[ \t]*(?P<value>psql \((?:[^,()]*(?:\([^()]*\))?, server )?(?P<server>[0-9]+(?:\.[0-9]+)*)[^\r\n]*)"
)
# A text of other things may name a version as well: with a header, a rule and a footer there are so many lines for one.
_LINES = 6


def _names_server(raw: str) -> bool:
    """Whether it may be a version; a log's ``starting PostgreSQL`` is the log's."""
    return "PostgreSQL" in raw and "starting PostgreSQL" not in raw


def read(text: str) -> Iterator[Line]:
    """Yield the lines."""
    for raw in split_lines(text):
        match = _BANNER.match(raw) or (_VERSION.search(raw, 0, 300) if _names_server(raw) else None)
        if match:
            value = match["value"].rstrip(" \t+")
            start = match.start("value")
            yield Line(raw, "version", value, start, start, start + len(value), columns={"server": match["server"]})
        else:
            yield Line(raw)


def detect(_name: str, text: str) -> float:
    """Hold a short text for it that names a version the way the server does."""
    if len(text) > 4_000 or not ("PostgreSQL" in text or "psql (" in text):
        return 0.0
    said = [raw for raw in split_lines(text) if raw.strip()]
    found = [line for line in read(text) if line.key]
    if not found or len(said) > _LINES * len(found):
        return 0.0
    built = any(" on " in line.value or "compiled by" in line.value for line in found)
    alone = any(raw.split()[0] == "version" for raw in said) or len(said) == len(found)
    return 0.8 if built or alone or found[0].value.startswith("psql (") else 0.0


FORMAT = Format("pg_version", "SELECT version()", "version", detect, read, printed=True)
