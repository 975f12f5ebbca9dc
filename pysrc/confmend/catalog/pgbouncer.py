"""PgBouncer's settings, the parts of its entries, and how it reads values.

``data/pgbouncer.tsv`` holds what ``SHOW CONFIG`` and the manual (doc/config.md) say: name, type, unit, default, since
(the version that brought it) and until (the last that has it), applies (``reload`` or ``restart``), and earlier: the
defaults of older versions, each with the last version that had it. The names of the parts of an entry are written
``databases/pool_size``; those values are read by another, more lenient function than the settings of [pgbouncer].
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass

from confmend import package_files
from confmend.catalog import c_numbers

MAIN = "pgbouncer"
SECTIONS = ("databases", "users", MAIN, "peers")
# Sections by the version that brought them.
SECTION_SINCE = {"users": "1.6", "peers": "1.19"}
# So many bytes the name of a database can have (MAX_DBNAME).
LONGEST_DATABASE = 63
# Settings whose default is nothing at all, so that a second [pgbouncer] does not set them back (main.c).
WITHOUT_DEFAULT = frozenset(
    {
        "auth_dbname", "auth_file", "auth_ident_file", "auth_ldap_options", "auth_user", "client_tls13_ciphers",
        "conffile", "server_tls13_ciphers", "user", "verbose",
    }
)  # fmt: skip
_POOL_MODES = ("session", "transaction", "statement")
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "pool_mode": _POOL_MODES,
    # pam depends on how PgBouncer was built; ldap came with 1.25.
    "auth_type": ("any", "trust", "plain", "md5", "cert", "hba", "ldap", "pam", "scram-sha-256"),
    "client_tls_sslmode": _SSL_MODES,
    "server_tls_sslmode": _SSL_MODES,
    "load_balance_hosts": ("disable", "round-robin"),
}
_DECIMAL = re.compile(r"[ \t-\r]*([-+]?)([0-9]+)")
_LONG_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of [pgbouncer], or one part of an entry (``databases/pool_size``)."""

    name: str
    type: str
    unit: str
    default: str
    since: str
    until: str
    applies: str
    earlier: str

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that an enum takes, whatever their case."""
        return _CHOICES.get(self.name.rpartition("/")[2], ())

    def is_in(self, version: str) -> bool:
        """Return whether a version knows the name."""
        return _order(self.since) <= _order(version) and (not self.until or _order(version) <= _order(self.until))

    def default_in(self, version: str) -> str:
        """Return the default of a version."""
        for each in self.earlier.split(" | ") if self.earlier else ():
            last, _, value = each.partition("=")
            if _order(version) <= _order(last):
                return value
        return self.default

    def refusal(self, value: str) -> str:
        """Return what PgBouncer says against a value, nothing if it takes it."""
        section, _, name = self.name.rpartition("/")
        if not section:
            if name == "auth_dbname" and value == MAIN:
                return 'cannot use the reserved "pgbouncer" database as an auth_dbname'
            return "" if self._takes(value) else f'invalid value "{value}" for parameter {name}'
        if self.type == "port":
            return "" if leading_integer(value) else f"invalid port: {value}"
        if self.type == "enum" and not self._takes(value):
            return f"invalid {'pool mode' if name == 'pool_mode' else name}: {value}"
        return ""

    def _takes(self, value: str) -> bool:
        if self.type in ("int", "bool", "uint"):
            return integer(value) is not None
        if self.type == "time":
            return seconds(value) is not None
        return self.type != "enum" or value.lower() in self.choices


@functools.cache
def _rows() -> Mapping[str, Setting]:
    return {row["name"]: Setting(**row) for row in package_files.table("data/pgbouncer.tsv")}


@functools.cache
def settings() -> Mapping[str, Setting]:
    """Return the settings of [pgbouncer] by name."""
    return {name: row for name, row in _rows().items() if "/" not in name}


@functools.cache
def parts(section: str) -> Mapping[str, Setting]:
    """Return the parts that an entry of a section can have, by name."""
    start = section + "/"
    return {name.removeprefix(start): row for name, row in _rows().items() if name.startswith(start)}


def integer(text: str) -> int | None:
    """Return a whole number in C notation as cf_set_int keeps it: 0x10 is sixteen, 010 eight, 4294967297 one.

    None if PgBouncer refuses the text.
    """
    read = c_numbers.long(text)
    return _kept(read[0]) if read and read[1] == len(text) else None


def unsigned(text: str) -> int | None:
    """Return a whole number as cf_set_uint keeps it: -1 is the largest. None if PgBouncer refuses the text."""
    read = c_numbers.long(text)
    if not read or read[1] != len(text):
        return None
    return (read[0] if abs(read[0]) <= 2 * _LONG_MAX + 1 else -1) % 2**32


def leading_integer(text: str) -> int:
    """Return the decimal number at the start of a part's value, 0 without one (C's atoi): 010 is ten, 20x twenty."""
    match = _DECIMAL.match(text)
    # Python refuses to read thousands of digits; what is too long for a C long is so at any length.
    return _kept(int(match[1] + (match[2].lstrip("0")[:40] or "0"))) if match else 0


def seconds(text: str) -> float | None:
    """Return a time as PgBouncer reads it, seconds without a unit; None if it refuses the text."""
    read = c_numbers.double(text)
    # "nan" is not less than nothing, and so it is taken.
    return read[0] if read and read[1] == len(text) and not read[0] < 0 else None


def _kept(number: int) -> int:
    """Return what is left of a C long in a C int."""
    number = max(-_LONG_MAX - 1, min(_LONG_MAX, number))
    return (number + 2**31) % 2**32 - 2**31


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2]) if version else ()
