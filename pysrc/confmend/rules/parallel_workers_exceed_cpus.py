"""One query may start more parallel workers than there are CPUs.

max_parallel_workers_per_gather beyond the CPUs gains nothing: the workers of one query wait for each other. Each may
take work_mem for each of its sorts and hashes, so the query's memory is multiplied all the same. A CPU limit of a
container counts, for the server starts as many processes as the settings allow.

It is right where storage, not the CPUs, keeps the workers waiting. The edit sets half of the CPUs, so that one query
does not take the host; a reload sets it, the old value undoes it.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.cores import Cores
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

# The default: on a host of one CPU it does no harm that would be worth a change.
DEFAULT = 2


def check(pg: Postgres, cores: Cores) -> Iterator[Finding]:
    """Compare the workers of one query with the CPUs."""
    each = pg.count("max_parallel_workers_per_gather")
    together = min(pg.count("max_parallel_workers"), pg.count("max_worker_processes"))
    started = min(each, together)
    if started <= max(cores.count, DEFAULT):
        return
    better = max(1, cores.count // 2)
    yield Finding(
        f"max_parallel_workers_per_gather is {each} on {cores.count} CPUs ({cores.how}): a query may run in "
        f"{started + 1} processes, each with its own work_mem of {units.human(pg.size('work_mem'))} for each sort. "
        f"{better} is half of the CPUs.",
        (*pg.origins("max_parallel_workers_per_gather"), *((cores.origin,) if cores.origin else ())),
        (pg.edit("max_parallel_workers_per_gather", str(better)),),
        (
            f"workers of one query: min({each}, {together} of max_parallel_workers, max_worker_processes) = {started}",
            f"{started} > {cores.count} CPUs",
        ),
    )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-MAX-PARALLEL-WORKERS-PER-GATHER",
    ),
    examples=(
        Example(
            {"postgresql_conf": "max_parallel_workers_per_gather = 8\n", "answers": "cpus = 4\n"},
            {"postgresql_conf": "max_parallel_workers_per_gather = 2\n"},
        ),
        # The container may use two of the host's 32 CPUs.
        Example(
            {
                "postgresql_conf": "max_parallel_workers_per_gather = 4\n",
                "answers": "cpus = 32\n",
                "docker_run": "docker run --cpus 2 postgres:16\n",
            },
            {"postgresql_conf": "max_parallel_workers_per_gather = 1\n"},
        ),
        Example({"postgresql_conf": "max_parallel_workers_per_gather = 4\n", "answers": "cpus = 4\n"}),
        Example({"postgresql_conf": "max_parallel_workers_per_gather = 2\n", "answers": "cpus = 1\n"}),
    ),
    side_effect="A single large query uses fewer CPUs than before.",
)
