"""What one session takes for itself: what the reader says, else what the server printed of its sessions' memory.

A session keeps what it has looked up: each table, index and partition, each prepared statement, each compiled function.
From 14 on ``select pg_log_backend_memory_contexts(PID)`` makes a session print its memory into the server's log, and
the last line is its sum (mcxt.c, MemoryContextStatsDetail). Of several the one in the middle counts.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator
from dataclasses import dataclass

from confmend import units
from confmend.facts import Documents
from confmend.facts.log import ServerLog
from confmend.model import Fact, Origin, Question

_SUM = re.compile(r"Grand total: ([0-9]{1,15}) bytes in [0-9]+ blocks")
_ASKED = Question(
    "session_memory",
    "Memory of one session that has been open for long (RssAnon of /proc/PID/status)",
    "30MB",
    units.size,
)


@dataclass(frozen=True, slots=True)
class SessionMemory:
    """Bytes of one session that has been at work for a while, and what says so."""

    bytes: int
    origin: Origin | None
    how: str = "your answer"


def gather(documents: Documents, log: ServerLog | None) -> SessionMemory | None:
    """Return the answer, else the sum of the session in the middle of those that printed theirs."""
    answer = documents.answer(_ASKED)
    if answer and answer.value:
        return SessionMemory(answer.value, answer.origin)
    found = []
    for origin in log.matching(_SUM) if log else ():
        match = _SUM.search(origin.text)
        if match:
            found.append((int(match[1]), origin))
    if not found:
        return None
    middle = statistics.median_low(size for size, _ in found)
    origin = next(origin for size, origin in found if size == middle)
    of_all = f", the middle of {len(found)} sessions" if len(found) > 1 else ""
    return SessionMemory(middle, origin, f"its own sum in the log{of_all}")


def describe(session: SessionMemory) -> Iterator[tuple[str, str, str]]:
    """Say how much, and from where."""
    where = f"; {session.origin.name}, line {session.origin.number}" if session.origin else ""
    yield "memory of a session", units.human(session.bytes), f"{session.how}{where}"


FACT = Fact(
    gather,
    "what a session takes: select pg_log_backend_memory_contexts(PID) and the log, or the answer session_memory = 30MB",
    describe,
    (_ASKED,),
)
