"""What the pastes are cut into: a paste may hold several files, or what several commands printed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from confmend import bundle
from confmend.model import Paste
from confmend.redact import KIND

# A larger paste would take minutes and the memory of a phone. Logs are what grows so large.
LARGEST = 24_000_000
_NOT_IN_NAMES = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a paste. ``paste`` is the number of the paste, from 1; the rest is as ``bundle`` found it."""

    name: str
    kind: str
    text: str
    paste: int
    place: int = 0
    aside: bool = False
    cleaned: tuple[str, ...] = ()


def parts(pastes: Sequence[Paste]) -> tuple[Part, ...]:
    """Cut the pastes; a paste of a stated kind is one part."""
    found = []
    for number, paste in enumerate(pastes, 1):
        if paste.kind == KIND:
            continue
        whole = (bundle.Part(paste.text, paste.name),)
        cut = whole if paste.kind or refused(paste.text) else bundle.parts(paste.text, paste.name)
        said = (part for part in cut if _says_something(part, cut))
        kinds = dict(paste.kinds)
        found += [
            Part(_one_line(each.name), paste.kind or kinds.get(at, ""), each.text, number, at, each.aside, each.cleaned)
            for at, each in enumerate(said)
        ]
    return tuple(found)


def texts(given: tuple[Part, ...]) -> list[str]:
    """Return the name and the text of each part in turn; of a part that is not even looked at no text."""
    return [each for part in given for each in (part.name, part.text if not refused(part.text) else "")]


def refused(text: str) -> str:
    """Return why a text is not even looked at, empty if it is."""
    if len(text) > LARGEST:
        return f"{len(text):,} characters are more than the {LARGEST:,} that are read: paste the part around the error"
    if not text.strip():
        return "there is nothing in it"
    at = text.find("\0")
    if at != -1:
        line = text.count("\n", 0, at) + 1
        return f"it holds a NUL character (line {line}): a binary file, or text in UTF-16; save it as UTF-8"
    return ""


def _one_line(name: str) -> str:
    """Return a name that can stand in the heading of a diff."""
    return _NOT_IN_NAMES.sub(" ", name).strip()[:_LONGEST_NAME]


def _says_something(part: bundle.Part, all_parts: tuple[bundle.Part, ...]) -> bool:
    return not part.separator and (bool(part.text.strip()) or len(all_parts) == 1)
