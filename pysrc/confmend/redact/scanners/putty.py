"""Private keys as PuTTY writes them: the lines after `Private-Lines`, and the sum that proves the passphrase."""

import re
from collections.abc import Iterator

from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import line_end

HEAD = re.compile(r"Private-Lines:[ \t]*([0-9]{1,4})[ \t\r]*\n")
BODY = re.compile(r"[ \t>]*([A-Za-z0-9+/=]{1,200})[ \t\r]*(?:\n|\Z)")
SUM = re.compile(r"Private-(?:MAC|Hash):[ \t]*([0-9a-f]{8,128})")


def find(text: str) -> Iterator[Span]:
    """Give the key, line by line, and its sum."""
    for head in HEAD.finditer(text):
        at = head.end()
        for _ in range(int(head[1])):
            line = BODY.match(text, at)
            if line is None:
                break
            yield Span(*line.span(1))
            at = line.end()
        if found := SUM.match(text, at, line_end(text, at)):
            yield Span(*found.span(1))


SCANNER = Scanner(
    label="private key",
    find=find,
    reason="a private key",
    anchors=("private-lines",),
    examples=(
        Example(
            "Public-Lines: 0\nPrivate-Lines: 2\nAAABAQCq1w2e3r4t\nAAAAgQ==\nPrivate-MAC: 0123456789abcdef\n",
            hidden=("AAABAQCq1w2e3r4t", "AAAAgQ==", "0123456789abcdef"),
        ),
        Example("PuTTY-User-Key-File-3: ssh-ed25519\nPublic-Lines: 1\nAAAAC3NzaC1lZDI1NTE5\nPrivate-Lines: 0\n"),
    ),
)
