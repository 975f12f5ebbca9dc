"""Possible secrets that were not hidden: long words that look like chance and have no shape that is known.

And words with capitals inside, where a sentence tells a password: "the password is HunterTwo".

This is a warning for the reader's eye, never a decision. So it stays silent on everything that has a name in such
texts: UUIDs, hashes, WAL files, numbers, paths, versions, cipher lists, and our own placeholders.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log2

from confmend.redact.placeholders import without_issued
from confmend.redact.prose import mixed, told
from confmend.redact.values import folded

SHORTEST, LONGEST = 20, 512
# A word of the alphabets of base64, base64url and hex. With blanks and signs around it, but no path, key or host.
_WORD = re.compile(
    rf"(?<![A-Za-z0-9+/_=.@%$~-])[A-Za-z0-9+/_-]{{{SHORTEST},{LONGEST}}}={{0,2}}(?![A-Za-z0-9+/_.@%(~-])"
)
_HEX = re.compile(r"(?:0x)?[0-9a-fA-F]+")
# MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512, short build ids; WAL files and timelines; UUIDs without hyphens.
_KNOWN_HEX = frozenset((24, 32, 40, 56, 64, 96, 128))
_DIGIT = re.compile(r"[0-9]")
_LOWER = re.compile(r"[a-z]")
_UPPER = re.compile(r"[A-Z]")
# A word of a language, an abbreviation or a number: pieces of a name that somebody made up of words.
_PIECE = re.compile(r"[A-Z]?[a-z]{3,}|[A-Z]{3,}(?![a-z])|[0-9]{4,}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_OFFSET = re.compile(r"\+0x[0-9a-f]+/0x[0-9a-f]+\Z")  # of a kernel's trace
_GENERATED = re.compile(r"[a-z0-9-]*-[a-z0-9]{8,10}(?:-[a-z0-9]{5})?")  # a pod or a replica set of Kubernetes
_IS_HASH = re.compile(
    r"(?:sha[0-9]{1,3}|md5|digest|fingerprint|checksum|commit|build[ _-]?id|signature)[\"' :=(]{0,4}\Z", re.I
)
_LEAST_BITS = 3.5  # a random word of 20 characters of base64 has about 4.1 bits each, one of hex about 3.4
_LEAST_HEX_BITS = 2.8
_MOST_WORDS = 0.6  # of a random word about a fifth are runs that look like words


@dataclass(frozen=True, slots=True)
class Suspect:
    """A place in one of the texts, by the text's number."""

    text: int
    start: int
    end: int


def suspects(texts: Sequence[str]) -> tuple[Suspect, ...]:
    """Return the words of redacted texts that may be secrets still."""
    return tuple(
        Suspect(number, *place)
        for number, text in enumerate(texts)
        for place in sorted({*_places(text), *_doubtful(text)})
    )


def _doubtful(text: str) -> Iterator[tuple[int, int]]:
    for first, last, sure in told(text, folded(text), ("pass",)):
        if not sure and mixed(text[first:last]) and without_issued(text[first:last]):
            yield first, last


def _places(text: str) -> Iterator[tuple[int, int]]:
    for match in _WORD.finditer(text):
        word = match[0]
        if not _DIGIT.search(word) or not (_LOWER.search(word) or _UPPER.search(word)):
            continue
        if _IS_HASH.search(text, max(0, match.start() - 24), match.start()) or without_issued(word) != word:
            continue
        if _looks_like_chance(word):
            yield match.span()


def _looks_like_chance(word: str) -> bool:
    """Say whether a word has so much variety, and so few words of a language in it, as a key has."""
    bare = word.rstrip("=")
    last = bare[bare.rfind("/") + 1 :]
    if _UUID.search(bare) or _OFFSET.search(bare) or (_PIECE.match(last) and _GENERATED.fullmatch(last)):
        return False
    if _HEX.fullmatch(bare):
        return len(bare.removeprefix("0x")) not in _KNOWN_HEX and _bits(bare.lower()) >= _LEAST_HEX_BITS
    if "/" in bare[:1] or bare.count("-") + bare.count("_") + bare.count("/") > len(bare) // 8:
        return False
    if sum(map(len, _PIECE.findall(bare))) > _MOST_WORDS * len(bare):
        return False
    if len(bare) < 32 and not (_LOWER.search(bare) and _UPPER.search(bare)) and not bare.isalnum():
        return False
    return _bits(bare) >= _LEAST_BITS


def _bits(word: str) -> float:
    """Return the Shannon entropy of the word's characters, in bits for each."""
    size = len(word)
    return -sum(count / size * log2(count / size) for count in Counter(word).values())
