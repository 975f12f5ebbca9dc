"""The lines of a text that are worth reading: lines that differ in digits alone are looked at once.

Logs and dumps repeat a few hundred lines with other numbers. What has to be found is looked for in one line of each
shape, and then only in the lines of those shapes; lines that are the same are read once.
"""

from __future__ import annotations

import functools
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Protocol, TypeAlias

_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_RUNS = bytes(ord("a") if chr(code).isalnum() and code < 128 else code if code == 10 else 32 for code in range(256))
# What stands in each line that matters: a word, looked for in lower case; a word and what a line with it must hold
# besides, in lower case too; so many letters and digits of ASCII in a row; or a pattern that sees the shape as it is.
Anchor: TypeAlias = "str | tuple[str, Pattern] | int | Pattern"
# Parts of several words, so that those are looked for in the lines that hold it; one character alone is found at once.
# What is beyond Latin-1 is a question mark here.
_PARTS = ("auth", "pdp", "config", "~", "?", "<", ">", "/")
# Letters that `str.lower` or a pattern that ignores case takes for one of ASCII.
_LIKE_ASCII = (("\u017f", "s"), ("\u0131", "i"), ("\u0130", "i"), ("\u212a", "k"))
# Between pieces: a blank line, which nothing goes over that is read together.
_BETWEEN = "\n\n"


def shape(text: str) -> str:
    """Return the text with all digits as 0 and what is beyond Latin-1 as ``?``, each character at its own place."""
    if not text.isascii():
        for odd, plain in _LIKE_ASCII:
            text = text.replace(odd, plain)
    return text.encode("latin-1", "replace").translate(_DIGITS).decode("latin-1")


class Pattern(Protocol):
    """What can be looked for: a pattern of ``re``, or what finds as one does."""

    def search(self, text: str, at: int, /) -> re.Match[str] | None:
        """Return the first match from ``at`` on."""


@dataclass(frozen=True, slots=True)
class Part:
    """Pieces of a text in one text: where each begins here, and where it and what is the same stood."""

    text: str
    begins: Sequence[int]
    pieces: Sequence[Sequence[tuple[int, int]]]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Return where in the whole text this stretch of a piece stood; what goes beyond the piece is cut off."""
        return next(self.originals(start, end))

    def originals(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield all the places where this stretch of a piece stood."""
        index = bisect_right(self.begins, start) - 1
        first, last = self.pieces[index][0]
        start, end = min(start - self.begins[index], last - first), min(end - self.begins[index], last - first)
        for at, _ in self.pieces[index]:
            yield at + start, at + end


def part(text: str, pieces: Iterable[tuple[int, int]], alike: str | None) -> Part:
    """Return these stretches of a text, in their order; only the first of those whose text in ``alike`` is the same.

    ``alike`` is as long as the text; None if each stretch counts.
    """
    if alike is None:
        known = [[each] for each in pieces]
    else:
        same: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for each in pieces:
            same[alike[each[0] : each[1]]].append(each)
        known = [*same.values()]
    known = known or [[(0, 0)]]
    begins = [*accumulate((each[0][1] - each[0][0] + len(_BETWEEN) for each in known), initial=0)]
    return Part(_BETWEEN.join(text[each[0][0] : each[0][1]] for each in known), begins, known)


def whole(text: str) -> Part:
    """Return the whole text as one part."""
    return Part(text, (0,), [[(0, len(text))]])


@dataclass(frozen=True, slots=True)
class Lines:
    """A text, the shape of each line, and each shape once, a line each: as it is, and in lower case."""

    text: str
    shapes: Sequence[str]
    distinct: str
    low: str

    def only(self, numbers: Iterable[int]) -> Lines:
        """Return the same text, but only these lines' shapes to look for something in."""
        distinct = "\n".join((*dict.fromkeys(self.shapes[number] for number in numbers), ""))
        return replace(self, distinct=distinct, low=distinct.lower())

    def holding(self, anchors: Iterable[Anchor], words: Mapping[str, Held] | None = None) -> Iterator[str]:
        """Yield the shapes that hold an anchor, those that hold several perhaps several times.

        ``words`` are the lines that hold a word, where they are known.
        """
        words = words or {}
        for anchor in anchors:
            if isinstance(anchor, str):
                yield from (each for _, each in (words[anchor] if anchor in words else self._with(anchor)))
            elif isinstance(anchor, tuple):
                word, pattern = anchor
                held = words[word] if word in words else self._with(word)
                yield from (each for low, each in held if pattern.search(low, 0))
            elif isinstance(anchor, int):
                runs = self.distinct.encode("latin-1").translate(_RUNS)
                yield from (each for _, each in self._found(functools.partial(runs.find, b"a" * anchor)))
            else:
                yield from (each for _, each in self._found(_searching(self.distinct, anchor)))

    def words(self, words: Iterable[str]) -> Mapping[str, Held]:
        """Return the lines that hold each word; a longer one is looked for in those that hold a part of it only."""
        found: dict[str, Held] = {}
        for word, plain, parts in _ordered(frozenset(words)):
            some = min((found[each] for each in parts), key=len, default=None)
            found[word] = self._with(word) if some is None else [each for each in some if plain in each[0]]
        return found

    def _with(self, word: str) -> Held:
        return [*self._found(_finding(self.low, shape(word)))]

    def _found(self, find: Callable[[int], int]) -> Iterator[tuple[str, str]]:
        at = find(0)
        while at >= 0:
            start, end = self.distinct.rfind("\n", 0, at) + 1, self.distinct.find("\n", at)
            yield self.low[start:end], self.distinct[start:end]
            at = find(end)

    def numbers(self, wanted: Set[str]) -> Mapping[str, Sequence[int]]:
        """Return which lines have each of these shapes."""
        found: dict[str, list[int]] = {each: [] for each in wanted}
        for number in [number for number, each in enumerate(self.shapes) if each in wanted] if wanted else ():
            found[self.shapes[number]].append(number)
        return found

    def ends(self) -> Sequence[int]:
        """Return how many characters the lines before each one have, their line breaks not counted."""
        return [*accumulate(map(len, self.shapes), initial=0)]


def places(ends: Sequence[int], stretches: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield where stretches of lines begin and end, each given by its first line and one past its last."""
    for first, last in stretches:
        yield ends[first] + first, ends[last] + last - 1


# Lines in lower case, each with its shape.
Held: TypeAlias = Sequence[tuple[str, str]]


@functools.cache
def _ordered(words: Set[str]) -> Sequence[tuple[str, str, Sequence[str]]]:
    """Return the words and their parts in the order to look for them: as written, as a shape, and the parts of each."""
    shapes = {word: shape(word) for word in sorted({*_PARTS, *words}, key=lambda each: (len(each), each))}
    written = [*shapes]
    return [
        (word, plain, [part for part in written[:number] if shapes[part] in plain])
        for number, (word, plain) in enumerate(shapes.items())
    ]


def _finding(text: str, word: str) -> Callable[[int], int]:
    return lambda at: text.find(word, at)


def _searching(text: str, pattern: Pattern) -> Callable[[int], int]:
    return lambda at: match.start() if (match := pattern.search(text, at)) else -1


def lines(text: str) -> Lines:
    """Return the lines of a text by their shape."""
    shapes = shape(text).split("\n")
    # Ends with a line break, so that each has its own.
    distinct = "\n".join((*dict.fromkeys(shapes), ""))
    return Lines(text, shapes, distinct, distinct.lower())
