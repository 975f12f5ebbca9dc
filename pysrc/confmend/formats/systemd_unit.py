r"""A unit file of systemd or a drop-in of one (systemd.syntax(7)): ``[Service]``, ``LimitNOFILE=65536``.

A line that starts with ``#`` or ``;`` is a comment, also between the lines of a value that goes on after a backslash.
Keys here are ``Section/Name``, case-sensitive. A unit's drop-ins are read after it, by their names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from confmend.document import Format, split_lines
from confmend.model import Line

SECTIONS = ("Unit", "Service", "Install", "Socket", "Slice", "Scope", "Timer", "Mount", "Swap", "Path", "Manager")
_HEADING = re.compile(r"[ \t]*\[([^\]\n]*)\][ \t\r]*\n?")
_SETTING = re.compile(r"[ \t]*([A-Za-z][A-Za-z0-9-]*)[ \t]*=[ \t]*(.*?)[ \t\r]*\n?")
_COMMENTED = re.compile(r"[ \t]*[#;]+[ \t]*([A-Z][A-Za-z]+)[ \t]*=[ \t]*([^\n]*?)[ \t\r]*\n?")


def read(text: str) -> Iterator[Line]:
    """Yield the lines; one that systemd complains of carries its complaint."""
    raws = list(split_lines(text))
    section, index = "", 0
    while index < len(raws):
        raw = raws[index]
        index += 1
        if _silent(raw):
            yield _comment(raw, section)
            continue
        more = []
        if _goes_on(raw):
            while index < len(raws):
                more.append(raws[index])
                index += 1
                if not _is_comment(more[-1]) and not _goes_on(more[-1]):
                    break
        line = _line(raw, section, more)
        if line.key.endswith("/"):
            section = line.key[:-1]
        yield line
        yield from map(Line, more)


def _is_comment(raw: str) -> bool:
    return raw.lstrip(" \t\r\n")[:1] in ("#", ";")


def _silent(raw: str) -> bool:
    return not raw.strip(" \t\r\n") or _is_comment(raw)


def _goes_on(raw: str) -> bool:
    return raw.rstrip("\r\n").endswith("\\")


def _comment(raw: str, section: str) -> Line:
    match = _COMMENTED.fullmatch(raw)
    if not match or not section or match[2].endswith("\\"):
        return Line(raw)
    return Line(raw, f"{section}/{match[1]}", match[2], match.start(1), match.start(2), match.end(2), commented=True)


def _line(raw: str, section: str, more: Sequence[str]) -> Line:
    match = _HEADING.fullmatch(raw)
    if match and not more:
        return Line(raw, f"{match[1]}/", match[1], match.start(1), match.start(1), match.end(1))
    match = _SETTING.fullmatch(raw)
    if not match:
        wrong = "Invalid section header" if raw.lstrip().startswith("[") else "Missing '=', ignoring line."
        return Line(raw, problem=wrong)
    if not section:
        return Line(raw, problem="Assignment outside of section. Ignoring.")
    value = match[2]
    if more:
        parts = [value, *(each.strip(" \t\r\n") for each in more if not _is_comment(each))]
        value = " ".join(part.removesuffix("\\").strip() for part in parts)
    return Line(raw, f"{section}/{match[1]}", value, match.start(1), match.start(2), match.end(2))


def quote(new: str, old: str) -> str:
    """Write a value as it is: quotes belong to a command's words, not to a value."""
    if old.endswith("\\"):
        raise ValueError("a value that goes on in the next line has to be changed by hand")
    if "\n" in new or new.endswith("\\"):
        raise ValueError("a value in a unit file can't hold a line break or end in a backslash")
    return new


def insert(lines: Sequence[Line], key: str, value: str) -> tuple[int, str]:
    """Return where a new setting goes: behind the last one of its section, else into a new section at the end."""
    newline = "\r\n" if any(line.raw.endswith("\r\n") for line in lines[:1]) else "\n"
    section, _, name = key.partition("/")
    written = f"{name}={quote(value, '')}{newline}"
    headings = [index for index, line in enumerate(lines) if line.key == f"{section}/"]
    if not headings:
        # A comment does not end what goes on.
        last = next((line.raw for line in reversed(lines) if not _is_comment(line.raw)), "")
        if _goes_on(last) or (lines and _goes_on(lines[-1].raw)):
            raise ValueError("the last line goes on, so nothing can be put behind it")
        before = newline if lines and not lines[-1].raw.endswith("\n") else ""
        return len(lines), f"{before}[{section}]{newline}{written}"
    at = headings[-1]
    for index in range(headings[-1] + 1, len(lines)):
        if lines[index].key.endswith("/"):
            break
        if lines[index].key and not _goes_on(lines[index].raw):
            at = index
    return at + 1, ("" if lines[at].raw.endswith("\n") else newline) + written


def detect(name: str, text: str) -> float:
    """Headings that only systemd has, with settings spelled as its own are."""
    start = text[:50_000]
    headings = {match[1] for match in map(_HEADING.fullmatch, split_lines(start)) if match}
    named = re.search(r"\.(?:service|slice|scope|socket|timer)(?:\.d/[^/]+\.conf)?$", name) is not None
    own = headings.intersection(SECTIONS)
    if not headings or len(own) < len(headings):
        return 0.6 if named and own else 0.0
    setting = re.search(r"^[ \t]*[#;]?[ \t]*[A-Z][A-Za-z0-9]+[ \t]*=", start, re.MULTILINE)
    lines = list(read(start))
    if 2 * sum(bool(line.problem) for line in lines) > len(lines):
        return 0.0
    return 0.95 if setting else 0.7 if named else 0.0


FORMAT = Format(
    "systemd_unit",
    "systemd unit or drop-in",
    "/etc/systemd/system/postgresql.service.d/limits.conf",
    detect,
    read,
    quote,
    sections=True,
    insert=insert,
    rank=lambda name: 1 if ".d/" in name else 0,
)
