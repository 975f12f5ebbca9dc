"""How much memory a PostgreSQL server asks for: the shared segment, what is likely under load, and the worst case.

Bytes throughout. The shared segment is a fit to ``postgres -C shared_memory_size`` of 15, 16, 17 and 18 over 30
configurations (-0.6 to +1.8 %, with thousands of connections on a few buffers up to +5 %); extensions that are
preloaded come on top. It serves an estimate of RAM, never vm.nr_hugepages, which must be exact. Everything per process
is a model, and its numbers are named below.
"""

from __future__ import annotations

from dataclasses import dataclass

from confmend import units
from confmend.facts.postgres import Postgres

MIB = 1024**2
GIB = 1024**3
BLOCK = 8192
# Private memory of a backend after it has touched some hundred catalogue entries: measured 2.5 to 2.8 MB on 12 to 18.
BACKEND = round(2.8 * MIB)
# Sorts and hashes of a usual query that are in memory at once.
NODES = 2
# Up to 16 the list of dead rows of one vacuum was an array of at most 1 GB (vacuumlazy.c, MAXDEADTUPLES).
DEAD_ROWS_ARRAY = GIB
# A query rarely gains from more, and the cap keeps one suggestion from taking a host.
MOST_WORK_MEM = 256 * MIB
LEAST_WORK_MEM = 4 * MIB
# Processes that keep a CPU busy while others wait for disk or network; beyond that they wait for each other.
ACTIVE_PER_CORE = 4


@dataclass(frozen=True, slots=True)
class Server:
    """What the settings say that decides about memory. ``wal_buffers`` is None where the server sizes it itself."""

    version: int
    shared_buffers: int
    work_mem: int
    max_connections: int
    hash_mem_multiplier: float = 1.0
    wal_buffers: int | None = None
    min_dynamic_shared_memory: int = 0
    track_activity_query_size: int = 1024
    max_locks_per_transaction: int = 64
    max_pred_locks_per_transaction: int = 64
    max_prepared_transactions: int = 0
    max_worker_processes: int = 8
    max_wal_senders: int = 10
    autovacuum_workers: int = 3
    autovacuum_slots: int = 3
    autovacuum_memory: int = 64 * MIB

    @property
    def max_backends(self) -> int:
        """The processes that the server has slots for (InitializeMaxBackends)."""
        return self.max_connections + self.autovacuum_slots + 1 + self.max_worker_processes + self.max_wal_senders


@dataclass(frozen=True, slots=True)
class Part:
    """One sum in a demand: what it is for, its bytes, and how they come about."""

    name: str
    bytes: int
    how: str

    def __str__(self) -> str:
        """The step as a line of arithmetic."""
        return f"{self.name}: {self.how} = {units.mib(self.bytes)}"


@dataclass(frozen=True, slots=True)
class Demand:
    """A demand for memory and the sums that make it."""

    parts: tuple[Part, ...]

    @property
    def total(self) -> int:
        """All parts together."""
        return sum(part.bytes for part in self.parts)

    @property
    def steps(self) -> tuple[str, ...]:
        """Return the arithmetic, a line for each part and one for the total."""
        return (*map(str, self.parts), f"together: {units.mib(self.total)}")


def server(pg: Postgres) -> Server:
    """Return what a server's settings say. MissingFactError where a default depends on an unknown version."""
    version = pg.known_version
    multiplier = pg.number("hash_mem_multiplier").value if pg.has("hash_mem_multiplier") else 1.0
    own = pg.size("autovacuum_work_mem")
    vacuum = own if own >= 0 else pg.size("maintenance_work_mem")
    wal = pg.size("wal_buffers")
    return Server(
        version=version,
        shared_buffers=pg.size("shared_buffers"),
        work_mem=pg.size("work_mem"),
        max_connections=pg.count("max_connections"),
        hash_mem_multiplier=float(multiplier),
        wal_buffers=wal if wal >= 0 else None,
        min_dynamic_shared_memory=pg.size("min_dynamic_shared_memory") if pg.has("min_dynamic_shared_memory") else 0,
        track_activity_query_size=pg.size("track_activity_query_size"),
        max_locks_per_transaction=pg.count("max_locks_per_transaction"),
        max_pred_locks_per_transaction=pg.count("max_pred_locks_per_transaction"),
        max_prepared_transactions=pg.count("max_prepared_transactions"),
        max_worker_processes=pg.count("max_worker_processes"),
        max_wal_senders=pg.count("max_wal_senders"),
        # Workers against wraparound run with autovacuum = off as well.
        autovacuum_workers=pg.count("autovacuum_max_workers"),
        autovacuum_slots=pg.count("autovacuum_worker_slots" if version >= 18 else "autovacuum_max_workers"),
        autovacuum_memory=vacuum if version >= 17 else min(vacuum, DEAD_ROWS_ARRAY),
    )


def stock(given: Server) -> Server:
    """Return a server of the same version as initdb leaves it."""
    slots, multiplier = (16 if given.version >= 18 else 3), (2.0 if given.version >= 15 else 1.0)
    return Server(given.version, 128 * MIB, 4 * MIB, 100, multiplier, autovacuum_slots=slots)


