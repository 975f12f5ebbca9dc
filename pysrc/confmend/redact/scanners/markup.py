"""Secrets in XML: elements and attributes whose name says so, `<password>x</password>`, `<add key="x" value="y"/>`.

Property lists have the name in an element of its own: `<key>Password</key><string>x</string>`.
"""

import re
from collections.abc import Iterator

from confmend.redact.keys import looks_drawn, may_be_key, secret_label
from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import secret

CLOSING = re.compile(r"</(?:[\w-]{1,40}:)?([\w.-]{1,100})[ \t]*>")
OPENING = re.compile(r"<(?:[\w-]{1,40}:)?([\w.-]{1,100})(?:[ \t\r\n][^<>]{0,300})?>[ \t\r\n]*")
NAMED = re.compile(r"""(?:key|name|id)=["']([\w.: -]{1,100})["'][^<>]{0,300}?[ \t\r\n]value=(["'])""", re.IGNORECASE)
PLIST = re.compile(r"<key>([\w.: -]{1,100})</key>[ \t\r\n]*<(?:string|data)>[ \t\r\n]*")
NAME = re.compile(r"""[ \t\r\n](?:key|name|id)=["']([\w.: -]{1,100})["']""", re.IGNORECASE)
NAME_BEFORE = re.compile(
    r"(?:<(?:name|key)>[ \t]*([\w.:-]{1,100})[ \t]*</(?:name|key)>|<\w{1,40}[ \t][^<>]{0,60}?\b(?:name|key)=[\"']"
    r"([\w.:-]{1,100})[\"'][^<>]{0,60}>)[ \t\r\n]*\Z"
)
LONGEST = 20_000


def _elements(text: str) -> Iterator[Span]:
    at = floor = 0
    while (at := text.find("</", at)) >= 0:
        closing = CLOSING.match(text, at)
        start = text.rfind("<", floor, at)
        if closing and start >= 0 and at - start < LONGEST:
            opening = OPENING.match(text, start, at)
            if opening and opening[1] == closing[1]:
                end = opening.end() + len(text[opening.end() : at].rstrip())
                label = secret_label(opening[1]) or secret_label(_name(text, start, opening.end()))
                if not label and may_be_key(opening[1]) and looks_drawn(text[opening.end() : end]):
                    label = "key"
                if label and (span := secret(text, opening.end(), end, label)):
                    yield span
        floor = at
        at += 2


def _name(text: str, start: int, end: int) -> str:
    """Return what an element is called by an attribute, as in `<property name="x">`, or by the element before it."""
    if attribute := NAME.search(text, start, end):
        return attribute[1]
    before = NAME_BEFORE.search(text, max(0, start - 200), start) if text.startswith("<value", start) else None
    return (before[1] or before[2]) if before else ""


def _named(text: str) -> Iterator[Span]:
    """Give the values of tags that have a name and a value."""
    at = 0
    while (at := text.find("value=", at)) >= 0:
        start = text.rfind("<", max(0, at - 500), at)
        if start >= 0 and (match := NAMED.search(text, start, at + 7)):
            end = text.find(match[2], match.end(), match.end() + LONGEST)
            label = secret_label(match[1])
            if label and end > 0 and (span := secret(text, match.end(), end, label)):
                yield span
        at += 6


def _property_lists(text: str) -> Iterator[Span]:
    at = 0
    while (at := text.find("<key>", at)) >= 0:
        match = PLIST.match(text, at)
        if match and (label := secret_label(match[1])):
            end = text.find("<", match.end(), match.end() + LONGEST)
            if end > 0 and (span := secret(text, match.end(), end, label)):
                yield span
        at += 5


def find(text: str) -> Iterator[Span]:
    """Give the secrets of XML."""
    yield from _elements(text)
    yield from _named(text)
    yield from _property_lists(text)


SCANNER = Scanner(
    label="password",
    find=find,
    reason="stands in an XML element or attribute that names a secret",
    anchors=("</", "value=", "<key>"),
    examples=(
        Example("<dbPassword>\n    qq11zz\n</dbPassword>", hidden=("qq11zz",)),
        Example('<server><password enc="no">qq11zz</password></server>', hidden=("qq11zz",)),
        Example('<add key="FromEmailPassword" value="qq11$zz"/>', hidden=("qq11$zz",)),
        Example("<property name='hibernate.connection.password' value='qq11zz' />", hidden=("qq11zz",)),
        Example("<key>Password</key>\n<string>qq11zz</string>", hidden=("qq11zz",)),
        Example('<property name="connection.password">qq 11zz</property>', hidden=("qq 11zz",)),
        Example("<name>javax.jdo.option.ConnectionPassword</name>\n<value>qq11zz</value>", hidden=("qq11zz",)),
        Example('<property name="password">\n  <value>qq11zz</value>\n</property>', hidden=("qq11zz",)),
        Example("<mailKey>qq11zz22xx33yy44</mailKey>", hidden=("qq11zz22xx33yy44",)),
        Example("<password></password><password>${db.password}</password><passwordFile>/etc/pw</passwordFile>"),
        Example('<add key="PasswordTimeout" value="30"/><sortKey>name</sortKey><key>KeepAlive</key><string>x</string>'),
    ),
)
