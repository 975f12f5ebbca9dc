"""How many CPUs the host has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from confmend import units
from confmend.facts import Documents
from confmend.model import Fact, Origin, Question


@dataclass(frozen=True, slots=True)
class Cores:
    """CPUs that the server can use."""

    count: int
    origin: Origin | None


def gather(documents: Documents) -> Cores | None:
    """Return the answer."""
    answer = documents.answer("cpus")
    given = units.count(answer.value) if answer else None
    return Cores(given, answer.origin) if given and answer else None


def describe(cores: Cores) -> Iterator[tuple[str, str, str]]:
    """Say how many."""
    yield "CPUs", str(cores.count), "your answer"


FACT = Fact(
    gather,
    "the number of CPUs (the answer cpus = 8)",
    describe,
    (Question("cpus", "CPUs of the host (nproc)", "8", units.count),),
)
