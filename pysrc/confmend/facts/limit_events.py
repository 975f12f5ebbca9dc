"""How often a container or service came up against its memory limits, from memory.events (admin-guide/cgroup-v2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from confmend.document import Document
from confmend.facts import Documents
from confmend.model import Fact, Value

_FILE = "memory.events/"


@dataclass(frozen=True, slots=True)
class LimitEvents:
    """``killed`` counts processes killed at memory.max, ``slowed`` how often it was slowed down at memory.high."""

    killed: Value[int] | None
    slowed: Value[int] | None


def gather(documents: Documents) -> LimitEvents | None:
    """Return the counts of the last text that has them; of several groups the largest."""
    for document in reversed(documents.of("cgroup")):
        killed, slowed = (_largest(document, name) for name in ("oom_kill", "high"))
        if killed or slowed:
            return LimitEvents(killed, slowed)
    return None


def _largest(document: Document, name: str) -> Value[int] | None:
    found = [
        Value(int(document.lines[indices[-1]].value), document.origin(indices[-1]))
        for key, indices in document.settings.items()
        if f"/{key}".endswith(f"/{_FILE}{name}") and document.lines[indices[-1]].value[:19].isdecimal()
    ]
    return max(found, key=lambda each: each.value, default=None)


def describe(events: LimitEvents) -> Iterator[tuple[str, str, str]]:
    """Say the counts above 0."""
    for name, found in (("killed at memory.max", events.killed), ("slowed down at memory.high", events.slowed)):
        if found and found.value and found.origin:
            yield f"processes {name}" if "killed" in name else name, f"{found.value:,} ×", found.origin.name


FACT = Fact(gather, "memory.events of the container's or service's cgroup (cat it)", describe, of_host=True)
