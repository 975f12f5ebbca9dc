"""PostgreSQL's settings by major version, and how a server of that version reads a value.

``data/pg_settings/<major>.tsv`` is what a stock server of that version says of itself, so names, units, types, ranges,
defaults and the need of a restart are look-ups. ``data/pg_unlisted.tsv`` has, in the same form, what every version
takes without listing it. ``data/pg_removed.tsv`` lists the names that are gone, with the version that dropped each, the
setting that takes the same value instead, if there is one, and what to do.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from confmend import package_files
from confmend.catalog import c_numbers
from confmend.units import SIZES, TIMES_US

# Builds with LZ4, Zstandard or liburing know these as well; the tables come from a build without them.
_BUILD_DEPENDENT = {
    "wal_compression": ("lz4", "zstd"),
    "default_toast_compression": ("lz4",),
    "io_method": ("io_uring",),
}
# Spellings that a server accepts but does not list in pg_settings.enumvals (guc_tables.c, the hidden ones), and what
# it lists for each.
_BOOLEAN_SPELLINGS = {"true": "on", "yes": "on", "1": "on", "false": "off", "no": "off", "0": "off"}
_DEBUG = {"debug": "debug2"}
_DEBUG_AND_INFO = {**_DEBUG, "info": "info"}
_HIDDEN: Mapping[str, Mapping[str, str]] = {
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
        ),
        _BOOLEAN_SPELLINGS,
    ),
    **dict.fromkeys(("log_min_error_statement", "log_min_messages"), _DEBUG),
    **dict.fromkeys(("client_min_messages", "icu_validation_level", "trace_recovery_messages"), _DEBUG_AND_INFO),
    "wal_compression": {**_BOOLEAN_SPELLINGS, "on": "pglz", "true": "pglz", "yes": "pglz", "1": "pglz"},
    "wal_level": {"archive": "replica", "hot_standby": "replica"},
}
# Hidden spellings that a version was the last to accept.
_HIDDEN_UNTIL = {"password_encryption": (13, dict.fromkeys(("on", "true", "yes", "1"), "md5"))}
# Smaller values, from 0 on, are silently raised to these (check_wal_buffers, check_autovacuum_work_mem).
_RAISED_TO: Mapping[str, Callable[[int], int]] = {
    "wal_buffers": lambda _version: 4,
    "autovacuum_work_mem": lambda version: 64 if version >= 17 else 1024,
}
# What the settings' own check functions refuse inside the range (the SLRU sizes' is check_slru_buffers).
_ALLOWED: Mapping[str, Callable[[float], bool]] = {
    "vacuum_buffer_usage_limit": lambda size: size == 0 or size >= 128,
    "io_max_concurrency": lambda count: count != 0,
    **dict.fromkeys(
        (
            "commit_timestamp_buffers",
            "multixact_member_buffers",
            "multixact_offset_buffers",
            "notify_buffers",
            "serializable_buffers",
            "subtransaction_buffers",
            "transaction_buffers",
        ),
        lambda count: count % 16 == 0,
    ),
}
# Old names that are mapped (map_old_guc_names).
ALIASES = {"sort_mem": "work_mem", "vacuum_mem": "maintenance_work_mem", "ssl_ecdh_curve": "ssl_groups"}
_DIRECTIVES = ("include", "include_if_exists", "include_dir")

_BOOLEANS = {"true": 1, "false": 1, "yes": 1, "no": 1, "on": 2, "off": 2}
_UNIT = re.compile(r"[ \t-\r]*([^ \t-\r]{0,3})[ \t-\r]*")
_INT_MAX = 2**31 - 1
_LONG_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of pg_settings. ``unit`` is the base unit, ``low`` and ``high`` the range in it, None without one.

    ``unlisted`` are spellings that the server accepts without listing them, with the choice that each means. Smaller
    values than ``raised_to``, from 0 on, count as that.
    """

    name: str
    type: str
    unit: str
    context: str
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    default: str
    unlisted: Mapping[str, str]
    raised_to: int

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
            found = _rounded(found)
            if not -_INT_MAX - 1 <= found <= _INT_MAX:
                raise ValueError(f'invalid value for parameter "{self.name}": "{value}". Value exceeds integer range.')
            found = int(found)
        if (self.low is not None and found < self.low) or (self.high is not None and found > self.high):
            raise ValueError(
                f'{self._in_unit(found)} is outside the valid range for parameter "{self.name}" '
                f"({self._in_unit(self.low)} .. {self._in_unit(self.high)})"
            )
        if self.name in _ALLOWED and not _ALLOWED[self.name](found):
            raise ValueError(f'invalid value for parameter "{self.name}": {found}')
        return max(found, self.raised_to) if found >= 0 else found

    def choice(self, value: str) -> str:
        """Return an enum's value as the server lists it: ``wal_level = Hot_Standby`` is replica.

        ValueError with the server's own complaint where it would refuse the value.
        """
        choices = {**{choice.lower(): choice for choice in self.choices}, **self.unlisted}
        if value.lower() not in choices:
            raise ValueError(
                f'invalid value for parameter "{self.name}": "{value}". '
                f"Available values: {', '.join(choice for choice in self.choices if choice)}."
            )
        return choices[value.lower()]

    def check(self, value: str) -> None:
        """Raise ValueError, with the server's complaint, for a value that a server of this version refuses."""
        if self.type in ("integer", "real"):
            self.number(value)
        elif self.type == "enum":
            self.choice(value)
        elif self.type == "bool" and flag(value, self.name) and self.name == "default_with_oids":
            raise ValueError("tables declared WITH OIDS are not supported")

    def _parsed(self, value: str) -> float | None:
        """Return the value in the base unit (guc.c, parse_int and parse_real, which say no to NaN)."""
        read = _whole(value) if self.type == "integer" else c_numbers.double(value)
        if read is None or math.isnan(read[0]):
            return None
        number, end = read
        unit = _UNIT.fullmatch(value, end)
        if not unit:
            return None
        return self._converted(number, unit[1]) if unit[1] else number

    def _converted(self, number: float, unit: str) -> float | None:
        """Return ``number`` of ``unit`` in the base unit (guc.c, convert_to_base_unit)."""
        table = SIZES if self.unit in ("B", "kB", "MB", "8kB") else TIMES_US
        if not self.unit or unit not in table:
            return None
        per = table[unit] / self.per_unit
        smaller = max((size for size in table.values() if size < table[unit]), default=0) / self.per_unit
        # A fraction such as 30.1GB is first rounded to whole units of the next smaller kind.
        return _rounded(number * per / smaller) * smaller if smaller else number * per

    def _hint(self, value: str) -> str:
        if not self.unit or not re.search("[a-zA-Z]", value):
            return ""
        table = SIZES if self.unit in ("B", "kB", "MB", "8kB") else TIMES_US
        return f". Valid units for this parameter are {', '.join(table)} (their case matters)."

    def _in_unit(self, number: float | None) -> str:
        if number is None:
            return ""
        text = f"{number:g}".replace("inf", "Infinity") if self.type == "real" else str(int(number))
        return f"{text} {self.unit}" if self.unit else text


