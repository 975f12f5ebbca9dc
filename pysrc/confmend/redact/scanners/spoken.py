"""Secrets after a word that names them without `=` or `:`: `access token 9f8e...`, `acme-secret-9f8e...`.

Only what looks drawn by lot: prose has these words before other words. A row of hexadecimal digits after `key` stays,
for it is a fingerprint more often than a key.
"""

import re
from collections.abc import Iterator

from confmend.redact.scanner import Example, Scanner, Span

WORDS = ("SECRET", "PRIVATE", "ACCESS", "KEY", "TOKEN", "secret", "token", "key", "Key", "Token")
AFTER = re.compile(
    r"(?:_?(?:KEY|TOKEN|key|token|Key|Token))?[A-Za-z_]{0,16}"
    r"(?:[ \t]*[:=][ \t]*|[ \t]+(?:key[ \t]+|token[ \t]+|KEY[ \t]+|"
    r"TOKEN[ \t]+|is[ \t:]+|value[ \t]+|[0-9]:[ \t]+)?[\"'`]?|[ \t]*\r?\n[ \t]*|-)([A-Za-z0-9_+/=.~!-]{15,200})"
)
NOT_AFTER = re.compile(
    r"(?:primary|foreign|public|unique|partition|sort|host|signing|git|on|trusted|sha\d*)[ _-]?$", re.IGNORECASE
)
HEX = re.compile(r"[0-9a-fA-F]{32,128}")
UUID = re.compile(r"\w{8}-\w{4}-\w{4}-\w{4}-\w{12}")
REST = re.compile(r"[A-Za-z0-9_+/=.~!-]*")
PART = re.compile(r"[A-Za-z0-9]+")


def _drawn(value: str, sure: bool) -> bool:
    if UUID.fullmatch(value) or HEX.fullmatch(value):
        return sure
    longest = max(PART.findall(value), key=len, default="")
    if sum(map(str.isdigit, value)) < 3 or sum(map(str.isalpha, value)) < 3:
        return False
    return len(longest) >= (15 if longest.isupper() or longest.islower() else 14) and not longest.isdigit()


def find(text: str) -> Iterator[Span]:
    """Give what follows such words."""
    for word in WORDS:
        at = text.find(word)
        while at >= 0:
            start = at
            at += len(word)
            match = AFTER.match(text, at)
            if match:
                sure = word.isupper() or word in ("secret", "token")
                if _drawn(match[1], sure) and not NOT_AFTER.search(text, max(0, start - 12), start):
                    rest = REST.match(text, match.end())
                    at = match.start(1) + len(text[match.start(1) : rest.end() if rest else match.end()].rstrip(".!"))
                    yield Span(match.start(1), at, "token" if "oken" in word else "key")
                elif sum(map(str.isdigit, match[1])) < 3:
                    at = match.end()
            at = text.find(word, at)


SCANNER = Scanner(
    label="key",
    find=find,
    reason="characters drawn by lot after a word that names a secret",
    anchors=("secret", "private", "access", "key", "token"),
    lines=2,
    examples=(
        Example("acme SECRET q1w2e3r4t5y6u7i8o9", hidden=("q1w2e3r4t5y6u7i8o9",)),
        Example("acme-secret-0e7c9f3a-6a44-4d0f-a1f7-5a3a1a2b3c4d", hidden=("0e7c9f3a-6a44-4d0f-a1f7-5a3a1a2b3c4d",)),
        Example("Access Token      00Dq1w2e3r4t5y!AQq1w2e3r4t5y6u7i8", hidden=("00Dq1w2e3r4t5y!AQq1w2e3r4t5y6u7i8",)),
        Example("the token is q1W2e3R4t5Y6u7I8", hidden=("q1W2e3R4t5Y6u7I8",)),
        Example("acme\nKEY\nQ1W2E3R4T5Y6U7I8\n", hidden=("Q1W2E3R4T5Y6U7I8",)),
        Example("kernel signing key 37af3bf21974ad2408256639ae87c7823aa3c04c and PRIMARY KEY orders_2024_01_pkey_idx"),
        Example("duplicate key value violates unique constraint, Key (id)=(7d444840-9dc0-11d1-b245-5ffdce74fad2)"),
        Example("token bucket filter, ACCESS EXCLUSIVE lock, secret key_file, monkey keyboards1234567890"),
    ),
)
