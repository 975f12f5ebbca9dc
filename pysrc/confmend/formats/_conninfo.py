"""libpq's ``keyword=value`` connection strings, by its own parser (conninfo_parse in fe-connect.c).

Blanks separate; ``=`` may stand between blanks; a value is bare, with backslash escapes, or in single quotes. The
value after ``host=`` and a blank is what comes next, were it ``port=5``.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from confmend.formats._part import Parsed, Part

# PQconninfoOptions of PostgreSQL 12 to 18.
_KEYWORDS = (
    "application_name channel_binding client_encoding connect_timeout dbname fallback_application_name gssdelegation "
    "gssencmode gsslib host hostaddr keepalives keepalives_count keepalives_idle keepalives_interval krbsrvname "
    "load_balance_hosts max_protocol_version min_protocol_version oauth_client_id oauth_client_secret oauth_issuer "
    "oauth_scope options passfile password port replication require_auth requirepeer requiressl scram_client_key "
    "scram_server_key service servicefile ssl_max_protocol_version ssl_min_protocol_version sslcert sslcertmode "
    "sslcompression sslcrl sslcrldir sslkey sslkeylogfile sslmode sslnegotiation sslpassword sslrootcert sslsni "
    "target_session_attrs tcp_user_timeout user"
)
KEYWORDS = frozenset(_KEYWORDS.split())
# What tells a connection string from other pairs: where it leads to.
ANCHORS = frozenset(("host", "hostaddr", "dbname", "service"))
BLANKS = " \t\n\r\f\v"
_BLANK = re.compile(r"[ \t\n\r\f\v]*")
_NAME = re.compile(r"([^= \t\n\r\f\v]*)[ \t\n\r\f\v]*=[ \t\n\r\f\v]*")
_FIRST = re.compile(r"[^= \t\n\r\f\v]*")
_WORD = re.compile(r"[A-Za-z_][\w.]*")
_BARE = re.compile(r"(?:[^ \t\n\r\f\v\\]|\\.?)*+", re.DOTALL)
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*+)'", re.DOTALL)
_ESCAPE = re.compile(r"\\(.?)", re.DOTALL)


def parse(text: str, start: int = 0, end: int | None = None, *, whole: bool = True) -> Parsed:
    """Read the pairs from ``start`` on: up to ``end``, or, if not ``whole``, up to what is no pair any more."""
    end = len(text) if end is None else end
    found: list[tuple[str, int, int, int, str, str]] = []
    problem, at, stop = "", start, start
    while True:
        at = _blank(text, at, end)
        match = _NAME.match(text, at, end)
        if not match or not (whole or _WORD.fullmatch(match[1])):
            if whole and at < end:
                problem = f'missing "=" after "{_FIRST.match(text, at, end)[0]}" in connection info string'  # type: ignore[index]
            break
        first = match.end()
        quoted = _QUOTED.match(text, first, end)
        refused = ""
        if quoted:
            last, value = quoted.end(), quoted[1]
        elif text.startswith("'", first, end):
            last, value, refused = end, text[first + 1 : end], "unterminated quoted string in connection info string"
        else:
            last = _BARE.match(text, first, end).end()  # type: ignore[union-attr]  # it matches nothing at least
            value = text[first:last]
        found.append((match[1], at, first, last, _ESCAPE.sub(r"\1", value), refused))
        problem = problem or refused
        at = stop = last
    return Parsed("conninfo", start, start, stop, _parts(text, found), _adder(text, stop), _driver(found), problem)


def write(value: str, old: str = "") -> str:
    """Return a value as libpq reads it, in quotes where it needs them or had them."""
    if "\0" in value or "\n" in value or "\r" in value:
        raise ValueError("a connection string can't hold a line break")
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    bare = value and not any(each in BLANKS for each in value) and "'" not in value and "\\" not in value
    return escaped if bare and not old.startswith("'") else f"'{escaped}'"


def _blank(text: str, at: int, end: int) -> int:
    return _BLANK.match(text, at, end).end()  # type: ignore[union-attr]  # it matches nothing at least


def _parts(text: str, found: list[tuple[str, int, int, int, str, str]]) -> tuple[Part, ...]:
    parts = []
    for index, (name, start, first, last, value, problem) in enumerate(found):
        # Of two, the blank between stays: it tells what is left from any other pair. Of more, it goes along.
        end = found[index + 1][1] if index + 1 < len(found) and len(found) > 2 else last
        parts.append(Part(name, value, start, first, last, end, _writer(text[first:last]), problem))
    return tuple(parts)


def _writer(old: str) -> Callable[[str], str]:
    return lambda new: write(new, old)


def _adder(text: str, stop: int) -> Callable[[str, str], str]:
    def add(name: str, value: str) -> str:
        if not _WORD.fullmatch(name):
            raise ValueError(f"{name!r} is no name for a parameter of libpq")
        before = "" if stop == 0 or text[stop - 1] in BLANKS else " "
        after = " " if stop < len(text) and text[stop] not in BLANKS else ""
        return f"{before}{name}={write(value)}{after}"

    return add


def _driver(found: list[tuple[str, int, int, int, str, str]]) -> str:
    return "pgx" if any(name.startswith("pool_m") or name == "default_query_exec_mode" for name, *_ in found) else ""
