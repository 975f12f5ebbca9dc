"""If every connection sorts at once, memory runs out.

work_mem is not a limit for the server but for each sort or hash in each session. With every connection the server
allows at work on a single hash, the sum of them, of shared memory and of autovacuum is more than the RAM. A usual day
stays far below; the day when a slow disk or a lock makes all sessions pile up does not.

It is a bound, not a forecast, so nothing is certain and there is no edit. A pooler makes it small: sessions that don't
exist need nothing. Lowering max_connections needs a restart and the clients' consent; lowering work_mem takes a reload.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.postgres import Postgres
from confmend.facts.server_memory import ServerMemory
from confmend.model import Example, Finding, Rule, Severity
from confmend.models.postgres_memory import server, worst


def check(pg: Postgres, memory: ServerMemory) -> Iterator[Finding]:
    """Compare the worst case, one hash in each connection, with RAM."""
    given = server(pg)
    demand = worst(given)
    if demand.total <= memory.ram:
        return
    yield Finding(
        f"If all {given.max_connections:,} connections run one hash or sort at once, PostgreSQL needs "
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
    ),
    side_effect=("Sorts and hashes that no longer fit spill to temporary files: watch temp_bytes in pg_stat_database."),
)
