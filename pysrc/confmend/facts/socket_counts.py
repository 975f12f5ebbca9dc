"""How many sockets there are, by /proc/net/sockstat or ``ss -s``: the numbers that say nothing of memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from confmend.facts import Documents
from confmend.facts.sockets import SocketMemory
from confmend.model import Fact, Line, Origin


@dataclass(frozen=True, slots=True)
class SocketCounts:
    """``used`` is all families; ``tcp`` all TCP sockets that exist, ``closed`` those of them in no table.

    Many closed ones are a leak: the descriptors were never closed. None: not said.
    """

    used: int | None
    tcp: int
    established: int | None
    closed: int | None
    orphaned: int
    time_wait: int
    origin: Origin


def gather(documents: Documents, memory: SocketMemory | None) -> SocketCounts | None:
    """Return the counts of the last ``ss -s``, else those of sockstat."""
    for document in reversed(documents.of("ss_summary")):
        line, total = document.get("TCP"), document.get("Total")
        if line and line.columns:
            names = ("estab", "closed", "orphaned", "timewait")
            established, closed, orphaned, waiting = (_column(line, name) for name in names)
            used = int(total.value) if total and len(total.value) < 20 else None
            tcp = int(line.value[:19])
            return SocketCounts(
                used, tcp, established, closed, orphaned or 0, waiting or 0, document.origins("TCP")[-1]
            )
    if memory is None:
        return None
    tcp = memory.alloc + memory.time_wait
    closed = max(0, memory.alloc - memory.inuse)
    return SocketCounts(memory.used, tcp, None, closed, memory.orphan, memory.time_wait, memory.origin)


def _column(line: Line, name: str) -> int | None:
    written = line.columns.get(name, "").partition("/")[0]
    return int(written[:19]) if written.isdecimal() else None


def describe(counts: SocketCounts) -> Iterator[tuple[str, str, str]]:
    """Say what ss -s says; sockstat's own rows are there already."""
    if counts.origin.kind != "ss_summary":
        return
    where = f"{counts.origin.name}, line {counts.origin.number}"
    if counts.used is not None:
        yield "sockets of all kinds", f"{counts.used:,}", where
    if counts.established is not None:
        yield "TCP sockets", f"{counts.established:,} established, {counts.time_wait:,} in TIME_WAIT", where


FACT = Fact(gather, "ss -s, or cat /proc/net/sockstat", describe, of_host=True)
