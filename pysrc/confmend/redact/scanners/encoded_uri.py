"""Passwords in a URI that is itself percent-encoded, as in a parameter: `postgres%3A%2F%2Fapp%3Ax%40h`."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import secret

URI = re.compile(
    r"%3[Aa]%2[Ff]%2[Ff](?:[\w.~*-]|%(?!3[Aa]|40|2[Ff])[0-9A-Fa-f]{2}){0,64}"
    r"%3[Aa]((?:[\w.~*!-]|%(?!40|3[Aa]%2[Ff]%2[Ff])[0-9A-Fa-f]{2}){1,256})%40"
)
# The same in the shape of a line, where digits are 0.
IN_LINE = re.compile(r"%0[Aa]%0[Ff]%0[Ff]")


def find(text: str) -> Iterator[Span]:
    """Give the passwords between a user's name and an encoded `@`."""
    for uri in URI.finditer(text):
        if span := secret(text, *uri.span(1)):
            yield span


def _meaning(written: str) -> str:
    return unquote(unquote(written))


SCANNER = Scanner(
    label="password",
    find=find,
    reason="a password in a URL that is percent-encoded",
    meaning=_meaning,
    anchors=(IN_LINE,),
    lines=1,
    examples=(
        Example("PG_URI=postgres%3A%2F%2Fapp%3Aqq%252311%40db%2Fapp", hidden=("qq%252311",)),
        Example("?next=http%3A%2F%2Fh%3A8080%2Fp&to=postgres%3A%2F%2Fapp%40db%2Fapp"),
    ),
)
