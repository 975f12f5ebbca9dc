"""wal_buffers is set to less than the server would take by itself.

With -1, the default, it is a thirty-second of shared_buffers, up to one WAL segment (16 MB). A fixed value stays when
shared_buffers grows, and guides from before 9.1 give 64 kB to 8 MB. When the buffers are full, sessions that write wait
for each other.

A larger fixed value is left alone. The edit goes back to -1; it needs a restart, the old value undoes it.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.cores import Cores
from confmend.facts.pooler import Pooler
from confmend.facts.postgres import Postgres
from confmend.facts.server_memory import ServerMemory
from confmend.facts.workload import Workload
from confmend.model import Example, Finding, Rule, Severity
from confmend.models.recommended import WAL_SEGMENT, WAL_SHARE, automatic_wal_buffers, plan


def check(
    pg: Postgres,
    memory: ServerMemory | None,
    cores: Cores | None,
    pooler: Pooler | None,
    workload: Workload | None,
) -> Iterator[Finding]:
    """Compare a fixed value with what -1 would give, with the shared_buffers that another rule may be raising."""
    if not pg.written("wal_buffers"):
        return
    size, buffers = pg.size("wal_buffers"), pg.size("shared_buffers")
    if memory and workload and pg.version is not None and not memory.doubt:
        buffers = max(buffers, plan(pg, memory, cores, pooler, workload).then.shared_buffers)
    automatic = automatic_wal_buffers(buffers)
    # Half of it makes no difference that anybody could measure.
    if size < 0 or size * 2 >= automatic:
        return
    yield Finding(
        f"wal_buffers is fixed at {units.human(size)}; -1 gives {units.human(automatic)} with shared_buffers of "
        f"{units.human(buffers)}.",
        pg.origins("wal_buffers", "shared_buffers"),
        (pg.edit("wal_buffers", "-1"),),
        (f"min({units.human(buffers)} ÷ {WAL_SHARE}, {units.human(WAL_SEGMENT)}) = {units.human(automatic)}",),
    )


RULE = Rule(
    check,
    Severity.INFO,
    sources=("https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-WAL-BUFFERS",),
    examples=(
        Example(
            {"postgresql_conf": "shared_buffers = 4GB\nwal_buffers = 1MB\n", "answers": "postgresql = 16\n"},
            {"postgresql_conf": "shared_buffers = 4GB\nwal_buffers = -1\n"},
        ),
        Example({"postgresql_conf": "shared_buffers = 4GB\nwal_buffers = 8MB\n", "answers": "postgresql = 16\n"}),
        Example({"postgresql_conf": "shared_buffers = 128MB\nwal_buffers = 16MB\n", "answers": "postgresql = 16\n"}),
    ),
    side_effect="Shared memory grows by a few MB at the restart that it needs.",
)
