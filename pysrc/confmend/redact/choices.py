"""What the reader chose about redaction: a paste of kind ``redaction``, as the page and the command line make it.

level = addresses          hide addresses (hostnames, identities) as well
hide = Blue Heron          a word of the reader's own, in all its writings
keep = s3cr3t-but-public   a value that is no secret
"""

from collections.abc import Iterable
from dataclasses import dataclass

KIND = "redaction"


@dataclass(frozen=True, slots=True)
class Choices:
    """The levels that are on, the words to hide, and the values to keep."""

    levels: frozenset[str] = frozenset()
    hide: tuple[str, ...] = ()
    keep: frozenset[str] = frozenset()


def choices(texts: Iterable[str], levels: Iterable[str]) -> Choices:
    """Read the texts of the pastes that hold choices.

    ValueError, which names the line but quotes nothing of it, for what can't be read: what the reader wanted hidden
    would not be.
    """
    known = tuple(levels)
    found: dict[str, list[str]] = {"level": [], "hide": [], "keep": []}
    for text in texts:
        for number, line in enumerate(text.split("\n"), 1):
            name, equals, value = line.partition("=")
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            if not equals or name.strip() not in found or not value.strip():
                raise ValueError(f"redaction choices, line {number}: not of the form level, hide or keep = VALUE")
            if name.strip() == "level" and value.strip() not in known:
                raise ValueError(
                    f"redaction choices, line {number}: there is no such level; there are {', '.join(known)}"
                )
            found[name.strip()].append(value.strip())
    return Choices(frozenset(found["level"]), tuple(found["hide"]), frozenset(found["keep"]))
