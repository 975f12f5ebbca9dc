"""effective_cache_size is not what the host can cache.

The planner takes it for the memory in which a table's pages may be found again: shared_buffers and the kernel's page
cache together. It allocates nothing. Above the memory that there is, index scans look cheaper than they are; below
shared_buffers, or with the default of 4 GB on a large host, dearer, and queries read whole tables instead.

An estimate of three quarters is usual; it is wrong where other programs use the cache. It takes effect with a reload;
the old value undoes it.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.postgres import Postgres
from confmend.facts.server_memory import ServerMemory
from confmend.facts.workload import Workload
from confmend.model import Example, Finding, Rule, Severity
from confmend.models.recommended import STEP, TOO_MUCH, quarter

# Half to three quarters is what guides and PostgreSQL's wiki give; below half it is worth a line.
SHARE, LITTLE = 0.75, 0.5


def check(pg: Postgres, memory: ServerMemory, workload: Workload | None) -> Iterator[Finding]:
    """Compare effective_cache_size with RAM and shared_buffers."""
    size, buffers = pg.size("effective_cache_size"), pg.size("shared_buffers")
    better = int(memory.ram * SHARE) // STEP * STEP
    if not better or memory.doubt:
        return
    # Buffers that large come down to a quarter by another rule.
    buffers = quarter(memory.ram) if buffers > TOO_MUCH * memory.ram else buffers
    shown, severity = f"effective_cache_size is {units.human(size)}", Severity.WARNING
    written = pg.effective("effective_cache_size") is not None
    if size > memory.ram and written:
        problem = f"{shown}, more than {units.gib(memory.ram)} of {memory.name}: index scans look cheaper than they are"
    elif size < buffers and written:
        problem = f"{shown}, less than shared_buffers of {units.human(buffers)}: index scans look dearer than they are"
    elif size < LITTLE * memory.ram and workload:
        problem = f"{shown}, {size / memory.ram:.0%} of {units.gib(memory.ram)} of {memory.name}: index scans look dear"
        severity = Severity.INFO
    else:
        return
    yield Finding(
        f"{problem}. {units.postgres_size(better)} is the usual estimate; it allocates nothing.",
        pg.origins("effective_cache_size", "shared_buffers") + memory.origins,
        edits=(pg.edit("effective_cache_size", units.postgres_size(better)),),
        arithmetic=(f"{units.gib(memory.ram)} × {SHARE:.0%} = {units.postgres_size(better)}, in steps of 64 MB",),
        severity=severity,
    )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://www.postgresql.org/docs/current/runtime-config-query.html#GUC-EFFECTIVE-CACHE-SIZE",),
    examples=(
        Example(
            {"postgresql_conf": "effective_cache_size = 48GB\n", "answers": "memory = 16GB\npostgresql = 16\n"},
            {"postgresql_conf": "effective_cache_size = 12GB\n"},
        ),
        Example(
            {
                "postgresql_conf": "shared_buffers = 16GB\neffective_cache_size = 8GB\n",
                "answers": "memory = 64GB\npostgresql = 16\n",
            },
            {"postgresql_conf": "shared_buffers = 16GB\neffective_cache_size = 48GB\n"},
        ),
        Example(
            {
                "postgresql_conf": "effective_cache_size = 4GB\n",
                "answers": "memory = 64GB\npostgresql = 16\nworkload = web\n",
            },
            {"postgresql_conf": "effective_cache_size = 48GB\n"},
        ),
        Example({"postgresql_conf": "effective_cache_size = 16GB\n", "answers": "memory = 16GB\npostgresql = 16\n"}),
        Example(
            {
                "postgresql_conf": "effective_cache_size = 8GB\n",
                "answers": "memory = 16GB\npostgresql = 16\nworkload = web\n",
            }
        ),
    ),
    side_effect="Plans of queries may change; compare the slowest ones before and after.",
)
