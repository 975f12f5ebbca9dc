"""pgbouncer.ini, by PgBouncer's own parser (lib/usual/cfparser.c, src/loader.c, src/main.c).

A comment stands at the start of a line, after ``;`` or ``#``; whatever follows a value belongs to the value. Keys and
section names are case-sensitive. What stands behind the ``]`` of a heading is read as if it stood on the next line.

Keys here: ``pgbouncer/`` is a heading, ``pgbouncer/pool_mode`` a setting, ``databases/app/`` an entry and
``databases/app/pool_size`` one part of it (so in [users] and [peers]). Between ``start`` and ``end`` a part that
PgBouncer knows stands with its name, ``pool_size=40``: that tells ``quote`` that its quotes are a connect string's.

An entry that is written twice counts as it is written last, with nothing of the first but its user. A second
[pgbouncer] sets everything before it back to the defaults. Lines that have no effect for these reasons say so, and
have no key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from confmend.catalog import pgbouncer as catalog
from confmend.document import Format, split_lines
from confmend.formats import pgbouncer_entry as entry
from confmend.model import Line

_BLANK = " \t\r\n\f\v"
_HEADING = re.compile(r"[ \t\r\f\v]*+\[([^\]\n]*+)\]")
_NO_MORE = re.compile(r"[ \t\r\f\v]*+(?:[;#\n]|\Z)")
_ASSIGNMENT = re.compile(r"[ \t\r\f\v]*+([A-Za-z0-9_.*-]*+)[ \t]*+=[ \t]*+([^\n]*)")
_COMMENTED = re.compile(r"[ \t]*+[;#]++[ \t]*+([A-Za-z0-9_.*-]++)[ \t]*+=[ \t]*+([^\n]*)")
_INCLUDE = re.compile(r"[ \t\r\f\v]*+%include[ \t]++([^\n]*)")


@dataclass(frozen=True, slots=True)
class _Item:
    """A piece of a line: ``match`` is None for a blank line, a comment and what can't be read."""

    kind: str
    raw: str
    match: re.Match[str] | None = None
    section: str = ""
    number: int = 0

    @property
    def name(self) -> str:
        return self.match[1] if self.match else ""


def read(text: str) -> Iterator[Line]:
    """Yield the lines; one at which PgBouncer would stop, or that has no effect, carries the reason."""
    items = list(_items(text))
    last: dict[tuple[str, str], int] = {}
    users: dict[tuple[str, str], int] = {}
    for index, item in enumerate(items):
        if item.kind == "heading":
            last["", item.name] = index
        elif item.kind == "setting" and item.section not in ("", catalog.MAIN):
            last[item.section, item.name] = index
            if item.section == "databases" and any(part.key == "user" for part in _parts(item)):
                users[item.section, item.name] = index
    fragment = not last or items[next((i for i, item in enumerate(items) if item.kind != "blank"), 0)].kind == "include"
    for index, item in enumerate(items):
        if item.kind in ("setting", "commented") and item.section == catalog.MAIN and index < last["", catalog.MAIN]:
            yield from _set_back(item, items[last["", catalog.MAIN]].number)
        elif item.kind == "setting" and item.section not in ("", catalog.MAIN):
            keep_user = users.get((item.section, item.name)) == index
            later = last[item.section, item.name]
            yield from _entry(item, items[later].number if later != index else 0, keep_user)
        elif item.kind == "setting" and not item.section and not fragment:
            problem = f"value without section: {item.name}"
            yield Line(item.raw, problem=problem)
        else:
            yield _line(item)


def _items(text: str) -> Iterator[_Item]:
    """Yield the pieces, each with the section that it stands in."""
    section = ""
    for number, raw in enumerate(split_lines(text), 1):
        at = 0
        while heading := _HEADING.match(raw, at):
            section = heading[1]
            end = len(raw) if _NO_MORE.match(raw, heading.end()) else heading.end()
            piece = raw[at:end]
            yield _Item("heading", piece, _HEADING.match(piece), section, number)
            at = end
        if at == len(raw):
            continue
        end = len(raw.rstrip(_BLANK)) if at else len(raw)
        yield _item(raw[at:end], section, number)
        if end < len(raw):
            # The line's end is a piece of its own, for the setting may be taken out.
            yield _Item("blank", raw[end:], None, section, number)


