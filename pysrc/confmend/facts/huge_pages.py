"""The pool of huge pages that the host has set aside, from /proc/meminfo (Documentation/admin-guide/mm/hugetlbpage)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from confmend.document import Document
from confmend.facts import Documents
from confmend.model import Fact, Origin

_KEYS = ("HugePages_Total", "HugePages_Free", "HugePages_Rsvd", "Hugepagesize")


@dataclass(frozen=True, slots=True)
class HugePages:
    """Pages of ``size`` bytes: ``total`` in the pool, ``free`` of them not yet touched, ``reserved`` of the free ones
    already promised to a program that mapped them.
    """

    total: int
    free: int
    reserved: int
    size: int
    origins: tuple[Origin, ...]

    @property
    def unused(self) -> int:
        """The pages that nobody has, and that nobody was promised."""
        return max(0, self.free - self.reserved)


def gather(documents: Documents) -> HugePages | None:
    """Return the pool of the last meminfo that shows one, also an empty one."""
    for document in reversed(documents.of("meminfo")):
        total, free, reserved, size = (_number(document, key) for key in _KEYS)
        if total is not None and size:
            origins = tuple(origin for key in _KEYS[:3] for origin in document.origins(key)[-1:])
            return HugePages(total, free or 0, reserved or 0, size * 1024, origins)
    return None


def _number(document: Document, key: str) -> int | None:
    line = document.get(key)
    match = re.match("[0-9]{1,15}", line.value) if line else None
    return int(match[0]) if match else None


def describe(pages: HugePages) -> Iterator[tuple[str, str, str]]:
    """Say the pool, if there is one."""
    if pages.total:
        shown = f"{pages.total:,} of {pages.size // 1024:,} kB, {pages.unused:,} of them unused"
        yield "huge pages", shown, pages.origins[0].name if pages.origins else ""


FACT = Fact(gather, "/proc/meminfo (cat it)", describe, of_host=True)
