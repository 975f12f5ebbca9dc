"""Connection strings with what each driver knows of keepalive and time limits, for the servers that were pasted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from confmend.artefacts.source import Source, Topic
from confmend.facts.clients import Client, Clients
from confmend.facts.dead_peers import DeadPeers
from confmend.facts.path import NetworkPath
from confmend.facts.pooler import Pooler
from confmend.rules.keepalive_too_late import INTERVAL, LEAST_IDLE, PROBES, USUAL_IDLE
from confmend.units import SECOND

# pgjdbc's own; enough for TLS and name resolution on a slow path.
CONNECT = 10
# Nobody has more applications in one paste; a log can hold thousands of strings.
MOST = 8
# From here on PgBouncer keeps prepared statements apart in transaction pooling.
_PREPARES = "1.21"
_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_NPGSQL_MODES = {"verify-ca": "VerifyCA", "verify-full": "VerifyFull"}
_PLAIN_HOST = re.compile(r"[^\s/?#@,\\]{1,253}")


@dataclass(frozen=True, slots=True)
class Host:
    """One of the addresses that are tried in turn."""

    name: str
    port: int


@dataclass(frozen=True, slots=True)
class Connection:
    """Where a string leads to. ``about`` says where it stands; empty texts are left out of a string."""

    number: int
    about: str
    hosts: tuple[Host, ...]
    user: str
    password: str
    dbname: str
    sslmode: str
    application: str

    @property
    def npgsql_mode(self) -> str:
        """The mode of TLS as Npgsql calls it."""
        return _NPGSQL_MODES.get(self.sslmode, self.sslmode.capitalize())


@dataclass(frozen=True, slots=True)
class ClientProbes:
    """Seconds; ``recycle`` is when a pool should replace a connection, 0 where nothing on the path forgets.

    ``pooled``: PgBouncer stands between. ``unprepared``: it loses prepared statements.
    """

    first: int
    interval: int
    count: int
    connect: int
    recycle: int
    pooled: bool
    unprepared: bool

    @property
    def found(self) -> int:
        """When a server that is gone is given up."""
        return self.first + self.interval * self.count

    @property
    def found_ms(self) -> int:
        """The same in milliseconds."""
        return self.found * 1_000


def client_probes(source: Source) -> ClientProbes:
    """Return the numbers: the usual ones, or half of what the path allows if that is less."""
    facts = source.analysis.facts
    path, pooler = facts.get(NetworkPath), facts.get(Pooler)
    latest = path.idle_limit_us // 2 // SECOND if path else USUAL_IDLE
    first = max(LEAST_IDLE, min(USUAL_IDLE, latest))
    unprepared = pooler is not None and pooler.pooling and pooler.before(_PREPARES)
    recycle = max(LEAST_IDLE, latest) if path else 0
    return ClientProbes(first, INTERVAL, PROBES, CONNECT, recycle, pooler is not None, unprepared)


def connections(source: Source) -> tuple[Connection, ...]:
    """Return where the pasted strings lead to over a network; an example where only lost connections were pasted."""
    clients, peers = source.analysis.facts.get(Clients), source.analysis.facts.get(DeadPeers)
    found = tuple(_connections(clients)) if clients else ()
    if found or clients or peers is None or not (peers.path or peers.lost):
        return found
    example = "put in your own host, user and database"
    return (Connection(1, example, (Host("db.example.com", 5432),), "app", "", "app", "", ""),)


def _connections(clients: Clients) -> Iterator[Connection]:
    taken: set[tuple[tuple[Host, ...], str, str]] = set()
    for client in clients.all:
        # Only a URI has brackets around an address.
        hosts = tuple(Host(name.removeprefix("[").removesuffix("]"), port or 5432) for name, port in client.hosts)
        if client.local or not all(_PLAIN_HOST.fullmatch(each.name) for each in hosts) or len(taken) == MOST:
            continue
        user, password, dbname = (_text(client, name) for name in ("user", "password", "dbname"))
        if (hosts, user, dbname) in taken:
            continue
        taken.add((hosts, user, dbname))
        mode = client.sslmode.value if client.sslmode and client.sslmode.value in _MODES else ""
        application = _text(client, "application_name", "Application Name", "ApplicationName")
        about = f"{client.origin.name}, line {client.origin.number}"
        yield Connection(len(taken), about, hosts, user, password, dbname or user, mode, application)


def _text(client: Client, *names: str) -> str:
    found = client.text(*names)
    # No program takes a NUL in any of them.
    return found.value.replace("\0", "") if found else ""


TOPIC = Topic({"connections": connections, "client_probes": client_probes})
