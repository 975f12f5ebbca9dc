"""HTTP headers that let somebody in: Authorization, Cookie, and a bearer token wherever one is quoted.

`X-Api-Key: ...` and its like need nothing here: their names say secret, as any other key's do.
"""

import re
from collections.abc import Iterator

from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import folded, line_end, secret

NAMES = ("authorization", "cookie", "bearer", "x-auth")
CREDENTIALS = re.compile(
    r"""(?:proxy-)?authorization\\?["']?\]?[ \t]*(?:=>|[:=,])(?:\\?[ \t])*\\?["']?[ \t]*
    (?:(?:basic|bearer|token|apikey|api-key|key|bot|oauth|negotiate|digest|sso-key|genie(?:key)|ssws|splunk|pve\w+)
    (?:\\?[ \t:=])+(?:token=)?\\?["']?)?
    ([^\s"'\\,;`]{4,8000})""",
    re.VERBOSE,
)
COOKIES = re.compile(
    r"""cookie\\?["']?[ \t]*(?:=>|[:=])[ \t]*\\?["']?[ \t]*"""
    r"""((?:[\w!#$%&*+.^|~-]{1,80}=[^\s;"'\\]{0,4096}(?:;[ \t]*)?)+)"""
)
COOKIE = re.compile(r"([\w!#$%&*+.^|~-]{1,80})=([^\s;\"'\\]{4,4096})")
ATTRIBUTES = frozenset(("path", "domain", "expires", "max-age", "samesite", "version", "priority", "lang", "theme"))
BEARER = re.compile(r"bearer:?[ \t]+\\?[\"']?([\w.~+/=-]{12,8000})")
X_AUTH = re.compile(r"""x-auth[\w-]{0,40}\\?["']?[ \t]*:[ \t]*\\?["']?([^\s"'\\,;`]{4,8000})""")
DIGEST = re.compile(r'response="?([0-9a-f]{32})')
HAS_DIGIT = re.compile(r"[0-9]")


def _authorization(text: str, low: str, at: int) -> Iterator[Span]:
    match = CREDENTIALS.match(low, at, min(line_end(text, at), at + 9_000))
    if match is None:
        return
    if match[1].startswith(("username=", "realm=")) or low.startswith(("digest", "digest "), match.start(1)):
        response = DIGEST.search(low, match.end(), line_end(text, at))
        if response and (span := secret(text, *response.span(1), "authorization")):
            yield span
        return
    if span := secret(text, *match.span(1), "authorization"):
        yield span


def _cookies(text: str, low: str, at: int) -> Iterator[Span]:
    match = COOKIES.match(low, at, min(line_end(text, at), at + 9_000))
    for cookie in COOKIE.finditer(low, *match.span(1)) if match else ():
        if cookie[1] not in ATTRIBUTES and (span := secret(text, *cookie.span(2), "cookie")):
            yield span


def find(text: str) -> Iterator[Span]:
    """Give what follows the names of headers, and bearer tokens."""
    low = folded(text)
    for name in NAMES:
        at = done = 0
        while (at := low.find(name, at)) >= 0:
            spans: Iterator[Span] = iter(())
            if at >= done:
                if name == "authorization":
                    spans = _authorization(text, low, at)
                elif name == "cookie":
                    spans = _cookies(text, low, at)
                else:
                    match = (BEARER if name == "bearer" else X_AUTH).match(low, at)
                    if match and (name == "x-auth" or HAS_DIGIT.search(match[1])):
                        span = secret(text, *match.span(1), "authorization")
                        spans = iter((span,) if span else ())
            for span in spans:
                yield span
                done = span.end
            at += len(name)


SCANNER = Scanner(
    label="authorization",
    find=find,
    reason="a header that lets somebody in",
    anchors=NAMES,
    lines=1,
    examples=(
        Example("Authorization: Basic YXBwOnFxMTF6eg==", hidden=("YXBwOnFxMTF6eg==",)),
        Example("curl -H 'Authorization: Bearer qq11.zz22-xx' https://h/", hidden=("qq11.zz22-xx",)),
        Example('{"Authorization": "Token qq11zz22"}', hidden=("qq11zz22",)),
        Example('\\"authorization\\":\\"Bearer qq11zz22\\"', hidden=("qq11zz22",)),
        Example("Proxy-Authorization: Basic YXBwOnFxMTF6eg==", hidden=("YXBwOnFxMTF6eg==",)),
        Example("http-check send hdr Authorization:\\ Basic\\ YXBwOnFxMTF6eg==", hidden=("YXBwOnFxMTF6eg==",)),
        Example("Cookie: sessionid=qq11zz22; theme=dark", hidden=("qq11zz22",)),
        Example("Set-Cookie: sid=qq11zz22; Path=/; HttpOnly", hidden=("qq11zz22",)),
        Example("sent bearer qq11zz22xx33yy44 to h", hidden=("qq11zz22xx33yy44",)),
        Example("Authorization: qq11zz22xx33", hidden=("qq11zz22xx33",)),
        Example('WWW-Authenticate: Basic realm="db"\nauthorization_timeout = 5\n'),
        Example("ERROR: authorization failed; the bearer of this, cookie jar, Authorization: Bearer ${TOKEN}"),
    ),
)
