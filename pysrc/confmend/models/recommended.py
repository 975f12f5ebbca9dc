"""Memory settings that fit together: what must shrink until a usual load fits, and what may then grow.

One plan for all rules about memory, so that what one of them gives away no other one spends again. First what endangers
the host shrinks: shared_buffers above three quarters of RAM, the memory of autovacuum's workers, work_mem, and, where
that is not enough, shared_buffers again. Then, only
where the reader says what the database is for, what is far below the usual start grows into the room that is left:
shared_buffers, maintenance_work_mem, work_mem. A plan made of its own result changes nothing.

The shares are heuristics: PostgreSQL's manual, 19.4.1, for shared_buffers (a quarter of RAM to start with).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from confmend.facts.cores import Cores
from confmend.facts.pooler import Pooler
from confmend.facts.postgres import Postgres
from confmend.facts.server_memory import ServerMemory
from confmend.facts.workload import Workload
from confmend.models import connections
from confmend.models.postgres_memory import (
    ACTIVE_PER_CORE,
    GIB,
    LEAST_WORK_MEM,
    MIB,
    MOST_WORK_MEM,
    Server,
    fitting_work_mem,
    likely,
    reserve,
    server,
    worst,
)

# PostgreSQL's manual: 25 % to start with. Above three quarters nothing is left for sessions, sorts and the kernel.
START, TOO_MUCH = 0.25, 0.75
# Below this the quarter is worth a restart: a working set that PostgreSQL manages itself is written less often.
SMALL = 0.15
# The default since 9.3: less helps nobody.
LEAST_BUFFERS = 128 * MIB
# Values are given in steps of this; a growth of less than half is not worth a restart.
STEP, GROWTH = 64 * MIB, 1.5
# What wal_buffers = -1 gives: a thirty-second of shared_buffers, at most one WAL segment.
WAL_SHARE, WAL_SEGMENT = 32, 16 * MIB
# The default's eight parallel workers serve eight CPUs; a few more are not worth a restart.
MANY_CPUS = 12
# Autovacuum's workers run while everything else does, so they get an eighth of RAM together.
VACUUM_SHARE = 8
# Who gives them a limit of their own has thought of it: then twice as much is too much.
OWN_VACUUM_SHARE = 4
LEAST_VACUUM, MOST_VACUUM = 64 * MIB, GIB
# One maintenance command at a time, within the reserve of a tenth; up to 16 no vacuum uses more than 1 GB, and Windows
# takes no 2 GB before 18.
MAINTENANCE_SHARE, MOST_MAINTENANCE = 16, GIB


@dataclass(frozen=True, slots=True)
class Plan:
    """A server as it is (``now``), after what must shrink (``safe``), and after what may grow (``then``).

    ``maintenance`` is maintenance_work_mem now and then. ``inherits``: autovacuum takes its memory from it.
    """

    ram: int
    active: int
    now: Server
    safe: Server
    then: Server
    maintenance: tuple[int, int]
    inherits: bool


def most_queries(pg: Postgres, pooler: Pooler | None) -> int:
    """Return how many queries can be at work: max_connections, or what the pools and the direct clients open."""
    most = pg.count("max_connections")
    if pooler and pooler.users is not None and pooler.direct is not None:
        pools = [pool for found in connections.by_server(pooler).values() for pool in found]
        most = min(most, connections.least_demand(pooler, pools) + pooler.direct)
    return most


def plan(
    pg: Postgres,
    memory: ServerMemory,
    cores: Cores | None,
    pooler: Pooler | None,
    workload: Workload | None,
    sorts: bool = False,
) -> Plan:
    """Return the plan for a server. Without CPUs every connection counts as a query at work.

    ``sorts``: sorts are known to spill, so work_mem may grow as it does for a warehouse.
    """
    most = most_queries(pg, pooler)
    active = min(most, ACTIVE_PER_CORE * cores.count) if cores else most
    now, ram = server(pg), memory.ram
    given = with_wal_buffers(now)
    maintenance = pg.size("maintenance_work_mem")
    inherits = pg.size("autovacuum_work_mem") < 0
    safe = shrunk(given, ram, active, inherits)
    target = maintenance
    then = safe
    if workload and fits(safe, safe, ram, active):
        then = _with_buffers(_with_processes(safe, pg, cores, workload, ram, active), ram, active)
        target = _maintenance(maintenance, ram)
        if target > maintenance and inherits and safe.autovacuum_memory == now.autovacuum_memory:
            then = _with_vacuum(then, target, ram, active)
        if sorts or workload.kind == "warehouse":
            then = _with_work_mem(then, ram, active)
    return Plan(ram, active, now, safe, with_wal_buffers(then), (maintenance, target), inherits)


def with_wal_buffers(given: Server) -> Server:
    """Return a server with automatic wal_buffers where a fixed value is less than half of that: it is set back."""
    if given.wal_buffers is None or given.wal_buffers * 2 >= automatic_wal_buffers(given.shared_buffers):
        return given
    return replace(given, wal_buffers=None)


def automatic_wal_buffers(shared_buffers: int) -> int:
    """Return what -1 stands for."""
    return min(shared_buffers // WAL_SHARE, WAL_SEGMENT)


def fits(wanted: Server, before: Server, ram: int, active: int) -> bool:
    """Whether a usual load leaves the reserve free, and the worst case exceeds RAM only where it did before."""
    if not _leaves_reserve(wanted, ram, active):
        return False
    return worst(with_wal_buffers(wanted), active).total <= max(ram, worst(with_wal_buffers(before), active).total)


def shrunk(given: Server, ram: int, active: int, inherits: bool) -> Server:
    """Return what a server must come down to, one thing after the other, each only if it is too much."""
    if given.shared_buffers > TOO_MUCH * ram and quarter(ram):
        given = replace(given, shared_buffers=quarter(ram))
    given = vacuum_limited(given, ram, inherits)
    if _leaves_reserve(given, ram, active):
        return given
    less = replace(given, work_mem=min(given.work_mem, fitting_work_mem(given, ram, active)))
    if _leaves_reserve(less, ram, active):
        return less
    less = replace(less, autovacuum_memory=min(less.autovacuum_memory, LEAST_VACUUM))
    if _leaves_reserve(less, ram, active):
        return less
    steps = range(less.shared_buffers // STEP + 1)
    room = _largest(steps, lambda step: _leaves_reserve(replace(less, shared_buffers=step * STEP), ram, active))
    return replace(less, shared_buffers=room * STEP) if room * STEP >= LEAST_BUFFERS else given


def _leaves_reserve(given: Server, ram: int, active: int) -> bool:
    return likely(with_wal_buffers(given), active).total + reserve(ram) <= ram


def vacuum_limited(given: Server, ram: int, inherits: bool) -> Server:
    """Return a server whose autovacuum workers take no more than an eighth of RAM.

    A limit of their own is left alone up to a quarter.
    """
    each, most = given.autovacuum_memory, ram // (VACUUM_SHARE if inherits else OWN_VACUUM_SHARE)
    if each <= LEAST_VACUUM or each * given.autovacuum_workers <= most:
        return given
    share = ram // VACUUM_SHARE // given.autovacuum_workers
    return replace(given, autovacuum_memory=min(each, MOST_VACUUM, max(LEAST_VACUUM, power(share))))


def quarter(ram: int) -> int:
    """Return a quarter of RAM in steps of 64 MB."""
    return int(ram * START) // STEP * STEP


def power(size: int) -> int:
    """Return the largest power of two that is not above ``size``, 0 for none."""
    return 1 << (size.bit_length() - 1) if size > 0 else 0


def workers_wanted(pg: Postgres, cores: Cores, workload: Workload) -> int:
    """Return how many parallel workers a warehouse's CPUs could use, 0 where the settings already allow most of them.

    What somebody has switched off stays off.
    """
    usable = min(pg.count("max_parallel_workers"), pg.count("max_worker_processes"))
    if workload.kind != "warehouse" or cores.count < MANY_CPUS or usable * 3 >= cores.count * 2:
        return 0
    switched_on = pg.count("max_parallel_workers") and pg.count("max_parallel_workers_per_gather")
    return cores.count if switched_on else 0


def _with_processes(
    given: Server, pg: Postgres, cores: Cores | None, workload: Workload, ram: int, active: int
) -> Server:
    wanted = workers_wanted(pg, cores, workload) if cores else 0
    more = replace(given, max_worker_processes=max(wanted, given.max_worker_processes))
    return more if fits(more, given, ram, active) else given


def _with_buffers(given: Server, ram: int, active: int) -> Server:
    if given.shared_buffers >= SMALL * ram:
        return given
    steps = range(quarter(ram) // STEP + 1)
    most = _largest(steps, lambda step: fits(replace(given, shared_buffers=step * STEP), given, ram, active)) * STEP
    return replace(given, shared_buffers=most) if most >= GROWTH * given.shared_buffers else given


def _largest(steps: range, allowed: Callable[[int], bool]) -> int:
    """Return the largest of the steps that is allowed, where all below an allowed one are; 0 if none is."""
    low, high = 0, len(steps) - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if allowed(middle) else (low, middle - 1)
    return low


def _maintenance(now: int, ram: int) -> int:
    """Return a sixteenth of RAM as a power of two, up to 1 GB, where that is at least twice what it is now."""
    target = min(MOST_MAINTENANCE, power(ram // MAINTENANCE_SHARE))
    return target if target >= 2 * now else now


def _with_vacuum(given: Server, maintenance: int, ram: int, active: int) -> Server:
    """Return autovacuum with a quarter of the new maintenance_work_mem, or with what it has if that doesn't fit."""
    more = replace(given, autovacuum_memory=max(given.autovacuum_memory, maintenance // 4))
    # It will be a limit of its own, and must pass as one.
    more = given if vacuum_limited(more, ram, False) != more else more
    return more if fits(more, given, ram, active) else given


def _with_work_mem(given: Server, ram: int, active: int) -> Server:
    size = power(given.work_mem)
    while size * 2 <= MOST_WORK_MEM and fits(replace(given, work_mem=size * 2), given, ram, active):
        size *= 2
    return replace(given, work_mem=size) if size >= 2 * given.work_mem and size > LEAST_WORK_MEM else given
