"""How many huge pages a server's shared memory needs, and what strict overcommit leaves for the rest.

From 15 on the server itself says it (``postgres -C shared_memory_size_in_huge_pages``, server stopped), and one percent
more is enough: there the number here is an estimate, and never one to write into vm.nr_hugepages. Up to 14 it is the
fit with 5 % more, unless the HINT of a failed start names the bytes. Sources: PostgreSQL's manual, 18.4.5;
Documentation/mm/overcommit-accounting.rst.
"""

from __future__ import annotations

from dataclasses import dataclass

from confmend import units
from confmend.models.postgres_memory import MIB, Demand, Server, shared

# The first version that tells the exact number.
TELLS = 15
# x86-64, and arm64 with pages of 4 KiB (Hugepagesize of /proc/meminfo).
USUAL = 2 * MIB
# Room for a minor release above an exact count; above the fit of a version that tells nothing, for the fit's error.
MARGIN_TOLD, MARGIN_FITTED = 1.01, 1.05
# The fit to servers of 12 to 18 is -0.6 to +1.8 %: what is below even so is certainly too little.
CERTAIN = 0.98


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages to give, and how the number comes about; ``exact`` if it may be written into vm.nr_hugepages.

    With fewer than ``least`` the server certainly does not start with huge_pages = on.
    """

    count: int
    how: str
    exact: bool
    least: int


def told(count: int) -> Pages:
    """Return the pages where the server says its need: shared_memory_size_in_huge_pages."""
    return Pages(-(-count * 101 // 100), f"{count:,} pages by the server itself × {MARGIN_TOLD}", True, count)


def hinted(asked: int, size: int = USUAL) -> Pages:
    """Return the pages where the HINT of a start that failed says the bytes."""
    pages = -(-asked // size)
    return Pages(pages, f"{asked:,} bytes asked for ÷ {units.human(size)} = {pages:,}", True, pages)


def fitted(given: Server, size: int = USUAL) -> Pages:
    """Return the pages by the fit, where nothing that was pasted says the need."""
    need, margin = shared(given), MARGIN_TOLD if given.version >= TELLS else MARGIN_FITTED
    pages = -(-round(need * margin) // size)
    how = f"{units.mib(need)} by the fit × {margin} ÷ {units.human(size)} = {pages:,}"
    return Pages(pages, how, given.version < TELLS, -(-round(need * CERTAIN) // size))


def commit_limit(ram: int, swap: int, ratio: int, huge: int = 0) -> int:
    """Return CommitLimit under vm.overcommit_memory = 2: (RAM − huge pages) × ratio / 100 + swap."""
    return (ram - huge) * ratio // 100 + swap


def committed(demand: Demand, given: Server, in_huge_pages: bool) -> int:
    """Return what of a demand counts against CommitLimit: huge pages do not."""
    return demand.total - (shared(given) if in_huge_pages else 0)
