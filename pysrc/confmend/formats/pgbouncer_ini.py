"""pgbouncer.ini, by PgBouncer's own parser (lib/usual/cfparser.c).

A comment stands at the start of a line, after ``;`` or ``#``; whatever follows a value belongs to the value. Keys and
section names are case-sensitive. A key here is ``section/name``; the heading of a section has the key ``section/``.
"""

import re
from collections.abc import Iterator

from confmend.document import Format, split_lines
from confmend.model import Line

SECTIONS = ("databases", "users", "pgbouncer", "peers")
_HEADING = re.compile(r"[ \t]*\[([^\]\n]*)\][ \t\r]*\n?")
_ASSIGNMENT = re.compile(r"[ \t]*([A-Za-z0-9_.*-]+)[ \t]*=[ \t]*(.*?)[ \t\r]*\n?")
_COMMENTED = re.compile(r"[ \t]*[;#]+[ \t]*([a-z0-9_]+)[ \t]*=[ \t]*(.*?)[ \t\r]*\n?")
_INCLUDE = re.compile(r"[ \t]*%include[ \t]+(\S.*?)[ \t\r]*\n?")


def read(text: str) -> Iterator[Line]:
    """Yield the lines; one at which PgBouncer would stop carries the reason."""
    section = ""
    for raw in split_lines(text):
        line = _line(raw, section)
        if line.key.endswith("/"):
            section = line.key[:-1]
        yield line


def _line(raw: str, section: str) -> Line:
    stripped = raw.strip(" \t\r\n")
    if not stripped:
        return Line(raw)
    if stripped[0] in ";#":
        match = _COMMENTED.fullmatch(raw)
        if not match or not section:
            return Line(raw)
        span = (match.start(1), match.start(2), match.end(2))
        return Line(raw, f"{section}/{match[1]}", match[2], *span, commented=True)
    match = _HEADING.fullmatch(raw)
    if match:
        problem = "" if match[1] in SECTIONS else f'invalid section "{match[1]}": PgBouncer does not start'
        return Line(raw, f"{match[1]}/", match[1], match.start(1), match.start(1), match.end(1), problem=problem)
    match = _INCLUDE.fullmatch(raw)
    if match:
        return Line(raw, "%include", match[1], raw.index("%"), match.start(1), match.end(1))
    match = _ASSIGNMENT.fullmatch(raw)
    if match and section:
        return Line(raw, f"{section}/{match[1]}", match[2], match.start(1), match.start(2), match.end(2))
    return Line(raw, problem="a setting before the first section" if match else "syntax error: no key = value")


def quote(new: str, _old: str) -> str:
    """Write a value as it is: there are no quotes around it."""
    if "\n" in new:
        raise ValueError("a value in pgbouncer.ini can't hold a line break")
    return new


def assign(key: str, value: str) -> str:
    """Return a whole line that sets ``section/name``."""
    return f"{key.partition('/')[2]} = {quote(value, '')}"


def detect(name: str, text: str) -> float:
    """Headings that only PgBouncer has decide."""
    headings = {match[1] for match in map(_HEADING.fullmatch, split_lines(text[:200_000])) if match}
    named = name.endswith(("pgbouncer.ini", "pgbouncer.conf"))
    if "pgbouncer" in headings:
        return 1.0
    if "databases" in headings:
        return 0.9
    return 0.8 if named and "=" in text else 0.0


FORMAT = Format("pgbouncer_ini", "pgbouncer.ini", "pgbouncer.ini", detect, read, quote, assign, sections=True)
