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
_NUMBERED = re.compile(rf"(_[1-9][0-9]{{0,8}})([A-Z]{{2}})_{CLOSING}")
_STEM = re.compile(r"[A-Z][A-Z0-9_]{0,60}\Z")
# No placeholder is longer.
_LONGEST = 64
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


def outside_issued(text: str, start: int, end: int) -> str:
    """Return what of a stretch of the text is no part of a placeholder of ours, even where it cuts one in two."""
    if not (bare := without_issued(text[start:end])):
        return bare
    low, high = max(0, start - _LONGEST), end + _LONGEST
    if text.find(CLOSING, low, high) < 0:
        return text[start:end]
    pieces = []
    for match in _ISSUED.finditer(text, low, high):
        if match.start() >= end:
            break
        if _check(match[1]) == match[2]:
            pieces.append(text[start : max(start, match.start())])
            start = max(start, match.end())
    return "".join((*pieces, text[start:end]))


def holds_issued(text: str) -> bool:
    """Say whether a placeholder of ours is in a word, perhaps right beside letters of another one."""
    for match in _NUMBERED.finditer(text):
        stem = _STEM.search(text, 0, match.start())
        for start in range(stem.start(), match.start()) if stem else ():
            if _check(text[start : match.start()] + match[1]) == match[2]:
                return True
    return False


def without_issued(text: str) -> str:
    """Return the text with the placeholders of ours taken out."""
    if CLOSING not in text:
        return text
    return _ISSUED.sub(lambda match: "" if _check(match[1]) == match[2] else match[0], text)


def taken(texts: Iterable[str]) -> set[int]:
    """Return the numbers that look-alikes in the input use: never issued, for any label and in any case."""
    return {int(match[1]) for text in texts for match in _LOOK_ALIKE.finditer(text)}
