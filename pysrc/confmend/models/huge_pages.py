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
MARGIN_TOLD, MARGIN_FITTED = 1.01, 1.05


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages needed, and how the number comes about; ``exact`` if it may be written into vm.nr_hugepages."""

    count: int
    how: str
    exact: bool


def needed(given: Server, size: int = USUAL, told: int | None = None, hinted: int | None = None) -> Pages:
    """Return the pages for a server.

    ``told`` is shared_memory_size_in_huge_pages, ``hinted`` the bytes of the HINT of a start that failed.
    """
    if told is not None and told > 0:
        return Pages(-(-told * 101 // 100), f"{told:,} pages by the server itself × {MARGIN_TOLD}", True)
    if hinted is not None:
        pages = -(-hinted // size)
        return Pages(pages, f"{hinted:,} bytes asked for ÷ {units.human(size)} = {pages:,}", True)
    margin = MARGIN_TOLD if given.version >= TELLS else MARGIN_FITTED
    pages = -(-round(shared(given) * margin) // size)
    how = f"{units.mib(shared(given))} by the fit × {margin} ÷ {units.human(size)} = {pages:,}"
    return Pages(pages, how, given.version < TELLS)


def commit_limit(ram: int, swap: int, ratio: int, huge: int = 0) -> int:
    """Return CommitLimit under vm.overcommit_memory = 2: (RAM − huge pages) × ratio / 100 + swap."""
    return (ram - huge) * ratio // 100 + swap


def committed(demand: Demand, given: Server, in_huge_pages: bool) -> int:
    """Return what of a demand counts against CommitLimit: huge pages do not."""
    return demand.total - (shared(given) if in_huge_pages else 0)
