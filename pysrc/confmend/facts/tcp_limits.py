"""The limits of TCP's memory that are in force: tcp_mem of the running kernel, else what it computes from the RAM."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from confmend.facts.kernel import Kernel, evidence, integers
from confmend.facts.memory import Memory, default_tcp_mem
from confmend.facts.page import PageSize
from confmend.model import Fact, Origin

KEY = "net.ipv4.tcp_mem"


@dataclass(frozen=True, slots=True)
class TcpLimits:
    """Pages: below ``low`` all is well, from ``pressure`` buffers shrink, at ``high`` nothing more is charged."""

    low: int
    pressure: int
    high: int
    source: str
    origins: tuple[Origin, ...]


def gather(page: PageSize, kernel: Kernel | None, memory: Memory | None) -> TcpLimits | None:
    """Return the running triple, else the boot default; what a file sets may not be in force yet."""
    running = kernel.running(KEY) if kernel else None
    triple = integers(running, 3)
    if triple:
        return TcpLimits(triple[0], triple[1], triple[2], "the running tcp_mem", evidence(running))
    if memory is None:
        return None
    low, pressure, high = default_tcp_mem(memory, page, kernel)
    return TcpLimits(low, pressure, high, "the default for this RAM", memory.origins)


def describe(limits: TcpLimits) -> Iterator[tuple[str, str, str]]:
    """Say the triple."""
    yield "TCP memory limits", f"{limits.low:,} {limits.pressure:,} {limits.high:,} pages", limits.source


FACT = Fact(gather, "sysctl net.ipv4.tcp_mem, or the host's memory (cat /proc/meminfo)", describe)
