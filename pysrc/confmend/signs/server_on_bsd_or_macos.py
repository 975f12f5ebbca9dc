"""The server runs on macOS or a BSD: the network's memory are mbufs, which can run out with ENOBUFS."""

from confmend.facts.platform import Platform
from confmend.model import Shown, Sign

_WITH_MBUFS = ("macOS", "FreeBSD", "OpenBSD", "NetBSD")


def check(platform: Platform) -> Shown:
    """Look at the platform."""
    because = f"it runs on {platform.name}"
    return Shown(platform.name in _WITH_MBUFS, because, (platform.origin,) if platform.origin else ())


SIGN = Sign(
    "The server runs on macOS or a BSD",
    check,
    examples=(
        ({"pg_version": "PostgreSQL 17.2 on aarch64-apple-darwin23.6.0, compiled by clang, 64-bit\n"}, True),
        ({"pg_version": "PostgreSQL 17.2 on x86_64-pc-linux-gnu, compiled by gcc 12.2.0, 64-bit\n"}, False),
        ({"answers": "memory = 16GB\n"}, None),
    ),
)
