"""Huge pages were set aside, and PostgreSQL does not use them.

Memory in vm.nr_hugepages is lost to everything else. With huge_pages = try a server that finds too few of them takes
ordinary memory instead and says nothing, so the host pays for its shared memory twice. The free pages that are reserved
(HugePages_Rsvd) are in use: a server that was just started has not touched them yet.

It means nothing if the server was stopped when /proc/meminfo was read, or if the pages belong to another program. From
17 on `SHOW huge_pages_status` tells. With huge_pages = on a server never takes ordinary memory: it does not run without
the pages, so it was stopped, or could not start.

There is no edit: either the pages are raised to what the server needs (15 and later: postgres -C
shared_memory_size_in_huge_pages) or given back; both need a restart of PostgreSQL.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.huge_pages import HugePages
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

NEARLY_ALL = 0.9


def check(pages: HugePages, pg: Postgres) -> Iterator[Finding]:
    """Compare the pages that nobody has with the pool, where PostgreSQL may use them."""
    if not pages.total or pages.unused < NEARLY_ALL * pages.total or pg.choice("huge_pages") == "off":
        return
    lost = pages.unused * pages.size
    required = pg.choice("huge_pages") == "on"
    why = (
        "was running when this was read, it found too few and took ordinary memory. Raise vm.nr_hugepages to what it "
        "needs, or give the pages back."
    )
    if required:
        why = (
            "should have been running when this was read, it may have found too few: with huge_pages = on it does not "
            "start without them (could not map anonymous shared memory)."
        )
    yield Finding(
        f"{pages.unused:,} of {pages.total:,} huge pages, {units.mib(lost)}, are set aside and unused. If the server "
        f"{why}",
        (*pages.origins, *pg.origins("huge_pages", "shared_buffers")),
        arithmetic=(
            f"HugePages_Free {pages.free:,} − HugePages_Rsvd {pages.reserved:,} = {pages.unused:,} of {pages.total:,}",
        ),
        # A server that was stopped on purpose wants exactly this.
        severity=Severity.INFO if required else None,
    )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://docs.kernel.org/admin-guide/mm/hugetlbpage.html",
        "https://www.postgresql.org/docs/current/kernel-resources.html#LINUX-HUGE-PAGES",
    ),
    examples=(
        Example(
            {
                "meminfo": "HugePages_Total:    2048\nHugePages_Free:     2048\nHugePages_Rsvd:        0\n"
                "Hugepagesize:       2048 kB\n",
                "postgresql_conf": "shared_buffers = 4GB\n",
            },
            {"postgresql_conf": "shared_buffers = 4GB\n"},
        ),
        # It can't have taken ordinary memory.
        Example(
            {
                "meminfo": "HugePages_Total:    2048\nHugePages_Free:     2048\nHugePages_Rsvd:        0\n"
                "Hugepagesize:       2048 kB\n",
                "postgresql_conf": "shared_buffers = 2GB\nhuge_pages = on\n",
            },
            {"postgresql_conf": "shared_buffers = 2GB\nhuge_pages = on\n"},
        ),
        # Just started: most pages are promised.
        Example(
            {
                "meminfo": "HugePages_Total:     100\nHugePages_Free:      100\nHugePages_Rsvd:       95\n"
                "Hugepagesize:       2048 kB\n",
                "postgresql_conf": "shared_buffers = 128MB\n",
            }
        ),
    ),
)