def _item(raw: str, section: str, number: int) -> _Item:
    stripped = raw.strip(_BLANK)
    if not stripped or stripped[0] in ";#":
        match = _COMMENTED.match(raw) if stripped and section else None
        return _Item("commented" if match else "blank", raw, match, section, number)
    if match := _INCLUDE.match(raw):
        return _Item("include", raw, match, section, number)
    match = _ASSIGNMENT.match(raw)
    return _Item("setting" if match else "unread", raw, match, section, number)


def _line(item: _Item) -> Line:
    match = item.match
    if not match:
        return Line(item.raw, problem="syntax error: no key = value" if item.kind == "unread" else "")
    if item.kind == "heading":
        problem = "" if item.name in catalog.SECTIONS else f'invalid section "{item.name}"'
        return Line(item.raw, f"{item.name}/", item.name, *_span(match, 1, 1), problem=problem)
    if item.kind == "include":
        value = match[1].rstrip(_BLANK)
        problem = "" if value else "%include without a file name"
        at = item.raw.index("%")
        return Line(item.raw, "%include", value, at, match.start(1), match.start(1) + len(value), problem=problem)
    value = match[2].rstrip(_BLANK)
    span = (match.start(1), match.start(2), match.start(2) + len(value))
    if item.kind == "commented":
        slash = "" if item.section == catalog.MAIN else "/"
        return Line(item.raw, f"{item.section}/{item.name}{slash}", value, *span, commented=True)
    known = catalog.settings().get(item.name)
    if not item.section and not known:
        # A file that another one includes goes on in a section that we don't see.
        return Line(item.raw)
    problem = known.refusal(value) if known else f"unknown parameter: {catalog.MAIN}/{item.name}"
    return Line(item.raw, f"{catalog.MAIN}/{item.name}", value, *span, problem=problem)


def _span(match: re.Match[str], key: int, value: int) -> tuple[int, int, int]:
    return match.start(key), match.start(value), match.end(value)


def _set_back(item: _Item, number: int) -> Iterator[Line]:
    """Yield a setting that a later [pgbouncer] sets back to its default."""
    line = _line(item)
    if line.problem or (not line.commented and item.name in catalog.WITHOUT_DEFAULT):
        yield line
    elif line.commented:
        yield Line(item.raw)
    else:
        yield Line(item.raw, problem=f"without effect: [pgbouncer] in line {number} sets it back to its default")


def _parts(item: _Item) -> Iterator[entry.Part]:
    assert item.match
    return entry.parts(item.raw, item.match.start(2), item.match.start(2) + len(item.match[2].rstrip(_BLANK)))


def _entry(item: _Item, later: int, keeps_user: bool) -> Iterator[Line]:
    """Yield the pieces of an entry: its name, its parts, the line's end. ``later``: the line that writes it again."""
    match = item.match
    assert match
    if item.section not in catalog.SECTIONS:
        yield Line(item.raw)
        return
    key = f"{item.section}/{item.name}/"
    parts = list(_parts(item))
    problem = entry.entry_refusal(item.section, item.name)
    if item.section == "peers" and not problem and all(part.key for part in parts):
        problem = "" if "host" in [part.key for part in parts] else f"host was not provided for peer {item.name}"
    # PgBouncer looks at the string of * only when somebody connects to a database that has no entry.
    late = "; PgBouncer starts, but no connection through * succeeds" if item.name == "*" else ""
    late = late if item.section == "databases" else ""
    if later and not problem:
        problem = f"without effect: {item.name} is written again in line {later}"
    yield Line(item.raw[: match.start(2)], key, item.name, *_span(match, 1, 1), problem=problem)
    end = match.start(2)
    for part in parts:
        refusal = entry.refusal(item.section, part)
        hidden = (later and not (keeps_user and part.key in ("user", "password"))) or not part.key
        yield Line(
            item.raw[part.start : part.end],
            "" if hidden else key + part.key,
            part.value,
            part.key_at - part.start,
            part.value_at - part.start,
            part.value_end - part.start,
            problem=refusal and refusal + late,
        )
        end = part.end
    if item.raw[end:]:
        yield Line(item.raw[end:])


# Writing -------------------------------------------------------------------------------------------------------------


def quote(new: str, _old: str) -> str:
    """Write a value of [pgbouncer] as it is: there are no quotes around it."""
    if not set(new).isdisjoint("\n\0"):
        raise ValueError("a value in pgbouncer.ini can't hold a line break")
    if new.strip(_BLANK) != new:
        raise ValueError("a value in pgbouncer.ini can't begin or end with blanks")
    return new


