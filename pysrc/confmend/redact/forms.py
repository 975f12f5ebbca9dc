"""The other writings of a secret that was found once, and where they stand in any text.

A password in a URL is percent-encoded, in SQL its quotes are doubled, in JSON it has backslashes, in a Kubernetes
Secret and in an Authorization header it is base64, there perhaps in the middle of other characters.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

# Shorter values, and words of one kind of letter, stand in ordinary text: "postgres" and "1234" are passwords too.
SHORTEST, SHORTEST_WORD = 6, 12
# Longer ones are keys in files of their own; each place would be compared with all of it.
LONGEST = 2_000
# Of a longer form the rest is compared when its beginning was found.
_HEAD = 6
_LINE_BREAKS = re.compile(r"[\r\n]")


def spreads(secret: str) -> bool:
    """Say whether a secret is so odd that the same characters elsewhere are the secret as well."""
    if not SHORTEST <= len(secret) <= LONGEST or _LINE_BREAKS.search(secret):
        return False
    kinds = (str.islower, str.isupper, str.isdigit, lambda char: not char.isalnum())
    return len(secret) >= SHORTEST_WORD or sum(any(map(kind, secret)) for kind in kinds) >= 2


def forms(secret: str) -> Iterator[str]:
    """Yield the writings of a secret, itself first."""
    yield secret
    yield secret.replace("'", "''")
    yield secret.replace('"', '""')
    yield secret.replace("\\", "\\\\").replace("'", "\\'")
    yield secret.replace("\\", "\\\\").replace('"', '\\"')
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1].replace('"', '""')
    yield re.sub(r"([^\w@%+=:,./-])", r"\\\1", secret)
    yield secret.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    encoded = secret.encode("utf-8", "surrogatepass")
    for safe in ("", "/", "!*'()~"):
        yield quote(encoded, safe=safe)
    yield quote(encoded, safe="").lower() if "%" in quote(encoded, safe="") else secret
    yield quote_plus(encoded)
    yield from _in_base64(encoded)


def _in_base64(secret: bytes) -> Iterator[str]:
    """Yield what any base64 text holds that has the secret in it: whole, or after one or two other bytes."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(secret).decode("ascii")
        for before in range(3):
            # The characters that a neighbour's bits get into are left off at both ends.
            first = (before * 8 + 5) // 6
            last = (before + len(secret)) * 8 // 6
            yield encode(bytes(before) + secret).decode("ascii")[first:last]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a writing of a secret stands."""

    start: int
    end: int
    secret: str


@dataclass(frozen=True, slots=True)
class Finder:
    """Looks for many writings at once, in time linear in the text."""

    pattern: re.Pattern[str] | None
    secrets: Mapping[str, str]
    lengths: Mapping[str, tuple[int, ...]]

    def places(self, text: str) -> Iterator[Place]:
        """Yield where writings stand, the longest at each place."""
        if self.pattern is None:
            return
        at = 0
        while match := self.pattern.search(text, at):
            at = match.start()
            for length in self.lengths[match[0]]:
                secret = self.secrets.get(text[at : at + length])
                if secret is not None:
                    yield Place(at, at + length, secret)
                    at += length
                    break
            else:
                at += 1


def finder(secrets: Iterable[str]) -> Finder:
    """Return what looks for these secrets in all their writings that are not shorter than they are."""
    found: dict[str, str] = {}
    for secret in secrets:
        for form in forms(secret):
            if len(form) >= min(SHORTEST, len(secret)):
                found.setdefault(form, secret)
    head = min((_HEAD, *map(len, found)))
    lengths: dict[str, set[int]] = {}
    for form in found:
        lengths.setdefault(form[:head], set()).add(len(form))
    ordered = {head: tuple(sorted(each, reverse=True)) for head, each in lengths.items()}
    return Finder(re.compile(_trie(sorted(ordered), 0)) if ordered else None, found, ordered)


def _trie(words: list[str], depth: int) -> str:
    """Return a pattern for words of equal length that are sorted; it decides by one character after another."""
    if depth == len(words[0]):
        return ""
    branches: dict[str, list[str]] = {}
    for word in words:
        branches.setdefault(word[depth], []).append(word)
    inner = [re.escape(char) + _trie(each, depth + 1) for char, each in branches.items()]
    return inner[0] if len(inner) == 1 else f"(?:{'|'.join(inner)})"
