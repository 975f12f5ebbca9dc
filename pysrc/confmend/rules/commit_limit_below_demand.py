"""The kernel will refuse memory that PostgreSQL needs under its usual load.

With vm.overcommit_memory = 2 the kernel promises no more than CommitLimit: (RAM − huge pages) × overcommit_ratio +
swap. The ratio's default is 50. If shared memory and the usual queries need more, statements fail with "out of memory"
and new connections with "could not fork", while half of the RAM is free. Shared memory counts as well, unless it lies
in huge pages.

The advice is wrong if other programs on the host must be held down by just this limit. The change (a higher ratio)
takes effect at once; to undo it, write the old ratio. PostgreSQL's need is an estimate: watch Committed_AS.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.commitment import Commitment
from confmend.facts.cores import Cores
from confmend.facts.huge_pages import HugePages
from confmend.facts.kernel import Kernel, evidence
from confmend.facts.memory import Memory
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity
from confmend.models.postgres_memory import ACTIVE_PER_CORE, likely, server, shared

MODE, RATIO, KBYTES = "vm.overcommit_memory", "vm.overcommit_ratio", "vm.overcommit_kbytes"
DEFAULT_RATIO = 50
# Beyond it the mode protects nothing.
MOST_RATIO = 95


def check(
    kernel: Kernel, memory: Memory, pg: Postgres, cores: Cores, commitment: Commitment | None, pages: HugePages | None
) -> Iterator[Finding]:
    """Compare CommitLimit, as the kernel says it or as its formula gives it, with the likely demand."""
    if kernel.number(MODE) != 2:
        return
    given = server(pg)
    demand = likely(given, min(given.max_connections, ACTIVE_PER_CORE * cores.count))
    segment = shared(given)
    pool = pages.total * pages.size if pages else 0
    aside = segment if pool >= segment and pages and pages.unused < 0.9 * pages.total else 0
    need = demand.total - aside
    ratio = kernel.number(RATIO)
    ratio = DEFAULT_RATIO if ratio is None else ratio
    swap = commitment.swap if commitment else None
    if swap is None or kernel.number(KBYTES):
        limit, how = (commitment.limit if commitment else None), "CommitLimit of /proc/meminfo"
    else:
        limit = (memory.ram - pool) * ratio // 100 + swap
        how = f"({units.gib(memory.ram)} − {units.gib(pool)} huge pages) × {ratio} % + {units.gib(swap)} swap"
    if limit is None or limit >= need:
        return
    better = -(-(need - (swap or 0)) * 100 // max(1, memory.ram - pool))
    edits = (
        kernel.changed(RATIO, str(better + 1), kernel.assigned(RATIO))
        if better < MOST_RATIO and swap is not None
        else ()
    )
    advice = (
        f"overcommit_ratio = {better + 1} is enough"
        if better < MOST_RATIO
        else "the host is too small for these settings"
    )
    yield Finding(
        f"The kernel promises at most {units.gib(limit)} (vm.overcommit_memory = 2); PostgreSQL's usual load is about "
        f"{units.gib(need)}. Statements fail with out of memory while RAM is free. {advice}; vm.overcommit_memory = 0 "
        "lifts the limit.",
        (*evidence(kernel.effective(MODE), kernel.effective(RATIO)), *pg.origins("shared_buffers", "work_mem")),
        edits,
        (f"{how} = {units.gib(limit)}", *demand.steps, *((f"− {units.gib(aside)} in huge pages",) if aside else ())),
    )


RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=(
        "https://docs.kernel.org/mm/overcommit-accounting.html",
        "https://www.postgresql.org/docs/current/kernel-resources.html#LINUX-MEMORY-OVERCOMMIT",
    ),
    examples=(
        Example(
            {
                "sysctl_conf": "vm.overcommit_memory = 2\nvm.overcommit_ratio = 50\n",
                "meminfo": "MemTotal:       16777216 kB\nSwapTotal:             0 kB\n",
                "postgresql_conf": "shared_buffers = 8GB\nmax_connections = 200\n",
                "answers": "postgresql = 16\ncpus = 8\n",
            },
            {"sysctl_conf": "vm.overcommit_memory = 2\nvm.overcommit_ratio = 60\n"},
        ),
        Example(
            {
                "sysctl_conf": "vm.overcommit_memory = 2\nvm.overcommit_ratio = 90\n",
                "meminfo": "MemTotal:       16777216 kB\nSwapTotal:             0 kB\n",
                "postgresql_conf": "shared_buffers = 8GB\nmax_connections = 200\n",
                "answers": "postgresql = 16\ncpus = 8\n",
            }
        ),
    ),
    side_effect="With a higher ratio more may be promised, so the OOM killer comes closer.",
)
