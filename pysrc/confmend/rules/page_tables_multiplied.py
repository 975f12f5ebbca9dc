"""Every session keeps its own map of shared_buffers.

The kernel needs 8 bytes to map a page of 4 kB, and each backend has a map of its own for the part of shared_buffers
that it has touched: up to a five hundred and twelfth of it. With large buffers and hundreds of sessions that live long
these maps take gigabytes, which no model of work_mem shows. With huge pages of 2 MB they are 512 times smaller.

It is wrong for sessions that live for seconds or touch little. There is no edit: how many huge pages are needed the
server must say itself (from 15: postgres -C shared_memory_size_in_huge_pages), and fewer connections, behind PgBouncer,
help as well.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.huge_pages import HugePages
from confmend.facts.memory import Memory
from confmend.facts.page_tables import PageTables
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

# 8 bytes for each 4,096.
SHARE = 512
# Half of the tenth that the kernel should keep.
MUCH = 0.05


def check(pg: Postgres, memory: Memory, tables: PageTables, pages: HugePages | None) -> Iterator[Finding]:
    """Look at what the kernel spends, where nothing is mapped in huge pages."""
    if tables.bytes < MUCH * memory.ram or (pages and pages.total - pages.free + pages.reserved > 0):
        return
    buffers, connections = pg.size("shared_buffers"), pg.count("max_connections")
    # Less than that can't come from here.
    if buffers // SHARE * connections < tables.bytes // 2:
        return
    yield Finding(
        f"Page tables take {units.gib(tables.bytes)}, {tables.bytes / memory.ram:.0%} of {units.gib(memory.ram)} of "
        f"RAM. Each of up to {connections:,} sessions maps shared_buffers of {units.human(buffers)} in pages of 4 kB. "
        "Huge pages, or fewer sessions, make them small.",
        (tables.origin, *pg.origins("shared_buffers", "max_connections", "huge_pages")),
        arithmetic=(
            f"{units.human(buffers)} ÷ {SHARE} = {units.human(buffers // SHARE)} for a session that touched all of it, "
            f"up to {units.human(buffers // SHARE * connections)} for {connections:,}",
        ),
    )


_CONF = "shared_buffers = 16GB\nmax_connections = 500\n"
_MEMINFO = (
    "MemTotal:       65970796 kB\nPageTables:      {tables} kB\nHugePages_Total:       {pages}\n"
    "HugePages_Free:        0\nHugePages_Rsvd:        0\nHugepagesize:       2048 kB\n"
)
RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://www.postgresql.org/docs/current/kernel-resources.html#LINUX-HUGE-PAGES",
        "https://man7.org/linux/man-pages/man5/proc_meminfo.5.html",
    ),
    examples=(
        Example(
            {"postgresql_conf": _CONF, "meminfo": _MEMINFO.format(tables=6291456, pages=0)}, {"postgresql_conf": _CONF}
        ),
        Example({"postgresql_conf": _CONF, "meminfo": _MEMINFO.format(tables=3145728, pages=0)}),
        Example({"postgresql_conf": _CONF, "meminfo": _MEMINFO.format(tables=6291456, pages=8498)}),
    ),
)
