"""The clients of PostgreSQL, by the connection strings that were pasted, each in what its own driver makes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from confmend.document import Document
from confmend.facts import Documents
from confmend.model import Edit, Fact, Origin, Value

KIND = "connection_strings"
_MS, _SECOND = 1_000, 1_000_000

# Who reads a string: libpq and what is built on it, by the names after SQLAlchemy's "+"; others have parameters of
# their own. A plain URI may go to any of several; libpq's names mean the same in all that take them.
_LIBPQ = frozenset(("", "psycopg", "psycopg2", "psycopg2cffi", "psycopg_async", "rails"))
# What each family calls a thing, and the unit of a bare number in microseconds. Sources: libpq-connect; the pgjdbc
# manual; npgsql.org/doc/connection-string-parameters; postgres.js and pg on npm.
_Names = Mapping[str, tuple[tuple[str, int], ...]]
_TIMES: Mapping[str, _Names] = {
    "libpq": {
        "keepalive_idle": (("keepalives_idle", _SECOND),),
        "keepalive_interval": (("keepalives_interval", _SECOND),),
        "connect_timeout": (("connect_timeout", _SECOND),),
        "user_timeout": (("tcp_user_timeout", _MS),),
    },
    "jdbc": {
        "connect_timeout": (("connectTimeout", _SECOND),),
        "login_timeout": (("loginTimeout", _SECOND),),
        "read_timeout": (("socketTimeout", _SECOND),),
    },
    "npgsql": {
        "ping_interval": (("Keepalive", _SECOND),),
        "keepalive_idle": (("TCP Keepalive Time", _SECOND),),
        "keepalive_interval": (("TCP Keepalive Interval", _SECOND),),
        "connect_timeout": (("Timeout", _SECOND),),
        "read_timeout": (("Command Timeout", _SECOND),),
        "idle_lifetime": (("Connection Idle Lifetime", _SECOND),),
        "lifetime": (("Connection Lifetime", _SECOND),),
    },
    "pgx": {"connect_timeout": (("connect_timeout", _SECOND),)},
    "asyncpg": {"connect_timeout": (("timeout", _SECOND),), "read_timeout": (("command_timeout", _SECOND),)},
    "prisma": {
        "connect_timeout": (("connect_timeout", _SECOND),),
        "read_timeout": (("socket_timeout", _SECOND),),
    },
}
_SWITCH = {"libpq": "keepalives", "jdbc": "tcpKeepAlive", "npgsql": "TCP Keepalive"}
_POOL = {
    "npgsql": ("Maximum Pool Size",),
    "pgx": ("pool_max_conns",),
    "prisma": ("connection_limit",),
    "libpq": ("pool", "pool_size", "max_pool_size"),
}
_PREPARED = {
    "jdbc": ("prepareThreshold",),
    "npgsql": ("Max Auto Prepare",),
    "pgx": ("default_query_exec_mode", "statement_cache_capacity"),
    "asyncpg": ("prepared_statement_cache_size", "statement_cache_size"),
    "prisma": ("pgbouncer",),
    "libpq": ("prepared_statements", "prepare_threshold"),
}
# Npgsql took milliseconds for the two of TCP before it took seconds; nobody waits a quarter of an hour of milliseconds.
_AMBIGUOUS_FROM = 1_000


@dataclass(frozen=True)
class Client:
    """One connection string. ``values`` holds its parameters by name, ``origin`` is where it stands."""

    document: Document
    number: int
    dialect: str
    driver: str
    values: Mapping[str, Value[str]]
    origin: Origin

    @property
    def family(self) -> str:
        """Whose rules the parameters follow: libpq, jdbc, npgsql, pgx, asyncpg, prisma; empty where it is unknown."""
        if self.dialect in ("conninfo", "uri", "sqlalchemy", "pdo"):
            return "libpq" if self.driver in _LIBPQ else self.driver if self.driver in _TIMES else ""
        return self.dialect if self.dialect in _TIMES else ""

    @property
    def certain(self) -> bool:
        """Whether only that family reads such a string; a plain URI or word list goes to many drivers."""
        return self.dialect in ("jdbc", "npgsql", "pdo") or bool(self.driver)

    def text(self, *names: str) -> Value[str] | None:
        """Return the first of the parameters that the string sets."""
        return next((self.values[name] for name in names if name in self.values), None)

    def time_us(self, meaning: str) -> Value[int] | None:
        """Return a time in microseconds by its meaning (keepalive_idle, keepalive_interval, user_timeout,
        connect_timeout, login_timeout, read_timeout, ping_interval, idle_lifetime, lifetime); None if it is not set,
        is no whole number, or its unit can't be told.
        """
        for name, unit in _TIMES.get(self.family, {}).get(meaning, ()):
            found = self.values.get(name)
            number = _integer(found.value) if found else None
            if found is None or number is None or (name.startswith("TCP Keepalive") and number >= _AMBIGUOUS_FROM):
                continue
            return Value(number * unit, found.origin)
        return None

    @property
    def keepalive(self) -> Value[bool] | None:
        """Whether TCP keepalive is on: as the string says, else the driver's default; None where that is unknown."""
        found = self.values.get(_SWITCH.get(self.family, ""))
        if found:
            flag = _flag(found.value, self.family)
            return None if flag is None else Value(flag, found.origin)
        default = {"libpq": True, "jdbc": False, "npgsql": False, "pgx": True, "asyncpg": False}.get(self.family)
        return None if default is None or not self.certain else Value(default)

    @property
    def keepalive_count(self) -> Value[int] | None:
        """How many probes may be lost: libpq's keepalives_count, where it is set to a number above 0."""
        found = self.values.get("keepalives_count") if self.family == "libpq" else None
        number = _integer(found.value) if found else None
        return Value(number, found.origin) if found and number else None

    @property
    def pool_size(self) -> Value[int] | None:
        """The most connections of the driver's own pool, where the string sets it."""
        found = self.text(*_POOL.get(self.family, ()))
        number = _integer(found.value) if found else None
        return Value(number, found.origin) if found and number else None

    @property
    def prepared(self) -> Value[str] | None:
        """What the string says of prepared statements, as it is written."""
        return self.text(*_PREPARED.get(self.family, ()))

    @property
    def sslmode(self) -> Value[str] | None:
        """The mode of TLS in libpq's words: ``verify-full``."""
        found = self.text("sslmode", "SSL Mode")
        return Value(_SSL.get(found.value.lower(), found.value.lower()), found.origin) if found else None

    @property
    def hosts(self) -> tuple[tuple[str, int | None], ...]:
        """Where it leads to, host and port, in their order; a port is None where it is no number, 5432 by default."""
        hosts = self._list("host") or self._list("hostaddr") or ("",)
        ports = self._list("port")
        if len(ports) == 1:
            ports *= len(hosts)
        shown = []
        for index, host in enumerate(hosts):
            port = ports[index] if index < len(ports) else ""
            if self.dialect == "npgsql" and re.fullmatch(r"[^:]+:[0-9]+", host):
                host, _, port = host.partition(":")
            shown.append((host, _integer(port) if port else 5432))
        return tuple(shown)

    @property
    def local(self) -> bool:
        """Whether every host is a Unix socket or this machine; keepalive says nothing there."""
        return all(not host or host.startswith(("/", "@")) or host in _LOCAL for host, _ in self.hosts)

    def edit(self, name: str, value: str | None) -> Edit:
        """Return the edit that sets a parameter, or removes it."""
        return Edit(KIND, f"{self.number}/{name}", value)

    def _list(self, name: str) -> tuple[str, ...]:
        found: list[str] = []
        first = self.values.get(name)
        if first:
            found += first.value.split(",")
        highest = max(
            (int(key.partition("/")[2]) for key in self.values if re.fullmatch(r"(?:host|port)/[0-9]+", key)), default=1
        )
        for number in range(2, highest + 1):
            value = self.values.get(f"{name}/{number}")
            found.append(value.value if value else "")
        if first is None and highest > 1:
            found.insert(0, "")
        return tuple(found)


