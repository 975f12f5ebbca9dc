"""Values in the lines below a key that says secret: `password:` with the value deeper, a list, or one called `value`.

YAML lets a value begin in the next line. CloudFormation, ARM and Terraform put it beside a type and a description:
`DBPassword:` with a `Default:`, `variable "db_password" {` with a `default =`. What is a key is said in keys.py.
"""

import re
from collections.abc import Iterable, Iterator

from confmend.redact.keys import IN_SHAPES, secret_label
from confmend.redact.quotes import quoted
from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import line_end, secret, unescaped

# A key that is alone in its line, or before an opening brace; a variable of Terraform; how deep it stands.
KEY = (
    r"^(?P<lead>[ \t]*(?:-[ \t]+)?)(?:variable[ \t]+)?\\?[\"']?(?:[\w-]{1,60}:(?=\w))?(?P<key>[\w.-]{1,100})\\?[\"']?"
    r"[ \t]*(?:[:=][ \t]*)?(?P<open>\{|(?<=:)[ \t]*(?:#[^\n]*)?\r?$|(?<=: )\r?$)"
)
HEAD = re.compile(KEY, re.MULTILINE)
BRACE = re.compile(r"\\?[\"']([\w.-]{1,100})\\?[\"'][ \t]*:[ \t]*\{|(?:^|[ \t])([\w.-]{1,100})[ \t]*=[ \t]*\{")
IN_LINE = re.compile(r"[:{][ \t]*(?:#.*)?\r?$|\{[ \t]*\\?[\"']?(?:value|default|type|sensitive)|[\"'][ \t]*\{")
CALLED = re.compile(
    r"(?:^|[\s{,])\\?[\"']?(?:value|default|default_?value|secure)\\?[\"']?[ \t]*[:=][ \t]*", re.IGNORECASE
)
SCALAR = re.compile(r"[^\s\"'#{\[&*!|>%@`:-][^\s#{}\[\]]*(?=[ \t\r]*$)|-[^\s#:-]\S*(?=[ \t\r]*$)", re.MULTILINE)
PAIR = re.compile(r"[\w.$-]{1,100}:(?:[ \t]|\r?$)|[\w.-]{1,100}[ \t]*=", re.MULTILINE)
COMMENT = re.compile(r"[ \t]*(?:#|//)")
NUMBER = re.compile(r"[0-9]+")
# A brace in a string closes nothing.
BRACES = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|[{}]")
MOST_LINES = 12
PLURALS = ("secrets", "tokens")


def _deeper(text: str, end: int, column: int, most: int, items: bool = False) -> Iterator[tuple[int, int]]:
    """Yield the lines below one that ends there, as far as they are deeper; items of a list need not be."""
    for _ in range(most):
        newline = text.find("\n", end, end + 2)
        if newline < 0:
            return
        start, end = newline + 1, line_end(text, newline + 1)
        line = text[start:end]
        content = line.lstrip(" \t")
        depth = len(line) - len(content)
        if not content or COMMENT.match(line):
            continue
        if depth < column or (depth == column and not (items and content.startswith("- "))):
            return
        yield start + depth, end


def _value(text: str, at: int, end: int) -> tuple[int, int]:
    """Where the value stands that is alone in its line."""
    if found := quoted(text, at, end, ""):
        return found
    scalar = SCALAR.match(text, at, end)
    return scalar.span() if scalar and not PAIR.match(text, at, end) else (at, at)


def _below(text: str, end: int, column: int, key: str) -> Iterator[tuple[int, int]]:
    """Give the value in the next line, or the items of a list there."""
    lines = [*_deeper(text, end, column, 2)]
    if len(lines) == 1 and not text.startswith("- ", lines[0][0]):
        yield _value(text, *lines[0])
        return
    if key.lower().endswith(PLURALS):
        return  # what stands there are names of secrets
    for at, stop in _deeper(text, end, column, MOST_LINES, True):
        if not text.startswith("- ", at):
            return
        yield _value(text, at + 2, stop)


