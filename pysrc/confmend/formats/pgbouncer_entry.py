"""The entries of [databases], [users] and [peers] in pgbouncer.ini: ``name = host=h port=5432``, part by part.

By PgBouncer's own parser (src/loader.c, cstr_get_pair). Only blanks part one from the next, a tab belongs to a value.
A value in single quotes may hold blanks; a quote in it is doubled; there is no backslash. The character behind the
closing quote is swallowed, whatever it is. Nothing may be empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from confmend.catalog import pgbouncer as catalog

_BLANKS = re.compile(" *+")
_KEY = re.compile(" *+([^= ]++) *+= *+")
_QUOTED = re.compile("'((?:[^']++|'')*+)'")
_PLAIN = re.compile("[^ ]*+")


@dataclass(frozen=True, slots=True)
class Part:
    """One part: where it starts, its key, its value, and where it ends; without a key what can't be read."""

    start: int
    key_at: int
    key: str
    value_at: int
    value_end: int
    value: str
    end: int


def parts(text: str, at: int, end: int) -> Iterator[Part]:
    """Yield the parts of the connect string ``text[at:end]``."""
    while (blanks := _BLANKS.match(text, at, end)) and blanks.end() < end:
        key = _KEY.match(text, at, end)
        quoted = _QUOTED.match(text, key.end(), end) if key else None
        plain = None if quoted or not key or text.startswith("'", key.end()) else _PLAIN.match(text, key.end(), end)
        value = quoted or plain
        written = quoted[1].replace("''", "'") if quoted else plain[0] if plain else ""
        if not key or not value or not written:
            yield Part(at, at, "", at, end, text[at:end].strip(" "), end)
            return
        # Behind a closing quote one character is skipped; a blank stays with the part that follows.
        skipped = bool(quoted) and value.end() < end and text[value.end()] != " "
        yield Part(at, key.start(1), key[1], key.end(), value.end(), written, value.end() + skipped)
        at = value.end() + skipped


def refusal(section: str, part: Part) -> str:
    """Return what PgBouncer says against one part, nothing if it takes it."""
    if not part.key:
        return "syntax error in user settings" if section == "users" else "syntax error in connection string"
    known = catalog.parts(section).get(part.key)
    if not known:
        return f"unrecognized {'user' if section == 'users' else 'connection'} parameter: {part.key}"
    return known.refusal(part.value)


def entry_refusal(section: str, name: str) -> str:
    """Return what PgBouncer says against the name of an entry, whatever its parts are."""
    if section == "databases" and name == catalog.MAIN:
        return 'database name "pgbouncer" is reserved'
    if section == "databases" and len(name) > catalog.LONGEST_DATABASE:
        return f"the name of a database has at most {catalog.LONGEST_DATABASE} characters"
    if section == "peers" and not (re.fullmatch("[0-9]{1,20}", name) and 0 < int(name) < 2**16):
        return "ids of peers must be a number larger than 0 and at most 65536"
    return ""


def written(value: str) -> str:
    """Return a part's value as PgBouncer reads it back, in quotes where it needs them."""
    if not value:
        raise ValueError("PgBouncer refuses an empty value in a connect string: take the part out instead")
    if not set(value).isdisjoint("\n\0"):
        raise ValueError("a value in pgbouncer.ini can't hold a line break")
    # A blank of another kind would be cut off at the end of the line.
    if value.startswith("'") or " " in value or value.strip(" \t\r\f\v") != value:
        return "'" + value.replace("'", "''") + "'"
    return value
