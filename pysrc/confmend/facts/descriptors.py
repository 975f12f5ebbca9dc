"""How many files PgBouncer's process may open (LimitNOFILE, ulimit -n)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from confmend import units
from confmend.facts import Documents
from confmend.model import Fact, Origin, Question


@dataclass(frozen=True, slots=True)
class Descriptors:
    """The soft limit of open files of the PgBouncer process."""

    limit: int
    origin: Origin | None


def gather(documents: Documents) -> Descriptors | None:
    """Return the answer."""
    answer = documents.answer("open_files")
    given = units.count(answer.value) if answer else None
    return Descriptors(given, answer.origin) if given and answer else None


def describe(descriptors: Descriptors) -> Iterator[tuple[str, str, str]]:
    """Say the limit."""
    yield "open files of PgBouncer", f"{descriptors.limit:,}", "your answer"


FACT = Fact(
    gather,
    "PgBouncer's limit of open files (grep 'open files' /proc/PID/limits, or the answer open_files = 1024)",
    describe,
    (Question("open_files", "Open files that PgBouncer may have (LimitNOFILE)", "1024", units.count),),
)
