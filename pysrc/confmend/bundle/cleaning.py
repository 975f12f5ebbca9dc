"""What a clean is: lines that are written anew, and the words that say so."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

# So many places are named one by one; more are counted.
_NAMED = 6


@dataclass(frozen=True, slots=True)
class Cleaning:
    """One kind of noise. ``find`` returns the lines that have it, by index, as they are without it (``""``: left out).

    ``note`` tells the reader; ``{lines}`` in it stands for the lines' numbers.
    """

    note: str
    find: Callable[[str, Sequence[str]], Mapping[int, str]]


def clean(lines: list[str], cleanings: Iterable[Cleaning], marks: dict[int, list[Cleaning]]) -> list[str]:
    """Return the lines without noise, as many as there were, and note in ``marks`` what was done to each."""
    text = "".join(lines)
    for cleaning in cleanings:
        changed = cleaning.find(text, lines)
        if changed:
            lines = [changed.get(index, line) for index, line in enumerate(lines)]
            text = "".join(lines)
            for index in changed:
                marks.setdefault(index, []).append(cleaning)
    return lines


def notes(lines: Sequence[str], marks: Mapping[int, Sequence[Cleaning]], first: int = 0) -> tuple[str, ...]:
    """Return what was done to ``lines``, of which the first has the index ``first`` in ``marks``."""
    found: dict[Cleaning, list[int]] = {}
    number = 0
    if not marks or not any(index in marks for index in range(first, first + len(lines))):
        return ()
    for index, line in enumerate(lines, first):
        number += bool(line)
        for cleaning in marks.get(index, ()):
            found.setdefault(cleaning, []).append(number if line else 0)
    return tuple(cleaning.note.format(lines=places(numbers)) for cleaning, numbers in found.items())


def places(numbers: Sequence[int]) -> str:
    """Return line numbers in words: ``line 3``, ``lines 1 to 9``, ``lines 2, 5 and 7``; of lines left out the count."""
    if 0 in numbers:
        return "1 line" if len(numbers) == 1 else f"{len(numbers):,} lines"
    first, last = numbers[0], numbers[-1]
    if first == last:
        return f"line {first}"
    if last - first + 1 == len(numbers):
        return f"lines {first} to {last}"
    if len(numbers) > _NAMED:
        return f"{len(numbers):,} lines from {first} to {last}"
    return f"lines {', '.join(map(str, numbers[:-1]))} and {last}"