def splice(lines: Sequence[Line], index: int, value: str) -> str:
    """Return a line or piece with another value: a part of a connect string has quotes where it needs them."""
    line = lines[index]
    is_part = line.key.count("/") > 1
    new = entry.written(value) if is_part else quote(value, "")
    return line.raw[: line.start] + new + line.raw[line.end :]


def insert(lines: Sequence[Line], key: str, value: str) -> tuple[int, str]:
    """Return where a setting, or a part of an entry, goes that is not there yet, and what is written there."""
    section, _, name = key.partition("/")
    name, _, part = name.rpartition("/") if section != catalog.MAIN else (name, "", "")
    if section == catalog.MAIN:
        if name not in catalog.settings():
            raise ValueError(f"PgBouncer has no setting {name!r}")
        return _new_line(lines, section, f"{name} = {quote(value, '')}")
    if part not in catalog.parts(section) or not _ASSIGNMENT.fullmatch(f"{name}="):
        raise ValueError(f"there is no place for {key!r} in pgbouncer.ini")
    written = f"{part}={entry.written(value)}"
    headings = [i for i, line in enumerate(lines) if line.key == f"{section}/{name}/" and not line.commented]
    if not headings:
        if section == "peers" and part != "host":
            raise ValueError("a peer needs a host first")
        return _new_line(lines, section, f"{name} = {written}")
    at = headings[-1] + 1
    while at < len(lines) and (lines[at].key or lines[at].problem) and not lines[at - 1].raw.endswith("\n"):
        if not lines[at].key:
            raise ValueError(f"the entry of {name} can't be read: mend it first")
        at += 1
    return at, written if at == headings[-1] + 1 else f" {written}"


def _new_line(lines: Sequence[Line], section: str, written: str) -> tuple[int, str]:
    """Return the place of a new line at the end of a section, which is made if there is none."""
    first = next((line.raw for line in lines if line.raw.endswith("\n")), "\n")
    newline = "\r\n" if first.endswith("\r\n") else "\n"
    own = [i for i, line in enumerate(lines) if _is_heading(line) and line.value == section]
    fragment = section == catalog.MAIN and not any(map(_is_heading, lines))
    if fragment:
        own = [i for i, line in enumerate(lines) if line.key.startswith(f"{section}/")]
    if not own:
        before, at = f"[{section}]{newline}", len(lines)
    else:
        before, at = "", own[-1] + 1
        for index in range(own[-1] + 1, len(lines)):
            if _is_heading(lines[index]):
                break
            if lines[index].text.strip() or not lines[index - 1].raw.endswith("\n"):
                at = index + 1
    if at and not lines[at - 1].raw.endswith("\n"):
        before = newline + before
    return at, before + written + newline


def _is_heading(line: Line) -> bool:
    return not line.commented and line.key == f"{line.value}/" and line.raw.lstrip(_BLANK).startswith("[")


# Recognising ---------------------------------------------------------------------------------------------------------


# Words that no other program's file has as its settings.
_OWN = frozenset(
    {
        "[databases]", "[pgbouncer]",
        "autodb_idle_timeout", "client_login_timeout", "default_pool_size", "ignore_startup_parameters",
        "max_client_conn", "max_db_connections", "max_user_connections", "min_pool_size", "pool_mode",
        "query_wait_timeout", "reserve_pool_size", "reserve_pool_timeout", "server_idle_timeout", "server_lifetime",
        "server_login_retry", "server_reset_query", "server_round_robin",
    }
)  # fmt: skip


def detect(name: str, text: str) -> float:
    """Headings that only PgBouncer has decide; without any heading, every line has to be one of PgBouncer's."""
    text = text[:200_000]
    named = name.endswith(("pgbouncer.ini", "pgbouncer.conf")) and "=" in text
    if not (named or "%include" in text or any(word in text for word in _OWN)):
        return 0.0
    kinds = [item for item in _items(text) if item.kind not in ("blank", "commented")]
    headings = {item.name for item in kinds if item.kind == "heading"}
    unread = sum(item.kind == "unread" for item in kinds)
    if headings & {catalog.MAIN, "databases"} and unread * 2 < len(kinds):
        return 1.0 if catalog.MAIN in headings else 0.9
    if named:
        return 0.8
    own = [item for item in kinds if item.kind == "include" or item.name in _OWN]
    known = all(item.kind == "include" or item.name in catalog.settings() for item in kinds)
    return 0.8 if own and known and not headings else 0.0


FORMAT = Format("pgbouncer_ini", "pgbouncer.ini", "pgbouncer.ini", detect, read, quote, insert=insert, splice=splice)
