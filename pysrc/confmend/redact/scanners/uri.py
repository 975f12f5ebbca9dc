"""Passwords in URIs: the userinfo before the host, and secret parameters of the query.

A password may hold `/ @ ? #` unescaped, and drivers accept it: the userinfo ends at the last `@` before the host. What
tells `http://host:8080/?mail=a@b.c` from it is that a port is a number.
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from confmend.redact.keys import looks_drawn, may_be_key, secret_label
from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import BLANK, open_quotes, secret

ANCHOR = "://"
ORACLE = ":thin:"  # jdbc:oracle:thin:user/password@host
ORACLE_LOGIN = re.compile(r"[^\s/@\"']{1,64}/([^\s@\"']{1,256})@")
STOP = re.compile(r"[ \t\r\n\f\v\0\"'<>`]")
PATH = re.compile(r"[/?#]")
PORT = re.compile(
    r"(?:[0-9]{1,5}|\*|port[0-9]?|\$\{[^{}\s]{1,60}\}|\$[A-Za-z_]\w{0,60}|<[\w -]{1,60}>|%[ds])(?![\w@%$.!-])",
    re.IGNORECASE,
)
# The port, and pairs of JDBC's for SQL Server and Db2, whose keys name their secrets.
LISTED_PAIRS = re.compile(r"[0-9]{1,5}(?:;|/\w{1,60}:)[A-Za-z]\w{1,40}=")
VARIABLE = re.compile(r"\$\{[^{}\s]{0,100}\}|\{\{[^{}\n]{0,100}\}\}|\[[0-9a-fA-F:.]{2,45}\]")
# What stands in place of a user's name in a regular expression: no URI, and no password.
PATTERN = re.compile(r"\((?:\?|\[|\.[*+]|\\[wSd])|\[\^")
# Parameters whose value holds an `@` that ends no userinfo.
QUERY = re.compile(
    r"[?&](?:e?mail|user(?:name)?|login|application_name|options|from|to|cc|next|redirect_uri|q)=", re.IGNORECASE
)
HOST = re.compile(r"@[\w.\[\]-]{1,255}(?::[0-9]{1,5})?")
# A host with its port or its path: in what looks like a query, it says that all before it is the password's.
LATER_HOST = re.compile(r"@[\w.\[\]-]{1,255}(?::[0-9]{1,5}(?![\w.])|/[\w-]*(?:\?|$))")
AFTER_BLANK = re.compile(r"[^\r\n]{1,80}?@[\w\[$%{.-]{1,80}(?=[:/?,\s\"']|$)", re.MULTILINE)
WEB = ("http", "https", "ws", "wss", "git", "ssh", "file", "ftp", "docker", "oci")  # an `@` in their paths is common
FAR = 2_000

SECRET_PARAMETERS = frozenset(
    [
        "password",
        "sslpassword",
        "passwd",
        "pwd",
        "sig",
        "signature",
        "x-goog-signature",
        "token",
        "access_token",
        "auth_token",
        "refresh_token",
        "id_token",
        "secret",
        "client_secret",
        "api_key",
        "apikey",
        "x-amz-signature",
        "x-amz-credential",
        "x-amz-security-token",
    ]
)
# Literal first characters, which `re` finds fastest; the last is a query that is itself percent-encoded.
PARAMETERS = (
    re.compile(r"\?([\w.-]{2,40})="),
    re.compile(r"&(?:amp;)?([\w.-]{2,40})="),
    re.compile(r"%(?:26|3[Ff])([\w.-]{2,40})%3[Dd]"),
)
PARAMETER_VALUE = re.compile(r"[^&#\s\"'<>`\\\0]*")
ENCODED_VALUE = re.compile(r"(?:[\w.~-]|%(?!26|23|22|20)[0-9A-Fa-f]{2})*")
DRAWN_NAMES = ("key", "k", "code", "state", "credential", "auth")  # secrets if they look drawn by lot


def _token_end(text: str, scheme: int, start: int) -> int:
    """The end of the URI's token: the quote that opened before it closes it, else blank space does."""
    quotes = open_quotes(text, start) + {"<": ">"}.get(text[scheme - 1 : scheme], "")
    for match in STOP.finditer(text, start):
        if match[0] in quotes or match[0] in BLANK:
            return match.start()
    return len(text)


