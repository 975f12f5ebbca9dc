"""How many processes of the application run, each with a connection pool of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from confmend import units
from confmend.facts import Documents
from confmend.model import Fact, Origin, Question


@dataclass(frozen=True, slots=True)
class Instances:
    """Processes, pods or workers that each open the connection strings' pools."""

    count: int
    origin: Origin | None


def gather(documents: Documents) -> Instances | None:
    """Return the answer."""
    answer = documents.answer("instances")
    count = units.count(answer.value) if answer else None
    return Instances(count, answer.origin) if answer and count else None


def describe(instances: Instances) -> Iterator[tuple[str, str, str]]:
    """Say how many."""
    yield "processes of the application", f"{instances.count:,}", "your answer"


FACT = Fact(
    gather,
    "how many processes of the application run (the answer instances = 4)",
    describe,
    (Question("instances", "Processes of the application, each with its own pool", "4", units.count),),
)
