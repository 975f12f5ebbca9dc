"""How many files PgBouncer's process may open (LimitNOFILE, ulimit -n)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from confmend import units
from confmend.facts import Documents
from confmend.model import Fact, Origin, Question

# RLIMIT_NOFILE has no "unlimited" beyond fs.nr_open, 2^30 (kernel/sys.c, do_prlimit).
_UNLIMITED = 1 << 30
_ASKED = Question("open_files", "Open files that PgBouncer may have (LimitNOFILE)", "1024", units.count)
_KEYS = ("Max open files", "NOFILE")


@dataclass(frozen=True, slots=True)
class Descriptors:
    """The soft limit of open files of the PgBouncer process, and what says so."""

    limit: int
    origin: Origin | None
    how: str = "your answer"


def gather(documents: Documents) -> Descriptors | None:
    """Return the answer, else a process's limits. A shell's own limit is not that of a service."""
    answer = documents.answer(_ASKED)
    if answer:
        return Descriptors(answer.value, answer.origin)
    for document in reversed(documents.of("process_limits")):
        for key in _KEYS:
            line = document.get(key)
            limit = _limit(line.value) if line else None
            if limit:
                return Descriptors(limit, document.origins(key)[-1], "a process's limits")
    return None


def _limit(value: str) -> int | None:
    return _UNLIMITED if value == "unlimited" else units.count(value)


def describe(descriptors: Descriptors) -> Iterator[tuple[str, str, str]]:
    """Say the limit."""
    limit = "unlimited" if descriptors.limit == _UNLIMITED else f"{descriptors.limit:,}"
    yield "open files of PgBouncer", limit, descriptors.how


FACT = Fact(
    gather,
    "PgBouncer's limit of open files (grep 'open files' /proc/PID/limits, or the answer open_files = 1024)",
    describe,
    (_ASKED,),
)
