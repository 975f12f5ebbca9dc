"""Passwords in .netrc: `machine NAME login USER password VALUE`, in one line or several (GNU inetutils, curl)."""

import re
from collections.abc import Iterator

from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import secret

PAIR = re.compile(
    r"[ \t\r\n]{1,200}(?:#[^\n]{0,200}\n[ \t\r\n]{0,200})?(login|user|account|port|password|passwd)[ \t\r\n]{1,99}"
    r"(\"(?:[^\"\\\n]|\\.)*\"?|\S{1,2000})"
)
MACHINE = re.compile(r"machine[ \t\r\n]{1,99}\S{1,255}")


def find(text: str) -> Iterator[Span]:
    """Give the password, and the account's, of every machine."""
    for anchor in ("machine", "default"):
        at = 0
        while (at := text.find(anchor, at)) >= 0:
            start = at
            at += len(anchor)
            if text[start - 1 : start].strip(" \t\r\n'\"`") if start else "":
                continue
            machine = MACHINE.match(text, start) if anchor == "machine" else None
            if machine is None and anchor == "machine":
                continue
            place = machine.end() if machine else at
            pairs = []
            while pair := PAIR.match(text, place):
                pairs.append(pair)
                place = pair.end()
            # "the machine x password y" is no sentence of prose only with a name beside it, or nothing.
            for pair in pairs:
                if pair[1] in ("password", "passwd", "account"):
                    first, last = pair.span(2)
                    if text[first] == '"':
                        first, last = first + 1, last - (text[last - 1] == '"' and last > first + 1)
                    if span := secret(text, first, last):
                        yield span
            at = max(at, place)


SCANNER = Scanner(
    label="password",
    find=find,
    reason="a password of a .netrc file",
    anchors=(re.compile(r"machine[ \t\r\n]"), re.compile(r"default[ \t\r\n]")),
    examples=(
        Example("machine ftp.example login app password qq11zz\n", hidden=("qq11zz",)),
        Example("machine h\n  login app\n  password qq11zz\n  account ww22xx\n", hidden=("qq11zz", "ww22xx")),
        Example('default login anonymous password "qq 11\\"zz"\n', hidden=('qq 11\\"zz',)),
        Example("machine h password qq11zz login app", hidden=("qq11zz",)),
        Example("machine learning: the default login password is wrong; virtual machine login failed\n"),
        Example("~/.netrc: the login name, the password and the machine\n"),
    ),
)
