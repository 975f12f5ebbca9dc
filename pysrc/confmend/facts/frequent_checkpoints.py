"""Checkpoints that came because the WAL was full, not because it was time, as the server's log says.

checkpointer.c writes it when a checkpoint that max_wal_size forced follows the last one by less than checkpoint_warning
(30 s).
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator
from dataclasses import dataclass

from confmend.facts.log import ServerLog
from confmend.model import Fact, Origin

_TOO_OFTEN = re.compile(r"checkpoints are occurring too frequently \(([0-9]{1,9}) seconds? apart\)")


@dataclass(frozen=True, slots=True)
class FrequentCheckpoints:
    """The seconds between them, and the lines."""

    seconds: tuple[int, ...]
    origins: tuple[Origin, ...]

    @property
    def usual(self) -> int:
        """The middle one of the intervals, at least 1 s."""
        return max(1, round(statistics.median(self.seconds)))


def gather(log: ServerLog | None) -> FrequentCheckpoints | None:
    """Return the complaints, None if there is none."""
    found = tuple(log.matching(_TOO_OFTEN)) if log else ()
    seconds = tuple(int(match[1]) for origin in found if (match := _TOO_OFTEN.search(origin.text)))
    return FrequentCheckpoints(seconds, found) if seconds else None


def describe(found: FrequentCheckpoints) -> Iterator[tuple[str, str, str]]:
    """Say how many, and how close."""
    first = found.origins[0]
    what = f"{len(found.seconds):,}, usually {found.usual} s after the last one"
    yield "checkpoints forced by WAL", what, f"{first.name}, line {first.number}"


FACT = Fact(gather, 'server log lines "checkpoints are occurring too frequently"', describe)
