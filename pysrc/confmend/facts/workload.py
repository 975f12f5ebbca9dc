"""What the database is used for. Only the reader knows; no number that a server prints decides it."""

from dataclasses import dataclass

from confmend.facts import stated
from confmend.model import Origin, Question

KINDS = ("web", "oltp", "warehouse", "mixed")
_WORDS = {**{kind: kind for kind in KINDS}, "dw": "warehouse", "olap": "warehouse", "analytics": "warehouse"}


@dataclass(frozen=True, slots=True)
class Workload:
    """``kind`` is web, oltp, warehouse or mixed."""

    kind: str
    origin: Origin | None


def read_workload(text: str) -> str | None:
    """Return the kind that an answer means."""
    return _WORDS.get(text.strip().lower())


FACT = stated(
    Workload,
    "workload",
    Question("workload", "What the database is used for: web, oltp, warehouse or mixed", "web", read_workload),
    f"what the database is used for (the answer workload = {', '.join(KINDS[:-1])} or {KINDS[-1]})",
    lambda workload: workload.kind,
)
