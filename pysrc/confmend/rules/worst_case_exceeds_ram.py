"""If every connection sorts at once, memory runs out.

work_mem is not a limit for the server but for each sort or hash in each session. With every connection the server
allows at work, the sum of them, of shared memory and of autovacuum is more than the RAM: a usual load, which is four
queries for each CPU with two sorts or hashes each, and in every other connection a single hash. Where the CPUs are not
known a single hash in every connection is counted, which is less. A usual day stays far below; the day when a slow disk
or a lock makes all sessions pile up does not.

It is a bound, not a forecast, so nothing is certain and there is no edit. A pooler makes it small: sessions that don't
exist need nothing. Lowering max_connections needs a restart and the clients' consent; lowering work_mem takes a reload.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.cores import Cores
from confmend.facts.pooler import Pooler
from confmend.facts.postgres import Postgres
from confmend.facts.server_memory import ServerMemory
from confmend.model import Example, Finding, Rule, Severity
from confmend.models.postgres_memory import ACTIVE_PER_CORE, server, worst
from confmend.models.recommended import most_queries, with_wal_buffers


def check(pg: Postgres, memory: ServerMemory, cores: Cores | None, pooler: Pooler | None) -> Iterator[Finding]:
    """Compare the worst case, every connection at work, with RAM."""
    given = with_wal_buffers(server(pg))
    active = min(most_queries(pg, pooler), ACTIVE_PER_CORE * cores.count) if cores else 0
    demand = worst(given, active)
    if demand.total <= memory.ram:
        return
    load = "run one hash or sort at once"
    if active:
        load = f"are at work at once, {active:,} with a usual query and the others with one hash or sort each"
    yield Finding(
        f"If all {given.max_connections:,} connections {load}, PostgreSQL needs "
        f"{units.gib(demand.total)}; its {memory.name} is {units.gib(memory.ram)}. A load that makes sessions pile up "
        "gets there. Fewer connections, behind PgBouncer, or a smaller work_mem, with more for single roles (ALTER "
        "ROLE ... SET).",
        pg.origins("max_connections", "work_mem", "shared_buffers") + memory.origins,
        arithmetic=(*demand.steps, f"{units.gib(demand.total)} > {units.gib(memory.ram)} {memory.name}"),
    )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-WORK-MEM",),
    examples=(
        Example(
            {
                "postgresql_conf": "max_connections = 500\nshared_buffers = 4GB\nwork_mem = 16MB\n",
                "answers": "memory = 16GB\npostgresql = 15\n",
            },
            {"postgresql_conf": "max_connections = 500\nshared_buffers = 4GB\nwork_mem = 16MB\n"},
        ),
        Example(
            {
                "postgresql_conf": "max_connections = 300\nshared_buffers = 4GB\nwork_mem = 16MB\n",
                "answers": "memory = 16GB\npostgresql = 15\n",
            }
        ),
        # 4,220 + 32 × 48 + 268 × 32 + 840 + 192 MB of 15 GB; with 128 queries at work 16,900 MB.
        Example(
            {
                "postgresql_conf": "max_connections = 300\nshared_buffers = 4GB\nwork_mem = 16MB\n",
                "answers": "memory = 16GB\npostgresql = 15\ncpus = 8\n",
            }
        ),
        Example(
            {
                "postgresql_conf": "max_connections = 300\nshared_buffers = 4GB\nwork_mem = 16MB\n",
                "answers": "memory = 16GB\npostgresql = 15\ncpus = 32\n",
            },
            {"postgresql_conf": "max_connections = 300\nshared_buffers = 4GB\nwork_mem = 16MB\n"},
        ),
    ),
    side_effect=("Sorts and hashes that no longer fit spill to temporary files: watch temp_bytes in pg_stat_database."),
)
