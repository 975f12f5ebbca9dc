"""maintenance_work_mem is far below what the host can spare.

CREATE INDEX sorts in it, and VACUUM keeps the dead rows in it that it has found: when it is full, all indexes of the
table are read once more. The default of 64 MB is meant for a host of 1 GB. Few such commands run at once, so a
sixteenth of the memory is within the reserve that every model keeps.

It is asked only where the reader says what the database is for. The edit also gives autovacuum's workers a limit of
their own, because each of them would take the new size. Both need a reload; the old values undo them.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.cores import Cores
from confmend.facts.pooler import Pooler
from confmend.facts.postgres import Postgres
from confmend.facts.server_memory import ServerMemory
from confmend.facts.workload import Workload
from confmend.model import Example, Finding, Rule, Severity
from confmend.models.recommended import MAINTENANCE_SHARE, plan


def check(
    pg: Postgres, memory: ServerMemory, workload: Workload, cores: Cores | None, pooler: Pooler | None
) -> Iterator[Finding]:
    """Compare maintenance_work_mem with the plan."""
    found = plan(pg, memory, cores, pooler, workload)
    now, then = found.maintenance
    if then == now or memory.doubt:
        return
    edits = [pg.edit("maintenance_work_mem", units.postgres_size(then))]
    limit = ""
    # Where another rule limits the workers because they take too much, that value stands.
    if found.inherits and found.safe.autovacuum_memory == found.now.autovacuum_memory:
        each = units.postgres_size(found.then.autovacuum_memory)
        edits.append(pg.edit("autovacuum_work_mem", each))
        limit = f" autovacuum_work_mem = {each} keeps the {found.now.autovacuum_workers} workers from taking it each."
    yield Finding(
        f"maintenance_work_mem is {units.human(now)} of {units.gib(memory.ram)} of {memory.name}. With "
        f"{units.postgres_size(then)} indexes are built and large tables vacuumed in fewer passes.{limit}",
        pg.origins("maintenance_work_mem", "autovacuum_work_mem") + memory.origins,
        tuple(edits),
        (
            f"{units.gib(memory.ram)} ÷ {MAINTENANCE_SHARE}, down to a power of two, at most 1 GB = "
            f"{units.postgres_size(then)}",
        ),
    )


RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-MAINTENANCE-WORK-MEM",
        "https://www.postgresql.org/docs/current/populate.html#POPULATE-WORK-MEM",
    ),
    examples=(
        Example(
            {
                "postgresql_conf": "shared_buffers = 4GB\nmaintenance_work_mem = 64MB\nautovacuum_work_mem = -1\n",
                "answers": "memory = 16GB\npostgresql = 16\nworkload = oltp\ncpus = 4\n",
            },
            {"postgresql_conf": "shared_buffers = 4GB\nmaintenance_work_mem = 1GB\nautovacuum_work_mem = 256MB\n"},
        ),
        # A sixteenth of 1.5 GB is no more than the default, as a power of two.
        Example(
            {
                "postgresql_conf": "max_connections = 50\n",
                "answers": "memory = 1536MB\npostgresql = 16\nworkload = oltp\ncpus = 2\n",
            },
        ),
    ),
    side_effect="Each CREATE INDEX, REINDEX or manual VACUUM that runs may take the new size.",
)
