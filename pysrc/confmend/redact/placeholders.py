"""What stands in place of a secret: a typed, numbered, bare word, ``PASSWORD_1KD_HIDDEN``.

It is letters, digits and `_` because anything else changes meaning somewhere: `<X>` is a tag in a ticket, `[X]` is
percent-encoded in a URL, `***` is eaten by Markdown. The closing word keeps `_1` from being a prefix of `_12`.

The two letters behind the number are computed from what stands before them. So a word that we issued is known again
when a redacted text is redacted once more, while a look-alike that somebody wrote is text like any other.
"""

import re
from collections.abc import Iterable

CLOSING = "HIDDEN"
_NOT_WORD = re.compile(r"[^A-Z0-9]+")
_LOOK_ALIKE = re.compile(rf"_0*([0-9]{{1,9}})[A-Z]{{0,2}}_{CLOSING}", re.IGNORECASE)
_ISSUED = re.compile(
    rf"(?<![A-Za-z0-9])([A-Z][A-Z0-9_]{{0,40}}_[1-9][0-9]{{0,8}})([A-Z]{{2}})_{CLOSING}(?![A-Za-z0-9])"
)
# No vowels, so that no words arise.
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"


def placeholder(label: str, number: int) -> str:
    """Return the word for secret ``number`` of a label."""
    stem = f"{_NOT_WORD.sub('_', label.upper()).strip('_')}_{number}"
    return f"{stem}{_check(stem)}_{CLOSING}"


def _check(stem: str) -> str:
    total = 0
    for char in stem:
        total = (total * 31 + ord(char)) % 9973
    return _LETTERS[total // 20 % 20] + _LETTERS[total % 20]


def issued(text: str) -> Iterable[str]:
    """Yield the words of a text that are placeholders of ours."""
    return (match[0] for match in _ISSUED.finditer(text) if _check(match[1]) == match[2])


def without_issued(text: str) -> str:
    """Return the text with the placeholders of ours taken out."""
    return _ISSUED.sub(lambda match: "" if _check(match[1]) == match[2] else match[0], text)


def taken(texts: Iterable[str]) -> set[int]:
    """Return the numbers that look-alikes in the input use: never issued, for any label and in any case."""
    return {int(match[1]) for text in texts for match in _LOOK_ALIKE.finditer(text)}
