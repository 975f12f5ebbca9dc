"""A usual load needs more memory than the host has.

The sum of shared memory, of the queries that the CPUs can work on at once, of every connection's own memory and of
autovacuum is more than the RAM, or leaves the kernel less than its reserve. Then the host swaps or the OOM killer ends
a process; PostgreSQL restarts with all its sessions, and the load that caused it comes back at once.

This is a model: four queries at work for each CPU, two sorts or hashes in each, 2.8 MB for a session. Queries that only
look up rows need less; it is wrong for a server that never sorts. The edit lowers work_mem to what fits; queries that
need more then sort on disk (log_temp_files shows them). It takes effect with a reload, for new queries; the old value
undoes it. Fewer connections, behind PgBouncer, often help more.
"""

from collections.abc import Iterator
from dataclasses import replace

from confmend import units
from confmend.facts import what_to_paste
from confmend.facts.cores import Cores
from confmend.facts.memory import Memory
from confmend.facts.pooler import Pooler
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, MissingFactError, Rule, Severity
from confmend.models import connections
from confmend.models.postgres_memory import ACTIVE_PER_CORE, fitting_work_mem, likely, reserve, server


def check(pg: Postgres, memory: Memory, cores: Cores | None, pooler: Pooler | None) -> Iterator[Finding]:
    """Compare the likely demand with RAM; the CPUs are asked for only where they decide."""
    given, kept = server(pg), reserve(memory.ram)
    most = given.max_connections
    if pooler and pooler.users is not None and pooler.direct is not None:
        pools = [pool for found in connections.by_server(pooler).values() for pool in found]
        most = min(most, connections.least_demand(pooler, pools) + pooler.direct)
    if likely(given, most).total + kept <= memory.ram:
        return
    if cores is None:
        raise MissingFactError(what_to_paste(Cores))
    active = min(most, ACTIVE_PER_CORE * cores.count)
    demand = likely(given, active)
    if demand.total + kept <= memory.ram:
        return
    certain = demand.total > memory.ram
    missing = "more than there is" if certain else f"which leaves less than the {units.gib(kept)} that the kernel needs"
    size = fitting_work_mem(given, memory.ram, active)
    fits = size < given.work_mem and likely(replace(given, work_mem=size), active).total + kept <= memory.ram
    better = units.postgres_size(size)
    advice = (
        f"With work_mem = {better} it fits; what needs more then sorts on disk."
        if fits
        else "No work_mem makes it fit: fewer connections, behind PgBouncer, or a smaller shared_buffers."
    )
    yield Finding(
        f"With {active:,} queries at work PostgreSQL is likely to need {units.gib(demand.total)} of "
        f"{units.gib(memory.ram)}, {missing}. {advice}",
        pg.origins("shared_buffers", "max_connections", "work_mem") + memory.origins,
        # Where two sources of RAM disagree no value rests on it.
        (pg.edit("work_mem", better),) if fits and not memory.doubt else (),
        (
            f"queries at work: min({most:,} connections, {ACTIVE_PER_CORE} × {cores.count} CPUs) = {active:,} (a "
            "model)",
            *demand.steps,
            f"RAM {units.mib(memory.ram)} − {units.mib(demand.total)} = {units.mib(memory.ram - demand.total)}; the "
            f"kernel's reserve is {units.mib(kept)}",
        ),
        Severity.CRITICAL if certain else Severity.WARNING,
    )


RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-WORK-MEM",
        "https://www.postgresql.org/docs/current/kernel-resources.html#LINUX-MEMORY-OVERCOMMIT",
    ),
    examples=(
        Example(
            {
                "postgresql_conf": "max_connections = 500\nshared_buffers = 8GB\nwork_mem = 64MB\n",
                "answers": "memory = 15714MB\npostgresql = 16\ncpus = 16\n",
            },
            {"postgresql_conf": "max_connections = 500\nshared_buffers = 8GB\nwork_mem = 16MB\n"},
        ),
        Example(
            {
                "postgresql_conf": "max_connections = 2000\nshared_buffers = 8GB\nwork_mem = 4MB\n",
                "answers": "memory = 12GB\npostgresql = 16\ncpus = 8\n",
            },
            {"postgresql_conf": "max_connections = 2000\nshared_buffers = 8GB\nwork_mem = 4MB\n"},
        ),
        # 4,213 + 32 × 48 + 420 + 192 MB of 15,714: half the RAM.
        Example(
            {
                "postgresql_conf": "max_connections = 150\nshared_buffers = 4GB\nwork_mem = 16MB\n",
                "answers": "memory = 15714MB\npostgresql = 15\ncpus = 8\n",
            }
        ),
        # Even 100 queries at once fit, so nobody needs to say how many CPUs there are.
        Example(
            {
                "postgresql_conf": "max_connections = 100\nshared_buffers = 256MB\n",
                "answers": "memory = 4GB\npostgresql = 15\n",
            }
        ),
    ),
    side_effect=("Sorts and hashes that no longer fit spill to temporary files: watch temp_bytes in pg_stat_database."),
)
