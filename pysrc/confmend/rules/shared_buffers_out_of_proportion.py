"""shared_buffers does not fit the host's RAM.

PostgreSQL reads and writes through the kernel's page cache, so what is in shared_buffers is often in memory twice. Its
manual starts at a quarter of RAM and finds more than 40 % unlikely to work better. Above three quarters there is no
room left for sessions, sorts and the kernel, and the first heavy hour ends with the OOM killer. A few percent, which is
what the default of 128 MB is on most hosts, leave the work to the page cache: slower under writes, but sound.

The shares are experience, not arithmetic: a working set that just fits may gain from more, and a host with other
services needs less. Only above three quarters there is an edit, to a quarter. It needs a restart; the old value and
another restart undo it.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.memory import Memory
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

# PostgreSQL's manual, 19.4.1: 25 % to start with, more than 40 % unlikely to work better.
START, MUCH = 0.25, 0.40
# With the tables beside it, sessions of 2.8 MB and a tenth for the kernel nothing is left for queries.
TOO_MUCH = 0.75
LITTLE = 0.05
# Values are given in steps of this.
STEP = 64 * 1024**2


def check(pg: Postgres, memory: Memory) -> Iterator[Finding]:
    """Compare shared_buffers with RAM."""
    size = pg.size("shared_buffers")
    share = size / memory.ram
    quarter = int(memory.ram * START) // STEP * STEP
    step = f"{units.human(size)} ÷ {units.gib(memory.ram)} RAM = {share:.1%}"
    evidence = pg.origins("shared_buffers") + memory.origins
    shown = f"shared_buffers is {units.human(size)}, {share:.1%} of {units.gib(memory.ram)} of RAM"
    if share > TOO_MUCH:
        # Where two sources of RAM disagree no value rests on it.
        edits = (pg.edit("shared_buffers", units.postgres_size(quarter)),) if quarter and not memory.doubt else ()
        yield Finding(
            f"{shown}. What is left does not carry sessions, sorts and the kernel. Start with a quarter, "
            f"{units.postgres_size(quarter)}, and restart.",
            evidence,
            edits,
            (step, f"{units.gib(memory.ram)} × {START:.0%} = {units.postgres_size(quarter)}, in steps of 64 MB"),
            Severity.CRITICAL,
        )
    elif share > MUCH:
        yield Finding(
            f"{shown}. The same pages are in the page cache as well; more than {MUCH:.0%} rarely works better, and "
            f"sorts and sessions need the rest. Measure with {units.postgres_size(quarter)} (a quarter).",
            evidence,
            arithmetic=(step,),
            severity=Severity.WARNING,
        )
    elif share < LITTLE:
        yield Finding(
            f"{shown}. On a host that serves only PostgreSQL {units.postgres_size(quarter)} (a quarter) is the usual "
            "start; if it serves other programs too, leave it.",
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
        Example(
            {"postgresql_conf": "shared_buffers = 8GB\n", "answers": "memory = 16GB\npostgresql = 15\n"},
            {"postgresql_conf": "shared_buffers = 8GB\n"},
        ),
        Example(
            {"postgresql_conf": "shared_buffers = 128MB\n", "answers": "memory = 16GB\npostgresql = 15\n"},
            {"postgresql_conf": "shared_buffers = 128MB\n"},
        ),
        Example({"postgresql_conf": "shared_buffers = 4GB\n", "answers": "memory = 10GB\npostgresql = 15\n"}),
        Example({"postgresql_conf": "shared_buffers = 820MB\n", "answers": "memory = 16GB\npostgresql = 15\n"}),
    ),
    side_effect=(
        "After the restart the cache is cold: expect slower queries for minutes. Memory that leaves "
        "shared_buffers serves the kernel's cache."
    ),
)
