"""The memory that PostgreSQL may use: the host's RAM, or its container's or service's limit where that is less.

A container sees the host's RAM in /proc/meminfo, but the kernel kills what exceeds the limit of its cgroup, and the
page cache counts too. What the kernel itself sizes from RAM (tcp_mem, threads-max, ...) follows the host's: that is
``Memory``. Source: Documentation/admin-guide/cgroup-v2.rst, memory.max.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from confmend import units
from confmend.facts import memory as host
from confmend.facts.container import Container
from confmend.facts.memory import Memory
from confmend.model import Fact, Origin


@dataclass(frozen=True, slots=True)
class ServerMemory:
    """Bytes, how they are known and the lines that say so; ``doubt`` where two sources of RAM disagree."""

    ram: int
    how: str
    origins: tuple[Origin, ...]
    doubt: str = ""
    limited: bool = False

    @property
    def name(self) -> str:
        """What the number is: the host's RAM, or a limit below it."""
        return "memory limit" if self.limited else "RAM"


def gather(memory: Memory | None, container: Container | None) -> ServerMemory | None:
    """Return the smaller of the host's RAM and the limit; either alone if only that is known."""
    limit = container.memory if container else None
    if limit and (memory is None or limit.value < memory.ram):
        where = f"{limit.origin.name}, line {limit.origin.number}" if limit.origin else "as pasted"
        of_host = f", less than the host's {units.gib(memory.ram)}" if memory else ""
        how = f"the limit of the container or service ({where}){of_host}"
        return ServerMemory(limit.value, how, (limit.origin,) if limit.origin else (), limited=True)
    return ServerMemory(memory.ram, memory.how, memory.origins, memory.doubt) if memory else None


def describe(found: ServerMemory) -> Iterator[tuple[str, str, str]]:
    """Say it where it is not the host's RAM."""
    if found.limited:
        yield "memory for PostgreSQL", units.gib(found.ram), found.how


FACT = Fact(gather, host.FACT.paste, describe)
