"""There are not enough huge pages for the shared memory that must lie in them.

With huge_pages = on PostgreSQL starts only if the kernel can give it huge pages for all of its shared memory: FATAL
could not map anonymous shared memory: Cannot allocate memory. shared_buffers is not all of it: tables beside it take
two to five percent and more with many connections.

The number of pages is exact only when the server says it: `postgres -D DIR -C shared_memory_size_in_huge_pages` (15 and
later, server stopped) or SHOW ALL of a running one; up to 14 the byte count in the message's hint. Without it there is
an estimate that is good to 2 %, and from 15 on no edit. Set the pages at boot or with PostgreSQL stopped, for memory in
one piece gets rare, and look at HugePages_Total afterwards: the kernel may give fewer without a word. Surplus pages
(vm.nr_overcommit_hugepages) may serve or not. The way back is the old number, or huge_pages = try.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.huge_pages import HugePages
from confmend.facts.kernel import Kernel, evidence
from confmend.facts.memory import Memory
from confmend.facts.postgres import Postgres
from confmend.model import Edit, Example, Finding, Rule, Severity
from confmend.models.huge_pages import USUAL, fitted, told
from confmend.models.postgres_memory import server

KEY, SURPLUS = "vm.nr_hugepages", "vm.nr_overcommit_hugepages"
MOST_OF_RAM = 0.75


def check(pg: Postgres, kernel: Kernel | None, pages: HugePages | None, memory: Memory | None) -> Iterator[Finding]:
    """Compare the pool with what the server says it needs, else with the least that the estimate allows for."""
    if not pg.has("huge_pages") or pg.choice("huge_pages") != "on":
        return
    if pg.has("huge_page_size") and pg.size("huge_page_size") not in (0, pages.size if pages else 0):
        return
    size = pages.size if pages else USUAL
    wanted = kernel.number(KEY) if kernel else None
    pool = pages.total if pages and wanted is None else wanted
    if pool is None:
        return
    exact = _exact(pg, size)
    wanting = told(exact) if exact else fitted(server(pg), size)
    needed = wanting.least
    if pool >= needed:
        return
    surplus = (kernel.number(SURPLUS) or 0) if kernel else 0
    fits = memory is not None and wanting.count * size <= MOST_OF_RAM * memory.ram
    values = kernel.assigned(KEY) if kernel else ()
    how = "the server says" if exact else "by estimate at least"
    ask = (
        ""
        if wanting.exact
        else " Ask the server for the exact number: postgres -C shared_memory_size_in_huge_pages, and add 1 %."
    )
    yield Finding(
        f"huge_pages is on, which needs {needed:,} pages of {units.human(size)} ({how}); there are {pool:,}"
        + (f", and {surplus:,} that may be added" if surplus else "")
        + f". The server does not start: could not map anonymous shared memory.{ask}",
        (
            *(evidence(*values) or (pages.origins if pages else ())),
            *pg.origins("huge_pages", "shared_buffers", "max_connections"),
        ),
        _edits(kernel, wanting.count) if kernel and wanting.exact and fits else (),
        (
            f"shared memory {units.mib(needed * size)} ÷ {units.human(size)} = {needed:,} pages",
            f"{pool:,} × {units.human(size)} = {units.mib(pool * size)}",
        ),
        Severity.WARNING if pool + surplus >= needed else None,
    )


def _exact(pg: Postgres, size: int) -> int:
    """Return what the running server says of its own need; 0 if nobody asked it, or it has pages of another size."""
    said = pg.running("shared_memory_size_in_huge_pages")
    number = int(said.value) if said and said.value.isdecimal() else 0
    return number if size == USUAL else 0


def _edits(kernel: Kernel, better: int) -> tuple[Edit, ...]:
    return kernel.changed(KEY, str(better), kernel.assigned(KEY))


RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=(
        "https://www.postgresql.org/docs/current/kernel-resources.html#LINUX-HUGE-PAGES",
        "https://docs.kernel.org/admin-guide/mm/hugetlbpage.html",
    ),
    examples=(
        Example(
            {
                "sysctl_conf": "vm.nr_hugepages = 2048\n",
                "postgresql_conf": "shared_buffers = 4GB\nhuge_pages = on\n",
                "answers": "postgresql = 15\nmemory = 16GB\n",
            },
            {"sysctl_conf": "vm.nr_hugepages = 2048\n"},
        ),
        Example(
            {
                "sysctl_conf": "vm.nr_hugepages = 2048\n",
                "postgresql_conf": "shared_buffers = 4GB\nhuge_pages = on\n",
                "answers": "postgresql = 14\nmemory = 16GB\n",
            },
            {"sysctl_conf": "vm.nr_hugepages = 2211\n"},
        ),
        Example(
            {
                "sysctl_conf": "vm.nr_hugepages = 2107\n",
                "postgresql_conf": "shared_buffers = 4GB\nhuge_pages = on\n",
                "answers": "postgresql = 15\nmemory = 16GB\n",
            }
        ),
        Example(
            {
                "sysctl_conf": "vm.nr_hugepages = 0\n",
                "postgresql_conf": "shared_buffers = 4GB\nhuge_pages = try\n",
                "answers": "postgresql = 15\n",
            }
        ),
    ),
    side_effect="Huge pages are taken from everything else on the host at once, whether PostgreSQL runs or not.",
)
