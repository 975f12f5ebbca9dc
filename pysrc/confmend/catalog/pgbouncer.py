"""PgBouncer's settings, and how it reads numbers.

``data/pgbouncer.tsv`` holds what its manual (doc/config.md) and ``SHOW CONFIG`` say: name, type, unit, default, since
(the version that brought it) and applies (``reload`` or ``restart``).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass

from confmend import package_files


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of [pgbouncer]."""

    name: str
    type: str
    unit: str
    default: str
    since: str
    applies: str


@functools.cache
def settings() -> Mapping[str, Setting]:
    """Return the settings by name."""
    return {row["name"]: Setting(**row) for row in package_files.table("data/pgbouncer.tsv")}


def integer(text: str) -> int | None:
    """Return a whole number in C notation, as cf_set_int reads it: 0x10 is sixteen, 010 is eight."""
    if re.fullmatch(r"[-+]?0[xX][0-9a-fA-F]+", text):
        return int(text, 16)
    if re.fullmatch(r"[-+]?0[0-7]+", text):
        return int(text, 8)
    return int(text) if re.fullmatch(r"[-+]?(?:0|[1-9][0-9]{0,9})", text) else None
