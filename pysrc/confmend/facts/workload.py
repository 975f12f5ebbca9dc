"""What the database is used for. Only the reader knows; no number that a server prints decides it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from confmend.facts import Documents
from confmend.model import Fact, Origin, Question

KINDS = ("web", "oltp", "warehouse", "mixed")
_WORDS = {**{kind: kind for kind in KINDS}, "dw": "warehouse", "olap": "warehouse", "analytics": "warehouse"}


@dataclass(frozen=True, slots=True)
class Workload:
    """``kind`` is web, oltp, warehouse or mixed."""

    kind: str
    origin: Origin | None


def gather(documents: Documents) -> Workload | None:
    """Return the answer."""
    answer = documents.answer("workload")
    kind = read_workload(answer.value) if answer else None
    return Workload(kind, answer.origin) if answer and kind else None


def read_workload(text: str) -> str | None:
    """Return the kind that an answer means."""
    return _WORDS.get(text.strip().lower())


def describe(workload: Workload) -> Iterator[tuple[str, str, str]]:
    """Say which kind."""
    yield "workload", workload.kind, "your answer"


FACT = Fact(
    gather,
    f"what the database is used for (the answer workload = {', '.join(KINDS[:-1])} or {KINDS[-1]})",
    describe,
    (Question("workload", "What the database is used for: web, oltp, warehouse or mixed", "web", read_workload),),
)
