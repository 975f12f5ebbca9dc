"""How many CPUs PostgreSQL has: what the reader says, else nproc, lscpu, /proc/cpuinfo; no more than its container's.

A CPU limit is a share of time: with 2.5 of them three processes can be at work for most of it, so it is rounded up.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from confmend import units
from confmend.document import Document
from confmend.facts import Documents
from confmend.facts.container import Container
from confmend.model import Fact, Origin, Question

# More than any machine has (NR_CPUS is 8,192 at most).
_MOST = 100_000
_ASKED = Question("cpus", "CPUs of the host (nproc)", "8", units.count)
_RANGE = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")


@dataclass(frozen=True, slots=True)
class Cores:
    """CPUs that the server can use, and what says so."""

    count: int
    origin: Origin | None
    how: str = "your answer"


def gather(documents: Documents, container: Container | None) -> Cores | None:
    """Return the host's count, or the limit of the container or service where that is less."""
    host, limit = _of_host(documents), container.cpus if container else None
    count = max(1, math.ceil(limit.value)) if limit else 0
    if not limit or (host and host.count <= count):
        return host
    of_host = f", less than the host's {host.count}" if host else ""
    return Cores(count, limit.origin, f"the CPU limit of the container or service, {limit.value:g}{of_host}")


def _of_host(documents: Documents) -> Cores | None:
    """Return the count from the best source that there is."""
    answer = documents.answer(_ASKED)
    if answer:
        return Cores(answer.value, answer.origin)
    for kind, (key, counted) in _SOURCES.items():
        for document in reversed(documents.of(kind)):
            found = counted(document)
            if found and found <= _MOST:
                origins = next((document.origins(each) for each in key if document.origins(each)), ())
                return Cores(found, origins[-1] if origins else None, document.format.title)
    return None


def _by_nproc(document: Document) -> int | None:
    line = document.get("nproc")
    return units.count(line.value) if line else None


def _by_lscpu(document: Document) -> int | None:
    """Return the CPUs on line: of the list, else of the table, else all (``CPU(s)`` counts those off line too)."""
    listed, every = document.get("On-line CPU(s) list"), document.get("CPU(s)")
    on_line = listed_cpus(listed.value) if listed else None
    if on_line is None and every is None:
        rows = [document.get(key) for key in document.settings if key.startswith("CPU/")]
        return sum(bool(row) and row.columns.get("ONLINE", "yes") == "yes" for row in rows if row) or None
    return on_line or (units.count(every.value) if every else None)


def _by_cpuinfo(document: Document) -> int | None:
    return len(document.settings.get("processor", ())) or None


def listed_cpus(text: str) -> int | None:
    """Return how many CPUs the kernel's list means, ``0-7,16-23``; None if it is anything else."""
    found = 0
    for part in text.split(","):
        match = _RANGE.fullmatch(part.strip())
        if not match:
            return None
        found += int(match[2] or match[1]) - int(match[1]) + 1
    return found if found > 0 else None


_SOURCES: dict[str, tuple[tuple[str, ...], Callable[[Document], int | None]]] = {
    "nproc": (("nproc",), _by_nproc),
    "lscpu": (("On-line CPU(s) list", "CPU(s)", "CPU/0"), _by_lscpu),
    "cpuinfo": (("processor",), _by_cpuinfo),
}


def describe(cores: Cores) -> Iterator[tuple[str, str, str]]:
    """Say how many."""
    where = f"; {cores.origin.name}, line {cores.origin.number}" if cores.origin and cores.how != "your answer" else ""
    yield "CPUs", str(cores.count), f"{cores.how}{where}"


FACT = Fact(
    gather,
    "the number of CPUs (lscpu, cat /proc/cpuinfo, or the answer cpus = 8)",
    describe,
    (_ASKED,),
)
