"""What the units of systemd should allow their services."""

from __future__ import annotations

from dataclasses import dataclass

from confmend.artefacts.source import Source, Topic
from confmend.facts.descriptors import Descriptors
from confmend.facts.pooler import Pooler
from confmend.models.connections import files_limit, pooler_files

RULE = "pooler_descriptors_exhausted"


@dataclass(frozen=True, slots=True)
class OpenFiles:
    """The limit of open files that PgBouncer has, what it needs and what to set."""

    now: int | None
    needed: int
    limit: int
    rules: tuple[str, ...]


def open_files(source: Source) -> OpenFiles | None:
    """Return PgBouncer's limit where it is found to be too low."""
    facts = source.analysis.facts
    pooler, known = facts.get(Pooler), facts.get(Descriptors)
    fired = any(result.findings for result in source.analysis.results if result.rule == RULE)
    if pooler is None or not fired:
        return None
    needed, _ = pooler_files(pooler)
    return OpenFiles(known.limit if known else None, needed, files_limit(needed), (RULE,))


TOPIC = Topic({"open_files": open_files})
