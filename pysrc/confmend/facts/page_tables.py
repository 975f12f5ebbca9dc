"""The memory that the kernel spends on tables of who maps what, from /proc/meminfo (proc_meminfo(5), PageTables)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from confmend import units
from confmend.facts import Documents
from confmend.model import Fact, Origin


@dataclass(frozen=True, slots=True)
class PageTables:
    """Bytes, and the line."""

    bytes: int
    origin: Origin


def gather(documents: Documents) -> PageTables | None:
    """Return the last meminfo's."""
    for document in reversed(documents.of("meminfo")):
        line = document.get("PageTables")
        match = re.fullmatch(r"([0-9]{1,15}) kB", line.value) if line else None
        if match:
            return PageTables(int(match[1]) * 1024, document.origins("PageTables")[-1])
    return None


def describe(tables: PageTables) -> Iterator[tuple[str, str, str]]:
    """Say how much."""
    yield "page tables", units.human(tables.bytes), f"{tables.origin.name}, line {tables.origin.number}"


FACT = Fact(gather, "/proc/meminfo (cat it)", describe, of_host=True)
