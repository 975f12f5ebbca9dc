"""Connection URIs: libpq's (conninfo_uri_parse in fe-connect.c), SQLAlchemy's, those of the web frameworks, and JDBC's.

``scheme://user:password@host:port,host2:port2/dbname?name=value&...``. On purpose the userinfo ends at the LAST ``@``
before the host: people write passwords as they are, with ``/ @ ? #`` in them, and the count of strings and names must
not depend on a password. The first host is ``host`` and ``port``, the next ``host/2`` and ``port/2``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from confmend.formats import _percent
from confmend.formats._part import Parsed, Part

SCHEME = re.compile(
    r"(?:(?P<java>jdbc|r2dbc)\\?:(?:[a-z0-9-]+\\?:){0,3}?)?"
    r"(?:postgres(?:ql)?|pgsql|postgis)(?:\+(?P<driver>[a-z0-9_]+))?\\?:(?P<slashes>//)?"
)
_PORT = re.compile(
    r"(?:[0-9]{1,5}|port[0-9]?|\$\{[^{}\s]{1,60}\}|\$[A-Za-z_]\w{0,60}|<[\w -]{1,60}>|%[ds])(?![\w@%$.!-])",
    re.IGNORECASE,
)
_VARIABLE = re.compile(r"\$\{[^{}\s]{0,100}\}|\{\{[^{}\n]{0,100}\}\}|\[[0-9a-fA-F:.]{2,45}\]")
# Parameters whose value holds an ``@`` that ends no userinfo.
_QUERY = re.compile(r"[?&](?:e?mail|user(?:name)?|login|application_name|options)=", re.IGNORECASE)
_HOST = re.compile(r"\[[^\]]*\]?|(?:\$\{[^{}]*\}|\{\{[^{}]*\}\}|[^:,])*")
TEMPLATE = re.compile(r"\$\{|\$[A-Za-z_(]|\{\{|\{[\w.:]*\}|%[sdvq](?![0-9a-fA-F])|%\(|<[A-Za-z]|#\{|\*\*\*")
_PLUS_IS_BLANK = ("jdbc", "sqlalchemy")


def parse(text: str) -> Parsed:
    """Read a whole URI; it starts with what ``SCHEME`` matches."""
    scheme = SCHEME.match(text)
    assert scheme is not None
    dialect = "jdbc" if scheme["java"] == "jdbc" else "r2dbc" if scheme["java"] else ""
    dialect = dialect or ("sqlalchemy" if scheme["driver"] else "uri")
    head = scheme.end()
    parts = list(_authority(text, head, dialect) if scheme["slashes"] else _path(text, head, dialect))
    query = _query_start(text, parts[-1].end if parts else head)
    names: list[str] = []
    if query < len(text):
        for part in _parameters(text, query + 1, dialect):
            parts.append(part)
            names.append(part.name)
    if TEMPLATE.search(text):
        parts = [Part(p.name, p.value, p.start, p.first, p.last, p.end, p.write) for p in parts]
    problem = next((part.problem for part in parts if part.problem), "")
    if dialect == "jdbc" and scheme["slashes"] and "/" not in text[head:query]:
        problem = "JDBC URL must contain a / at the end of the host or port"
    driver = scheme["driver"] or _driver(names)
    return Parsed(dialect, 0, head, len(text), tuple(parts), _adder(text, head, query), driver, problem)


def _query_start(text: str, at: int) -> int:
    found = text.find("?", at)
    return found if found >= 0 else len(text)


def _userinfo_end(text: str, head: int) -> int:
    """Return where the ``@`` behind the userinfo stands, or -1."""
    query = _QUERY.search(text, head)
    last = text.rfind("@", head, query.start() if query else len(text))
    if last < 0:
        return -1
    at = head
    while at < last and text[at] not in ":/?":
        variable = _VARIABLE.match(text, at)
        at = variable.end() if variable else at + 1
    if at >= last or text[at] == ":":
        port = _PORT.match(text, at + 1) if at < last else None
        if port and ("@" in text[head:at] or "?" in text[at:last]):
            return text.rfind("@", head, at)
        return last
    return text.rfind("@", head, at)


def _authority(text: str, head: int, dialect: str) -> Iterator[Part]:
    sign = _userinfo_end(text, head)
    at = head
    if sign >= 0:
        colon = head
        while colon < sign and text[colon] != ":":
            variable = _VARIABLE.match(text, colon)
            colon = min(variable.end(), sign) if variable else colon + 1
        if colon > head:
            yield _part("user", text, (head, head, colon, colon), _percent.encode)
        if colon + 1 < sign:
            yield _part("password", text, (colon, colon + 1, sign, sign), _percent.encode)
        at = sign + 1
    end = min((found for mark in "/?" if (found := text.find(mark, at)) >= 0), default=len(text))
    number = 1
    while True:
        host = _HOST.match(text, at, end)
        assert host is not None
        suffix = "" if number == 1 else f"/{number}"
        if host[0]:
            yield _host(f"host{suffix}", text, host.start(), host.end(), dialect)
        at = host.end()
        comma = text.find(",", at, end)
        stop = comma if comma >= 0 else end
        if at < stop:
            bracket = host[0].startswith("[")
            problem = ""
            if bracket and text[at] != ":":
                problem = f'unexpected character "{text[at]}" in URI (expected ":" or "/")'
            if at + 1 < stop or problem:
                yield _part(f"port{suffix}", text, (at, at + 1, stop, stop), _port, problem)
        if comma < 0:
            break
        at, number = comma + 1, number + 1
    if text.startswith("/", end):
        yield from _path(text, end + 1, dialect)


def _path(text: str, at: int, dialect: str) -> Iterator[Part]:
    end = _query_start(text, at)
    if at < end:
        found = _part("dbname", text, (at, at, end, end), lambda value: _percent.encode(value, b"/"))
        # URLDecoder decodes for JDBC, a form's way.
        value = _percent.decode(text[at:end].replace("+", " ")) if dialect == "jdbc" else found.value
        yield replace(found, value=value)


def _host(name: str, text: str, start: int, end: int, dialect: str) -> Part:
    written = text[start:end]
    if written.startswith("["):
        inner = written[1:-1] if written.endswith("]") else written[1:]
        problem = "" if written.endswith("]") else 'end of string reached when looking for matching "]" in IPv6 host'
        problem = problem or ("" if inner else "IPv6 host address may not be empty in URI")
        value = written if dialect == "jdbc" else _percent.decode(inner) if dialect == "uri" else inner
        return Part(name, value, start, start, end, end, _host_writer(dialect), problem)
    return _part(name, text, (start, start, end, end), _host_writer(dialect))


def _host_writer(dialect: str) -> Callable[[str], str]:
    def write(value: str) -> str:
        if not value or "," in value:
            raise ValueError("one host goes here")
        if re.fullmatch(r"[0-9a-fA-F:.]*:[0-9a-fA-F:.]*", value):
            if dialect == "jdbc":
                raise ValueError("JDBC has an IPv6 address in brackets")
            return f"[{value}]"
        if dialect == "jdbc" and re.fullmatch(r"\[[0-9a-fA-F:.]+\]", value):
            return value
        written = _percent.encode(value)
        if dialect in ("jdbc", "sqlalchemy", "r2dbc") and written != value:
            raise ValueError("the host of such a URL holds letters, digits, '-' and '.' only")
        return written

    return write


def _port(value: str) -> str:
    if not re.fullmatch("[0-9]{1,5}", value):
        raise ValueError("a port is a number")
    return value


def _part(name: str, text: str, at: tuple[int, int, int, int], write: Callable[[str], str], problem: str = "") -> Part:
    start, first, last, end = at
    written = text[first:last]
    problem = problem or _percent.problem(written)
    return Part(name, _percent.decode(written), start, first, last, end, _whole(write), problem)


def _whole(write: Callable[[str], str]) -> Callable[[str], str]:
    def checked(value: str) -> str:
        if "\0" in value or not value:
            raise ValueError("this part of a URI can't be empty and holds no NUL")
        return write(value)

    return checked


def _parameters(text: str, at: int, dialect: str) -> Iterator[Part]:
    libpq = dialect == "uri"
    while at < len(text):
        stop = text.find("&", at)
        last = stop if stop >= 0 else len(text)
        end = stop + 1 if stop >= 0 else last
        equals = text.find("=", at, last)
        name, first, problem = text[at : equals if equals >= 0 else last], equals + 1, ""
        if equals < 0:
            first = last
            problem = f'missing key/value separator "=" in URI query parameter: "{name}"' if libpq else ""
        elif libpq and "=" in text[first:last]:
            problem = f'extra key/value separator "=" in URI query parameter: "{name}"'
        written = text[first:last]
        if libpq:
            problem = problem or _percent.problem(name) or _percent.problem(written)
        value = _percent.decode(written.replace("+", " ") if dialect in _PLUS_IS_BLANK else written)
        if dialect == "jdbc":
            problem = _percent.problem(written)
        yield Part(
            name if dialect == "jdbc" else _percent.decode(name),
            value,
            at,
            first,
            last,
            end,
            _value_writer(equals < 0),
            problem,
        )
        at = end


def _value_writer(lacks_sign: bool) -> Callable[[str], str]:
    def write(value: str) -> str:
        if "\0" in value:
            raise ValueError("a URI holds no NUL")
        return ("=" if lacks_sign else "") + _percent.encode(value, b"/:,")

    return write


def _driver(names: list[str]) -> str:
    if any(name.startswith("pool_m") or name == "default_query_exec_mode" for name in names):
        return "pgx"
    if "pgbouncer" in names or "connection_limit" in names:
        return "prisma"
    return "rails" if {"pool", "prepared_statements", "checkout_timeout"} & set(names) else ""


def _adder(text: str, head: int, query: int) -> Callable[[str, str], str]:
    def add(name: str, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z_][\w.-]*", name):
            raise ValueError(f"{name!r} is no name for a parameter")
        if name == "port":
            _port(value)
        if query < len(text):
            mark = "" if text[-1] in "?&" else "&"
        else:
            mark = "?" if "/" in text[head:] or not text[:head].endswith("//") else "/?"
        return f"{mark}{name}={_value_writer(False)(value)}"

    return add
