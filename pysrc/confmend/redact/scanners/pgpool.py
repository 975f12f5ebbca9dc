"""Passwords of pgpool's own files: pool_passwd with `user:AES...` and `user:TEXT...`, pcp.conf with `user:<md5>`.

A line of pcp.conf may be any file's checksum, so it is read only below the comment that every such file begins with.
"""

import re
from collections.abc import Iterator

from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import secret

POOL = re.compile(r"^[\w.@-]{1,64}:(?:AES([A-Za-z0-9+/]{22,200}={0,2})|TEXT(\S{1,200}))[ \t\r]*$", re.MULTILINE)
POOL_IN_LINE = re.compile(r":(?:AES[A-Za-z0+/]{22}|TEXT\S)")
HEAD = re.compile(r"#[ \t]*USERID:MD5PASSWD", re.IGNORECASE)
PCP = re.compile(r"^[\w.@-]{1,64}:([0-9a-f]{32})[ \t\r]*$", re.MULTILINE)


def find(text: str) -> Iterator[Span]:
    """Give the passwords of both files."""
    for entry in POOL.finditer(text):
        if span := secret(text, *entry.span(1 if entry[1] else 2)):
            yield span
    if head := HEAD.search(text):
        for entry in PCP.finditer(text, head.end()):
            yield Span(*entry.span(1))


SCANNER = Scanner(
    label="password",
    find=find,
    reason="a password of pgpool's",
    anchors=(POOL_IN_LINE, ("passwd", re.compile(r"userid:md0passwd"))),
    examples=(
        Example("app:AESqqNb0Ek3xv1JmQ7yPzS1aT2g==\nbob:TEXTqq11zz\n", hidden=("qqNb0Ek3xv1JmQ7yPzS1aT2g==", "qq11zz")),
        Example(
            "# USERID:MD5PASSWD\npgpool:e8a48653851e28c69d0506508fb27fc5\n",
            hidden=("e8a48653851e28c69d0506508fb27fc5",),
        ),
        Example("pgpool:e8a48653851e28c69d0506508fb27fc5\nmethod:AES\nformat:TEXT\nciphers:AES256-GCM:AES128-SHA\n"),
    ),
)
