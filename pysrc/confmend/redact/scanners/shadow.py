"""Hashes without a method's name in /etc/shadow and /etc/passwd, and the passwords that are given to chpasswd.

shadow(5): `name:hash:days:...`, nine fields; passwd(5): seven. `x`, `!`, `*` and nothing are no hash. Hashes that begin
with `$` are the verifiers' kind.
"""

import re
from collections.abc import Iterator

from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import line_start, secret

SHADOW = re.compile(r":[0-9]{0,6}:[0-9]{0,6}:[0-9]{0,6}:[0-9]{0,6}:[0-9]{0,6}:[0-9]{0,6}:[0-9]*[ \t]*$", re.MULTILINE)
PASSWD = re.compile(r":[0-9]{1,10}:[0-9]{1,10}:[^:\n]{0,200}:/[^:\n]{0,200}:(?:/[^:\n]{0,200})?$", re.MULTILINE)
NAME = re.compile(r"[a-z_][\w.-]{0,31}\$?")
ENDINGS = (":::", ":/")
NO_HASH = re.compile(r"[x!*]*|!*\*?(?:LK|NP)\*?|!?\$.*")
CHPASSWD = re.compile(r"echo[ \t]+(?:-e[ \t]+)?(['\"]?)[\w.-]{1,32}:([^\n|]{1,300}?)\1[ \t]*\|")
# cloud-init's list below its own key: `chpasswd:` with `list: |`, and `user:password` in the lines below.
CLOUD_INIT = re.compile(
    r"chpasswd:[ \t]*\r?\n(?:[ \t]+expire:[^\n]{0,40}\n)?[ \t]+list:[ \t]*(?:[|>][-+]?)?[ \t]*\r?\n"
)
LISTED = re.compile(r"[ \t]+(?:-[ \t]+)?[\"']?[a-z_][\w.-]{0,31}:(?![ \t])([^\s\"']{1,300})[\"']?[ \t]*\r?(?:\n|$)")
DRAWN_BY_IT = ("R", "RANDOM")
MOST_LINES = 9


def find(text: str) -> Iterator[Span]:
    """Give the second field of such lines."""
    end = -1
    for ending in ENDINGS:
        at = 0
        while (at := text.find(ending, at)) >= 0:
            start = line_start(text, at)
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            at = end
            first = text.find(":", start, start + 40)
            second = text.find(":", first + 1, start + 400) if first > 0 else -1
            if second < 0 or (start and text[start - 1] != "\n") or not NAME.fullmatch(text, start, first):
                continue
            if NO_HASH.fullmatch(text, first + 1, second):
                continue
            if SHADOW.match(text, second) or PASSWD.match(text, second):
                yield Span(first + 1, second)
    at = 0
    while (at := text.find("chpasswd", at)) >= 0:
        low = max(0, at - 400, text.rfind("\n", max(0, at - 400), at) + 1)
        for found in CHPASSWD.finditer(text[low:at]):
            if span := secret(text, low + found.start(2), low + found.end(2)):
                yield span
        cloud_init = CLOUD_INIT.match(text, at)
        entry = LISTED.match(text, cloud_init.end()) if cloud_init else None
        while entry:
            if entry[1] not in DRAWN_BY_IT and (span := secret(text, *entry.span(1))):
                yield span
            entry = LISTED.match(text, entry.end())
        at += len("chpasswd")


SCANNER = Scanner(
    label="password",
    find=find,
    reason="a password, or its hash, of this machine's users",
    anchors=(*ENDINGS, "chpasswd"),
    lines=MOST_LINES,
    examples=(
        Example("app:abJnggxhB/yWI:19000:0:99999:7:::\n", hidden=("abJnggxhB/yWI",)),
        Example("app:abJnggxhB/yWI:1001:1001:App:/home/app:/bin/sh\n", hidden=("abJnggxhB/yWI",)),
        Example("echo 'app:qq11zz' | chpasswd", hidden=("qq11zz",)),
        Example(
            "chpasswd:\n  list: |\n    root:qq11zz\n    app:RANDOM\n    eve:ww22\nruncmd: x\n",
            hidden=("qq11zz", "ww22"),
        ),
        Example("root:x:0:0:root:/root:/bin/bash\nbin:*:17834:0:99999:7:::\nlock:!:17834::::::\nnew:!!:1::::::\n"),
        Example("a:b::c:::\nnet:1:2:3:4:/x:y\n::::::::\n"),
    ),
)
