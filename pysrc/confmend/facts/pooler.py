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

    def written(self, name: str) -> Value[str] | None:
        """Return what the file sets a name of [pgbouncer] to, None if it leaves it alone."""
        line = self.file.get(f"pgbouncer/{name}")
        return Value(line.value, self.file.origins(f"pgbouncer/{name}")[-1]) if line else None

    def text(self, name: str) -> str:
        """Return the effective value as text."""
        found = self.written(name)
        return found.value if found else catalog.settings()[name].default

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
    files = documents.of(KIND)
    if not files:
        return None
    file = files[-1]
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
    told = (_answer(documents, key) for key in ("pool_users", "poolers", "direct_connections"))
    return Pooler(file, tuple(pools), *told)


def _part(pool: Pool, *names: str) -> int | None:
    """Return the last of the parts as the whole number that PgBouncer takes; less than nothing is as good as none."""
    given = [catalog.leading_integer(value) for name, value in pool.parts.items() if name in names]
    return given[-1] if given and given[-1] >= 0 else None


def _answer(documents: Documents, key: str) -> int | None:
    answer = documents.answer(key)
    return read_count(answer.value) if answer else None


def describe(pooler: Pooler) -> Iterator[tuple[str, str, str]]:
    """Say the mode and the pools."""
    yield "PgBouncer pool mode", pooler.text("pool_mode"), pooler.file.name
    yield "PgBouncer databases", ", ".join(pool.name for pool in pooler.pools) or "none", pooler.file.name


def read_count(text: str) -> int | None:
    """Return a count from 0 on."""
    return int(text) if re.fullmatch("[0-9]{1,6}", text.strip()) else None


FACT = Fact(
    gather,
    "pgbouncer.ini",
    describe,
    (
        Question("pool_users", "Users that connect through PgBouncer, to each database", "1", read_count),
        Question("poolers", "PgBouncer processes", "1", read_count),
        Question("direct_connections", "Connections that go round PgBouncer", "0", read_count),
    ),
)