def shared(given: Server) -> int:
    """Return the size of the main shared segment: the fit, in MB.

    1.022·SB + wal_buffers (or min(SB/32, 16)) + 8 + min_dynamic_shared_memory + MaxBackends·(query_size_kB − 1)/1024
    + (0.00037·(locks − 64) + 0.00026·(pred_locks − 64))·(MaxBackends + prepared) + 0.02·prepared
    + c·(max_connections − 100 + worker_processes − 8 + wal_senders − 10); from 17 + 4·min(SB/512, 8);
    in 18 + 7. c is 0.05 for a process, and in 18 0.04 more for its asynchronous reads, of which it may have at most 64
    and no more than its share of the buffers (AioChooseMaxConcurrency).
    """
    buffers = given.shared_buffers / MIB
    wal = given.wal_buffers / MIB if given.wal_buffers is not None else min(buffers / 32, 16)
    fit = 1.022 * buffers + wal + 8 + given.min_dynamic_shared_memory / MIB
    fit += given.max_backends * (given.track_activity_query_size / 1024 - 1) / 1024
    locks = 0.00037 * (given.max_locks_per_transaction - 64) + 0.00026 * (given.max_pred_locks_per_transaction - 64)
    fit += locks * (given.max_backends + given.max_prepared_transactions) + 0.02 * given.max_prepared_transactions
    processes = given.max_connections - 100 + given.max_worker_processes - 8 + given.max_wal_senders - 10
    reads = min(1.0, given.shared_buffers / BLOCK / given.max_backends / 64) if given.version >= 18 else 0.0
    fit += (0.05 + 0.04 * reads) * processes
    if given.version >= 17:
        fit += 4 * min(buffers / 512, 8)
    if given.version >= 18:
        fit += 7
    return round(fit * MIB)


def reserve(ram: int) -> int:
    """Return what the kernel and the page cache should keep: max(10 % of RAM, min(1 GiB, 25 % of RAM))."""
    return max(ram // 10, min(GIB, ram // 4))


def query(given: Server) -> int:
    """Return the work memory of one usual query: two nodes, of which one hashes."""
    return round(given.work_mem * NODES * (1 + given.hash_mem_multiplier) / 2)


def likely(given: Server, active: int) -> Demand:
    """Return what is likely with ``active`` queries: shared + active·query + connections·2.8 MB + autovacuum."""
    return Demand((_shared_part(given), _queries_part(given, active), _backends_part(given), _autovacuum_part(given)))


def worst(given: Server, active: int = 0) -> Demand:
    """Return the likely demand with every other connection at work as well, each on one hash.

    shared + active·query + (connections − active)·work_mem·m + connections·2.8 MB + autovacuum. So it is never below
    what is likely with as many ``active`` queries. With 0, where nobody knows how many, it is one hash in every
    connection: the least that this load asks for.
    """
    others = max(0, given.max_connections - active)
    one = round(given.work_mem * given.hash_mem_multiplier)
    how = f"{others:,} × {units.mib(given.work_mem)} work_mem × {given.hash_mem_multiplier:g}"
    return Demand(
        (
            _shared_part(given),
            *((_queries_part(given, active),) if active else ()),
            Part(f"one hash in every {'other ' if active else ''}connection", others * one, how),
            _backends_part(given),
            _autovacuum_part(given),
        )
    )


def fitting_work_mem(given: Server, ram: int, active: int) -> int:
    """Return a work_mem with which the likely demand leaves the reserve free: a power of two of MB, 4 to 256.

    (RAM − shared − reserve − connections·2.8 MB − autovacuum) / (active · nodes · (1 + m)/2); a heuristic.
    """
    others = sum(part.bytes for part in (_shared_part(given), _backends_part(given), _autovacuum_part(given)))
    each = (ram - others - reserve(ram)) / (active * NODES * (1 + given.hash_mem_multiplier) / 2)
    size = LEAST_WORK_MEM
    while size * 2 <= min(each, MOST_WORK_MEM):
        size *= 2
    return size


def _shared_part(given: Server) -> Part:
    size = shared(given)
    extra = units.mib(size - given.shared_buffers)
    return Part("shared memory", size, f"shared_buffers {units.mib(given.shared_buffers)} + tables beside it {extra}")


def _queries_part(given: Server, active: int) -> Part:
    work = f"{units.mib(given.work_mem)} work_mem × {NODES} nodes × {(1 + given.hash_mem_multiplier) / 2:g}"
    return Part("queries at work", active * query(given), f"{active:,} × ({work})")


def _backends_part(given: Server) -> Part:
    return Part("backends", given.max_connections * BACKEND, f"{given.max_connections:,} × 2.8 MiB")


def _autovacuum_part(given: Server) -> Part:
    how = f"{given.autovacuum_workers} workers × {units.mib(given.autovacuum_memory)}"
    return Part("autovacuum", given.autovacuum_workers * given.autovacuum_memory, how)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the picture: its name, the parts that it is stacked of, and how long it is."""

    name: str
    parts: tuple[Part, ...]
    length: int


@dataclass(frozen=True, slots=True)
class Bars:
    """The picture of a server's memory: bars beside a line at ``limit`` (RAM), and the reserve below that line."""

    limit: int
    reserve: int
    bars: tuple[Bar, ...]


def bars(given: Server, ram: int, active: int | None) -> Bars:
    """Return the likely and the worst demand as bars against RAM; the worst alone if the queries are not known."""
    demands = [("worst case", worst(given, active or 0))]
    if active is not None:
        demands.insert(0, (f"likely, {active:,} queries at work", likely(given, active)))
    return Bars(ram, reserve(ram), tuple(Bar(name, demand.parts, demand.total) for name, demand in demands))
