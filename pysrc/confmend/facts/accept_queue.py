"""How many new connections each server lets wait to be accepted: what it gives to listen(2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from confmend.facts.pooler import Pooler
from confmend.facts.postgres import Postgres
from confmend.model import Fact, Origin

# pg_config_manual.h up to 15, PG_SOMAXCONN.
_LARGEST_UNTIL_15 = 10_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A server, the length that it asks for, how that comes about, and the lines that say so."""

    server: str
    length: int
    how: str
    origins: tuple[Origin, ...]


@dataclass(frozen=True, slots=True)
class AcceptQueues:
    """What each server asks for; the kernel caps it with net.core.somaxconn."""

    asked: tuple[Asked, ...]


def gather(postgres: Postgres | None, pooler: Pooler | None) -> AcceptQueues | None:
    """Return the queue of each server that was pasted."""
    asked = [_of_postgres(postgres)] if postgres else []
    if pooler:
        length = pooler.count("listen_backlog")
        asked.append(Asked("PgBouncer", length, "listen_backlog", pooler.origins("listen_backlog")))
    return AcceptQueues(tuple(asked)) if asked else None


def _of_postgres(postgres: Postgres) -> Asked:
    """Return 2 × max_connections from 16 on, 2 × MaxBackends before (pqcomm.c); the smaller one if unknown."""
    clients, origins = postgres.count("max_connections"), postgres.origins("max_connections")
    if postgres.version is None or postgres.version > 15:
        return Asked("PostgreSQL", 2 * clients, f"2 × {clients:,} connections", origins)
    others = ("autovacuum_max_workers", "max_worker_processes", "max_wal_senders")
    workers = 1 + sum(postgres.count(name) for name in others)
    length = min(2 * (clients + workers), _LARGEST_UNTIL_15)
    return Asked("PostgreSQL", length, f"2 × ({clients:,} connections + {workers:,} others)", origins)


def describe(queues: AcceptQueues) -> Iterator[tuple[str, str, str]]:
    """Say the length for each server."""
    for each in queues.asked:
        yield f"accept queue of {each.server}", f"{each.length:,}", each.how


FACT = Fact(gather, "postgresql.conf or pgbouncer.ini", describe)
