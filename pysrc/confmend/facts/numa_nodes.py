"""How many NUMA nodes the host's memory is in, as lscpu says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from confmend import units
from confmend.facts import Documents
from confmend.model import Fact, Origin


@dataclass(frozen=True, slots=True)
class NumaNodes:
    """The number of nodes, 1 on most hosts."""

    count: int
    origin: Origin


def gather(documents: Documents) -> NumaNodes | None:
    """Return what the last lscpu says."""
    for document in reversed(documents.of("lscpu")):
        line = document.get("NUMA node(s)")
        count = units.count(line.value) if line else None
        if count:
            return NumaNodes(count, document.origins("NUMA node(s)")[-1])
    return None


def describe(nodes: NumaNodes) -> Iterator[tuple[str, str, str]]:
    """Say the number, if it is more than one."""
    if nodes.count > 1:
        yield "NUMA nodes", str(nodes.count), nodes.origin.name


FACT = Fact(gather, "lscpu", describe, of_host=True)
