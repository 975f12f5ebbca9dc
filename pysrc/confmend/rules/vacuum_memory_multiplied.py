"""Every autovacuum worker may take the memory that was meant for one.

autovacuum_work_mem counts for each worker, and at -1 each may use as much as an administrator's CREATE INDEX
(maintenance_work_mem). All of them at once may take more than an eighth of the memory, on top of what queries need, and
they run when the tables are busiest. Up to PostgreSQL 16 a worker stops at 1 GB; from 17 on nothing stops it. A limit
that was given on purpose is left alone up to a quarter.

It is wrong for a host that does nothing but load and vacuum. The edit gives the workers a limit of their own;
maintenance_work_mem stays as it is for CREATE INDEX. A reload sets it, -1 undoes it.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.postgres import Postgres
from confmend.facts.server_memory import ServerMemory
from confmend.model import Example, Finding, Rule, Severity
from confmend.models.postgres_memory import server
from confmend.models.recommended import VACUUM_SHARE, vacuum_limited


def check(pg: Postgres, memory: ServerMemory) -> Iterator[Finding]:
    """Compare the memory of all workers with RAM."""
    now, inherits = server(pg), pg.size("autovacuum_work_mem") < 0
    name = "maintenance_work_mem" if inherits else "autovacuum_work_mem"
    safe = vacuum_limited(now, memory.ram, inherits)
    together = now.autovacuum_workers * now.autovacuum_memory
    if safe.autovacuum_memory >= now.autovacuum_memory:
        return
    better = units.postgres_size(safe.autovacuum_memory)
    yield Finding(
        f"{name} counts for each of {now.autovacuum_workers} autovacuum workers: together "
        f"{units.human(together)}, {together / memory.ram:.0%} of {units.gib(memory.ram)} of {memory.name}. "
        f"autovacuum_work_mem = {better} limits them{' and leaves CREATE INDEX its memory' if inherits else ''}.",
        pg.origins("maintenance_work_mem", "autovacuum_max_workers", "autovacuum_work_mem") + memory.origins,
        (pg.edit("autovacuum_work_mem", better),) if not memory.doubt else (),
        (
            f"{now.autovacuum_workers} workers × {units.human(now.autovacuum_memory)} = {units.human(together)}",
            f"{units.gib(memory.ram)} {memory.name} ÷ {VACUUM_SHARE} ÷ {now.autovacuum_workers} workers, down to a "
            f"power of two = {better}",
        ),
    )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-AUTOVACUUM-WORK-MEM",
        "https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-MAINTENANCE-WORK-MEM",
    ),
    examples=(
        Example(
            {
                "postgresql_conf": "maintenance_work_mem = 2GB\nautovacuum_work_mem = -1\n",
                "answers": "memory = 16GB\npostgresql = 17\n",
            },
            {"postgresql_conf": "maintenance_work_mem = 2GB\nautovacuum_work_mem = 512MB\n"},
        ),
        Example(
            {
                "postgresql_conf": "maintenance_work_mem = 4GB\nautovacuum_work_mem = 2GB\n",
                "answers": "memory = 16GB\npostgresql = 17\n",
            },
            {"postgresql_conf": "maintenance_work_mem = 4GB\nautovacuum_work_mem = 512MB\n"},
        ),
        # 3 × 1 GB are 19 % of 16 GB, and somebody chose them.
        Example(
            {"postgresql_conf": "autovacuum_work_mem = 1GB\n", "answers": "memory = 16GB\npostgresql = 17\n"},
        ),
        # 3 × 512 MB are 1.5 GB, an eighth of 12 GB.
        Example(
            {"postgresql_conf": "maintenance_work_mem = 512MB\n", "answers": "memory = 12GB\npostgresql = 17\n"},
        ),
        # Up to 16 no worker takes more than 1 GB: 3 GB of 24.
        Example(
            {"postgresql_conf": "maintenance_work_mem = 8GB\n", "answers": "memory = 24GB\npostgresql = 16\n"},
        ),
    ),
    side_effect=(
        "A vacuum of a very large table that finds more dead rows than fit reads the table's indexes more than once."
    ),
)
