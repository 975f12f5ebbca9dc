"""What each scanner has to read of a text: the lines with its anchors and what belongs to them, the same ones once."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from confmend.redact.lines import Lines, Part, part, places, whole
from confmend.redact.literals import MOST_LINES
from confmend.redact.scanner import Scanner

# With more of the text in lines of its own there is nothing to gain.
_MOST_DISTINCT = 0.5
# So many lines before and behind its anchor's a scanner reads where no line begins anything. A literal that begins in
# the last line of a statement goes on as far as a statement does.
_BACK, _AHEAD = MOST_LINES + 1, 2 * MOST_LINES + 2


@dataclass(frozen=True, slots=True)
class Changed:
    """Which lines of a text were changed, in their order, and the text with what is alike in them made the same."""

    numbers: Sequence[int]
    alike: str


def readings(
    known: Mapping[str, Scanner], seen: Lines, changed: Changed | None = None
) -> Iterator[tuple[str, Scanner, Part]]:
    """Yield the scanners that may find something, each with what it has to read; of a changed text what may differ."""
    near = _near(changed.numbers, max((each.lines for each in known.values()), default=1)) if changed else ()
    held = _held(known, seen) if changed is None else _held_near(known, seen, near)
    parted = {name: each for name, each in held.items() if known[name].lines or known[name].begins}
    where = seen.numbers({*chain.from_iterable(parted.values())})
    ends = seen.ends() if where else ()
    parts: dict[object, Part] = {}
    every = whole(seen.text)
    nearby = {*near}
    for name, scanner in known.items():
        shapes = held[name]
        if scanner.anchors and not shapes:
            continue
        if name not in parted or (not changed and sum(map(len, shapes)) > _MOST_DISTINCT * len(seen.text)):
            yield name, scanner, every
            continue
        same = shapes, scanner.lines, scanner.begins
        if same not in parts:
            numbers = sorted(chain.from_iterable(where[each] for each in shapes))
            if changed and scanner.lines:
                numbers = [number for number in numbers if number in nearby]
            stretches = [*around(seen.shapes, numbers, scanner)]
            if changed and not scanner.lines and not _touched(stretches, changed.numbers):
                stretches = []
            parts[same] = part(seen.text, places(ends, stretches), changed.alike if changed else seen.text)
        yield name, scanner, parts[same]


def _near(numbers: Sequence[int], reach: int) -> Sequence[int]:
    """Return these lines and those that are read with one of them, so many together."""
    if reach < 2:
        return numbers
    return sorted({*numbers, *(number - n for n in range(1, reach) for number in numbers if number >= n)})


def _held(known: Mapping[str, Scanner], seen: Lines) -> dict[str, frozenset[str]]:
    """Return the shapes that hold an anchor of each scanner."""
    anchors = [anchor for each in known.values() for anchor in each.anchors]
    words = seen.words(each if isinstance(each, str) else each[0] for each in anchors if isinstance(each, (str, tuple)))
    return {name: frozenset(seen.holding(each.anchors, words)) for name, each in known.items()}


def _held_near(known: Mapping[str, Scanner], seen: Lines, near: Sequence[int]) -> dict[str, frozenset[str]]:
    """Return the same of a changed text: of the scanners of lines only what the lines near a change hold."""
    of_lines = {name: each for name, each in known.items() if each.lines}
    others = {name: each for name, each in known.items() if not each.lines}
    return _held(of_lines, seen.only(near)) | _held(others, seen)


def around(shapes: Sequence[str], numbers: Sequence[int], scanner: Scanner) -> Iterable[tuple[int, int]]:
    """Yield the lines that are read together with these, from the first to one past the last; what overlaps, in one."""
    if scanner.begins:
        return _begun(shapes, numbers, scanner.begins)
    if scanner.lines == 1:
        return [(number, number + 1) for number in numbers]
    return _joined(numbers, scanner.lines, len(shapes))


def _joined(numbers: Sequence[int], lines: int, count: int) -> Iterator[tuple[int, int]]:
    """Yield so many lines from each of these on."""
    first = last = -1
    for number in numbers:
        if number >= last:
            if last > 0:
                yield first, last
            first = number
        last = min(number + lines, count)
    if last > 0:
        yield first, last


def _begun(
    shapes: Sequence[str], numbers: Sequence[int], begins: Callable[[str, str], bool]
) -> Iterator[tuple[int, int]]:
    """Yield what these lines belong to, from a line that begins something to the next one that does, that included."""
    first = end = -1
    closed = False
    known: dict[tuple[str, str], bool] = {}

    def begin(number: int) -> bool:
        both = shapes[number - 1], shapes[number]
        if both not in known:
            known[both] = begins(*both)
        return known[both]

    for number in numbers:
        if number < end and closed:
            continue
        if number >= end:
            start = number
            while start > max(end, number - _BACK, 0) and not begin(start):
                start -= 1
            if start != end:
                if end > 0:
                    yield first, min(end + 1, len(shapes))
                first = start
            end = number + 1
        stop = min(len(shapes), number + _AHEAD)
        while end < stop and not begin(end):
            end += 1
        closed = end < stop
    if end > 0:
        yield first, min(end + 1, len(shapes))


def _touched(stretches: Iterable[tuple[int, int]], numbers: Sequence[int]) -> bool:
    """Say whether one of these lines is in one of the stretches, of which one may say something about another."""
    for first, last in stretches:
        index = bisect_left(numbers, first)
        if index < len(numbers) and numbers[index] < last:
            return True
    return False
