"""shared_buffers does not fit the host's RAM.

PostgreSQL reads and writes through the kernel's page cache, so what is in shared_buffers is often in memory twice. Its
manual starts at a quarter of RAM and finds more than 40 % unlikely to work better. Above three quarters there is no
room left for sessions, sorts and the kernel, and the first heavy hour ends with the OOM killer. A few percent, which is
what the default of 128 MB is on most hosts, leave the work to the page cache: slower under writes, but sound.

The shares are experience, not arithmetic: a working set that just fits may gain from more, and a host with other
services needs less. There is an edit, to a quarter, above three quarters, and below 15 % where the reader says what the
database is for; then only as far as a usual load still fits. It needs a restart; the old value and another restart undo
it.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.cores import Cores
from confmend.facts.pooler import Pooler
from confmend.facts.postgres import Postgres
from confmend.facts.server_memory import ServerMemory
from confmend.facts.workload import Workload
from confmend.model import Example, Finding, Rule, Severity
from confmend.models.recommended import TOO_MUCH, plan, quarter

# PostgreSQL's manual, 19.4.1: more than 40 % of RAM are unlikely to work better.
MUCH = 0.40
LITTLE = 0.05
# A quarter of less than 256 MB is below the least that is suggested.
SMALL = "So little memory holds a few MB of them: better give the server more."


def check(
    pg: Postgres, memory: ServerMemory, cores: Cores | None, pooler: Pooler | None, workload: Workload | None
) -> Iterator[Finding]:
    """Compare shared_buffers with RAM."""
    size = pg.size("shared_buffers")
    share = size / memory.ram
    start = quarter(memory.ram)
    usual = units.postgres_size(start)
    step = f"{units.human(size)} ÷ {units.gib(memory.ram)} {memory.name} = {share:.1%}"
    evidence = pg.origins("shared_buffers") + memory.origins
    shown = f"shared_buffers is {units.human(size)}, {share:.1%} of {units.gib(memory.ram)} of {memory.name}"
    if share > TOO_MUCH:
        # Where sessions and queries need more than three quarters, so much less for the buffers.
        known = cores is not None and pg.version is not None
        start = plan(pg, memory, cores, pooler, None).safe.shared_buffers if known and start else start
        usual = units.postgres_size(start)
        # Where two sources of RAM disagree no value rests on it.
        edits = (pg.edit("shared_buffers", usual),) if start and not memory.doubt else ()
        advice = f"Start with {usual} and restart." if start else SMALL
        yield Finding(
            f"{shown}. What is left does not carry sessions, sorts and the kernel. {advice}",
            evidence,
            edits,
            (
                step,
                *(
                    (f"a quarter of {units.gib(memory.ram)}, in steps of 64 MB, and no more than fits: {usual}",)
                    if start
                    else ()
                ),
            ),
            Severity.CRITICAL,
        )
        return
    if share > MUCH:
        yield Finding(
            f"{shown}. The same pages are in the page cache as well; more than {MUCH:.0%} rarely works better, and "
            f"sorts and sessions need the rest. {f'Measure with {usual} (a quarter).' if start else SMALL}",
            evidence,
            arithmetic=(step,),
            severity=Severity.WARNING,
        )
        return
    then = plan(pg, memory, cores, pooler, workload).then.shared_buffers if workload else size
    if then > size and not memory.doubt:
        better = units.postgres_size(then)
        room = "a quarter" if then == start else f"as much as leaves room for a usual load; a quarter is {usual}"
        yield Finding(
            f"{shown}. A database on its own host starts with {better} ({room}); on a host that serves other programs "
            "too, leave it.",
            evidence,
            (pg.edit("shared_buffers", better),),
            (step,),
            Severity.INFO,
        )
    elif share < LITTLE:
        yield Finding(
            f"{shown}. On a host that serves only PostgreSQL {usual} (a quarter) is the usual start; if it serves "
            "other programs too, leave it. Answer what the database is for, and what fits is worked out.",
            evidence,
            arithmetic=(step,),
            severity=Severity.INFO,
        )


RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=("https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-SHARED-BUFFERS",),
    examples=(
        Example(
            {"postgresql_conf": "shared_buffers = 14GB\n", "answers": "memory = 16GB\npostgresql = 15\n"},
            {"postgresql_conf": "shared_buffers = 4GB\n"},
        ),
        # No value is suggested where a quarter is less than 64 MB.
        Example(
            {"postgresql_conf": "shared_buffers = 128MB\n", "answers": "memory = 135MB\npostgresql = 15\n"},
            {"postgresql_conf": "shared_buffers = 128MB\n"},
        ),
        Example(
            {"postgresql_conf": "shared_buffers = 8GB\n", "answers": "memory = 16GB\npostgresql = 15\n"},
            {"postgresql_conf": "shared_buffers = 8GB\n"},
        ),
        Example(
            {"postgresql_conf": "shared_buffers = 128MB\n", "answers": "memory = 16GB\npostgresql = 15\n"},
            {"postgresql_conf": "shared_buffers = 128MB\n"},
        ),
        Example(
            {
                "postgresql_conf": "shared_buffers = 1GB\n",
                "answers": "memory = 16GB\npostgresql = 15\nworkload = web\n",
            },
            {"postgresql_conf": "shared_buffers = 4GB\n"},
        ),
        # A limit of 4 GB leaves less than the host's 64 GB.
        Example(
            {
                "postgresql_conf": "shared_buffers = 8GB\n",
                "answers": "memory = 64GB\npostgresql = 15\n",
                "systemd_unit": "[Service]\nMemoryMax=4G\n",
            },
            {"postgresql_conf": "shared_buffers = 1GB\n"},
        ),
        Example(
            {
                "postgresql_conf": "shared_buffers = 2500MB\n",
                "answers": "memory = 16GB\npostgresql = 15\nworkload = web\n",
            }
        ),
        Example({"postgresql_conf": "shared_buffers = 4GB\n", "answers": "memory = 10GB\npostgresql = 15\n"}),
        Example({"postgresql_conf": "shared_buffers = 820MB\n", "answers": "memory = 16GB\npostgresql = 15\n"}),
    ),
    side_effect=(
        "After the restart the cache is cold: expect slower queries for minutes. Memory that leaves "
        "shared_buffers serves the kernel's cache."
    ),
)
