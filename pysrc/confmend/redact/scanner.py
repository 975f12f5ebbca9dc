"""What one kind of secret declares: how to find it, and the texts that prove it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """The characters of one secret value, and its label where that is more exact than the scanner's own."""

    start: int
    end: int
    label: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """A text and the values in it that must be hidden; with none, the text must stay as it is."""

    text: str
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scanner:
    """One kind of secret: `find` gives its spans in any order, in time linear in the text, and never raises."""

    label: str
    find: Callable[[str], Iterator[Span]]
    examples: tuple[Example, ...]
