"""What a picture says, before anybody knows where it stands: bars, marks, and the table with the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a bar, from ``start`` to ``end`` as shares of the picture's width. ``look`` is its pattern."""

    look: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar with its name and its number. ``over``: it is more than there is, or later than it may be."""

    name: str
    text: str
    stretches: tuple[Stretch, ...]
    over: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A line across the bars, or with ``tick`` a place on the scale below them, as a share of the width."""

    name: str
    at: float
    tick: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: what is counted, the number now and after the changes, and the arithmetic of both."""

    name: str
    now: str
    then: str
    how: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture: a sentence that says it all, the bars from top to bottom, what their patterns mean, and the table.

    ``missing`` says what to paste for the rest of it. Without bars there is nothing to look at but the sentence.
    """

    title: str
    says: str
    bars: tuple[Bar, ...] = ()
    marks: tuple[Mark, ...] = ()
    looks: tuple[tuple[str, str], ...] = ()
    rows: tuple[Row, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether anything is different after the changes."""
        return any(row.then for row in self.rows)


def states(now: T | None, then: T | None) -> tuple[tuple[str, T], ...]:
    """Return what a thing is now and after the changes, each with what to add to its name; once if it stays."""
    if now is not None and now == then:
        return (("", now),)
    return tuple((suffix, each) for suffix, each in ((", now", now), (", after", then)) if each is not None)


def row(name: str, now: T | None, then: T | None, text: Callable[[T], str], how: Callable[[T], str]) -> Row:
    """Return the line of a number, of which at least one state is there; the third column is empty where it stays."""
    before, after = ("none" if each is None else text(each) for each in (now, then))
    steps = dict.fromkeys(how(each) for _, each in states(now, then))
    return Row(name, before, "" if before == after else after, " → ".join(steps))


def pair(name: str, now: T | None, then: T | None, drawn: Callable[[str, T], Bar]) -> tuple[Bar, ...]:
    """Return the bars of the two states, one alone where both look the same."""
    bars = tuple(drawn(name + suffix, each) for suffix, each in states(now, then))
    alone = tuple(replace(bar, name=name) for bar in bars)
    return alone[:1] if len(bars) > 1 and alone[0] == alone[1] else bars


def used(looks: Sequence[tuple[str, str]], bars: Sequence[Bar]) -> tuple[tuple[str, str], ...]:
    """Return the patterns that the bars really have."""
    seen = {stretch.look for bar in bars for stretch in bar.stretches if stretch.end > stretch.start}
    return tuple((look, name) for look, name in looks if look in seen)
