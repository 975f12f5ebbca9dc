"""The times of log lines as seconds, so that gaps between them can be measured; no fact of its own."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

# 2026-03-02 03:14:55.123 UTC, or with a T between; what comes behind the seconds' fraction does not matter for a gap.
_TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})[ T]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:[.,]([0-9]{1,6}))?")
# Seconds since 1970, as %n of log_line_prefix writes them.
_EPOCH = re.compile(r"([0-9]{9,11})\.([0-9]{3})")
_BEFORE_MONTH = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)


def seconds(text: str) -> float | None:
    """Return a time as seconds from a fixed point; None if it can't be read. Zones are left aside."""
    match = _TIME.search(text)
    if match:
        year, month, day, hour, minute, second = (int(match[n]) for n in range(1, 7))
        if not 1 <= month <= 12:
            return None
        leap = month > 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        days = 365 * year + (year - 1) // 4 - (year - 1) // 100 + (year - 1) // 400
        days += _BEFORE_MONTH[month - 1] + day + leap
        return days * 86400.0 + hour * 3600 + minute * 60 + second + float(f"0.{match[7] or 0}")
    match = _EPOCH.search(text)
    return float(f"{match[1]}.{match[2]}") if match else None


def gaps(times: Sequence[float]) -> list[float]:
    """Return what lies between each time and the next."""
    return [later - earlier for earlier, later in itertools.pairwise(times)]


def bursts(times: Sequence[float], quiet: float) -> list[list[float]]:
    """Return the times in groups: a new one begins after so many quiet seconds."""
    found: list[list[float]] = []
    for time in sorted(times):
        if found and time - found[-1][-1] <= quiet:
            found[-1].append(time)
        else:
            found.append([time])
    return found
