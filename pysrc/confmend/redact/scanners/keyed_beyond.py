"""Values of YAML after a key that says secret, where other lines have a say: blocks, and names of a value.

`password: |` has its value in the lines below that are deeper, and `token: *pw` repeats the one of `password: &pw x`.
What is a key, and which value stays, is said in keyed.py.
"""

import re
from collections.abc import Iterator

from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.scanners.keyed import values
from confmend.redact.values import folded, line_end, unescaped

SIGN = re.compile(r":[ \t]+[|>!&*]")


def find(text: str) -> Iterator[Span]:
    """Give the value of every key that names a secret, where it is a block or has a name."""
    low = ""
    end = -1
    for sign in SIGN.finditer(text):
        if sign.start() < end:
            continue
        low = low or folded(text)
        start, end = text.rfind("\n", 0, sign.start()) + 1, line_end(text, sign.start())
        yield from values(text, low, start, end, True)


SCANNER = Scanner(
    label="password",
    find=find,
    reason="a block, or a value with a name, after a key that names a secret",
    meaning=unescaped,
    anchors=(SIGN,),
    examples=(
        Example("password: |\n  line one9\n\n  line two8\nport: 1\n", hidden=("line one9", "line two8")),
        Example("a: &pw qq11zz\npassword: &pw2 qq22\ntoken: *pw2\npwd: *zz33\n", hidden=("qq22", "*zz33")),
        Example("token: >-  # of the vault\n    qq11zz\n    ww22xx\nuser: app\n", hidden=("qq11zz", "ww22xx")),
        Example("password_encryption: |\n  scram-sha-256\nnotes: |\n  the password\nbase: &base x\npassword: *base\n"),
    ),
)
