"""What servers store instead of a password: enough to try passwords against, and for SCRAM and md5 almost as good.

PostgreSQL's SCRAM-SHA-256 and md5, crypt(5)'s `$6$salt$hash`, argon2, scrypt and pbkdf2 of the web frameworks, LDAP's
`{SSHA}`, MySQL's `*` with 40 digits. The name of the method stays, for it says what the server will ask for; of md5,
where it is one word with the digits, the placeholder says it.
"""

import re
from collections.abc import Iterator

from confmend.redact.scanner import Example, Scanner, Span

SCRAM = re.compile(r"SCRAM-SHA-(?:1|256|512)\$[0-9]{1,9}:([A-Za-z0-9+/=]{4,200}(?:\$[A-Za-z0-9+/=:]{0,400})?)")
MD5 = re.compile(r"(?<![\w$-])md5[0-9a-fA-F]{32}(?![\w-])")
CRYPT = re.compile(
    r"\$(?:2[abxy]?\$[0-9]{2}\$([./A-Za-z0-9]{16,60})"
    r"|(?:[1567]|y|gy|apr1|md5|sha1|scrypt|bcrypt-sha256|pbkdf2-sha\d{1,3}|pbkdf2|A)\$((?:rounds=[0-9]{1,9}\$)?"
    r"[./A-Za-z0-9=,+]{1,100}\$[^\s:\"'\\<>;]{8,200})"
    r"|argon2(?:id|i|d)\$(?:v=[0-9]{1,4}\$)?(?:[mtp]=[0-9]{1,9},?){1,3}\$([A-Za-z0-9+/=]{4,200}(?:\$[A-Za-z0-9+/=]{4,400})?)"
    r"|P\$([./A-Za-z0-9]{31}))"
)
LDAP = re.compile(
    r"\{(?:S?SHA(?:256|384|512)?|SMD5|MD5|CRYPT|PBKDF2[A-Z0-9-]{0,12}|ARGON2|SASL)\}([^\s\"'\\<>,;{}][^\s\"'\\<>,;]{5,400})",
    re.IGNORECASE,
)
LDAP_IN_LINE = re.compile(r"\{(?:s?sha|s?md[0-9]|crypt|pbkdf[0-9]|argon[0-9]|sasl)")
MYSQL = re.compile(r"(?<![\w*])\*[0-9A-F]{40}(?![\w*])")
DJANGO = re.compile(
    r"(?:pbkdf2_sha\d{1,3}|bcrypt_sha256|argon2|scrypt|md5|sha1)\$([A-Za-z0-9+/=.]{1,64}\$[A-Za-z0-9+/=.$,]{16,400})"
)


def _each(text: str, anchor: str, pattern: re.Pattern[str], back: int, label: str = "") -> Iterator[Span]:
    """Give what the pattern hides, where it matches ``back`` characters before an anchor."""
    at = 0
    while (at := text.find(anchor, at)) >= 0:
        found = pattern.match(text, at - back) if at >= back else None
        at += len(anchor)
        if found:
            group = found.lastindex or 0
            yield Span(*found.span(group), label)
            at = max(at, found.end())


def find(text: str) -> Iterator[Span]:
    """Give the part of each verifier that is worth something."""
    yield from _each(text, "SCRAM-SHA-", SCRAM, 0)
    yield from _each(text, "md5", MD5, 0, "md5 verifier")
    yield from _each(text, "{", LDAP, 0)
    yield from _each(text, "*", MYSQL, 0)
    if text.count("$", 0, len(text)) < 2:
        return
    yield from _each(text, "$", CRYPT, 0)
    for name in ("pbkdf2_sha", "bcrypt_sha", "argon2$", "scrypt$", "md5$", "sha1$"):
        yield from _each(text, name, DJANGO, 0)


SCRAM_EXAMPLE = "r4nDs4ltR4nDs4lt+Q==$c3RvcmVkLWtleS1leGFtcGxl9w==:c2VydmVyLWtleS1leGFtcGxlNw=="

SCANNER = Scanner(
    label="verifier",
    find=find,
    reason="what is stored of a password: it can be tried out, or be used as it is",
    anchors=("scram-sha-", "md5", "$", ("{", LDAP_IN_LINE), re.compile(r"\*[0-9A-F]{40}")),
    lines=1,
    examples=(
        Example(f"ALTER ROLE app PASSWORD 'SCRAM-SHA-256$4096:{SCRAM_EXAMPLE}';", hidden=(SCRAM_EXAMPLE,)),
        Example(
            "app | md5a3556571e93b0d20722ba62be61e8c2d |",
            hidden=("md5a3556571e93b0d20722ba62be61e8c2d",),
        ),
        Example(
            "app:$6$rounds=5000$s4ltS4lt$q9XyZ0abcdefghijklmnop./ABCDEFG:19000:0:99999:7:::",
            hidden=("s4ltS4lt$q9XyZ0abcdefghijklmnop./ABCDEFG",),
        ),
        Example(
            "app:$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZ:1::::::", hidden=("X3DX6M94c7o.9agCG9G317fhZ",)
        ),
        Example(
            "hash: $2y$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
            hidden=("N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",),
        ),
        Example(
            "u = $argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo", hidden=("c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",)
        ),
        Example("userPassword: {SSHA}c2FsdGVkaGFzaGV4YW1wbGU7", hidden=("c2FsdGVkaGFzaGV4YW1wbGU7",)),
        Example(
            "IDENTIFIED BY PASSWORD '*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19'",
            hidden=("2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19",),
        ),
        Example(
            "('app', 'pbkdf2_sha256$260000$s4lt$aGFzaGhhc2hoYXNoaGFzaA==')", hidden=("s4lt$aGFzaGhhc2hoYXNoaGFzaA==",)
        ),
        Example("host all all 10.0.0.0/8 md5\nhost all all ::1/128 scram-sha-256\nauth_type = md5\n"),
        Example("password_encryption = 'scram-sha-256'\n"),
        Example("d41d8cd98f00b204e9800998ecf8427e  pg.tar\nMD5 (pg.tar) = d41d8cd98f00b204e9800998ecf8427e\n"),
        Example("commit 2470c0c06dee42fd1618bb99005adca2ec9d1e19 md5sum: d41d8cd98f00b204e9800998ecf8427e"),
        Example("SELECT $1, $2 WHERE a = $1 AND b = $2; awk '{print $1$2}'; echo $5$6 {CRYPT} *_DUMP"),
    ),
)