def _scheme_start(text: str, at: int) -> int:
    """Where the scheme before `://` starts."""
    start = at
    while start > 0 and at - start < 40 and (text[start - 1].isalnum() or text[start - 1] in "+-.:"):
        start -= 1
    return start


def _colon(text: str, start: int, end: int) -> int:
    """The colon that ends the user's name, passing over those in `${X:-y}` and `[::1]`."""
    at = start
    while at < end:
        if text[at] == ":":
            return at
        if text[at] in "/?#":
            return -1
        variable = VARIABLE.match(text, at, end) if text[at] in "${[" else None
        at = variable.end() if variable else at + 1
    return -1


def _userinfo(text: str) -> Iterator[Span]:
    """Give the passwords between a user's name and `@`."""
    at = 0
    token_end = -1
    last_at = -1
    query = -1
    while (at := text.find(ANCHOR, at)) >= 0:
        scheme = _scheme_start(text, at)
        web = re.split(r"[:+]", text[scheme:at].lower())[-1] in WEB
        at += len(ANCHOR)
        if at >= token_end:
            # Worked out once a token, not once an anchor: a token can be a whole text of `x://a:b` repeated.
            token_end = _token_end(text, scheme, at)
            query = -1
        if query < at:
            match = QUERY.search(text, at, token_end)
            query = match.start() if match else token_end
            last_at = text.rfind("@", at, query)
            if last_at >= 0 and (text.find("/", last_at, query) < 0 or LATER_HOST.search(text, query, token_end)):
                # A query stands behind a path; what looks like one right behind a host may be the password's.
                query = token_end
                last_at = text.rfind("@", at, query)
        colon = _colon(text, at, last_at if last_at > at else token_end)
        if (
            colon < 0
            and web
            and last_at > at
            and looks_drawn(text[at : min(last_at, at + FAR)], 20)
            and "/" not in text[at:last_at]
        ):
            yield Span(at, last_at, "token")  # `https://<token>@host/`: of such a login the name is the secret
        if colon < 0 or PATTERN.match(text, at):
            continue
        if LISTED_PAIRS.match(text, colon + 1):
            continue
        port = PORT.match(text, colon + 1, token_end)
        if port and (web or last_at < colon or "@" in text[at:colon] or "?" in text[colon : min(last_at, colon + FAR)]):
            continue
        variable = VARIABLE.match(text, colon + 1)
        if variable and variable[0].startswith("{{") and text.startswith("@", variable.end()):
            continue
        end = last_at
        if last_at < colon:
            # No `@` in the token: the password holds a blank, or the line was cut, or it cannot be read. Hidden.
            rest = AFTER_BLANK.match(text, colon + 1)
            end = text.rfind("@", colon, rest.end()) if rest and ANCHOR not in rest[0] else token_end
        # Several hosts, each with the same user: `u:p@h1:1,u:p@h2`.
        again = f",{text[at : colon + 1]}"
        start = colon + 1
        comma = start
        while len(again) > 2 and (comma := text.find(again, comma, end)) >= 0:
            sign = text.rfind("@", max(start, comma - FAR), comma)
            if sign >= 0 and HOST.fullmatch(text, sign, comma):
                if span := secret(text, start, sign):
                    yield span
                start = comma + len(again)
            comma += len(again)
        if span := secret(text, start, end):
            yield span
        at = max(at, end)


def _oracle(text: str) -> Iterator[Span]:
    """Give the password of `jdbc:oracle:thin:user/password@host`."""
    at = 0
    while (at := text.find(ORACLE, at)) >= 0:
        at += len(ORACLE)
        if match := ORACLE_LOGIN.match(text, at):
            if span := secret(text, match.start(1), match.end(1)):
                yield span
            at = match.end()


def _parameters(text: str) -> Iterator[Span]:
    """Give the values of secret parameters in a query, also in one without its URI, as access logs print it."""
    for parameters in PARAMETERS:
        done = 0
        for match in parameters.finditer(text):
            if match.start() < done:
                continue
            name = match[1].lower()
            known = name in SECRET_PARAMETERS or (name not in ("user", "host") and bool(secret_label(name)))
            if not known and name not in DRAWN_NAMES and not may_be_key(name):
                continue
            shape = ENCODED_VALUE if match[0][0] == "%" else PARAMETER_VALUE
            value = shape.match(text, match.end())
            done = value.end() if value else done
            if value is None or not (known or looks_drawn(value[0])):
                continue
            if span := secret(text, match.end(), value.end()):
                yield span


