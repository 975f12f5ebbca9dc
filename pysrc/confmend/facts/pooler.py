"""PgBouncer: its settings, its pools, and the connections to PostgreSQL that they can ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from confmend.catalog import pgbouncer as catalog
from confmend.document import Document
from confmend.facts import Documents
from confmend.model import Edit, Fact, MissingFactError, Origin, Question, Value

KIND = "pgbouncer_ini"
RUNNING, LOG = "pgbouncer_show_config", "pgbouncer_log"
VERSION_PASTE = "PgBouncer's version (pgbouncer --version, the start of its log, or the answer pgbouncer = 1.21)"
_VERSION = re.compile(r"\s*(?:PgBouncer )?([0-9]{1,2}\.[0-9]{1,3})(?:\.[0-9]{1,3})?(?:\s.*)?", re.IGNORECASE)
_LOCAL = ("", "localhost", "127.0.0.1", "::1")
_BANNER = re.compile(r"process up: PgBouncer ([0-9]+\.[0-9]+)")


@dataclass(frozen=True)
class Pool:
    """One entry of [databases]: what it is called, its parts, and where it stands."""

    name: str
    parts: Mapping[str, str]
    origin: Origin


@dataclass(frozen=True)
class Pooler:
    """The settings of one PgBouncer, and what only the reader can tell: None where no answer says it."""

    file: Document
    pools: tuple[Pool, ...]
    users: int | None
    processes: int | None
    direct: int | None
    version: str = ""
    running: Document | None = None

    @property
    def known_version(self) -> str:
        """The version, ``1.21``. MissingFactError if nothing tells it."""
        if not self.version:
            raise MissingFactError(VERSION_PASTE)
        return self.version

    def before(self, version: str) -> bool:
        """Whether it is known to be older than a version."""
        return bool(self.version) and _order(self.version) < _order(version)

    @property
    def only_local(self) -> bool:
        """Whether it listens on a Unix socket or for this machine only."""
        found = self.text("listen_addr")
        return all(each.strip() in _LOCAL for each in found.split(","))

    @property
    def over_network(self) -> bool:
        """Whether anything but Unix sockets and this machine is on either side."""
        hosts = {host.strip() for pool in self.pools for host in pool.parts.get("host", "").split(",")}
        return not self.only_local or any(host not in _LOCAL and host[0] not in "/@" for host in hosts)

    @property
    def pooling(self) -> bool:
        """Whether clients share server connections within their sessions: for all, or in some entry."""
        modes = {self.text("pool_mode").lower(), *(pool.parts.get("pool_mode", "").lower() for pool in self.pools)}
        return bool(modes & {"transaction", "statement"})

    def listed(self, name: str) -> frozenset[str]:
        """Return the words of a setting that is a list."""
        return frozenset(word.strip() for word in self.text(name).split(",") if word.strip())

    def seconds(self, name: str) -> float:
        """Return the effective time in seconds. MissingFactError if it is none."""
        found = catalog.seconds(self.text(name))
        if found is None:
            raise MissingFactError(f"a value of {name} that PgBouncer accepts")
        return found

    def printed(self, name: str) -> Value[str] | None:
        """Return what SHOW CONFIG prints for a name of [pgbouncer]."""
        line = self.running.get(f"pgbouncer/{name}") if self.running else None
        return Value(line.value, self.running.origins(f"pgbouncer/{name}")[-1]) if line and self.running else None

    def written(self, name: str) -> Value[str] | None:
        """Return what the file sets a name of [pgbouncer] to, None if it leaves it alone."""
        line = self.file.get(f"pgbouncer/{name}")
        return Value(line.value, self.file.origins(f"pgbouncer/{name}")[-1]) if line else None

    def text(self, name: str) -> str:
        """Return the effective value as text: what the file sets, else what is running, else the version's default."""
        found = self.written(name) or self.printed(name)
        row = catalog.settings()[name]
        return found.value if found else row.default_in(self.version) if self.version else row.default

    def count(self, name: str) -> int:
        """Return the effective whole number, in C notation as PgBouncer reads it. MissingFactError if it is none."""
        number = catalog.integer(self.text(name))
        if number is None:
            raise MissingFactError(f"a value of {name} that PgBouncer accepts")
        return number

    def origins(self, *names: str) -> tuple[Origin, ...]:
        """Return the lines that set the names."""
        found = (self.written(name) for name in names)
        return tuple(value.origin for value in found if value and value.origin)

    def edit(self, name: str, value: str) -> Edit:
        """Return the edit that sets a name of [pgbouncer]."""
        return Edit(KIND, f"pgbouncer/{name}", value)

    def pool_size(self, pool: Pool) -> int:
        """Return the server connections that one user of the pool can have, the reserve included."""
        size = _part(pool, "pool_size") or self.count("default_pool_size")
        reserve = _part(pool, "reserve_pool", "reserve_pool_size")
        return size + (self.count("reserve_pool_size") if reserve is None else reserve)


