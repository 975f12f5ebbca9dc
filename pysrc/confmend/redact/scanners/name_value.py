"""Secrets in lists of names and values: `- name: DB_PASSWORD` with `value: x` below, or both in one object."""

import re
from collections.abc import Iterator

from confmend.redact.keys import secret_label
from confmend.redact.quotes import quoted
from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import BLANK, bare, line_end, secret, unescaped

NAME = re.compile(
    r"""(?:name|key|Name|Key)\\?["']?[ \t]*[:=][ \t]*\\?["']?([\w.-]{1,100})\\?["']?"""
    r"""(?:[ \t]*,)?[ \t\r\n,-]*\\?["']?(?:default_?|[Pp]arameter_?)?$"""
)
BEFORE = 200
EQUALS = re.compile(r"""\\?["']?[ \t]*[:=](?!=)[ \t]*""")


def _bare(text: str, start: int, at: int, end: int) -> int:
    """The end of a value without quotes: in a line of YAML all of it but a comment is the value."""
    line = text.rfind("\n", max(0, start - BEFORE), start) + 1
    if text[line:start].strip(BLANK) or ":" not in text[start:at]:
        return bare(text, at, end, "" if text[start - 1 : start] in BLANK else text[start - 1], ",")
    return at + len(text[at:end].split(" #")[0].rstrip(BLANK))


def find(text: str) -> Iterator[Span]:
    """Give the values whose name, just before, says secret."""
    for word in ("value", "Value"):
        at = 0
        while (at := text.find(word, at)) >= 0:
            start = at
            at += len(word)
            equals = EQUALS.match(text, at)
            name = NAME.search(text, max(0, start - BEFORE), start) if equals else None
            label = secret_label(name[1]) if name else ""
            if not label or equals is None:
                continue
            end = line_end(text, equals.end())
            inside = "" if text[start - 1 : start] in BLANK else text[start - 1]
            first, last = quoted(text, equals.end(), end, inside) or (
                equals.end(),
                _bare(text, start, equals.end(), end),
            )
            if span := secret(text, first, last, label):
                yield span
                at = max(at, span.end)


SCANNER = Scanner(
    label="password",
    find=find,
    reason="the name that belongs to this value names a secret",
    meaning=unescaped,
    anchors=(("value", re.compile(r"value\\?[\"']?[ \t]*[:=](?!=)")),),
    examples=(
        Example("- name: POSTGRES_PASSWORD\n  value: qq11zz\n- name: B\n  value: c\n", hidden=("qq11zz",)),
        Example("- key: POSTGRES_PASSWORD\n  value: qq 11 zz # x\n", hidden=("qq 11 zz",)),
        Example('- name: API_TOKEN\n\tvalue: "qq 11 zz"', hidden=("qq 11 zz",)),
        Example('{"name": "DB_PASSWORD", "value": "qq11zz"}', hidden=("qq11zz",)),
        Example('{"Key":"db-secret","Value":"qq11zz"}', hidden=("qq11zz",)),
        Example('{"ParameterKey": "DbPassword", "ParameterValue": "qq11zz"}', hidden=("qq11zz",)),
        Example("- name: POSTGRES_PASSWORD\n  valueFrom:\n    secretKeyRef:\n      name: pg\n      key: password\n"),
        Example("- name: PASSWORD_FILE\n  value: /run/secrets/pg\n- name: PW_SECRET\n  value: ${X}\n"),
        Example("- name: password_encryption\n  value: md5\n- name: POSTGRES_USER\n  value: app\n"),
    ),
)
