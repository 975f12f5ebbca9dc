"""The other writings of a secret that was found once, and where they stand in any text.

A password in a URL is percent-encoded, in SQL its quotes are doubled, in JSON it has backslashes, in a Kubernetes
Secret and in an Authorization header it is base64, there perhaps in the middle of other characters.
"""

import base64
import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple
from urllib.parse import quote, quote_plus

from confmend.redact.lines import Lines, Part, part, places, shape, whole

# Shorter values, and words of one kind of letter, stand in ordinary text: "postgres" and "1234" are passwords too.
SHORTEST, SHORTEST_WORD = 6, 12
# Longer ones are keys in files of their own; each place would be compared with all of it.
LONGEST = 2_000
# Of a longer form the rest is compared when its beginning was found.
_HEAD = 6
_LINE_BREAKS = re.compile(r"[\r\n]")
_CODE = re.compile(r"%[0-9A-F]{2}")
# The rest of a base64 text, of which more than a login's would be some file.
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{0,2000}={0,2}")
_BASE64_BEFORE = re.compile(r"[A-Za-z0-9+/_-]{0,2000}\Z")


def spreads(secret: str) -> bool:
    """Say whether a secret is so odd that the same characters elsewhere are the secret as well."""
    if not SHORTEST <= len(secret) <= LONGEST or _LINE_BREAKS.search(secret):
        return False
    kinds = (str.islower, str.isupper, str.isdigit, lambda char: not char.isalnum())
    return len(secret) >= SHORTEST_WORD or sum(any(map(kind, secret)) for kind in kinds) >= 2


def forms(secret: str) -> Iterator[str]:
    """Yield the writings of a secret but those in base64, itself first."""
    yield secret
    if secret.isascii() and secret.isalnum():
        return
    # In SQL, in libpq's quotes, and those in a configuration's string; each of them may stand in a log or a script.
    libpq = secret.replace("\\", "\\\\").replace("'", "\\'")
    inner = secret, secret.replace("'", "''"), libpq, libpq.replace("'", "''"), _doubled(libpq)
    for written in dict.fromkeys(inner):
        yield from _outer(written)
    yield re.sub(r"([^\w@%+=:,./-])", r"\\\1", secret)
    yield from _in_markup(secret)
    yield from _percent_encoded(secret.encode("utf-8", "surrogatepass"))


def _doubled(written: str) -> str:
    """As postgresql.conf writes a string: each backslash and each quote twice."""
    return written.replace("\\", "\\\\").replace("'", "''")


def _outer(written: str) -> Iterator[str]:
    """Yield what becomes of a text in a string of SQL, csv, JSON, JSON in JSON or csv, and a shell's word."""
    escaped, plain = json.dumps(written)[1:-1], json.dumps(written, ensure_ascii=False)[1:-1]
    yield written
    yield written.replace('"', '""')
    yield written.replace("\\", "\\\\").replace('"', '\\"')
    yield from (escaped, plain, json.dumps(escaped)[1:-1], plain.replace('"', '""'))
    yield escaped.replace("/", "\\/")  # PHP's
    yield from (_for_html(escaped, str.lower), _for_html(escaped, str.upper).replace('\\"', "\\u0022"))
    yield written.replace("'", "'\\''")


def _for_html(escaped: str, case: Callable[[str], str]) -> str:
    """As Go and .NET write JSON: what HTML would read is a number, in lower case by Go, which leaves quotes alone."""
    signs = "<>&" if case is str.lower else "<>&'+`"
    return "".join(f"\\u{case(format(ord(char), '04x'))}" if char in signs else char for char in escaped)


def _in_markup(secret: str) -> Iterator[str]:
    """Yield what XML and HTML make of a secret, with the names and numbers that quotes have there."""
    written = secret.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for double, single in ("\"'", ("&quot;", "'"), ("&quot;", "&apos;"), ("&quot;", "&#39;"), ("&quot;", "&#x27;")):
        yield written.replace('"', double).replace("'", single)
    yield written.replace('"', "&#34;").replace("'", "&#39;")


def _percent_encoded(secret: bytes) -> Iterator[str]:
    """Yield what URLs make of a secret, also in a URL that is itself a parameter of one."""
    for safe in ("", "/", "!*'()~", "$-_.+!*'(),"):
        encoded = quote(secret, safe=safe)
        yield encoded
        yield _CODE.sub(lambda code: code[0].lower(), encoded)
    yield quote_plus(secret)
    yield quote(quote(secret, safe=""), safe="")


