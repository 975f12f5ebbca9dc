"""userlist.txt, PgBouncer's ``auth_file``, by its own parser (src/loader.c, load_auth_file): ``"user" "password"``.

Both stand in double quotes, a quote in them is doubled, and the rest of the line counts for nothing. A comment stands
at the start of a line, after ``;`` only. At the first line that it can't read PgBouncer stops: it starts all the same,
and the users from there on do not exist. Quotes do not end with the line: what has no password on its own line gets the
next quoted text there is.

The key is the name of the user, the value what stands for its password: plain text, ``md5...`` or a SCRAM verifier.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from confmend.document import Format, split_lines
from confmend.model import Line

_BLANK = " \t\r\n\f\v"
_NAME = re.compile(r'[ \t\r\n\f\v]*+"((?:[^"]++|"")*+)"')
_PASSWORD = re.compile(r'[^"]*+"((?:[^"]++|"")*+)"')
_ENTRY = re.compile(r'"((?:[^"\n]++|"")*+)"[^"\n]*+"((?:[^"\n]++|"")*+)"')
_SHAPE = re.compile(r'[ \t]*+"(?:[^"\n]++|"")++"[ \t]++"(?:[^"\n]++|"")*+"[ \t\r]*+(?:;[^\n]*+)?\n?')
# Bytes that the name of a user can have (MAX_USERNAME).
_LONGEST = 127


def read(text: str) -> Iterator[Line]:
    """Yield the lines; the one at which PgBouncer stops reading carries the reason, and so do those behind it."""
    at, taken, broken = 0, (0, 0), 0
    for number, raw in enumerate(split_lines(text), 1):
        start, at = at, at + len(raw)
        stripped = raw.strip(_BLANK)
        if start < taken[0]:
            # The quotes of an entry above end in this line; what stands behind them counts for nothing.
            yield Line(raw, problem=f"read as part of the entry in line {taken[1]}")
        elif not stripped:
            yield Line(raw)
        elif broken:
            comment = stripped.startswith(";")
            yield Line(raw, problem="" if comment else f"not read: PgBouncer stops at line {broken}")
        elif stripped.startswith(";"):
            yield _comment(raw)
        else:
            line, end = _entry(text, start, raw)
            if not line.key and line.problem:
                broken = number
            taken = (end, number)
            yield line


def _entry(text: str, start: int, raw: str) -> tuple[Line, int]:
    """Return the entry that starts in this line, and where its last quote is in the text."""
    name = _NAME.match(text, start)
    password = _PASSWORD.match(text, name.end()) if name else None
    if not name or not password:
        return Line(raw, problem="broken auth file: PgBouncer reads no further"), start
    if len(name[1].encode("utf-8", "surrogateescape")) > _LONGEST:
        return Line(raw, problem="username too long in auth file: PgBouncer reads no further"), start
    user, secret = name[1].replace('""', '"'), password[1].replace('""', '"')
    key_at, end = name.start(1) - 1 - start, password.end()
    if end > start + len(raw):
        at = len(raw.rstrip(_BLANK))
        problem = "no password in this line: PgBouncer takes the next text in quotes for it"
        return Line(raw, user, secret, min(key_at, at), at, at, problem=problem), end
    return Line(raw, user, secret, key_at, password.start(1) - 1 - start, end - start), end


def _comment(raw: str) -> Line:
    match = re.match(r"[ \t]*+;[; \t]*+", raw)
    entry = _ENTRY.match(raw, match.end()) if match else None
    if not entry:
        return Line(raw)
    user, secret = (entry[group].replace('""', '"') for group in (1, 2))
    return Line(raw, user, secret, entry.start(), entry.start(2) - 1, entry.end(), commented=True)


def quote(new: str, old: str) -> str:
    """Write a password in quotes."""
    if not set(new).isdisjoint("\n\0"):
        raise ValueError("a password in userlist.txt can't hold a line break")
    return ("" if old else " ") + _quoted(new)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def insert(lines: Sequence[Line], key: str, value: str) -> tuple[int, str]:
    """Return where a new user goes: to the end, or before the line at which PgBouncer stops reading."""
    if not key or not set(key).isdisjoint("\n\0") or len(key.replace('"', '""').encode("utf-8", "replace")) > _LONGEST:
        raise ValueError("PgBouncer can't read such a name of a user")
    first = next((line.raw for line in lines if line.raw.endswith("\n")), "\n")
    newline = "\r\n" if first.endswith("\r\n") else "\n"
    stops = (index for index, line in enumerate(lines) if line.problem and not line.key)
    at = next((index for index in stops if not lines[index].problem.startswith("read as part")), len(lines))
    before = newline if at and not lines[at - 1].raw.endswith("\n") else ""
    return at, f"{before}{_quoted(key)}{quote(value, '')}{newline}"


def detect(name: str, text: str) -> float:
    """Every line is two texts in double quotes with nothing but blanks between; csv has a comma there."""
    # A # is no comment for PgBouncer, but people take it for one.
    if not text.lstrip(_BLANK).startswith(('"', ";", "#")) or '"' not in text:
        return 0.0
    lines = [raw for raw in split_lines(text[:200_000]) if raw.lstrip(_BLANK)[:1] not in ("", ";", "#")]
    shaped = sum(bool(_SHAPE.fullmatch(raw)) for raw in lines)
    if not shaped or shaped * 5 < len(lines) * 4:
        return 0.0
    return 0.95 if name.endswith(("userlist.txt", "users.txt")) else 0.85


FORMAT = Format("userlist", "PgBouncer's auth_file", "userlist.txt", detect, read, quote, insert=insert)
