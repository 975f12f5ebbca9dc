"""What the kernel has counted since it started: the only proof that a queue overflowed or TCP ran out of memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from confmend.facts import Documents
from confmend.model import Fact, Value

# Best source first: a file of the kernel, nstat -a, then sentences.
_KINDS = ("netstat_counters", "nstat", "netstat_s")
# Above 0 they are worth a line in the report.
TELLING = (
    "TcpExt/ListenOverflows",
    "TcpExt/ListenDrops",
    "TcpExt/TCPReqQFullDrop",
    "TcpExt/TCPReqQFullDoCookies",
    "TcpExt/TCPMemoryPressures",
    "TcpExt/TCPMemoryPressuresChrono",
    "TcpExt/TCPAbortOnMemory",
    "TcpExt/TCPBacklogDrop",
    "TcpExt/TCPRcvQDrop",
    "TcpExt/PruneCalled",
    "TcpExt/RcvPruned",
)


@dataclass(frozen=True, slots=True)
class Counters:
    """Counts and where they stand, by names such as ``TcpExt/ListenOverflows``; absent is not the same as 0."""

    values: Mapping[str, Value[int]]

    def get(self, name: str) -> Value[int] | None:
        """Return a counter, None if nothing pasted holds it."""
        return self.values.get(name)

    def count(self, name: str) -> int:
        """Return a counter, 0 if nothing pasted holds it."""
        found = self.values.get(name)
        return found.value if found else 0


def gather(documents: Documents) -> Counters | None:
    """Return the counters of all documents; of each the best source, and there the last text."""
    found: dict[str, Value[int]] = {}
    for kind in _KINDS:
        for document in reversed(documents.of(kind)):
            for key, indices in document.settings.items():
                value = document.lines[indices[-1]].value
                if key not in found and value.lstrip("-").isdecimal() and len(value) <= 20:
                    found[key] = Value(int(value), document.origin(indices[-1]))
    return Counters(found) if found else None


def describe(counters: Counters) -> Iterator[tuple[str, str, str]]:
    """Say which of the telling ones are above 0."""
    for name in TELLING:
        found = counters.get(name)
        if found and found.value and found.origin:
            where = f"{found.origin.name}, line {found.origin.number}"
            yield f"{name.partition('/')[2]} since the host started", f"{found.value:,}", where


FACT = Fact(gather, "the kernel's counters (nstat -az, or cat /proc/net/netstat)", describe, of_host=True)