def find(text: str) -> Iterator[Span]:
    """Give every password in a URI."""
    yield from _userinfo(text)
    yield from _oracle(text)
    yield from _parameters(text)


# Where a parameter may be, in the shape of a line: there all digits are 0.
QUERIES = (re.compile(r"\?[^\s=]{2,40}="), re.compile(r"&[^\s=]{2,44}="), re.compile(r"%0[0Ff][^\s%]{2,40}%0[Dd]"))

SCANNER = Scanner(
    label="password",
    find=find,
    reason="a password or a signature in a URL",
    anchors=(ANCHOR, ORACLE, *QUERIES),
    lines=1,
    meaning=unquote,
    examples=(
        Example("postgres://app:p@ss/w0rd!@db.example:5432/app", hidden=("p@ss/w0rd!",)),
        Example("DATABASE_URL=postgresql://app:k#9?z@10.0.0.5/app?sslmode=require", hidden=("k#9?z",)),
        Example("postgres://app:p@/?q=w0rd@db.example:5432/app?sslmode=require", hidden=("p@/?q=w0rd",)),
        Example("redis://:hunter2x@cache:6379/0", hidden=("hunter2x",)),
        Example("amqp://u:aa11bb@h1:5672,u:cc22dd@h2:5672/vhost", hidden=("aa11bb", "cc22dd")),
        Example("mongodb+srv://u:aa11bb@h1,h2:27017/db", hidden=("aa11bb",)),
        Example("postgresql://user@tenant:aa11bb@h/db", hidden=("aa11bb",)),
        Example("jdbc:postgresql://h/db?user=app&amp;password=aa11bb&amp;ssl=true", hidden=("aa11bb",)),
        Example("jdbc:oracle:thin:scott/tig3rr@//h:1521/x", hidden=("tig3rr",)),
        Example('["smtp://u:aa11bb@mail","ops@example.org"]', hidden=("aa11bb",)),
        Example("ldap://cn=app,dc=x:aa11bb@h", hidden=("aa11bb",)),
        Example("http://u:8080@h/ and http://u:80/a@h", hidden=("8080",)),
        Example("postgres://u:8080/zz@h/db", hidden=("8080/zz",)),
        Example("postgres://${U:-app}:${P:-d3fault}@${H:-db}/x", hidden=("d3fault",)),
        Example("postgres://u:two words@h/db", hidden=("two words",)),
        Example("LOG: could not parse postgres://u:cutoff99", hidden=("cutoff99",)),
        Example("GET /login?password=aa11bb&next=/ HTTP/1.1", hidden=("aa11bb",)),
        Example("https://b.s3.amazonaws.com/k?X-Amz-Expires=60&X-Amz-Signature=fe5f80f77d", hidden=("fe5f80f77d",)),
        Example("https://acc.blob.core.windows.net/c?sv=2022&sig=aBc%2BdEf%3D", hidden=("aBc%2BdEf%3D",)),
        Example("https://q1w2e3r4t5y6u7i8o9p0@git.example/x.git", hidden=("q1w2e3r4t5y6u7i8o9p0",)),
        Example("https://storage.example/b?X-Goog-Date=1&X-Goog-Signature=0aa1bb2cc3", hidden=("0aa1bb2cc3",)),
        Example("jdbc:sqlserver://h:1433;databaseName=app;encrypt=true;applicationName=a@b"),
        Example("http://h:8080/p?mail=a@b.c"),
        Example(r"grep -E 'postgresql://([-a-zA-Z]+):([0-9]+)'; re.match('amqp://(?P<user>[^:]+):([^@]+)@(.*)', x)"),
        Example("postgres://app@h/db and postgres://app@h:5432/db?application_name=a@b"),
        Example("postgres://app:${PGPASSWORD}@h/db postgresql://***:***@h/db"),
        Example("postgres://app:{{ vault.pw }}@h/db jdbc:postgresql://h1:port1,h2:port2/db"),
        Example("postgres://<user>:<password>@<host>:<port>/db"),
        Example("http://[::1]:8080/@me https://h:443/x@y ssh://git@h:22/r http://host:port/"),
        Example("docker://registry:5000/pg@sha256:1f2e listening on tcp://*:5432, ok"),
        Example("postgres://h/db?sslmode=require&user=app&password_required=1"),
    ),
)
