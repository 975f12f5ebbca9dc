"""A usual load needs more memory than the host has.

The sum of shared memory, of the queries that the CPUs can work on at once, of every connection's own memory and of
autovacuum is more than the RAM, or leaves the kernel less than its reserve. Then the host swaps or the OOM killer ends
a process; PostgreSQL restarts with all its sessions, and the load that caused it comes back at once.

This is a model: four queries at work for each CPU, two sorts or hashes in each, 2.8 MB for a session. Queries that only
look up rows need less; it is wrong for a server that never sorts. A server that asks for no more than as it was
installed is only warned of: most small ones live with it, and the kernel's log tells which don't.

The edit lowers work_mem to what fits; queries that need more then sort on disk (log_temp_files shows them). Only where
4 MB are still too much it lowers autovacuum's memory and shared_buffers as well; the latter needs a restart. The rest
takes effect with a reload, for new queries; the old values undo it. Fewer connections, behind PgBouncer, often help
more.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts import what_to_paste
from confmend.facts.cores import Cores
from confmend.facts.pooler import Pooler
from confmend.facts.postgres import Postgres
from confmend.facts.server_memory import ServerMemory
from confmend.model import Example, Finding, MissingFactError, Rule, Severity
from confmend.models.postgres_memory import ACTIVE_PER_CORE, Server, likely, reserve, server, stock
from confmend.models.recommended import LEAST_VACUUM, most_queries, plan, with_wal_buffers


def check(pg: Postgres, memory: ServerMemory, cores: Cores | None, pooler: Pooler | None) -> Iterator[Finding]:
    """Compare the likely demand with RAM; the CPUs are asked for only where they decide."""
    given, kept, most = with_wal_buffers(server(pg)), reserve(memory.ram), most_queries(pg, pooler)
    if likely(given, most).total + kept <= memory.ram:
        return
    if cores is None:
        raise MissingFactError(what_to_paste(Cores))
    active = min(most, ACTIVE_PER_CORE * cores.count)
    demand = likely(given, active)
    if demand.total + kept <= memory.ram:
        return
    certain = demand.total > memory.ram
    installed = stock(given)
    asked = demand.total > likely(installed, min(active, installed.max_connections)).total
    missing = "more than there is" if certain else f"which leaves less than the {units.gib(kept)} that the kernel needs"
    safe = plan(pg, memory, cores, pooler, None).safe
    fits = likely(safe, active).total + kept <= memory.ram
    better, buffers = units.postgres_size(safe.work_mem), units.postgres_size(safe.shared_buffers)
    edits = [pg.edit("work_mem", better)] if fits and safe.work_mem < given.work_mem else []
    advice = "No work_mem makes it fit: fewer connections, behind PgBouncer."
    least = LEAST_VACUUM >= safe.autovacuum_memory < given.autovacuum_memory
    if fits and least:
        edits.append(pg.edit("autovacuum_work_mem", units.postgres_size(safe.autovacuum_memory)))
    if fits and safe.shared_buffers < given.shared_buffers:
        edits.append(pg.edit("shared_buffers", buffers))
    if len(edits) > 1 or (edits and edits[0].key != "work_mem"):
        listed = ", ".join(f"{edit.key} = {edit.value}" for edit in edits)
        advice = f"With {listed} it fits; fewer connections, behind PgBouncer, help more."
    elif edits:
        advice = f"With work_mem = {better} it fits; what needs more then sorts on disk."
    elif fits:
        advice = "With what the other findings about memory change it fits."
    yield Finding(
        f"With {active:,} queries at work PostgreSQL is likely to need {units.gib(demand.total)} of "
        f"{units.gib(memory.ram)} ({memory.name}), {missing}. {advice}",
        pg.origins("shared_buffers", "max_connections", "work_mem") + memory.origins,
        # Where two sources of RAM disagree no value rests on it.
        () if memory.doubt else tuple(edits),
        (
            f"queries at work: min({most:,} connections, {ACTIVE_PER_CORE} × {cores.count} CPUs) = {active:,} (a "
            "model)",
            *demand.steps,
            f"{memory.name} {units.mib(memory.ram)} − {units.mib(demand.total)} = "
            f"{units.mib(memory.ram - demand.total)}; the kernel's reserve is {units.mib(kept)}",
            *(_after(safe, active, memory) if fits else ()),
        ),
        Severity.CRITICAL if certain and asked else Severity.WARNING,
    )


def _after(safe: Server, active: int, memory: ServerMemory) -> Iterator[str]:
    """Yield the sums that make it fit, with what other findings change as well: autovacuum_work_mem, shared_buffers."""
    demand = likely(safe, active)
    sizes = " + ".join(f"{part.name} {units.mib(part.bytes)}" for part in demand.parts)
    yield f"then: {sizes} = {units.mib(demand.total)}; {units.mib(memory.ram - demand.total)} stay free"


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
            {"postgresql_conf": "max_connections = 2000\nshared_buffers = 4608MB\nwork_mem = 4MB\n"},
        ),
        # 3,000 sessions of 2.8 MB are more than 8 GB by themselves.
        Example(
            {
                "postgresql_conf": "max_connections = 3000\nshared_buffers = 2GB\nwork_mem = 4MB\n",
                "answers": "memory = 8GB\npostgresql = 16\ncpus = 8\n",
            },
            {"postgresql_conf": "max_connections = 3000\nshared_buffers = 2GB\nwork_mem = 4MB\n"},
        ),
        # The container's limit counts, not the host's 64 GB.
        Example(
            {
                "postgresql_conf": "shared_buffers = 512MB\nwork_mem = 64MB\n",
                "answers": "memory = 64GB\npostgresql = 16\ncpus = 32\n",
                "docker_run": "docker run --memory 4g --cpus 4 postgres:16\n",
            },
            {"postgresql_conf": "shared_buffers = 512MB\nwork_mem = 32MB\n"},
        ),
        # As it was installed, on a small host: nobody asked for too much.
        Example(
            {
                "postgresql_conf": "max_connections = 100\nshared_buffers = 128MB\n",
                "answers": "memory = 512MB\npostgresql = 16\ncpus = 2\n",
            },
            {"postgresql_conf": "max_connections = 100\nshared_buffers = 128MB\n"},
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
    side_effect=(
        "Sorts and hashes that no longer fit spill to temporary files: watch temp_bytes in pg_stat_database. Smaller "
        "shared_buffers read more from the kernel's cache."
    ),
)
