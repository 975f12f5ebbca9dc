"""Where texts about servers name hosts, users and databases: addresses of services, prompts, log prefixes, pg_hba.conf.

Everything here is read line by line, so that a line that stands alone is read as it is among others.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SEVERITY = re.compile(
    r"(?:DEBUG[1-5]?|LOG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC|DETAIL|HINT|QUERY|CONTEXT|STATEMENT|LOCATION):[ \t]"
)
_LONGEST_PREFIX = 250
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.:-]{0,40}\Z")
_AUTHORITY_END = re.compile(r"[\s\"'<>`\\/?#]")
_PROMPT = re.compile(
    r"^\[?(?P<user>[A-Za-z_][\w.-]{0,31})@(?P<host>[A-Za-z0-9][\w.-]{0,252})(?=[ :][^\n#$%>]{0,80}[#$%>](?:[ \t]|$))",
    re.MULTILINE,
)
_HBA = re.compile(
    r"^[ \t]*(?:local|host(?:no)?(?:ssl|gssenc)?)[ \t]+(?P<databases>(?:\"[^\"\n]{1,63}\"|[^\s#\"]){1,500})[ \t]+"
    r"(?P<users>(?:\"[^\"\n]{1,63}\"|[^\s#\"]){1,500})[ \t]+"
    r"(?P<address>[^\s#]{1,255})",
    re.MULTILINE,
)
_HBA_ITEM = re.compile(r"\"([^\"\n]+)\"|\+?([^\s,\"+][^\s,\"]*)")


@dataclass(frozen=True, slots=True)
class Uri:
    """Where the parts of a URI stand: the user's name (empty where there is none), the hosts, and what follows."""

    scheme: str
    start: int
    user_end: int
    hosts: int
    end: int


def prefixes(text: str) -> Iterator[tuple[int, int]]:
    """Yield what stands before the severity in each line of a server's log."""
    for match in _SEVERITY.finditer(text):
        at = match.start()
        low = max(0, at - _LONGEST_PREFIX)
        start = text.rfind("\n", low, at) + 1
        if start or low == 0:
            yield start, at


def uris(text: str) -> Iterator[Uri]:
    """Yield the URIs with an authority; the user's information ends at the last ``@`` before the hosts."""
    at = 0
    while (at := text.find("://", at)) >= 0:
        scheme = _SCHEME.search(text, max(0, at - 41), at)
        at += 3
        if scheme is None:
            continue
        stop = _AUTHORITY_END.search(text, at, at + 2_000)
        end = stop.start() if stop else min(len(text), at + 2_000)
        sign = text.rfind("@", at, end)
        hosts = sign + 1 if sign >= 0 else at
        colon = text.find(":", at, hosts)
        user_end = at if sign < 0 else colon if colon >= 0 else sign
        yield Uri(scheme[0].lower(), at, user_end, hosts, end)
        at = max(at, end)


def prompts(text: str) -> Iterator[re.Match[str]]:
    """Yield shell prompts, with the groups ``user`` and ``host``."""
    if "@" in text:
        yield from _PROMPT.finditer(text)


def hba_lines(text: str) -> Iterator[re.Match[str]]:
    """Yield the lines of pg_hba.conf, with the groups ``databases``, ``users`` and ``address``."""
    yield from _HBA.finditer(text)


def hba_items(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the names of a comma-separated field of pg_hba.conf, without quotes and the ``+`` of a group."""
    for item in _HBA_ITEM.finditer(text, start, end):
        yield item.span(1) if item[1] else item.span(2)
