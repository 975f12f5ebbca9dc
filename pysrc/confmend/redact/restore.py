"""Puts the values back where their placeholders stand: in the redacted text, an edited one, or somebody's answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from confmend.redact.placeholders import CLOSING
from confmend.redact.redaction import Redacted

# Of no such label is anything put back unless that is asked for.
NEVER_UNASKED = ("private key",)
# What chats, wikis and language models put between the characters of a word.
_NOISE = "\\\\\u200b-\u200f\u2060\ufeff\u00ad\u00a0\u202f"
_NOISY = re.compile(f"[{_NOISE}]+")
_CLOSING = re.compile(f"[{_NOISE}]*".join(CLOSING), re.IGNORECASE)
_STEM = re.compile(rf"(?<![A-Za-z0-9])[A-Za-z](?:[A-Za-z0-9_{_NOISE}])*_[{_NOISE}]*\Z")
_LONGEST_STEM = 160
_TOKEN = re.compile(r"(?:::)?[0-9A-Za-z](?:[0-9A-Za-z.:_-]*[0-9A-Za-z])?(?:::)?(?:%\w{1,15})?(?:/[0-9]{1,3}(?!\w))?")
_TOKEN_PARTS = re.compile(r"[.:_/%-]+")
_CONTEXT = 60


@dataclass(frozen=True, slots=True)
class _Writing:
    """How a secret was written at one place, and what stood around its placeholder in the redacted text."""

    written: str
    breaks: str
    before: str
    after: str


def restored(text: str, originals: Sequence[str], redacted: Redacted, private_keys: bool = False) -> str:
    """Return the text with the values of ``originals`` back in it.

    Only placeholders that were issued for ``originals`` are replaced, in one pass; a look-alike stays as it is. Of a
    secret with several writings (percent-encoded here, plain there) the one is taken whose surroundings are most alike.
    """
    left_out = frozenset(
        each.placeholder for each in redacted.redactions if each.label in NEVER_UNASKED and not private_keys
    )
    for original, clean, hidden in zip(originals, redacted.texts, redacted.hidden, strict=True):
        if clean == text and not any(each.placeholder in left_out for each in hidden):
            return original
    writings = _writings(originals, redacted, left_out)
    pieces: list[str] = []
    done = 0
    for start, end, name in _places(text, writings):
        if start < done:
            continue
        if text[start - 1 : start] == text[end : end + 1] == "`" and start > done:
            start, end = start - 1, end + 1
        writing = _most_alike(writings[name], text[max(0, start - _CONTEXT) : start], text[end : end + _CONTEXT])
        pieces += (text[done:start], writing.written)
        done = end + len(writing.breaks) if text.startswith(writing.breaks, end) else end
    return "".join((*pieces, text[done:]))


def _writings(
    originals: Sequence[str], redacted: Redacted, left_out: frozenset[str]
) -> Mapping[str, tuple[_Writing, ...]]:
    """Return how each placeholder's secret was written, wherever it was."""
    found: dict[str, list[_Writing]] = {}
    for original, clean, hidden in zip(originals, redacted.texts, redacted.hidden, strict=True):
        shift = 0
        for each in hidden:
            written = original[each.start : each.end]
            breaks = "".join(re.findall(r"\r?\n", written))
            start = each.start + shift
            end = start + len(each.placeholder) + len(breaks)
            shift = end - each.end
            if each.placeholder not in left_out:
                around = clean[max(0, start - _CONTEXT) : start], clean[end : end + _CONTEXT]
                found.setdefault(each.placeholder, []).append(_Writing(written, breaks, *around))
    # Those that are written alike need not be told apart.
    return {
        name: tuple(each) if len({writing.written for writing in each}) > 1 else (each[0],)
        for name, each in found.items()
    }


def _places(text: str, known: Mapping[str, object]) -> Iterator[tuple[int, int, str]]:
    """Yield where placeholders stand, in order: (start, end, placeholder)."""
    words = {name.upper(): name for name in known if name.endswith(f"_{CLOSING}")}
    others = {name.lower(): name for name in known if name.upper() not in words}
    found = [*_words(text, words), *(_tokens(text, others) if others else ())]
    yield from sorted(found)


def _words(text: str, words: Mapping[str, str]) -> Iterator[tuple[int, int, str]]:
    for match in _CLOSING.finditer(text):
        stem = _STEM.search(text, max(0, match.start() - _LONGEST_STEM), match.start())
        if stem and not text[match.end() : match.end() + 1].isalnum():
            name = words.get(_NOISY.sub("", text[stem.start() : match.end()]).upper())
            if name:
                yield stem.start(), match.end(), name


def _tokens(text: str, names: Mapping[str, str]) -> Iterator[tuple[int, int, str]]:
    """Yield addresses and host names of ours: whole tokens, or tokens without what ``:5432`` or ``.log`` adds."""
    for match in _TOKEN.finditer(text):
        ends = [match.end(), *(part.start() + match.start() for part in reversed([*_TOKEN_PARTS.finditer(match[0])]))]
        for end in ends[:12]:
            name = names.get(text[match.start() : end].lower())
            if name:
                yield match.start(), end, name
                break


def _most_alike(writings: Sequence[_Writing], before: str, after: str) -> _Writing:
    return max(writings, key=lambda each: _common(each.before[::-1], before[::-1]) + _common(each.after, after))


def _common(one: str, other: str) -> int:
    count = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        count += 1
    return count
