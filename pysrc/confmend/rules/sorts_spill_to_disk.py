"""Sorts and hashes go to temporary files while memory lies idle.

A sort that needs more than work_mem writes to disk. The log says so (log_temp_files), pg_stat_database counts it, and a
data warehouse does it in most queries. Where a usual load leaves memory free, a larger work_mem turns these files into
memory.

The value fits twice: a usual load leaves the reserve free, and all connections at work don't exceed the memory. It is
wrong where a single report spills: then ALTER ROLE ... SET work_mem for its role is better. A reload sets it for new
queries, the old value undoes it.
"""

import re
from collections.abc import Iterator

from confmend import units
from confmend.facts import what_to_paste
from confmend.facts.cores import Cores
from confmend.facts.database_counters import DatabaseCounters
from confmend.facts.log import ServerLog
from confmend.facts.pooler import Pooler
from confmend.facts.postgres import Postgres
from confmend.facts.server_memory import ServerMemory
from confmend.facts.workload import Workload
from confmend.model import Example, Finding, MissingFactError, Origin, Rule, Severity
from confmend.models.postgres_memory import likely, reserve
from confmend.models.recommended import plan

# fd.c, ReportTemporaryFileUsage.
_FILE = re.compile(r'temporary file: path "[^"]*", size [0-9]+')
# Fewer files are one report, not a habit.
MANY = 10


def check(
    pg: Postgres,
    memory: ServerMemory,
    workload: Workload,
    cores: Cores | None,
    pooler: Pooler | None,
    log: ServerLog | None,
    counters: DatabaseCounters | None,
) -> Iterator[Finding]:
    """Look for temporary files, or a warehouse, where the plan has room for a larger work_mem."""
    why, lines = _spills(log, counters)
    if not why and workload.kind != "warehouse":
        return
    if cores is None:
        raise MissingFactError(what_to_paste(Cores))
    found = plan(pg, memory, cores, pooler, workload, sorts=bool(why))
    now, then = found.now.work_mem, found.then.work_mem
    if then < 2 * now or memory.doubt:
        return
    demand = likely(found.then, found.active)
    yield Finding(
        f"work_mem is {units.human(now)}, and {why or 'a data warehouse sorts and hashes more than that'}. A usual "
        f"load still fits with {units.postgres_size(then)}.",
        (*lines, *pg.origins("work_mem"), *memory.origins),
        (pg.edit("work_mem", units.postgres_size(then)),),
        (
            *demand.steps,
            f"{memory.name} {units.mib(memory.ram)} − {units.mib(demand.total)} = "
            f"{units.mib(memory.ram - demand.total)}; the kernel's reserve is {units.mib(reserve(memory.ram))}",
        ),
    )


def _spills(log: ServerLog | None, counters: DatabaseCounters | None) -> tuple[str, tuple[Origin, ...]]:
    seen = tuple(log.matching(_FILE)) if log else ()
    if len(seen) >= MANY:
        return f"the log shows {len(seen):,} temporary files", seen[:3]
    files = counters.total("temp_files") if counters else None
    commits = counters.total("xact_commit") if counters else None
    # One transaction in a thousand: then it is a habit of the application, not a report of the month.
    if counters and files and commits and files >= MANY and files * 1000 >= commits:
        return f"pg_stat_database counts {files:,.0f} temporary files", tuple(counters.origins.values())[:3]
    return "", ()


_CLOSE = (
    "shared_buffers = 4GB\nmax_connections = 50\nmax_worker_processes = 32\nmaintenance_work_mem = 1GB\n"
    "autovacuum_work_mem = 256MB\nwal_buffers = 2534kB\n"
)
_LARGE = "memory = 16GB\npostgresql = 18\ncpus = 32\nworkload = warehouse\n"
RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-WORK-MEM",
        "https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-DATABASE-VIEW",
    ),
    examples=(
        Example(
            {
                "postgresql_conf": "shared_buffers = 8GB\nmax_connections = 40\nwork_mem = 4MB\n",
                "answers": "memory = 32GB\npostgresql = 16\nworkload = warehouse\ncpus = 8\n",
            },
            {"postgresql_conf": "shared_buffers = 8GB\nmax_connections = 40\nwork_mem = 128MB\n"},
        ),
        Example(
            {
                "postgresql_conf": "shared_buffers = 4GB\nwork_mem = 4MB\n",
                "answers": "memory = 16GB\npostgresql = 16\nworkload = web\ncpus = 4\n",
                "pg_log": "2025-01-01 10:00:00.000 UTC [7] LOG:  temporary file: path "
                '"base/pgsql_tmp/pgsql_tmp7.0", size 14016512\n' * MANY,
            },
            {"postgresql_conf": "shared_buffers = 4GB\nwork_mem = 32MB\n"},
        ),
        Example(
            {
                "postgresql_conf": "shared_buffers = 4GB\nwork_mem = 4MB\n",
                "answers": "memory = 16GB\npostgresql = 16\nworkload = web\ncpus = 4\n",
                "pg_log": "2025-01-01 10:00:00.000 UTC [7] LOG:  temporary file: path "
                '"base/pgsql_tmp/pgsql_tmp7.0", size 14016512\n' * (MANY - 1),
            },
        ),
        # 64 MB would fit but for the 16 MB of wal_buffers that another rule goes back to.
        Example(
            {"postgresql_conf": f"{_CLOSE}work_mem = 1408kB\n", "answers": _LARGE},
            {"postgresql_conf": f"{_CLOSE}work_mem = 32MB\n"},
        ),
    ),
    side_effect="Each sort or hash of each query may take the new size, parallel workers too.",
)