def _whole(text: str) -> tuple[float, int] | None:
    """Return the number of an integer setting, which may be a fraction to be rounded, and where it ends."""
    read = c_numbers.long(text)
    beyond = read is not None and not -_LONG_MAX - 1 <= read[0] <= _LONG_MAX
    # Only behind what strtol took does the server look for a fraction: .5 is one, 08.5 and -.5 are not.
    if beyond or text[read[1] if read else 0 :][:1] in (".", "e", "E"):
        return c_numbers.double(text)
    return (float(read[0]), read[1]) if read else None


def _rounded(number: float) -> float:
    return number if math.isinf(number) else float(round(number))


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
    return tuple(sorted(int(name.removesuffix(".tsv")) for name in package_files.names("data/pg_settings")))


@functools.cache
def settings(version: int) -> Mapping[str, Setting]:
    """Return the settings of a major version by their names in lower case."""
    paths = (f"data/pg_settings/{version}.tsv", "data/pg_unlisted.tsv")
    return {row["name"].lower(): _setting(row, version) for path in paths for row in package_files.table(path)}


def _setting(row: Mapping[str, str], version: int) -> Setting:
    last, old = _HIDDEN_UNTIL.get(row["name"], (0, {}))
    return Setting(
        name=row["name"],
        type=row["vartype"],
        unit=row["unit"],
        context=row["context"],
        low=float(row["min_val"]) if row["min_val"] else None,
        high=float(row["max_val"]) if row["max_val"] else None,
        choices=tuple(choice.strip('"') for choice in row["enumvals"].split(",")) if row["enumvals"] else (),
        default=row["boot_val"],
        unlisted={
            **{choice: choice for choice in _BUILD_DEPENDENT.get(row["name"], ())},
            **_HIDDEN.get(row["name"], {}),
            **(old if version <= last else {}),
        },
        raised_to=_RAISED_TO[row["name"]](version) if row["name"] in _RAISED_TO else 0,
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
    return {row["name"]: Removed(**row) for row in package_files.table("data/pg_removed.tsv")}


@functools.cache
def known_in(name: str) -> tuple[int, ...]:
    """Return the versions that list a setting, whatever the case of its name."""
    return tuple(version for version in versions() if name.lower() in settings(version))


def is_setting(name: str) -> bool:
    """Return whether any version knows the name."""
    return bool(known_in(name)) or name.lower() in ALIASES


def is_accepted(name: str, version: int) -> bool:
    """Return whether a server of ``version`` starts with a line that sets ``name``.

    A dotted name is a placeholder for an extension's setting and is always accepted.
    """
    name = name.lower()
    return "." in name or name in settings(version) or name in ALIASES or name in _DIRECTIVES
