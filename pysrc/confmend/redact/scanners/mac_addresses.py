"""Hardware addresses (MAC, EUI-48), where the reader wants addresses hidden.

Those that stand for nobody or for everybody stay: zeros, broadcast, multicast. The others become locally administered
addresses (IEEE 802: the second bit of the first octet), numbered in the order of their first appearance.
"""

import re
from collections.abc import Iterator, Sequence

from confmend.redact.scanner import Example, Scanner, Span

_MAC = re.compile(
    r"(?<![\w:-])[0-9A-Fa-f]{2}(?:(?::[0-9A-Fa-f]{2}){5}|(?:-[0-9A-Fa-f]{2}){5})(?![\w-]|:[0-9A-Fa-f]{2}(?![\w]))"
)


def rename(written: Sequence[str]) -> Sequence[str | None]:
    """Return other addresses, written with the same signs; None for one that stays."""
    numbers: dict[str, int] = {}
    return [_renamed(each, numbers) for each in written]


def _renamed(written: str, numbers: dict[str, int]) -> str | None:
    plain = written.replace("-", ":").lower()
    if plain == "00:00:00:00:00:00" or int(plain[:2], 16) & 1:
        return None
    number = numbers.setdefault(plain, len(numbers) + 1)
    octets = [2, 0, 0, number >> 16 & 255, number >> 8 & 255, number & 255]
    new = written[2].join(f"{octet:02x}" for octet in octets)
    return new.upper() if written.upper() == written and written.lower() != written else new


def find(text: str) -> Iterator[Span]:
    """Give every hardware address."""
    for match in _MAC.finditer(text):
        yield Span(*match.span())


SCANNER = Scanner(
    label="address",
    find=find,
    reason="a hardware address",
    level="addresses",
    rename=rename,
    spread=False,
    anchors=(re.compile(r"[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}"),),
    lines=1,
    examples=(
        Example("link/ether 52:54:a7:12:34:56 brd ff:ff:ff:ff:ff:ff", hidden=("52:54:a7", "12:34:56")),
        Example("Physical Address. . . : 00-15-5D-7A-0B-01", hidden=("15-5D-7A-0B",)),
        Example("link/loopback 00:00:00:00:00:00 maddr 33:33:00:00:00:01 01:00:5e:00:00:fb"),
        Example("SHA256 Fingerprint=AB:CD:EF:12:34:56:78:90:AB:CD:EF:12:34:56:78:90\n12:34:56:78:ab at 03:14:15"),
    ),
)
