"""PostgreSQL's settings by major version, and how a server of that version reads a value.

``data/pg_settings/<major>.tsv`` is what a stock server of that version says of itself, so names, units, types, ranges,
defaults and the need of a restart are look-ups. ``data/pg_removed.tsv`` lists the names that are gone, with the version
that dropped each, the setting that takes the same value instead, if there is one, and what to do.
"""

from __future__ import annotations

import csv
import functools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from importlib import resources

from confmend.units import SIZES, TIMES_US

# Builds with LZ4, Zstandard or liburing know these as well; the tables come from a build without them.
_BUILD_DEPENDENT = {
    "wal_compression": ("lz4", "zstd"),
    "default_toast_compression": ("lz4",),
    "io_method": ("io_uring",),
}
# Spellings that a server accepts but does not list in pg_settings.enumvals (guc_tables.c, the hidden ones).
_BOOLEAN_SPELLINGS = ("true", "false", "yes", "no", "1", "0")
_HIDDEN = {
    **dict.fromkeys(
        (
            "archive_mode",
            "backslash_quote",
            "compute_query_id",
            "constraint_exclusion",
            "debug_parallel_query",
            "force_parallel_mode",
            "huge_pages",
            "recovery_prefetch",
            "synchronous_commit",
            "wal_compression",
        ),
        _BOOLEAN_SPELLINGS,
    ),
    "client_min_messages": ("debug", "info"),
    "log_min_messages": ("debug",),
    "log_min_error_statement": ("debug",),
    "wal_level": ("archive", "hot_standby"),
}
# Hidden spellings that a version was the last to accept.
_HIDDEN_UNTIL = {"password_encryption": (13, ("on", "true", "yes", "1"))}
# Names that are accepted without being listed: old names that are mapped (map_old_guc_names), and hidden leftovers.
ALIASES = {"sort_mem": "work_mem", "vacuum_mem": "maintenance_work_mem", "ssl_ecdh_curve": "ssl_groups"}
_ACCEPTED = ("ssl_renegotiation_limit", "default_with_oids", "role", "session_authorization", "seed", "config_file")
_DIRECTIVES = ("include", "include_if_exists", "include_dir")

_BOOLEANS = {"true": 1, "false": 1, "yes": 1, "no": 1, "on": 2, "off": 2}
_NUMBER = re.compile(
    r"\s*(?P<hex>[-+]?0[xX][0-9a-fA-F]+)?(?(hex)|(?P<number>[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?))"
    r"\s*(?P<unit>[^\s0-9.]{0,3})\s*"
)
_INT_MAX = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of pg_settings. ``unit`` is the base unit, ``low`` and ``high`` the range in it, None without one.

    ``unlisted`` are choices that the server accepts without listing them.
    """

    name: str
    type: str
    unit: str
    context: str
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    default: str
    unlisted: tuple[str, ...] = ()

    @property
    def needs_restart(self) -> bool:
        """Whether a change waits for the next start of the server."""
        return self.context == "postmaster"

    @property
    def per_unit(self) -> int:
        """Bytes or microseconds in one base unit; 1 for a plain number."""
        count, name = re.fullmatch(r"([0-9]*)(.*)", self.unit).groups()  # type: ignore[union-attr]  # matches any text
        return int(count or 1) * {**SIZES, **TIMES_US}.get(name, 1)

    def number(self, value: str) -> int | float:
        """Return a numeric value in the base unit, read as the server reads it (guc.c, parse_int and parse_real).

        ValueError with the server's own complaint where it would refuse the value.
        """
        found = self._parsed(value)
        if found is None:
            raise ValueError(f'invalid value for parameter "{self.name}": "{value}"{self._hint(value)}')
        if self.type == "integer":
            found = round(found)
            if not -_INT_MAX - 1 <= found <= _INT_MAX:
                raise ValueError(f'invalid value for parameter "{self.name}": "{value}". Value exceeds integer range.')
        if (self.low is not None and found < self.low) or (self.high is not None and found > self.high):
            raise ValueError(
                f'{self._in_unit(found)} is outside the valid range for parameter "{self.name}" '
                f"({self._in_unit(self.low)} .. {self._in_unit(self.high)})"
            )
        return found

    def check(self, value: str) -> None:
        """Raise ValueError, with the server's complaint, for a value that a server of this version refuses."""
        if self.type in ("integer", "real"):
            self.number(value)
        elif self.type == "bool":
            flag(value, self.name)
        elif self.type == "enum" and value.lower() not in map(str.lower, (*self.choices, *self.unlisted)):
            raise ValueError(
                f'invalid value for parameter "{self.name}": "{value}". '
                f"Available values: {', '.join(choice for choice in self.choices if choice)}."
            )

    def _parsed(self, value: str) -> float | None:
        match = _NUMBER.fullmatch(value)
        if not match:
            return None
        number = _literal(match["hex"] or match["number"], whole=self.type == "integer")
        if number is None or not match["unit"]:
            return number
        return self._converted(number, match["unit"])

    def _converted(self, number: float, unit: str) -> float | None:
        """Return ``number`` of ``unit`` in the base unit (guc.c, convert_to_base_unit)."""
        table = SIZES if self.unit in ("B", "kB", "MB", "8kB") else TIMES_US
        if not self.unit or unit not in table:
            return None
        per = table[unit] / self.per_unit
        smaller = max((size for size in table.values() if size < table[unit]), default=0) / self.per_unit
        # A fraction such as 30.1GB is first rounded to whole units of the next smaller kind.
        return round(number * per / smaller) * smaller if smaller else number * per

    def _hint(self, value: str) -> str:
        if not self.unit or not re.search("[a-zA-Z]", value):
            return ""
        table = SIZES if self.unit in ("B", "kB", "MB", "8kB") else TIMES_US
        return f". Valid units for this parameter are {', '.join(table)} (their case matters)."

    def _in_unit(self, number: float | None) -> str:
        if number is None:
            return ""
        text = f"{number:.17g}" if isinstance(number, float) and not number.is_integer() else str(int(number))
        return f"{text} {self.unit}" if self.unit and self.unit != "8kB" else text