def _called(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Give what is called the value, or the default, in this part of the text."""
    for name in CALLED.finditer(text, start, end):
        at = name.end()
        stop = min(line_end(text, at), end)
        if found := quoted(text, at, stop, ""):
            yield found
        elif at < stop and text[at] not in "{[":
            rest = re.compile(r"[^\n,}#]*").match(text, at, stop)
            yield at, at + len(rest[0].rstrip()) if rest else at


def _braced(text: str, at: int) -> int:
    """Where the brace closes, at the latest so many lines below; braces in each other are counted."""
    end = line_end(text, at)
    for _ in range(MOST_LINES):
        newline = text.find("\n", end, end + 2)
        if newline < 0:
            break
        end = line_end(text, newline + 1)
    end = min(end, at + 4_000)
    depth = 1
    for sign in BRACES.finditer(text, at, end):
        depth += {"{": 1, "}": -1}.get(sign[0], 0)
        if not depth:
            return sign.start()
    return end


def find(text: str) -> Iterator[Span]:
    """Give what stands below such keys, or in braces behind them."""
    for head in HEAD.finditer(text):
        if head["open"].startswith("{"):
            yield from _given(text, head["key"], _called(text, head.end() - 1, _braced(text, head.end())))
        elif secret_label(head["key"]):
            column, end = len(head["lead"]), line_end(text, head.start("key"))
            places = [each for each in _below(text, end, column, head["key"]) if each[0] < each[1]]
            lines = [] if places else [*_deeper(text, end, column, MOST_LINES)]
            yield from _given(text, head["key"], places or (_called(text, end, lines[-1][1]) if lines else ()))
    for brace in BRACE.finditer(text):
        yield from _given(text, brace[1] or brace[2], _called(text, brace.end() - 1, _braced(text, brace.end())))


def _given(text: str, key: str, places: Iterable[tuple[int, int]]) -> Iterator[Span]:
    """Give the values of a key if it names a secret, but not numbers of tokens, keys or secrets."""
    label = secret_label(key)
    for first, last in places if label else ():
        counts = key.lower().endswith("s") and NUMBER.fullmatch(text, first, last) is not None
        if not counts and (span := secret(text, first, last, label)):
            yield span


SCANNER = Scanner(
    label="password",
    find=find,
    reason="stands below a key that names a secret",
    meaning=unescaped,
    anchors=tuple((stem, IN_LINE) for stem in IN_SHAPES),
    lines=MOST_LINES + 1,
    examples=(
        Example("password:\n  qq11zz\nport: 1\n", hidden=("qq11zz",)),
        Example("  passwords:\n  - qq11zz\n  - 'ww 22'\n  port: 1\n", hidden=("qq11zz", "ww 22")),
        Example("DBPassword:\n  Type: String\n  Default: qq11zz\n  NoEcho: true\n", hidden=("qq11zz",)),
        Example("config:\n  app:dbPassword:\n    secure: AAABAqq11zz\n  app:size: 3\n", hidden=("AAABAqq11zz",)),
        Example('variable "db_password" {\n  type    = string\n  default = "qq 11"\n}\n', hidden=("qq 11",)),
        Example('"adminPassword": {\n  "value": "qq11zz"\n},\n"sku": {"value": "B1"}\n', hidden=("qq11zz",)),
        Example('"outputs": {"db_password": {"value": "qq11zz", "type": "string"}}\n', hidden=("qq11zz",)),
        Example("secrets:\n  - db_password\n  - tls\npassword:\n  valueFrom:\n    key: x\ntokens:\n  default: 4096\n"),
        Example("Password:\n\n  Ask the owner of it.\npassword_policy:\n  default: strong\nsecret:\n  name: pg\n"),
        Example('variable "db_password" {\n  type = string\n}\nvariable "size" {\n  default = "B1"\n}\n'),
    ),
)