def _in_base64(secret: bytes) -> Iterator[str]:
    """Yield what any base64 text holds that has the secret in it: whole, or after one or two other bytes.

    And the base64 of that, as of a value that was encoded by hand before `kubectl create secret` encoded it again.
    """
    yield base64.b64encode(base64.b64encode(secret)).decode("ascii")
    for before in range(3):
        # The characters that a neighbour's bits get into are left off at both ends.
        first = (before * 8 + 5) // 6
        last = (before + len(secret)) * 8 // 6
        encoded = base64.b64encode(bytes(before) + secret).decode("ascii")
        for written in (encoded, encoded.replace("+", "-").replace("/", "_")):
            if not before:
                yield written
            yield written[first:last]


class Place(NamedTuple):
    """Where a writing of a secret stands."""

    start: int
    end: int
    secret: str


@dataclass(frozen=True, slots=True)
class Finder:
    """Looks for many writings at once, by the shape of their first characters, in time linear in the text."""

    pattern: re.Pattern[str] | None
    secrets: Mapping[str, str]
    lengths: Mapping[str, tuple[int, ...]]
    in_base64: Set[str]
    in_lines: bool

    def search(self, text: str, at: int) -> re.Match[str] | None:
        """Return the first place in the shape of a text from ``at`` on where a writing may begin."""
        while self.pattern and (match := self.pattern.search(text, at)):
            if match[0] in self.lengths:
                return match
            at = match.start() + 1
        return None

    def places(self, seen: Lines, hidden: Sequence[tuple[int, int]]) -> Iterator[Place]:
        """Yield where writings stand, the longest at each place, but those that ``hidden`` holds."""
        # A word of the reader's own may go over several lines.
        read = _read(seen, self) if self.in_lines else whole(seen.text)
        text, shapes = read.text, shape(read.text)
        longest = max(map(len, self.secrets), default=0)
        at = 0
        while match := self.search(shapes, at):
            at = match.start()
            start, _ = read.original(at, at)
            index = bisect_right(hidden, (start, len(seen.text))) - 1
            if index >= 0 and hidden[index][1] - longest > start:
                # Not the same secret again and again, where it is a part of a longer one.
                at += max(1, read.original(at, at + hidden[index][1] - longest - start)[1] - start)
                continue
            for length in self.lengths[match[0]]:
                written = text[at : at + length]
                if (secret := self.secrets.get(written)) is not None:
                    first, last = at, at + length
                    if written in self.in_base64:
                        first, last = _whole_base64(text, first, last)
                    if index < 0 or hidden[index][1] < start + length:
                        yield Place(*read.original(first, last), secret)
                    at = last
                    break
            else:
                at += 1


def _whole_base64(text: str, start: int, end: int) -> tuple[int, int]:
    """Where the base64 text begins and ends that has the secret in it: what was left of it would be none."""
    before, after = _BASE64_BEFORE.search(text, max(0, start - 2_000), start), _BASE64.match(text, end)
    return before.start() if before else start, after.end() if after else end


def _read(seen: Lines, what: Finder) -> Part:
    """Return the lines in whose shape it is found."""
    where = seen.numbers({*seen.holding([what])})
    numbers = sorted(chain.from_iterable(where.values()))
    ends = seen.ends() if numbers else ()
    return part(seen.text, places(ends, [(number, number + 1) for number in numbers]), None)


def finder(secrets: Iterable[str]) -> Finder:
    """Return what looks for these secrets in all their writings that are not shorter than they are."""
    found: dict[str, str] = {}
    encoded: dict[str, str] = {}
    for secret in secrets:
        for form in forms(secret):
            if len(form) >= min(SHORTEST, len(secret)):
                found.setdefault(form, secret)
        written = secret.encode("utf-8", "surrogatepass")
        for form in _in_base64(written):
            if len(form) >= min(SHORTEST, len(secret)):
                encoded.setdefault(form, secret)
    encoded = {form: secret for form, secret in encoded.items() if form not in found}
    found |= encoded
    size = min((_HEAD, *map(len, found)))
    heads = shape("".join(form[:size] for form in found))
    lengths: dict[str, set[int]] = {}
    for number, form in enumerate(found):
        lengths.setdefault(heads[number * size : (number + 1) * size], set()).add(len(form))
    ordered = {head: tuple(sorted(each, reverse=True)) for head, each in lengths.items()}
    in_lines = not any("\n" in form for form in found)
    return Finder(re.compile(_heads(ordered)) if ordered else None, found, ordered, encoded.keys(), in_lines)


def _heads(words: Iterable[str]) -> str:
    """Return a pattern that all words match, of equal length: the first character decides which others may follow.

    It matches some other words too, and is made in a fraction of the time that an exact one takes.
    """
    branches: dict[str, list[str]] = {}
    for word in words:
        branches.setdefault(word[0], []).append(word)
    return "|".join(
        re.escape(first)
        + "".join(f"[{''.join(map(re.escape, sorted(set(each))))}]" for each in [*zip(*same, strict=True)][1:])
        for first, same in sorted(branches.items())
    )
