"""The connections to PostgreSQL by what they are doing, as pg_stat_activity says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from confmend.document import Document
from confmend.facts import Documents
from confmend.formats.pg_stat_activity import counted
from confmend.model import Fact, Line, Origin

KIND = "pg_stat_activity"
IN_TRANSACTION = ("idle in transaction", "idle in transaction (aborted)")


@dataclass(frozen=True)
class Sessions:
    """How many connections are in each state, and the lines that say so; ``states`` is empty where nobody asked.

    ``total`` counts the connections of clients: the server's own processes have no state.
    """

    states: Mapping[str, int]
    total: int
    origins: tuple[Origin, ...]

    def number(self, *states: str) -> int:
        """Return how many connections are in any of the states."""
        return sum(self.states.get(state, 0) for state in states)

    @property
    def in_transaction(self) -> int:
        """The connections that hold a transaction open and do nothing."""
        return self.number(*IN_TRANSACTION)


def gather(documents: Documents) -> Sessions | None:
    """Return the states by the last paste that has them."""
    for document in reversed(documents.of(KIND)):
        found = _sessions(document)
        if found:
            return found
    return None


def _sessions(document: Document) -> Sessions | None:
    states: Counter[str] = Counter()
    total, origins = 0, []
    for index, line in enumerate(document.lines):
        if not line.key:
            continue
        column = counted(tuple(line.columns))
        number = _whole(line.columns[column]) if column else 1
        if number is None or _is_servers_own(line):
            continue
        if "state" in line.columns:
            states[line.columns["state"]] += number
        total += number
        origins.append(document.origin(index))
    return Sessions(dict(states), total, tuple(origins)) if origins else None


def _is_servers_own(line: Line) -> bool:
    kind = line.columns.get("backend_type", "")
    return (kind != "" and kind != "client backend") or ("state" in line.columns and not line.columns["state"])


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def describe(sessions: Sessions) -> Iterator[tuple[str, str, str]]:
    """Say how many there are in each state."""
    first = sessions.origins[0]
    states = ", ".join(f"{count:,} {state}" for state, count in sorted(sessions.states.items()))
    count = f"{sessions.total:,} ({states})" if states else f"{sessions.total:,}"
    yield "connections", count, f"{first.name}, line {first.number}"


FACT = Fact(gather, "select state, count(*) from pg_stat_activity group by state", describe)
