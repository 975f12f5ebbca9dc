"""Lines that name the file below them, Markdown fences and here-documents."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from confmend.bundle import commands

_EXTENSION = r"\.(?:conf|ini|log|txt|env|csv|json|cnf|ya?ml|toml|service|out)"
_FILE = rf"(?:(?:~|\.{{0,2}}|[\w.@+-]{{1,64}})(?:/[\w.@%+:-]{{1,100}}){{1,30}}|[\w@+-][\w.@+-]{{0,100}}{_EXTENSION})"
_FILE_NAME = re.compile(
    rf"[\s#*`_:>-]{{0,80}}(?:(?:[Ff]ile|Datei|Fichier)[\s:=]{{1,9}})?[`*\"']{{0,9}}({_FILE})[*`_\"':\s#]*"
)
# ==> a <== of head and tail; --- a ---, === a ===, ***** a *****; "/etc/sysctl.conf:" alone; sysctl --system.
_HEADING = re.compile(
    rf"[ \t]*(?:==>[ \t]{{1,9}}(?P<tail>[^\n]{{1,500}}?)[ \t]{{1,9}}<=="
    rf"|(?P<rule>[-=*_+~%:>])(?P=rule){{1,200}}[> \t]{{0,9}}(?:[Ff]ile:? )?[`'\"]?(?P<ruled>{_FILE})"
    rf"[`'\"]?:?[ \t<]{{0,9}}(?P=rule){{2,200}}"
    rf"|={{2,200}}[ \t]{{1,9}}(?P<open>/[\w./@%+-]{{2,200}})"
    rf"|(?:[Ff]ile:?[ \t]{{1,9}})?[`'\"*]{{0,3}}"
    rf"(?P<alone>/[\w./@%+-]{{2,200}}|[\w@+.-]{{1,100}}{_EXTENSION})[`'\"*]{{0,3}}:[`'\"*]{{0,3}}"
    rf"|\*[ \t]Applying[ \t](?P<applied>/\S{{1,200}})[ \t]\.\.\.)[ \t\r]{{0,50}}\n?"
)
# The comment that says which file this is. Only the files that are read here: others are named for many reasons.
_COMMENT = re.compile(
    r"[ \t]*#+[ \t=*-]{0,80}(?:[Ff]ile:? )?"
    r"((?:[~.]?(?:/[\w.@+-]{1,64}){0,20}/)?(?:postgresql(?:\.auto)?|pgbouncer|pg_hba|pg_ident|sysctl|tuned|userlist)\.(?:conf|ini|txt)"
    r"|(?:/[\w.-]{1,64}){0,5}/(?:sysctl|limits|conf)\.d/[\w.@-]{1,64}\.conf|/proc/(?:meminfo|net/sockstat6?|cpuinfo))"
    r":?[ \t=*#-]{0,80}\r?\n?"
)
_FENCE = re.compile(r"[ \t]{0,12}(```+|~~~+)[ \t]*([^\n`]{0,200})\n?")
_HERE = re.compile(r"<<-?[ \t]*[\"'\\]?([A-Za-z_]\w{0,40})[\"']?")
_TARGET = re.compile(r"(?<![0-9<>&])>>?[ \t]*[\"']?([\w./~@+-]+)|\btee[ \t]+(?:-a[ \t]+)?[\"']?([\w./~@+-]+)")
_LONGEST = 1_000
# What a heading starts with, or ends with.
_RULES = tuple("-=*_+~%:>")
_AFTER = tuple(":`'\"*")


@dataclass(frozen=True, slots=True)
class Fence:
    """The start of a fenced block: its mark, and what it or the line above it is called."""

    mark: str
    name: str


def heading(raw: str) -> str | None:
    """Return the file that a heading names, None if the line is no heading."""
    said = raw.strip()
    match = _HEADING.fullmatch(raw) if said[:1] in _RULES or said[-1:] in _AFTER else None
    if not match:
        return None
    return next(match[group] for group in ("tail", "ruled", "open", "alone", "applied") if match[group])


def in_comment(raw: str) -> str:
    """Return the file that a comment of nothing else names, empty without one."""
    match = _COMMENT.fullmatch(raw) if raw.lstrip()[:1] == "#" and len(raw) <= _LONGEST else None
    return match[1] if match else ""


def fence(raw: str, before: str) -> Fence | None:
    """Return the fence that a line starts; ``before`` is the last line that said something."""
    match = _FENCE.fullmatch(raw) if "```" in raw or "~~~" in raw else None
    if not match:
        return None
    inside = _FILE_NAME.fullmatch(match[2].strip().rpartition(" ")[2].rpartition("=")[2].rpartition(":")[2])
    above = _FILE_NAME.fullmatch(before) if len(before) <= _LONGEST else None
    found = inside or above
    return Fence(match[1], found[1] if found else "")


def closes(raw: str, mark: str) -> bool:
    """Tell whether a line ends the fenced block that ``mark`` began."""
    said = raw.strip()
    return said.startswith(mark) and not said.strip(mark[0])


def here(raw: str) -> tuple[str, str] | None:
    """Return the end mark of a here-document and the file that it writes, None if the line starts none."""
    if "<<" not in raw:
        return None
    mark, target = _HERE.search(raw), _TARGET.search(raw)
    if not mark or not target or not re.match(r"[^=\n]{0,300}?\b(?:cat|tee)\b", raw):
        return None
    return mark[1], target[1] or target[2] or commands.name(raw)


def comments_that_name(lines: Iterable[str]) -> frozenset[str]:
    """Return the files that comments name."""
    return frozenset(name for name in (in_comment(raw) for raw in lines if "#" in raw) if name)
