"""What was found to be hidden, and one stretch of what overlaps."""

from collections.abc import Iterable
from typing import NamedTuple

# Whose name a stretch gets that several kinds found: a secret's before a level's, a word's before another host's.
SECRET, NAME, RENAMED = range(3)


class Found(NamedTuple):
    """A stretch to hide; ``secret`` is what it means, whatever the writing, ``rank`` whose name it gets."""

    start: int
    end: int
    secret: str
    scanner: str
    label: str
    rank: int = SECRET


def merged(found: Iterable[Found], text: str) -> list[Found]:
    """Make one stretch of those that overlap or touch."""
    stretches: list[Found] = []
    for each in sorted(found, key=lambda each: (each.start, -each.end, each.rank)):
        if each.end <= each.start:
            continue
        if not stretches or each.start > stretches[-1].end:
            stretches.append(each)
        elif each.end > stretches[-1].end or each.rank < stretches[-1].rank:
            stretches[-1] = _joined(stretches[-1], each, text)
    return stretches


def _joined(one: Found, other: Found, text: str) -> Found:
    """Return one stretch of two: the graver, then the earlier, then the longer names it.

    What is no host's name or address as it stands is not renamed as one.
    """
    named, end = min(one, other, key=lambda each: each.rank), max(one.end, other.end)
    if (named.start, named.end) == (one.start, end):
        return named
    return named._replace(start=one.start, end=end, secret=text[one.start : end], rank=min(named.rank, NAME))
