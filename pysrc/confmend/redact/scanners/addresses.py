"""Network addresses, where the reader wants them hidden: IPv4, IPv6, and the hardware's.

Subnets stay subnets, private stays private, and this host, wildcards, netmasks and prefix lengths stay as they are.
"""

import re
from collections.abc import Iterator, Sequence

from confmend.redact.scanner import Example, Scanner, Span

_OCTET = "(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
_V4 = re.compile(rf"(?<![\w.]){_OCTET}(?:\.{_OCTET}){{3}}(?:/(?:3[0-2]|[12]?[0-9])(?![\w.]))?(?![\w]|\.[0-9])")
_V6 = re.compile(
    r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:(?:[0-9]{1,3}\.){3}[0-9]{1,3}|[0-9A-Fa-f]{1,4})?"
    r"(?:%\w{1,15})?(?:/(?:12[0-8]|1[01][0-9]|[1-9]?[0-9]))?(?![\w:])"
)
# What may be one: patterns that begin with what they look for are found ten times as fast.
_DOTTED = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_COLONS = re.compile(r":(?=[0-9A-Fa-f]{0,4}:)")
_GROUP = re.compile(r"[0-9A-Fa-f]{0,4}\Z")


def rename(written: Sequence[str]) -> Sequence[str | None]:
    """Return other addresses of the same classes and subnets."""
    # Imported at first use: the engine is up without it.
    from confmend.redact.subnets import renamed

    return renamed(written)


def find(text: str) -> Iterator[Span]:
    """Give every address that is well formed."""
    for dotted in _DOTTED.finditer(text):
        if match := _V4.match(text, dotted.start()):
            yield Span(*match.span())
    from confmend.redact.subnets import parsed

    done = 0
    for colon in _COLONS.finditer(text):
        if colon.start() < done:
            continue
        group = _GROUP.search(text, max(done, colon.start() - 4), colon.start())
        match = _V6.match(text, group.start() if group else colon.start())
        if match is None:
            continue
        done = match.end()
        # A time of day has as many colons as an address that leaves some out, but not two together.
        if ("::" in match[0] or match[0].count(":") >= 6) and parsed(match[0]) is not None:
            yield Span(*match.span())


SCANNER = Scanner(
    label="address",
    find=find,
    reason="a network address",
    level="addresses",
    rename=rename,
    spread=False,
    anchors=(_DOTTED, "::", re.compile(r"(?::[0-9A-Fa-f]{1,4}){5}")),
    lines=1,
    examples=(
        Example("host all all 10.20.30.0/24 md5", hidden=("20.30.0",)),
        Example("listen_addresses = '172.17.4.5,localhost'", hidden=("17.4.5",)),
        Example("connection received: host=81.2.69.142 port=51234", hidden=("81.2.69.142",)),
        Example("postgres://app@[2a02:6b8::1:99]:5432/d", hidden=("2a02:6b8::1:99",)),
        Example("peer ::ffff:10.20.30.40 and 64:ff9b::10.20.30.41", hidden=("20.30.40", "20.30.41")),
        Example("inet6 fe80::5054:ff:fe12:3456%eth0 ", hidden=("5054:ff:fe12:3456",)),
        Example("host all all 127.0.0.1/32 trust\nhost all all ::1/128 trust\nlisten 0.0.0.0:5432 [::]:5432"),
        Example("host all all 0.0.0.0/0 md5\nnetmask 255.255.255.0\nPostgreSQL 15.4 on Ubuntu 22.04.1, 4.19.0-27"),
        Example("lsn=A2C/FE000028 time 12:34:56:78 1.2.3.4.5 x::y Auth::Token 2001:db8::7"),
    ),
)
