"""What PostgreSQL's errors quote of a password: `syntax error at or near "w0rd"` where its quote was not doubled."""

import re
from collections.abc import Iterator

from confmend.redact.literals import begins_message, in_lines, message
from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import folded, line_end

ANCHOR = " at or near "
QUOTE = re.compile(r"(?:\\\"|\"\"|\")")
# In JSON, in csv (where the quotes of the token's own end are doubled too), in the plain form.
CLOSE = re.compile(
    r"\\\"(?=\"[,}])|(?<!\")((?:\"\")*)\"\"\"(?=,|\r?$)|\"(?= at character|[ \t]*\r?$)",
    re.MULTILINE,
)
OPENING = re.compile(r"(?:[eEnN]|[uU]&)?'|\$\w{0,63}\$|\\?\"{1,2}")
SPEAKS = re.compile(r"pass(?:w|p)?\w|paswor|identified|crypt|hmac|(?:alter|create)\s+(?:role|user|group)\s")
KEYWORDS = re.compile(
    r"\W*|alter|create|role|user|group|with|encrypted|password|null|valid|until|in|is|as|by|for|set|to|login|options?|"
    r"select|from|where|and|or|values|insert|into|update|end|begin|do|superuser|identified"
)


def find(text: str) -> Iterator[Span]:
    """Give what such errors quote of a password."""
    return in_lines(text, _found(text))


def _found(text: str) -> Iterator[Span]:
    """Give what such an error quotes, when the statement speaks of a password and it stands where one can be."""
    low = folded(text)
    at = 0
    while (at := text.find(ANCHOR, at)) >= 0:
        start = at
        at += len(ANCHOR)
        quote = QUOTE.match(text, at)
        if quote is None:
            continue
        _, end = message(text, start)
        close = CLOSE.search(text, quote.end(), end)
        first, last = quote.end(), line_end(text, at)
        if close:
            last = close.start() if close[1] is None else close.end(1)
        # Without its opening quote: the token is looked for in all other places, and they keep theirs.
        if opening := OPENING.match(text, first, last):
            first = opening.end()
            last -= len(opening[0]) if text[first:last].endswith(opening[0]) else 0
        unterminated = low.endswith(("string", "identifier"), max(0, start - 12), start)
        speaks = SPEAKS.search(low, last, end)
        if speaks is None or KEYWORDS.fullmatch(low, first, last):
            continue
        if unterminated or _stands_in_password(low, low[first:last], speaks.start(), end):
            yield Span(first, last)


def _stands_in_password(low: str, token: str, start: int, end: int) -> bool:
    """Whether the token is no word of its own behind complete literals."""
    place = low.find(token, start, end)
    if place < 0:
        return False
    before = low[max(start, place - 20) : place]
    words = before.rstrip(" \t\r\n").endswith(("password", "passwd", "=", "by"))
    return words or not before[-1:].isspace() or low.count("'", start, end) % 2 == 1


SCANNER = Scanner(
    label="password",
    find=find,
    reason="a part of a password that an error message quotes",
    anchors=(ANCHOR,),
    begins=begins_message,
    examples=(
        Example(
            'ERROR:  syntax error at or near "w0rd" at character 31\n'
            "STATEMENT:  ALTER ROLE app PASSWORD 'p@ss'w0rd'\n",
            hidden=("w0rd",),
        ),
        Example(
            '"syntax error at or near ""n0quotes""",,,,,,"ALTER ROLE app PASSWORD n0quotes;",25,\n',
            hidden=("n0quotes",),
        ),
        Example(
            '{"message":"unterminated quoted string at or near \\"\'cut 7;\\"",'
            '"statement":"ALTER ROLE a PASSWORD \'cut 7;"}',
            hidden=("cut 7;",),
        ),
        Example('ERROR:  syntax error at or near "FORM" at character 10\nSTATEMENT:  SELECT 1 FORM passwords\n'),
        Example('ERROR:  syntax error at or near "ROLE" at character 1\nSTATEMENT:  ROLE app PASSWORD NULL\n'),
        Example('ERROR:  syntax error at or near "alow" at character 9\nSTATEMENT:  CREATE ROLE app alow\n'),
    ),
)
