"""How many clients the reader expects at the same time. What is configured says how many may come, not how many do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from confmend import units
from confmend.facts import Documents
from confmend.model import Fact, Origin, Question


@dataclass(frozen=True, slots=True)
class ExpectedClients:
    """Clients connected at the same time, at the busiest, to a pooler or to the server itself."""

    count: int
    origin: Origin | None


def gather(documents: Documents) -> ExpectedClients | None:
    """Return the answer."""
    answer = documents.answer("clients")
    count = units.count(answer.value) if answer else None
    return ExpectedClients(count, answer.origin) if answer and count else None


def describe(clients: ExpectedClients) -> Iterator[tuple[str, str, str]]:
    """Say how many."""
    yield "expected clients", f"{clients.count:,}", "your answer"


FACT = Fact(
    gather,
    "how many clients connect at the same time (the answer clients = 200)",
    describe,
    (Question("clients", "Clients that connect at the same time, at the busiest", "200", units.count),),
)
