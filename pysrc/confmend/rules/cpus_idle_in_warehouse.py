"""A data warehouse on many CPUs lets few of them work.

max_parallel_workers allows 8 processes for all queries unless it is set. On a host with more CPUs the large queries of
a warehouse leave the others idle. Web and OLTP queries are short and many, and use the CPUs without it.

The edit raises both limits to the CPUs, and never lowers them. max_worker_processes needs a restart, and on standbys
before the primary: a standby with fewer than its primary stops replaying. Lowering it again goes the other way round.
"""

from collections.abc import Iterator

from confmend.facts.cores import Cores
from confmend.facts.pooler import Pooler
from confmend.facts.postgres import Postgres
from confmend.facts.server_memory import ServerMemory
from confmend.facts.workload import Workload
from confmend.model import Example, Finding, Rule, Severity
from confmend.models.recommended import plan, workers_wanted


def check(
    pg: Postgres, memory: ServerMemory, cores: Cores, workload: Workload, pooler: Pooler | None
) -> Iterator[Finding]:
    """Compare the parallel workers of all queries with the CPUs of a warehouse."""
    workers, processes = pg.count("max_parallel_workers"), pg.count("max_worker_processes")
    usable = min(workers, processes)
    # Each process takes a little shared memory: where there is no room for that, none is wanted.
    if not workers_wanted(pg, cores, workload):
        return
    if plan(pg, memory, cores, pooler, workload).then.max_worker_processes < cores.count:
        return
    wanted = {"max_parallel_workers": (workers, cores.count), "max_worker_processes": (processes, cores.count)}
    edits = tuple(pg.edit(name, str(then)) for name, (now, then) in wanted.items() if then > now)
    yield Finding(
        f"{usable} parallel workers serve all queries, on {cores.count} CPUs. A warehouse's large queries leave "
        f"{cores.count - usable} of them idle. Raise max_worker_processes on standbys first.",
        (
            *pg.origins("max_parallel_workers", "max_worker_processes"),
            *((cores.origin,) if cores.origin else ()),
            *((workload.origin,) if workload.origin else ()),
        ),
        edits,
        (f"min({workers} max_parallel_workers, {processes} max_worker_processes) = {usable} of {cores.count} CPUs",),
    )


RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-MAX-PARALLEL-WORKERS",
        "https://www.postgresql.org/docs/current/hot-standby.html#HOT-STANDBY-ADMIN",
    ),
    examples=(
        Example(
            {
                "postgresql_conf": "max_worker_processes = 8\nmax_parallel_workers = 8\n",
                "answers": "memory = 64GB\npostgresql = 16\ncpus = 32\nworkload = warehouse\n",
            },
            {"postgresql_conf": "max_worker_processes = 32\nmax_parallel_workers = 32\n"},
        ),
        Example(
            {
                "postgresql_conf": "max_parallel_workers = 8\n",
                "answers": "memory = 64GB\npostgresql = 16\ncpus = 32\nworkload = web\n",
            }
        ),
        Example(
            {
                "postgresql_conf": "max_parallel_workers = 8\n",
                "answers": "memory = 64GB\npostgresql = 16\ncpus = 12\nworkload = warehouse\n",
            }
        ),
    ),
    side_effect=(
        "Large queries use more CPUs at once, and each worker its own work_mem. A standby must get the new "
        "max_worker_processes before its primary."
    ),
)
