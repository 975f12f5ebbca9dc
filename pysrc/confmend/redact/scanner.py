"""What one kind of secret declares: how to find it, and the texts that prove it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from confmend.redact.lines import Anchor


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
    """One kind of secret: `find` gives its spans in any order, in time linear in the text, and never raises.

    ``reason`` tells the reader why such a value is hidden. ``meaning`` undoes the escapes of a value as it is written;
    what that gives is looked for in its other writings too. A kind with a ``level`` is looked for only when the reader
    asked for that level. ``rename`` gives what stands in place of each of its values, which come in the order of their
    first appearance: None for a value that stays. Without it that is a typed, numbered word. A kind that does not
    ``spread`` is hidden where it was found only, not in all other places that hold the same characters.

    Each value has one of the ``anchors`` in the line where it is read from, in the shape that lines.py gives it; a text
    that holds none is not looked at. A kind without anchors looks at every text. One with ``lines`` reads that many,
    its anchor's the first, and gets those only. One for which a line ``begins`` something that has nothing to do with
    the line above it (the first of the two) reads from there to the next such line. All others read the whole text.
    What a kind finds does not depend on the lines that it does not get.
    """

    label: str
    find: Callable[[str], Iterator[Span]]
    examples: tuple[Example, ...]
    reason: str
    meaning: Callable[[str], str] = str
    level: str = ""
    rename: Callable[[Sequence[str]], Sequence[str | None]] | None = None
    spread: bool = True
    anchors: tuple[Anchor, ...] = ()
    lines: int = 0
    begins: Callable[[str, str], bool] | None = None
