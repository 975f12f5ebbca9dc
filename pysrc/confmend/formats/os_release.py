"""/etc/os-release: ``PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"``, quoted as a shell does (os-release(5))."""

import re
from collections.abc import Iterator

from confmend.document import Format, split_lines
from confmend.formats.printed import HEAD, ran, share, within
from confmend.model import Line

_NAME = re.compile(r"[ \t]*([A-Za-z_][A-Za-z0-9_]*)=")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPE = re.compile(r'\\([$"\\`])')
_TELLING = re.compile(r"^[ \t]*(?:ID|PRETTY_NAME|DISTRIB_ID)=", re.MULTILINE)
_BESIDE = re.compile(r"^[ \t]*(?:NAME|VERSION|VERSION_ID|DISTRIB_RELEASE)=", re.MULTILINE)


def read(text: str) -> Iterator[Line]:
    """Yield the lines, each an assignment."""
    for raw in split_lines(text):
        name = _NAME.match(raw)
        if name:
            start, end = within(raw, name.end())
            value = _value(raw[start:end])
            if value is None:
                yield Line(raw, name[1], "", name.start(1), start, end, problem="a value that a shell reads otherwise")
            else:
                yield Line(raw, name[1], value, name.start(1), start, end)
        else:
            known = raw.strip()[:1] in ("", "#") or ran(raw, "cat")
            yield Line(raw, problem="" if known else "not an assignment")


def _value(written: str) -> str | None:
    """Return what a shell takes a value for, None if it is more than one word or its quotes are open."""
    double = _DOUBLE.fullmatch(written)
    if double:
        return _ESCAPE.sub(r"\1", double[1])
    if len(written) > 1 and written[0] == written[-1] == "'" and "'" not in written[1:-1]:
        return written[1:-1]
    return None if re.search(r"[\s\"'`$\\;&|<>()]", written) else written


def detect(_name: str, text: str) -> float:
    """Return the share of assignments, if they name a system and its version."""
    head = text[:HEAD]
    return share(read, text) if _TELLING.search(head) and _BESIDE.search(head) else 0.0


FORMAT = Format("os_release", "/etc/os-release", "/etc/os-release", detect, read)
