"""Words of configuration files whose value follows after a blank: Redis, HAProxy, net-snmp, and their likes."""

import re
from collections.abc import Iterator

from confmend.redact.quotes import quoted
from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import folded, line_end, line_start, secret, unescaped

# The word, and what stands between it and the secret.
DIRECTIVES = {
    "requirepass": r"requirepass[ \t]+(?=\S+[ \t\r]*$|\")",
    "masterauth": r"masterauth[ \t]+(?=\S+[ \t\r]*$|\")",
    "auth-pass": r"auth-pass[ \t]+\S+[ \t]+",
    "stats auth": r"stats[ \t]+auth[ \t]+[^\s:]+:",
    "community": r"(?:r[ow]community6?|com2sec6?(?:[ \t]+-Cn[ \t]+\S+)?[ \t]+\S+[ \t]+\S+|trapcommunity|"
    r"snmp-server[ \t]+community|snmp[_-]community)[ \t]*[=:]?[ \t]+",
    "com2sec": r"com2sec6?[ \t]+\S+[ \t]+\S+[ \t]+",
    "createuser": r"createuser[ \t]+\S+[ \t]+(?:md5|sha(?:-\d+)?)[ \t]+",
    "auth_pass": r"auth_pass[ \t]+",
    "_pwd": r"(?:oracle|pg)_pwd[ \t]+",
    "insecure-password": r"insecure-password[ \t]+",
}
SNMP = re.compile(r"snmp[_-]?(?:v[0-9]c?[_-])?community(?:[_-]string)?[\"']?[ \t]*[:=][ \t]*")
REDIS_USER = re.compile(r"user[ \t]+\S+[ \t][^\n]{0,200}?[ \t]>(\S+)")
PATTERNS = {word: re.compile(pattern) for word, pattern in DIRECTIVES.items()}
CREATE_USER = re.compile(
    r"createuser[ \t]+\S+[ \t]+(?:md5|sha(?:-\d+)?)[ \t]+(\S+)(?:[ \t]+(?:des|aes)\S*[ \t]+(\S+))?"
)
ENOUGH = re.compile(r"[^\s\"']+")


def _start(low: str, at: int) -> int:
    """Where the word that the anchor is a part of starts."""
    start = at
    while start > 0 and at - start < 20 and (low[start - 1].isalnum() or low[start - 1] in "_-"):
        start -= 1
    return start


def find(text: str) -> Iterator[Span]:
    """Give the values after such words."""
    low = folded(text)
    for word, pattern in PATTERNS.items():
        at = 0
        while (at := low.find(word, at)) >= 0:
            start = at if word == "stats auth" else _start(low, at)
            at += len(word)
            end = min(line_end(text, start), start + 500)
            match = pattern.match(low, start, end) or (SNMP.match(low, start, end) if word == "community" else None)
            if match is None:
                continue
            if word == "createuser" and (create := CREATE_USER.match(low, start, end)):
                for group in (1, 2):
                    if create[group] and (span := secret(text, *create.span(group), "password")):
                        yield span
                continue
            value = quoted(text, match.end(), end, "")
            bare = None if value else ENOUGH.match(text, match.end(), end)
            first, last = value or (bare.span() if bare else (at, at))
            if span := secret(text, first, last, "password"):
                yield span
    at = 0
    while (at := low.find(" >", at)) >= 0:
        # Redis's access lists: `user app on >password ~* +@all`
        start = line_start(low, at)
        if low.startswith(("user ", "acl setuser "), start):
            value_match = ENOUGH.match(text, at + 2)
            if value_match and (span := secret(text, *value_match.span(), "password")):
                yield span
        at += 2


SCANNER = Scanner(
    label="password",
    find=find,
    reason="a password of a server's configuration file",
    meaning=unescaped,
    anchors=(*DIRECTIVES, " >"),
    lines=1,
    examples=(
        Example('requirepass qq11zz\nmasterauth "qq22 yy"\n', hidden=("qq11zz", "qq22 yy")),
        Example("sentinel auth-pass mymaster qq11zz", hidden=("qq11zz",)),
        Example("user app on >qq11zz ~* +@all", hidden=("qq11zz",)),
        Example("    stats auth admin:qq11zz", hidden=("qq11zz",)),
        Example("rocommunity qq11zz 10.0.0.0/8\ncom2sec ro default qq22yy\n", hidden=("qq11zz", "qq22yy")),
        Example("ORACLE_PWD\tqq11zz\nPG_PWD  ww22xx\n", hidden=("qq11zz", "ww22xx")),
        Example("snmp-community = qq11zz", hidden=("qq11zz",)),
        Example("createUser mon SHA qq11zz77 AES qq22yy88", hidden=("qq11zz77", "qq22yy88")),
        Example("    auth_pass qq11zz  # keepalived", hidden=("qq11zz",)),
        Example("# requirepass is off; the community of users; stats auth; auth_passwd_file = /x; auth_type md5\n"),
    ),
)
