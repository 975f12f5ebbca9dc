"""Where everything of a picture stands. Bars lie across, each below its name, so that a phone shows them whole.

The picture is as wide as a phone's column: there a unit is a pixel, and on a larger screen a little more. Names and
numbers are measured by the widest of the usual fonts, so that none runs into another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from confmend.pictures.chart import Bar, Chart, Mark

WIDTH, SIZE = 340, 14
_LINE, _BAR, _GAP, _SWATCH, _TICK = 19, 16, 9, 14, 6
# How wide letters are, by the size of the font (DejaVu Sans, the widest of those that are usual), and bold ones.
_NARROW, _SMALL, _CAPITAL, _WIDE, _BOLD = 0.42, 0.65, 0.8, 1.05, 1.18
_NARROW_LETTERS, _WIDE_LETTERS = frozenset(" ijltfrI.,:;'|!()[]/-"), frozenset("mwMW@%×÷+=<>≤≥→…")
_NOT_SHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with the pattern ``look``."""

    x: float
    y: float
    width: float
    height: float
    look: str


@dataclass(frozen=True, slots=True)
class Words:
    """A text on one line; it begins at ``x``, or ends there where ``end`` is set, and stands on ``y``."""

    x: float
    y: float
    text: str
    end: bool = False
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    """The shapes of a picture. ``lines`` go down from the second number to the third; ``cut`` bars go on beyond."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[tuple[float, int, int], ...]
    cuts: tuple[tuple[int, int], ...]
    words: tuple[Words, ...]
    says: str


def wide(text: str, strong: bool = False) -> float:
    """Return how wide a text is at the most."""
    return SIZE * sum(map(_letter, text)) * (_BOLD if strong else 1)


def _letter(char: str) -> float:
    if char in _NARROW_LETTERS:
        return _NARROW
    if char in _WIDE_LETTERS or ord(char) > 0x24F:
        return _WIDE
    return _CAPITAL if char.isupper() else _SMALL


def fitting(text: str, room: float, strong: bool = False) -> str:
    """Return a text that can be shown on one line, cut where it is wider than ``room``."""
    cut = whole = shown(text[:WIDTH])
    while cut and wide(cut if cut == whole else cut + "…", strong) > room:
        cut = cut[:-1]
    return whole if cut == whole else cut + "…"


def shown(text: str) -> str:
    """Return a text that any XML can hold and that runs from left to right."""
    return _NOT_SHOWN.sub("\N{REPLACEMENT CHARACTER}", text)


def drawing(chart: Chart) -> Drawing:
    """Return the shapes: the marks' names, the bars below them, the scale, and what the patterns mean."""
    boxes: list[Box] = []
    words: list[Words] = []
    cuts: list[tuple[int, int]] = []
    marks = [mark for mark in chart.marks if not mark.tick and mark.at <= 1]
    y = _named(marks, words)
    lines = [(round(mark.at * WIDTH, 1), y, y + _TICK) for mark in marks]
    for bar in chart.bars:
        y = _titled(bar, y, words)
        for stretch in bar.stretches:
            left, right = (round(WIDTH * min(1, max(0, at)), 1) for at in (stretch.start, stretch.end))
            if left < right:
                boxes.append(Box(left, y, round(right - left, 1), _BAR, stretch.look))
        if any(stretch.end > 1 for stretch in bar.stretches):
            cuts.append((WIDTH, y))
        # A mark goes through no words.
        lines += [(round(mark.at * WIDTH, 1), y - 2, y + _BAR + 2) for mark in marks]
        y += _BAR + _GAP
    y = _scale([mark for mark in chart.marks if mark.tick and mark.at <= 1], y, words, lines)
    for look, name in chart.looks:
        boxes.append(Box(0, y, 2 * _SWATCH, _SWATCH, look))
        words.append(Words(2 * _SWATCH + 6, y + _SWATCH - 2, fitting(name, WIDTH - 2 * _SWATCH - 6)))
        y += _LINE
    return Drawing(WIDTH, y, tuple(boxes), tuple(lines), tuple(cuts), tuple(words), shown(chart.says))


def _named(marks: Sequence[Mark], words: list[Words]) -> int:
    """Write the marks' names above the bars, each on a line of its own."""
    for number, mark in enumerate(marks, 1):
        name = fitting(mark.name, WIDTH)
        x = mark.at * WIDTH
        # It stands on that side of its line where there is room.
        end = x > wide(name) or x > WIDTH / 2
        at = max(x, wide(name)) if end else min(x, WIDTH - wide(name))
        words.append(Words(round(at, 1), number * _LINE - 5, name, end))
    return len(marks) * _LINE


def _titled(bar: Bar, y: int, words: list[Words]) -> int:
    """Write a bar's name and its number, below each other where one line has no room for both."""
    name, text = fitting(bar.name, WIDTH), fitting(bar.text, WIDTH, bar.over)
    y += _LINE
    words.append(Words(0, y - 5, name))
    if wide(name) + wide(text, bar.over) + SIZE > WIDTH:
        y += _LINE
    words.append(Words(WIDTH, y - 5, text, end=True, strong=bar.over))
    return y


def _scale(ticks: Sequence[Mark], y: int, words: list[Words], lines: list[tuple[float, int, int]]) -> int:
    """Draw the scale, with as many of its names as there is room for."""
    taken = -SIZE * 1.0
    for tick in ticks:
        x = round(tick.at * WIDTH, 1)
        lines.append((x, y - _GAP + 2, y - _GAP + 2 + _TICK))
        start = min(x, WIDTH - wide(tick.name))
        if start > taken:
            words.append(Words(round(start, 1), y + _LINE - 5, tick.name))
            taken = start + wide(tick.name) + SIZE / 2
    return y + _LINE + _GAP if ticks else y
