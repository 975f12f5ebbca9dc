"""Other addresses in place of the reader's, of the same class, and in one subnet where theirs were in one.

Of two addresses the new ones share as many leading bits as the old ones did. Each bit is decided where it first
differs from what came before, by the order of appearance alone. So nothing of the old address is in the new one, and
what comes out, put in again, comes out the same.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from confmend.redact.placeholders import placeholder

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# What an address of a class keeps: RFC 1918, 6598 and 3927 for IPv4; RFC 4193 and 4291 for IPv6.
_CLASSES = tuple(
    ipaddress.ip_network(block)
    for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16")
) + tuple(ipaddress.ip_network(block) for block in ("fc00::/8", "fd00::/8", "fe80::/64"))
# Nobody's, or everybody's: this host, documentation (RFC 5737, 3849), multicast, netmasks.
_KEPT = tuple(
    ipaddress.ip_network(block)
    for block in (
        *("0.0.0.0/8", "127.0.0.0/8", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3"),
        *("::/127", "2001:db8::/32", "ff00::/8", "fe80::/128"),
    )
)
# The first eight bits of new public addresses: no block of these has a special meaning in any part.
_PUBLIC_V4 = tuple(octet for octet in range(11, 224) if octet not in (100, 127, 169, 172, 192, 198, 203))
# The first sixteen bits of new public IPv6 addresses.
_PUBLIC_V6 = range(0x2A10, 0x2AFF)


def renamed(written: Sequence[str]) -> Sequence[str | None]:
    """Return the new addresses, with the prefix length of the old ones; None for one that stays."""
    subnets = _Subnets({}, {4: {}, 6: {}})
    return [subnets.renamed(each) for each in written]


def parsed(written: str) -> Address | None:
    """Return the address that is written, without a prefix length; None if it is none."""
    try:
        return ipaddress.ip_address(written.partition("/")[0].partition("%")[0])
    except ValueError:
        return None


class _Subnets:
    """The bits that were decided so far; only ``renamed`` holds one, while it runs."""

    def __init__(self, flips: dict[tuple[int, int, int], int], public: dict[int, dict[int, int]]) -> None:
        self.flips = flips
        self.public = public

    def renamed(self, written: str) -> str | None:
        address = parsed(written)
        if address is None or any(address in block for block in _KEPT if block.version == address.version):
            return None
        mapped = getattr(address, "ipv4_mapped", None)
        if mapped is not None:
            inner = self.renamed(str(mapped))
            return inner and written.lower().replace(str(mapped), inner, 1)
        bare, slash, length = written.partition("/")
        new = self._new(address, int(length) if length.isdigit() else address.max_prefixlen)
        return new and f"{new}{bare.partition('%')[1]}{bare.partition('%')[2]}{slash}{length}"

    def _new(self, address: Address, length: int) -> str:
        size = address.max_prefixlen
        value = int(address)
        block = next((each for each in _CLASSES if each.version == address.version and address in each), None)
        if block is not None:
            fixed, new = block.prefixlen, int(address) >> (size - block.prefixlen)
        else:
            fixed = 8 if size == 32 else 16
            choice = _PUBLIC_V4 if size == 32 else _PUBLIC_V6
            known = self.public[address.version]
            index = known.setdefault(value >> (size - fixed), len(known))
            if index >= len(choice):
                return placeholder("address", index + 1)
            new = choice[index]
        is_network = value & ((1 << (size - min(length, size))) - 1) == 0
        last = max(fixed, length) if is_network else size
        for depth in range(fixed, last):
            bit = value >> (size - depth - 1) & 1
            flip = self.flips.setdefault((size, depth, value >> (size - depth)), bit ^ _pattern(depth, new))
            new = new << 1 | (bit ^ flip)
        return str(type(address)(new << (size - last)))


def _pattern(depth: int, prefix: int) -> int:
    """Return a bit that looks like chance and depends on nothing but the new address so far."""
    return ((prefix % 8191) * 2654435761 + depth * 40503) >> 13 & 1
