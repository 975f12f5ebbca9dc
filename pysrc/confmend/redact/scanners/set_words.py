"""Secrets that are set with a blank between name and value: `ENV POSTGRES_PASSWORD x`, `setenv`, `aws configure set`.

Dockerfiles (the old form of ENV), csh, fish, Apache and Windows write it so, and the `config set` of many programs.
"""

import re
from collections.abc import Iterator

from confmend.redact.keys import IN_SHAPES, secret_label
from confmend.redact.quotes import quoted
from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import BLANK, bare, line_end, open_quotes, secret, unescaped

VERB = (
    r"(?:^|[\s;&|(\"'`])(?:env|arg|setenv|setx|set[ \t]+-[a-z]{1,4}|\\set|passenv|"
    r"(?:aws|git|npm|pip|poetry|gcloud|pulumi|composer|bundle|helm|flyctl|heroku)[ \t]+config(?:ure|:set)?"
    r"(?:[ \t]+(?:set|add|--?[\w=-]{1,40})){0,4})[ \t]+"
)
# The rest of the line is the value of these.
WHOLE = re.compile(r"(?:^|\n)[ \t]*(?:ENV|SetEnv)[ \t]+\Z")
SET = re.compile(
    rf"{VERB}(?:(?:-g|--global|--secret)[ \t]+)?([\w.:/-]{{1,100}})[ \t]+(?=[^\s=])", re.IGNORECASE | re.MULTILINE
)
# The same by the shape of a line, which is in lower case there.
IN_LINE = re.compile(rf"{VERB}.*[ \t]", re.MULTILINE)
VARIABLE = re.compile(r"\$\{?\w{1,60}\}?|%\w{1,60}%|\$\([^()]{1,200}\)|:'?\w{1,60}'?")


def find(text: str) -> Iterator[Span]:
    """Give the values that follow such a name."""
    for match in SET.finditer(text):
        label = secret_label(match[1])
        if not label:
            continue
        at, end = match.end(), line_end(text, match.end())
        inside = open_quotes(text, at)
        if found := quoted(text, at, end, inside):
            first, last = found
        elif WHOLE.search(text, max(0, match.start() - 60), match.start(1)):
            first, last = at, at + len(text[at:end].rstrip(BLANK + "\\"))
        else:
            first, last = at, bare(text, at, end, inside)
        if last - first <= 300 and VARIABLE.fullmatch(text, first, last):
            continue
        if span := secret(text, first, last, label):
            yield span


SCANNER = Scanner(
    label="password",
    find=find,
    reason="a command gives it to a name that says secret",
    meaning=unescaped,
    anchors=tuple((stem, IN_LINE) for stem in IN_SHAPES),
    lines=1,
    examples=(
        Example("ENV POSTGRES_PASSWORD qq 11 zz\nENV PGDATA /x\n", hidden=("qq 11 zz",)),
        Example("setenv PGPASSWORD qq11zz; set -gx API_TOKEN 'ww 22'\n", hidden=("qq11zz", "ww 22")),
        Example('setx PGPASSWORD qq11zz\r\nSetEnv DB_PASS "ww 22"\r\n', hidden=("qq11zz", "ww 22")),
        Example("aws configure set aws_secret_access_key qq11/zz+ww --profile x\n", hidden=("qq11/zz+ww",)),
        Example("\\set app_password qq11zz\n", hidden=("qq11zz",)),
        Example("pulumi config set --secret dbPassword qq11zz\n", hidden=("qq11zz",)),
        Example("ENV POSTGRES_PASSWORD_FILE /run/secrets/pg\nsetenv PGPASSWORD $PW\nARG DB_PASSWORD\n"),
        Example("git config credential.helper store; env | grep -i password now; \\set password :pw\n"),
    ),
)
