"""The server runs on Windows: socket errors are Winsock's, with other causes than on Linux."""

from confmend.facts.platform import Platform
from confmend.model import Shown, Sign


def check(platform: Platform) -> Shown:
    """Look at the platform."""
    because = f"it runs on {platform.name}"
    return Shown(platform.name == "Windows", because, (platform.origin,) if platform.origin else ())


SIGN = Sign(
    "The server runs on Windows",
    check,
    examples=(
        ({"pg_version": "PostgreSQL 17.2 on x86_64-windows, compiled by msvc-19.42.34435, 64-bit\n"}, True),
        ({"pg_version": "PostgreSQL 17.2 on x86_64-pc-linux-gnu, compiled by gcc 12.2.0, 64-bit\n"}, False),
        ({"answers": "memory = 16GB\n"}, None),
    ),
)
