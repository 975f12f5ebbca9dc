"""/etc/security/limits.conf and the files of limits.d (limits.conf(5), pam_limits): ``postgres hard nofile 65536``.

Four words: who (a user, ``@group``, ``%group``, ``*``), ``soft``, ``hard`` or ``-`` for both, what, and how much. ``#``
starts a comment anywhere. A key here is ``who/type/item``. They hold for logins and su, not for systemd's services.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from confmend.document import Format, split_lines
from confmend.model import Line

ITEMS = (
    *("core", "data", "fsize", "memlock", "nofile", "rss", "stack", "cpu", "nproc", "as", "maxlogins"),
    *("maxsyslogins", "nonewprivs", "priority", "locks", "sigpending", "msgqueue", "nice", "rtprio", "chroot"),
)
_LIMIT = re.compile(r"[ \t]*([^\s#/]+)[ \t]+(soft|hard|-)[ \t]+([a-z]+)[ \t]+([^\s#]+)[ \t]*(?:#[^\n]*)?\r?\n?")
_COMMENTED = re.compile(
    r"[ \t]*#[# \t]*([^\s#/]+)[ \t]+(soft|hard|-)[ \t]+([a-z]+)[ \t]+(-?[0-9]+|unlimited|infinity)[ \t]*\r?\n?"
)
_NUMBER = re.compile("-?[0-9]+|unlimited|infinity")


def read(text: str) -> Iterator[Line]:
    """Yield the lines; one that pam_limits would pass over carries the reason."""
    for raw in split_lines(text):
        match = _LIMIT.fullmatch(raw)
        if match:
            span = (match.start(1), match.start(4), match.end(4))
            yield Line(raw, _key(match), match[4], *span, problem=_problem(match[3], match[4]))
            continue
        match = _COMMENTED.fullmatch(raw)
        if match and match[3] in ITEMS:
            yield Line(raw, _key(match), match[4], match.start(1), match.start(4), match.end(4), commented=True)
        else:
            silent = not raw.partition("#")[0].strip() or re.fullmatch(r"\s*[^\s#]+\s+-\s*", raw.partition("#")[0])
            yield Line(raw, problem="" if silent else "invalid line: four words are wanted; pam_limits skips it")


def _key(match: re.Match[str]) -> str:
    return f"{match[1]}/{match[2]}/{match[3]}"


def _problem(item: str, value: str) -> str:
    if item not in ITEMS:
        return f"unknown limit item '{item}'"
    return "" if item == "chroot" or _NUMBER.fullmatch(value) else f"wrong limit value '{value}'"


def quote(new: str, _old: str) -> str:
    """Write a value: one word."""
    if not re.fullmatch(r"[^\s#]+", new):
        raise ValueError("a value in limits.conf is one word")
    return new


def assign(key: str, value: str) -> str:
    """Return a whole line for ``who/type/item``."""
    return f"{key.replace('/', ' ')} {quote(value, '')}"


def detect(_name: str, text: str) -> float:
    """Return the share of lines that are limits, comments left out."""
    lines = [raw for raw in split_lines(text[:50_000]) if raw.partition("#")[0].strip()]
    limits = [match for match in map(_LIMIT.fullmatch, lines) if match and match[3] in ITEMS]
    if lines:
        return 0.95 * len(limits) / len(lines)
    commented = any(match and match[3] in ITEMS for match in map(_COMMENTED.fullmatch, split_lines(text[:20_000])))
    return 0.6 if commented else 0.0


FORMAT = Format("limits_conf", "limits.conf", "/etc/security/limits.conf", detect, read, quote, assign)