def gather(documents: Documents) -> Pooler | None:
    """Return the last PgBouncer that was pasted."""
    files, printed = documents.of(KIND), documents.of(RUNNING)
    if not files and not printed:
        return None
    file = files[-1] if files else printed[-1]
    parts: dict[str, dict[str, str]] = {}
    for key in file.settings:
        section, _, name = key.partition("/")
        line = file.get(key)
        if section == "databases" and name and line:
            name, _, part = name.rpartition("/")
            parts.setdefault(name, {}).update({part: line.value} if part else {})
    pools = [
        Pool(name, of_it, file.origins(f"databases/{name}/")[-1])
        for name, of_it in parts.items()
        if file.get(f"databases/{name}/")
    ]
    users, poolers, direct = (answer.value if answer else None for answer in map(documents.answer, _COUNTS))
    running = printed[-1] if printed else None
    return Pooler(file, tuple(pools), users, poolers, direct, _version(documents), running)


def _version(documents: Documents) -> str:
    """Return the version that the reader states, else what the last start in the log says."""
    answer = documents.answer(_VERSION_ASKED)
    if answer:
        return answer.value
    for document in reversed(documents.of(LOG)):
        for line in reversed(document.lines):
            match = _BANNER.search(line.value) if line.key else None
            if match:
                return match[1]
    return ""


def read_version(text: str) -> str | None:
    """Return the version that an answer means: ``1.21.0``, ``PgBouncer 1.24``."""
    match = _VERSION.fullmatch(text)
    return match[1] if match else None


def _order(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _part(pool: Pool, *names: str) -> int | None:
    """Return the last of the parts as the whole number that PgBouncer takes; less than nothing is as good as none."""
    given = [catalog.leading_integer(value) for name, value in pool.parts.items() if name in names]
    return given[-1] if given and given[-1] >= 0 else None


def describe(pooler: Pooler) -> Iterator[tuple[str, str, str]]:
    """Say the mode and the pools."""
    if pooler.version:
        yield "PgBouncer", pooler.version, "your answer, or its log"
    yield "PgBouncer pool mode", pooler.text("pool_mode"), pooler.file.name
    yield "PgBouncer databases", ", ".join(pool.name for pool in pooler.pools) or "none", pooler.file.name


def read_count(text: str) -> int | None:
    """Return a count from 0 on."""
    return int(text) if re.fullmatch("[0-9]{1,6}", text.strip()) else None


_VERSION_ASKED = Question("pgbouncer", "Version of PgBouncer", "1.21", read_version)
_COUNTS = (
    Question("pool_users", "Users that connect through PgBouncer, to each database", "1", read_count),
    Question("poolers", "PgBouncer processes", "1", read_count),
    Question("direct_connections", "Connections that go round PgBouncer", "0", read_count),
)

FACT = Fact(gather, "pgbouncer.ini", describe, (_COUNTS[0], _VERSION_ASKED, *_COUNTS[1:]))
