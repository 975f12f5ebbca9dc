"""Passwords in PgBouncer's auth_file: lines of `"user" "password"`, where a quote in a name is doubled.

Also where a configuration holds such a file as text: indented in YAML, with `\\"` in JSON, in a shell's `echo`.
"""

import re
from collections.abc import Iterator

from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import LOOK_BACK, line_end, secret

BETWEEN = re.compile(r"\"[ \t]{1,20}(\\?)\"")
BEFORE = re.compile(r"(?:^|\n|\\n|['`]|\"(?=\\\"))[ \t;#>|+-]{0,40}(\\?)\"((?:[^\"\\\n]|\"\"){1,128})$")
# A third string was once the date up to which the password is valid.
REST = re.compile(r"(?:[ \t]+\\?\"[\w :+.-]{0,40}\\?\")?(?:[ \t]*(?:[;#].*)?$|\\[rn]|[ \t]*['\"`])", re.MULTILINE)
METHOD = re.compile(r"SCRAM-SHA-256\$")


def find(text: str) -> Iterator[Span]:
    """Give the password of every line of such a file."""
    for between in BETWEEN.finditer(text):
        name_end = between.start() - len(between[1])
        if not text.startswith(between[1], name_end):
            continue
        far = max(0, name_end - LOOK_BACK)
        low = max(far, text.rfind("\n", far, name_end))
        before = BEFORE.search(text[low:name_end])
        if before is None or before[1] != between[1] or (low and before.start() == 0 and text[low] != "\n"):
            continue
        start, end = between.end(), line_end(text, between.end())
        quote = between[1] + '"'
        close = start
        while (close := text.find(quote, close, end)) >= 0:
            if between[1] or not text.startswith('""', close):
                break
            close += 2
        if close >= 0 and not REST.match(text, close + len(quote), end):
            continue
        stop = close if close >= 0 else end
        if METHOD.match(text, start):
            continue
        if span := secret(text, start, stop):
            yield span


def _meaning(written: str) -> str:
    return written.replace('""', '"')


SCANNER = Scanner(
    label="password",
    find=find,
    reason="a password of PgBouncer's user list",
    meaning=_meaning,
    anchors=(BETWEEN,),
    lines=1,
    examples=(
        Example('"app" "s3cr3t x"\n"bob" "q""q7"\n', hidden=("s3cr3t x", 'q""q7')),
        Example('  userlist.txt: |\n    "app"   "qq11zz" ; the pooler\n', hidden=("qq11zz",)),
        Example(';"old" "qq11zz"\r\n', hidden=("qq11zz",)),
        Example('"app" "qq11zz" ""\n', hidden=("qq11zz",)),
        Example('"userlist.txt": "\\"app\\" \\"qq11zz\\"\\n\\"bob\\" \\"ww22xx\\"\\n"', hidden=("qq11zz", "ww22xx")),
        Example('echo \'"app" "qq11zz"\' > /etc/pgbouncer/userlist.txt', hidden=("qq11zz",)),
        Example('"app" "never closed7\n', hidden=("never closed7",)),
        Example('"postgres" ""\n"app" "SCRAM"s\n'),
        Example('auth_file = /etc/pgbouncer/userlist.txt\nlog "a" "b" "c" "d"\n'),
        Example('local "all" "app" peer\n{"a": "b", "c": "d"}\n'),
    ),
)
