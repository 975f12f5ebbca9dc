"""The counters of each database since their last reset, as pg_stat_database says: lost sessions among them (14+)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from confmend.facts import Documents
from confmend.formats.pg_stat_database import COUNTERS
from confmend.model import Fact, Origin

KIND = "pg_stat_database"
LOST = ("sessions_abandoned", "sessions_fatal", "sessions_killed")


@dataclass(frozen=True)
class DatabaseCounters:
    """The numbers by database and counter, and the line of each database."""

    counters: Mapping[str, Mapping[str, float]]
    origins: Mapping[str, Origin]

    def total(self, name: str) -> float | None:
        """Return a counter's sum over the databases, None where it was not printed."""
        found = [counters[name] for counters in self.counters.values() if name in counters]
        return sum(found) if found else None


def gather(documents: Documents) -> DatabaseCounters | None:
    """Return the counters; of a database that was printed twice, the last."""
    counters, origins = {}, {}
    for document in documents.of(KIND):
        for index, line in enumerate(document.lines):
            if line.key:
                counters[line.key] = {
                    name: float(line.columns[name])
                    for name in COUNTERS
                    if line.columns.get(name, "").replace(".", "", 1).isdecimal()
                }
                origins[line.key] = document.origin(index)
    return DatabaseCounters(counters, origins) if counters else None


def describe(found: DatabaseCounters) -> Iterator[tuple[str, str, str]]:
    """Say how many sessions were lost, and how."""
    first = next(iter(found.origins.values()))
    lost = [(name, total) for name in LOST if (total := found.total(name)) is not None]
    if lost:
        yield "lost sessions", ", ".join(f"{total:,.0f} {name}" for name, total in lost), first.name


FACT = Fact(gather, "select * from pg_stat_database", describe)
