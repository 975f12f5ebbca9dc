"""A secret that was found, where it stands in hexadecimal digits: as `encode(x, 'hex')` and `bytea` print it.

Whole runs of digits only. Their beginnings would be among the digits of times and numbers; so lines are looked for that
have so many digits in a row.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from confmend.redact.forms import LONGEST, SHORTEST, Place
from confmend.redact.lines import Lines, part, places, shape

# In the shape of a line all digits are 0.
_RUNS = bytes(ord("0") if chr(code) in "0abcdefABCDEF" else code if code == 10 else 32 for code in range(256))
_RUN = re.compile(rf"(?<![0-9A-Za-z])(?:0x|(?<=\\)x)?([0-9a-fA-F]{{{2 * SHORTEST},{2 * LONGEST}}})(?![0-9A-Za-z])")


def in_hexadecimal(seen: Lines, secrets: Iterable[str]) -> Iterator[Place]:
    """Yield where one of the secrets stands in hexadecimal digits."""
    written = {secret.encode("utf-8", "surrogatepass").hex(): secret for secret in secrets if len(secret) >= SHORTEST}
    if not written:
        return
    known = {shape(digits) for digits in written}
    where = seen.numbers(
        {line for line in _holding(seen) if any(run[1].lower() in known for run in _RUN.finditer(line))}
    )
    numbers = sorted(chain.from_iterable(where.values()))
    if not numbers:
        return
    read = part(seen.text, places(seen.ends(), [(number, number + 1) for number in numbers]), None)
    for run in _RUN.finditer(read.text):
        if secret := written.get(run[1].lower()):
            yield Place(*read.original(*run.span(1)), secret)


def _holding(seen: Lines) -> Iterator[str]:
    """Yield the shapes of the lines with so many of these digits in a row."""
    runs = seen.distinct.encode("latin-1").translate(_RUNS)
    word = b"0" * (2 * SHORTEST)
    at = runs.find(word)
    while at >= 0:
        start, end = runs.rfind(b"\n", 0, at) + 1, runs.find(b"\n", at)
        yield seen.distinct[start:end]
        at = runs.find(word, end)
