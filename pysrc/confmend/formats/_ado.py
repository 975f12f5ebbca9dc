"""``Host=db;Port=5432;...``: what Npgsql reads (System.Data.Common.DbConnectionStringBuilder), and DSNs like it.

``;`` separates, names are blind to case and blanks inside, the last of two wins; a value is bare, trimmed, or in double
or single quotes, which are doubled inside. PHP's PDO (``pgsql:host=db;dbname=app``) turns the ``;`` into blanks and
gives the rest to libpq; CppDB writes ``postgresql:host=db;...;@pool_size=10``.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from confmend.formats import _conninfo
from confmend.formats._part import Parsed, Part

# Npgsql's names (connection-string-parameters in its documentation), by their spelling without case and blanks; those
# that every dialect has go by libpq's names.
_NAMES = (
    "Application Name|Array Nullability Mode|Auto Prepare Min Usages|Cancellation Timeout|Channel Binding|"
    "Check Certificate Revocation|Client Encoding|Command Timeout|Connection Idle Lifetime|"
    "Connection Lifetime|Connection Pruning Interval|Encoding|Enlist|Host Recheck Seconds|"
    "Include Error Detail|Include Realm|Internal Command Timeout|Keepalive|Kerberos Service Name|"
    "Load Balance Hosts|Load Table Composites|Log Parameters|Max Auto Prepare|Maximum Pool Size|"
    "Minimum Pool Size|Multiplexing|No Reset On Close|Options|Passfile|Persist Security Info|Pooling|"
    "Read Buffer Size|Replication Mode|Root Certificate|Search Path|Server Compatibility Mode|"
    "Socket Receive Buffer Size|Socket Send Buffer Size|SSL Certificate|SSL Key|SSL Mode|SSL Negotiation|"
    "SSL Password|Target Session Attributes|TCP Keepalive|TCP Keepalive Interval|TCP Keepalive Time|Timeout|"
    "Timezone|Trust Server Certificate|Write Buffer Size|Write Coalescing Buffer Threshold Bytes"
)
NAMES = {name.replace(" ", "").lower(): name for name in _NAMES.split("|")} | {
    "maxpoolsize": "Maximum Pool Size",
    "minpoolsize": "Minimum Pool Size",
    "connectionlifetime": "Connection Lifetime",
    "loadbalancetimeout": "Connection Lifetime",
    **dict.fromkeys(("host", "server", "datasource"), "host"),
    **dict.fromkeys(("database", "db", "dbname"), "dbname"),
    **dict.fromkeys(("username", "userid", "uid", "user"), "user"),
    **dict.fromkeys(("password", "pwd", "psw"), "password"),
    "port": "port",
}
WRITTEN = {"host": "Host", "port": "Port", "dbname": "Database", "user": "Username", "password": "Password"}
# Names that of the drivers for .NET only Npgsql has, and those that it has not.
_NPGSQL = re.compile(
    "host|username|maxautoprepare|autoprepareminusages|noresetonclose|multiplexing|searchpath|includeerrordetail|"
    "connectionidlelifetime|connectionpruninginterval|tcpkeepalive(?:time|interval)?|targetsessionattributes|"
    "writecoalescing.*|internalcommandtimeout"
)
_OTHERS = re.compile(
    "initialcatalog|integratedsecurity|trusted_?connection|multipleactiveresultsets|datasource|attachdbfilename|"
    "useserversideprepare|allowuservariables|charset|driver|provider|convertzerodatetime"
)
_PAIR = re.compile(
    r"(@?[A-Za-z_][\w .-]{0,60}?)[ \t]*=(?!=)[ \t]*"
    r"(?:(\"(?:[^\"]|\"\")*+\"|'(?:[^']|'')*+')(?=[ \t]*(?:;|$))|([^;\r\n]*+))[ \t]*(;?)[ \t]*"
)
_EMPTY = re.compile(r"[; \t]*")


def folded(name: str) -> str:
    """Return a name without what makes no difference."""
    return name.replace(" ", "").lower()


def canonical(name: str, dialect: str) -> str:
    """Return the name by which a parameter is known here."""
    return NAMES.get(folded(name), name) if dialect in ("npgsql", "ado") else name


def parse(text: str, start: int = 0, end: int | None = None, prefix: str = "", hint: bool = False) -> Parsed:
    """Read the pairs from ``start`` on, behind ``prefix``; with ``hint`` the text around speaks of PostgreSQL."""
    end = len(text) if end is None else end
    found: list[tuple[str, int, int, int, int]] = []
    at = start
    while at < end:
        empty = _EMPTY.match(text, at, end)
        match = _PAIR.match(text, empty.end() if empty else at, end)
        if not match:
            break
        group = 2 if match[2] is not None else 3
        last = match.start(group) + len(match[group].rstrip(" \t"))
        found.append((match[1], match.start(), match.start(group), last, match.end(4)))
        at = match.end(4)
        if not match[4]:
            break
    names = {folded(name) for name, *_ in found}
    dialect = {"pgsql:": "pdo", "postgresql:": "cppdb"}.get(prefix) or _dialect(names, text, found, hint)
    writer = _write_pdo if dialect in ("pdo", "cppdb") else write
    parts = []
    for name, first_at, first, last, stop in found:
        stop = last if len(found) == 2 else stop
        old = text[first:last]
        value = _value(old) if dialect not in ("pdo", "cppdb") else _conninfo.parse(f"x={old}").parts[0].value
        parts.append(Part(canonical(name, dialect), value, first_at, first, last, stop, _bound(writer, old)))
    end_at = found[-1][4] if found else start
    return Parsed(dialect, start, start, end_at, tuple(parts), _adder(text, end_at, dialect), "")


def _dialect(names: set[str], text: str, found: list[tuple[str, int, int, int, int]], hint: bool) -> str:
    if any(_OTHERS.fullmatch(name) for name in names):
        return "ado"
    ports = {_value(text[first:last]) for name, _, first, last, _ in found if folded(name) == "port"}
    if ports & {"3306", "1433"}:
        return "ado"
    own = hint or any(_NPGSQL.fullmatch(name) for name in names) or ports & {"5432", "5433", "6432"}
    return "npgsql" if own else "ado"


def _value(written: str) -> str:
    if len(written) > 1 and written[0] in "\"'" and written[-1] == written[0]:
        return written[1:-1].replace(written[0] * 2, written[0])
    return written


def write(value: str, old: str = "") -> str:
    """Return a value as ADO.NET reads it, in quotes where it needs them."""
    if any(each in value for each in "\n\r\0"):
        raise ValueError("a connection string can't hold a line break")
    plain = value and value == value.strip() and not any(each in value for each in ";\"'") and value[0] != "="
    if plain:
        return value
    mark = "'" if (old[:1] == "'" or '"' in value) and "'" not in value else '"'
    return f"{mark}{value.replace(mark, mark * 2)}{mark}"


def _write_pdo(value: str, _old: str = "") -> str:
    if ";" in value:
        raise ValueError("a value in this kind of DSN can't hold a semicolon")
    return _conninfo.write(value, _old)


def _bound(writer: Callable[[str, str], str], old: str) -> Callable[[str], str]:
    return lambda new: writer(new, old)


def _adder(text: str, at: int, dialect: str) -> Callable[[str, str], str]:
    def add(name: str, value: str) -> str:
        if canonical(name, dialect) != name:
            raise ValueError(f"{name!r} is written {canonical(name, dialect)!r}")
        if not re.fullmatch(r"[A-Za-z_][\w .-]{0,60}", name) or name != name.strip():
            raise ValueError(f"{name!r} is no name for a parameter")
        ended = at == 0 or text[at - 1] == ";"
        shown = WRITTEN.get(name, name) if dialect in ("npgsql", "ado") else name
        written = write(value) if dialect in ("npgsql", "ado") else _write_pdo(value)
        return f"{'' if ended else ';'}{shown}={written}{';' if ended else ''}"

    return add
