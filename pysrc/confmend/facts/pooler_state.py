"""What PgBouncer says of itself while it runs: who waits for a connection (SHOW POOLS), and what it logged."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from confmend.document import Document
from confmend.facts import Documents
from confmend.model import Fact, Origin

POOLS, LOG = "pgbouncer_show_pools", "pgbouncer_log"
_NUMBER = re.compile("[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Queue:
    """A row of SHOW POOLS: clients served and waiting, the longest wait in seconds, and server connections."""

    name: str
    active: int
    waiting: int
    longest: int
    servers: int
    idle: int
    origin: Origin


@dataclass(frozen=True)
class PoolerState:
    """The pools of the last SHOW POOLS, and the logs; messages are looked up, not copied."""

    queues: tuple[Queue, ...]
    logs: tuple[Document, ...]

    def matching(self, pattern: re.Pattern[str]) -> Iterator[Origin]:
        """Yield where a message of the log is found by the pattern."""
        for document in self.logs:
            for index, line in enumerate(document.lines):
                if line.key and pattern.search(line.value):
                    yield document.origin(index)


def gather(documents: Documents) -> PoolerState | None:
    """Return what was printed and logged."""
    printed = documents.of(POOLS)
    queues = tuple(_queues(printed[-1])) if printed else ()
    logs = documents.of(LOG)
    return PoolerState(queues, logs) if queues or logs else None


def _queues(document: Document) -> Iterator[Queue]:
    for index, line in enumerate(document.lines):
        if not line.key or "cl_waiting" not in line.columns:
            continue

        def number(*names: str, columns: object = line.columns) -> int:
            found = [dict(columns).get(name, "") for name in names]  # type: ignore[call-overload]  # a mapping
            return sum(int(text) for text in found if _NUMBER.fullmatch(text))

        yield Queue(
            line.key,
            number("cl_active"),
            number("cl_waiting"),
            number("maxwait"),
            number("sv_active", "sv_idle", "sv_used", "sv_tested", "sv_login"),
            number("sv_idle"),
            document.origin(index),
        )


def describe(state: PoolerState) -> Iterator[tuple[str, str, str]]:
    """Say who waits."""
    for queue in state.queues:
        if queue.waiting:
            where = f"{queue.origin.name}, line {queue.origin.number}"
            yield f"clients waiting for {queue.name}", f"{queue.waiting:,}, up to {queue.longest:,} s", where


FACT = Fact(gather, "PgBouncer's own view (SHOW POOLS) or its log", describe)
