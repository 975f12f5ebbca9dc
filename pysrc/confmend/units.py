"""Sizes and times. Inside confmend bytes are int and durations are microseconds; conversion happens here."""

import re
from decimal import Decimal

# PostgreSQL's own tables, case-sensitive (src/backend/utils/misc/guc.c, memory_unit_conversion_table and
# time_unit_conversion_table): in bytes and in microseconds.
SIZES = {"B": 1, "kB": 1024, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4}
SECOND = 1_000_000
TIMES_US = {"us": 1, "ms": 1000, "s": SECOND, "min": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}

# People write a host's memory in any of these; 1024-based all of them, as every tool that prints memory does.
_LOOSE_SIZES = {"": 1, "b": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}
_LOOSE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kmgt]?)(?:i?b)?\s*", re.IGNORECASE)
_DURATION = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(us|ms|s|min|h|d)?\s*")


def size(text: str) -> int | None:
    """Return the bytes that a person means by ``16GB``, ``15.4 GiB`` or ``512m``; None if it is no size."""
    match = _LOOSE.fullmatch(text)
    return int(Decimal(match[1]) * _LOOSE_SIZES[match[2].lower()]) if match else None


def count(text: str) -> int | None:
    """Return a whole number from 1 on; None if it is anything else."""
    match = re.fullmatch(r"\s*([1-9][0-9]{0,9})\s*", text)
    return int(match[1]) if match else None


def time_us(text: str) -> int | None:
    """Return the microseconds of ``350s`` or ``5 min``, seconds where no unit is given; None if it is no time."""
    match = _DURATION.fullmatch(text)
    return int(Decimal(match[1]) * TIMES_US[match[2] or "s"]) if match else None


def gib(count: int) -> str:
    """Return bytes as GiB with two decimals: ``15.35 GiB``."""
    return f"{count / 1024**3:,.2f} GiB"


def mib(count: int) -> str:
    """Return bytes as whole MiB: ``1,528 MiB``."""
    return f"{count / 1024**2:,.0f} MiB"


def human(count: int) -> str:
    """Return bytes in the largest unit in which they are at least 1, as the reports print them."""
    for unit, per in (("TiB", 1024**4), ("GiB", 1024**3), ("MiB", 1024**2), ("kiB", 1024)):
        if abs(count) >= per:
            return f"{count / per:,.2f}".rstrip("0").rstrip(".") + f" {unit}"
    return f"{count:,} bytes"


def postgres_size(count: int) -> str:
    """Return bytes as postgresql.conf writes them, exactly: the largest unit that divides them."""
    for unit in ("TB", "GB", "MB", "kB"):
        if count and count % SIZES[unit] == 0:
            return f"{count // SIZES[unit]}{unit}"
    return f"{count}B"


def seconds(time: int) -> str:
    """Return microseconds as seconds: ``350 s``, ``0.2 s``."""
    return f"{time / 1_000_000:,.3f}".rstrip("0").rstrip(".") + " s"