@dataclass(frozen=True)
class Clients:
    """Every connection string for PostgreSQL, in the order in which they were pasted."""

    all: tuple[Client, ...]


_LOCAL = ("localhost", "127.0.0.1", "::1", "[::1]")
_SSL = {"verifyca": "verify-ca", "verifyfull": "verify-full"}


def gather(documents: Documents) -> Clients | None:
    """Return the strings of every text that holds some; those of other databases are left out."""
    found = tuple(client for document in documents.of(KIND) for client in _clients(document))
    return Clients(found) if found else None


def _clients(document: Document) -> Iterator[Client]:
    headings = [index for index, line in enumerate(document.lines) if line.key.endswith("/")]
    for index in headings:
        line = document.lines[index]
        if line.value == "ado":
            continue
        prefix = line.key
        values: dict[str, Value[str]] = {}
        for at in range(index + 1, len(document.lines)):
            each = document.lines[at]
            if each.key and not each.key.startswith(prefix):
                break
            if each.key and not each.problem:
                values[each.key.removeprefix(prefix)] = Value(each.value, document.origin(at))
        yield Client(
            document, int(prefix[:-1]), line.value, line.columns.get("driver", ""), values, document.origin(index)
        )


def _integer(text: str) -> int | None:
    return int(text) if re.fullmatch(r"\s*[0-9]{1,9}\s*", text) else None


def _flag(text: str, family: str) -> bool | None:
    if family == "libpq":
        number = _integer(text)
        return None if number is None else number != 0
    return {
        "true": True,
        "yes": True,
        "on": True,
        "1": True,
        "false": False,
        "no": False,
        "off": False,
        "0": False,
    }.get(text.strip().lower())


def describe(clients: Clients) -> Iterator[tuple[str, str, str]]:
    """Say where each leads to."""
    for client in clients.all:
        target = ", ".join(f"{host or 'local socket'}:{port}" for host, port in client.hosts)
        yield f"connection string {client.number}", f"{client.driver or client.dialect} to {target}", client.origin.name


FACT = Fact(
    gather, "the application's connection strings (.env, application.properties, appsettings.json, ...)", describe
)
