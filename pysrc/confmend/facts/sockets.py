"""What the kernel's sockets really use, from /proc/net/sockstat."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from confmend.document import Document
from confmend.facts import Documents
from confmend.model import Fact, Origin

_COUNTS = ("mem", "inuse", "orphan", "tw", "alloc")


@dataclass(frozen=True, slots=True)
class SocketMemory:
    """``mem`` is in pages and of the whole host, as are ``orphan`` and ``alloc``; ``inuse`` is of the namespace.

    ``used`` counts the sockets of all families, Unix and netlink too; None if the line is not there.
    """

    mem: int
    inuse: int
    orphan: int
    time_wait: int
    alloc: int
    origin: Origin
    used: int | None = None


def gather(documents: Documents) -> SocketMemory | None:
    """Return the TCP line of the last sockstat."""
    for document in reversed(documents.of("sockstat")):
        line = document.get("TCP")
        if line:
            words = line.value.split()
            counts = dict(zip(words[::2], map(int, words[1::2]), strict=True))
            if "mem" in counts:
                mem, inuse, orphan, waiting, alloc = (counts.get(name, 0) for name in _COUNTS)
                used = _used(document, documents)
                return SocketMemory(mem, inuse, orphan, waiting, alloc, document.origins("TCP")[-1], used)
    return None


def _used(document: Document, documents: Documents) -> int | None:
    """Return the sockets of all families; where sockstat's own line is not there, the total of ``ss -s``."""
    line = document.get("sockets")
    match = re.search(r"\bused ([0-9]+)", line.value) if line else None
    if match:
        return int(match[1])
    totals = [found.value for found in (each.get("Total") for each in documents.of("ss_summary")) if found]
    return int(totals[-1]) if totals and len(totals[-1]) < 20 else None


def describe(sockets: SocketMemory) -> Iterator[tuple[str, str, str]]:
    """Say how much memory TCP has charged, and for how many sockets."""
    where = f"{sockets.origin.name}, line {sockets.origin.number}"
    yield "TCP socket memory", f"{sockets.mem:,} pages", where
    yield "TCP sockets", f"{sockets.inuse:,} in use, {sockets.time_wait:,} in TIME_WAIT", where
    if sockets.used is not None:
        yield "sockets of all kinds", f"{sockets.used:,}", sockets.origin.name


FACT = Fact(gather, "/proc/net/sockstat (cat it)", describe, of_host=True)
