"""Who may have how many connections: the slots of PostgreSQL, the pools that want them, and the sockets they need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from confmend.catalog.pgbouncer import integer
from confmend.facts.pooler import Pooler
from confmend.facts.postgres import Postgres

LOCAL = ("", "localhost", "127.0.0.1", "::1")
# Slots for psql, monitoring and backups beside the superuser's own.
ADMINISTRATION = 5
# What PgBouncer opens beside its connections: listening sockets, log, DNS, configuration; 10 to 50.
DESCRIPTORS = 50
# PgBouncer's own default_pool_size.
USUAL_POOL = 20
# Clients come in bursts at a deployment, when old and new instances run side by side.
BURST = 1.2

# The first version with idle_session_timeout.
IDLE_SESSIONS_END = 14


@dataclass(frozen=True, slots=True)
class Budget:
    """The slots of a server and what is taken before an application gets one."""

    max_connections: int
    superuser_reserved: int
    reserved: int = 0
    administration: int = ADMINISTRATION

    @property
    def available(self) -> int:
        """Return max_connections − superuser_reserved_connections − reserved_connections − administration."""
        return self.max_connections - self.superuser_reserved - self.reserved - self.administration

    @property
    def step(self) -> str:
        """Return the arithmetic of ``available``."""
        parts = f"{self.max_connections:,} max_connections − {self.superuser_reserved} superuser_reserved_connections"
        reserved = f" − {self.reserved} reserved_connections" if self.reserved else ""
        return f"{parts}{reserved} − {self.administration} for administration = {self.available:,} for applications"


def budget(pg: Postgres) -> Budget:
    """Return what a server's settings say. reserved_connections came with PostgreSQL 16."""
    reserved = pg.count("reserved_connections") if pg.has("reserved_connections") else 0
    return Budget(pg.count("max_connections"), pg.count("superuser_reserved_connections"), reserved)


@dataclass(frozen=True, slots=True)
class Pool:
    """One database of a pooler: server connections for each user (reserve included), and the cap for all (0: none).

    ``user`` is the one that the entry names, so that all clients share one pool; empty if it names none.
    """

    size: int
    user: str = ""
    cap: int = 0

    def demand(self, users: int) -> int:
        """Return the server connections that ``users`` can make it open."""
        wanted = self.size * (1 if self.user else users)
        return min(wanted, self.cap) if self.cap else wanted


def demand(pools: Sequence[Pool], users: int = 1, processes: int = 1, user_cap: int = 0) -> int:
    """Return processes × Σ over the databases of users × pool size, each database and each user under its cap."""
    total = sum(pool.demand(users) for pool in pools)
    if user_cap:
        named = len({pool.user for pool in pools if pool.user})
        total = min(total, user_cap * (named + (users if any(not pool.user for pool in pools) else 0)))
    return processes * total


def by_server(pooler: Pooler) -> Mapping[str, tuple[Pool, ...]]:
    """Return a pooler's pools by the PostgreSQL server that they lead to (host and port; local ones are one host)."""
    found: dict[str, tuple[Pool, ...]] = {}
    for entry in pooler.pools:
        host = entry.parts.get("host", "")
        where = f"{'' if host in LOCAL or host.startswith('/') else host}:{entry.parts.get('port', '5432')}"
        cap = integer(entry.parts.get("max_db_connections", ""))
        pool = Pool(
            pooler.pool_size(entry),
            entry.parts.get("user", ""),
            pooler.count("max_db_connections") if cap is None else cap,
        )
        found[where] = (*found.get(where, ()), pool)
    return found


def least_demand(pooler: Pooler, pools: Sequence[Pool]) -> int:
    """Return the connections that the pools can open, with one user for each where nobody said how many there are."""
    users = 1 if pooler.users is None else pooler.users
    return demand(pools, users, pooler.processes or 1, pooler.count("max_user_connections"))


def ended_while_pooled(pg: Postgres, pooler: Pooler) -> int:
    """Return idle_session_timeout, in microseconds, where it ends sessions that the pools keep; 0 where it does not."""
    if pg.known_version < IDLE_SESSIONS_END:
        return 0
    limit, own = pg.time_us("idle_session_timeout"), pooler.seconds("server_idle_timeout")
    return 0 if limit <= 0 or 0 < own * 10**6 < limit else limit


def wait(queued: int, servers: int, transaction: float) -> float:
    """Return the seconds that the last of the queued clients waits: queued ÷ (servers ÷ time of a transaction)."""
    return queued * transaction / servers


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of the ladder from the applications down to PostgreSQL: what may come, and what is let through.

    ``allowed`` is None where nothing limits it or nobody said.
    """

    name: str
    asked: int
    allowed: int | None
    how: str

    @property
    def exceeded(self) -> bool:
        """Whether more may come than is let through."""
        return self.allowed is not None and self.asked > self.allowed


def ladder(
    budget_: Budget, pooler: Pooler | None = None, clients: int | None = None, nofile: int | None = None
) -> tuple[Rung, ...]:
    """Return the rungs of the picture: clients, the pooler's files and pools, the server's slots.

    ``clients`` are those that the applications may open, ``nofile`` the pooler's limit of open files.
    """
    if pooler is None:
        asked = (Rung("clients", clients, budget_.available, budget_.step),) if clients is not None else ()
        return (*asked, Rung("slots", budget_.available, budget_.max_connections, budget_.step))
    processes, most = pooler.processes or 1, pooler.count("max_client_conn")
    servers = by_server(pooler)
    # With several servers the budget is of the one that is asked for least, as nobody said which it is.
    needed = min((least_demand(pooler, pools) for pools in servers.values()), default=0)
    files, total = pooler_files(pooler)
    direct = pooler.direct or 0
    first = (
        (Rung("clients", clients, processes * most, f"{processes} × {most:,} max_client_conn"),)
        if clients is not None
        else ()
    )
    return (
        *first,
        Rung("open files", files, nofile, f"{most:,} clients + {total:,} servers + {DESCRIPTORS} others = {files:,}"),
        Rung("server connections", needed + direct, budget_.available, f"{needed:,} of the pools + {direct:,} direct"),
        Rung("slots", budget_.available, budget_.max_connections, budget_.step),
    )


def descriptors(clients: int, servers: int) -> int:
    """Return the open files of a pooler: a socket for each client and each server, and a few more."""
    return clients + servers + DESCRIPTORS


def pooler_files(pooler: Pooler) -> tuple[int, int]:
    """Return the open files that one pooler process needs, and how many of them are connections to servers."""
    pools = [pool for found in by_server(pooler).values() for pool in found]
    servers = demand(pools, pooler.users or 1, user_cap=pooler.count("max_user_connections"))
    return descriptors(pooler.count("max_client_conn"), servers), servers


def most_clients(limit: int, servers: int) -> int:
    """Return how many clients fit into a limit of open files, while each brings a server connection up to ``servers``.

    max((limit − others) ÷ 2, limit − others − servers): server connections are opened as clients ask for them.
    """
    left = max(0, limit - DESCRIPTORS)
    return max(left // 2, left - servers)


def files_limit(needed: int) -> int:
    """Return the limit of open files to set for a need: the next power of two."""
    return 1 << (needed - 1).bit_length()


def starting_pool(cores: int) -> int:
    """Return where to start measuring: 2 × cores + 1 disk (the PostgreSQL wiki), and not below PgBouncer's default.

    Sessions that wait for their commits share a write of the log: with a pool of 5 on 2 CPUs, clients that write got
    half the throughput, with 20 all of it (docs/does-it-help.md).
    """
    return max(USUAL_POOL, 2 * cores + 1)
