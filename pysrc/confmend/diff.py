"""Two texts, and what changed between them in the form that ``patch`` and ``git apply`` take."""

import difflib
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from confmend.document import split_lines

# Lines around a change, as diff(1) shows them; fewer than so many between two changes are not worth a fold.
_CONTEXT, _WORTH_FOLDING = 3, 4
_WORD = re.compile(r"\w+|\s+|[^\w\s]")
# Two lines of which less is the same are two different lines.
_ALIKE = 0.4
_LONGEST = 2_000
_NO_NEWLINE = "\\ No newline at end of file\n"


def unified(name: str, before: str, after: str) -> str:
    """Return the unified diff of a document, empty if nothing changed."""
    if before == after:
        return ""
    # As git writes it: without the tab, patch(1) takes the first blank for the name's end.
    path = name.lstrip("/") + ("\t" if " " in name else "")
    lines = difflib.unified_diff(
        list(split_lines(before)), list(split_lines(after)), f"a/{path}", f"b/{path}", lineterm="\n"
    )
    return "".join(_ended(lines))


def _ended(lines: Iterator[str]) -> Iterator[str]:
    """Yield the lines of a diff; a last line without an end is marked, as diff(1) does."""
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}"


@dataclass(frozen=True, slots=True)
class Change:
    """A line and what became of it, in pieces of which those with True differ. A side that is not there is None."""

    number: int
    removed: tuple[tuple[str, bool], ...] | None
    added: tuple[tuple[str, bool], ...] | None


@dataclass(frozen=True, slots=True)
class Same:
    """Lines that stay, from line ``number`` of the old text on. ``folded`` ones are far from any change."""

    number: int
    lines: tuple[str, ...]
    folded: bool


def rows(before: str, after: str) -> Iterator[Change | Same]:
    """Yield the whole of two texts line by line, without line ends, with the words that differ."""
    old, new = _texts(before), _texts(after)
    codes = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for index, (tag, start, end, new_start, new_end) in enumerate(codes):
        if tag == "equal":
            yield from _same(old[start:end], start + 1, index > 0, index < len(codes) - 1)
            continue
        pairs = itertools.zip_longest(old[start:end], new[new_start:new_end])
        for offset, (removed, added) in enumerate(pairs):
            yield Change(start + 1 + offset, *_words(removed, added))


def _texts(text: str) -> list[str]:
    return [line.removesuffix("\n") for line in split_lines(text)]


def _same(lines: list[str], number: int, after_change: bool, before_change: bool) -> Iterator[Same]:
    """Yield lines that stay: those beside a change, and what lies between as one fold."""
    head = _CONTEXT if after_change else 0
    tail = max(head, len(lines) - (_CONTEXT if before_change else 0))
    if tail - head < _WORTH_FOLDING:
        head = tail = len(lines)
    for start, end, folded in ((0, head, False), (head, tail, True), (tail, len(lines), False)):
        if lines[start:end]:
            yield Same(number + start, tuple(lines[start:end]), folded)


def _words(removed: str | None, added: str | None) -> tuple[tuple[tuple[str, bool], ...] | None, ...]:
    """Return the two sides of a changed line in pieces; of lines that have little in common no word is marked."""
    if removed is None or added is None or max(len(removed), len(added)) > _LONGEST:
        return tuple(None if side is None else ((side, False),) for side in (removed, added))
    old, new = _WORD.findall(removed), _WORD.findall(added)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < _ALIKE:
        return ((removed, False),), ((added, False),)
    codes = matcher.get_opcodes()
    left = (("".join(old[start:end]), tag != "equal") for tag, start, end, _, _ in codes if start < end)
    right = (("".join(new[start:end]), tag != "equal") for tag, _, _, start, end in codes if start < end)
    return tuple(left), tuple(right)