def _literal(text: str, *, whole: bool) -> float | None:
    """Return the number that strtol (base 0, so 010 is eight) or else strtod reads."""
    digits = text.lstrip("+-")
    sign = -1 if text.startswith("-") else 1
    try:
        if digits[:2].lower() == "0x":
            return sign * int(digits, 16)
        if whole and digits.isdecimal() and digits.startswith("0") and len(digits) > 1:
            return sign * int(digits, 8)
        number = Decimal(text)
    except (ValueError, InvalidOperation):
        return None
    found = float(number)
    return None if math.isinf(found) else int(number) if number == number.to_integral_value() else found


def flag(value: str, name: str = "") -> bool:
    """Return a boolean as the server reads it: any case, and any beginning that is unambiguous.

    ValueError with the server's complaint otherwise (bool.c, parse_bool_with_len).
    """
    text = value.lower()
    for word, shortest in _BOOLEANS.items():
        if len(text) >= shortest and word.startswith(text):
            return word in ("true", "yes", "on")
    if text in ("1", "0"):
        return text == "1"
    raise ValueError(f'parameter "{name}" requires a Boolean value, and "{value}" is none')


@functools.cache
def versions() -> tuple[int, ...]:
    """Return the major versions that there is a table for, oldest first."""
    folder = resources.files("confmend") / "data" / "pg_settings"
    return tuple(sorted(int(entry.name.partition(".")[0]) for entry in folder.iterdir() if entry.name.endswith(".tsv")))


@functools.cache
def settings(version: int) -> Mapping[str, Setting]:
    """Return the settings of a major version by their names in lower case."""
    table = resources.files("confmend") / "data" / "pg_settings" / f"{version}.tsv"
    rows = csv.DictReader(table.read_text("utf-8").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return {row["name"].lower(): _setting(row, version) for row in rows}


def _setting(row: Mapping[str, str], version: int) -> Setting:
    last, old = _HIDDEN_UNTIL.get(row["name"], (0, ()))
    return Setting(
        name=row["name"],
        type=row["vartype"],
        unit=row["unit"],
        context=row["context"],
        low=float(row["min_val"]) if row["min_val"] else None,
        high=float(row["max_val"]) if row["max_val"] else None,
        choices=tuple(choice.strip('"') for choice in row["enumvals"].split(",")) if row["enumvals"] else (),
        default=row["boot_val"],
        unlisted=(
            *_BUILD_DEPENDENT.get(row["name"], ()),
            *_HIDDEN.get(row["name"], ()),
            *(old if version <= last else ()),
        ),
    )


@dataclass(frozen=True, slots=True)
class Removed:
    """A name that is gone since version ``gone``; ``instead`` takes the same value, or is empty."""

    name: str
    gone: str
    instead: str
    advice: str


@functools.cache
def removed() -> Mapping[str, Removed]:
    """Return the names that some version dropped."""
    table = resources.files("confmend") / "data" / "pg_removed.tsv"
    rows = csv.DictReader(table.read_text("utf-8").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    return {row["name"]: Removed(row["name"], row["gone"], row["instead"], row["advice"] or "") for row in rows}


@functools.cache
def known_in(name: str) -> tuple[int, ...]:
    """Return the versions that list a setting, whatever the case of its name."""
    return tuple(version for version in versions() if name.lower() in settings(version))


def is_setting(name: str) -> bool:
    """Return whether any version knows the name, as a setting or an accepted leftover."""
    return bool(known_in(name)) or name.lower() in ALIASES or name.lower() in _ACCEPTED


def is_accepted(name: str, version: int) -> bool:
    """Return whether a server of ``version`` starts with a line that sets ``name``.

    A dotted name is a placeholder for an extension's setting and is always accepted.
    """
    name = name.lower()
    return "." in name or name in settings(version) or name in ALIASES or name in _ACCEPTED or name in _DIRECTIVES
