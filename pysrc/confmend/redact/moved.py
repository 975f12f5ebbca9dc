"""Where a redacted text has changed, and where each place of it was before."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from confmend.redact.placeholders import CLOSING
from confmend.redact.readings import Changed

LINE_BREAK = re.compile(r"\r?\n")
_NUMBERED = re.compile(rf"[0-9]+[A-Z]{{2}}_{CLOSING}\Z")
_STAND_IN = "\ufffe"


class Hidden(NamedTuple):
    """One stretch of a text that was hidden, and what stands there now."""

    start: int
    end: int
    placeholder: str
    label: str


class Moved(NamedTuple):
    """A hidden stretch: where its placeholder stands ``now``, how long that is with line breaks, and where it was."""

    now: int
    length: int
    start: int
    end: int
    placeholder: str


def changed(clean: str, places: Sequence[Moved]) -> Changed:
    """Return which lines of a redacted text are not as they were.

    Placeholders of one kind and length are alike: what is found beside one is found beside the other.
    """
    numbers: dict[int, None] = {}
    at = number = 0
    for place in places:
        number += clean.count("\n", at, place.now)
        at = place.now
        numbers[number] = None
        for more in range(clean.count("\n", at, at + place.length) if place.length > len(place.placeholder) else 0):
            numbers[number + more + 1] = None
    return Changed([*numbers], _alike(clean, places))


def _alike(clean: str, places: Sequence[Moved]) -> str:
    """Return the redacted text with one stand-in for all placeholders of one kind and length."""
    names = {place.placeholder for place in places}
    if len(names) < 2:
        return clean
    known = {name: _NUMBERED.sub(lambda match: _STAND_IN * len(match[0]), name) for name in names}
    pieces: list[str] = []
    done = 0
    for place in places:
        pieces += (clean[done : place.now], known[place.placeholder])
        done = place.now + len(place.placeholder)
    pieces.append(clean[done:])
    return "".join(pieces)


def placed(text: str, hidden: Sequence[Hidden]) -> Iterator[Moved]:
    """Yield where the placeholders stand, in the order of the text."""
    shift = 0
    for start, end, name, _ in hidden:
        length = len(name)
        if text.find("\n", start, end) >= 0:
            length += sum(map(len, LINE_BREAK.findall(text, start, end)))
        yield Moved(start + shift, length, start, end, name)
        shift += length - (end - start)


def original(places: Sequence[Moved], at: int, is_end: bool) -> int:
    """Return the place in the text as it was of place ``at`` in the redacted one."""
    index = bisect_right(places, at, key=lambda each: each.now) - 1
    if index < 0:
        return at
    place = places[index]
    if at >= place.now + place.length:
        return at - place.now - place.length + place.end
    return place.end if is_end and at > place.now else place.start
