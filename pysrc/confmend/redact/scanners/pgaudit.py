"""Parameters that pgaudit logs behind a statement that speaks of a password (`pgaudit.log_parameter`).

`AUDIT: SESSION,1,1,WRITE,UPDATE,TABLE,public.users,"update ... $1","bob,s3cret"`: fields as in CSV, the parameters as
CSV in one of them. In a csvlog each quote is doubled once more, in a jsonlog it has a backslash. The passwords that
stand in the statement itself are those of the scanners of SQL.
"""

import re
from collections.abc import Iterator

from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import secret

ANCHOR = "AUDIT: "
FIELDS = re.compile(r"AUDIT: (?:SESSION|OBJECT),\d+,\d+,[^,\n]*,[^,\n]*,[^,\n]*,[^,\n]*,(\\?\"{0,2})")
STRONG = re.compile(r"pass(?:word|wd|phrase)|pwd|crypt|secret|hmac|credential|token|api_?key", re.IGNORECASE)
NUMBER = re.compile(r"\$\d")
NOT_LOGGED = re.compile(r"<(?:not logged|none|previously logged)>")
PIECE = re.compile(r"[^,\"\\\n]+")
FAR = 20_000
# What ends a field, by the quote that opened it: that quote, but not doubled; what ends the whole message.
CLOSING = {
    "": re.compile(r"(?=,)"),
    '"': re.compile(r'(?<!")(?:"")*"(?=,)'),
    '""': re.compile(r'(?<!")(?:"{4})*""(?=,)'),
    '\\"': re.compile(r'(?<!\\")(?:\\"\\")*\\"(?=,)'),
}
END = {
    "": re.compile(r"$", re.MULTILINE),
    '"': re.compile(r"$", re.MULTILINE),
    '""': re.compile(r'(?<!")(?:"")*"(?!")|\Z'),
    '\\"': re.compile(r'(?<!\\)"|$', re.MULTILINE),
}


def find(text: str) -> Iterator[Span]:
    """Give every parameter of such statements."""
    at = 0
    while (at := text.find(ANCHOR, at)) >= 0:
        fields = FIELDS.match(text, at)
        at += len(ANCHOR)
        if fields is None:
            continue
        start = fields.end()
        following = text.find(ANCHOR, start, start + FAR)
        limit = following if following >= 0 else min(start + FAR, len(text))
        closing = CLOSING[fields[1]].search(text, start, limit)
        if closing is None:
            continue
        at = closing.end()
        if not (STRONG.search(text, start, closing.start()) and NUMBER.search(text, start, closing.start())):
            continue
        first = closing.end() + 1
        end = END[fields[1]].search(text, first, limit)
        last = end.start() if end else limit
        if NOT_LOGGED.match(text, first):
            continue
        for piece in PIECE.finditer(text, first, last):
            if span := secret(text, *piece.span()):
                yield span
        at = last


SCANNER = Scanner(
    label="password",
    find=find,
    reason="a parameter of an audited statement that speaks of a password",
    anchors=(ANCHOR.lower(),),
    examples=(
        Example(
            "LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,\"select crypt($1, gen_salt('bf'))\",qq11zz\n", hidden=("qq11zz",)
        ),
        Example(
            'LOG:  AUDIT: OBJECT,2,1,WRITE,UPDATE,TABLE,public.u,"update ""users"" set password = $2 where a = $1",'
            '"""qq 11"",ww22xx"\n',
            hidden=("qq 11", "ww22xx"),
        ),
        Example(
            ',0,LOG,00000,"AUDIT: SESSION,1,1,WRITE,UPDATE,,,""update t set pwd = $1 where a = $2"",qq11zz",,,\n',
            hidden=("qq11zz",),
        ),
        Example(
            '{"message":"AUDIT: SESSION,1,1,WRITE,UPDATE,,,\\"update t set secret = $1, b = 2\\",qq11zz","x":"y"}\n',
            hidden=("qq11zz",),
        ),
        Example('LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,"select crypt($1, $2)",<not logged>\n'),
        Example('LOG:  AUDIT: SESSION,1,1,WRITE,INSERT,TABLE,public.t,"insert into t values ($1, 2)","bob,7"\n'),
        Example("LOG:  AUDIT: SESSION,1,1,MISC,SET,,,set work_mem = '4MB',<none>\n"),
    ),
)
