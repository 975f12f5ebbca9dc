"""A property list of launchd that sets limits at boot (launchd.plist(5)); read as XML, edited as text.

Keys are the ``<key>`` names joined with ``/``, an array's elements by their numbers from 0:
``SoftResourceLimits/NumberOfFiles``. An argument ``net.inet.tcp.keepidle=60000`` of sysctl, alone in its ``<string>``
or in a shell's command, has the sysctl's name as its key; macOS counts those of keepalive in milliseconds.

plistlib says if macOS would take the file. It refuses entity declarations, as it should.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from confmend.document import Format
from confmend.formats._spans import Span, line_number, lines
from confmend.model import Line

_COMMENT = re.compile(r"<!--(?:(?!-->).)*(?:-->)?", re.DOTALL)
_TAG = re.compile(r"<(/?)(dict|array|key|string|integer|real|true|false|date|data)[ \t]*(/?)>")
_SYSCTL = re.compile(r"(?<![^\s])([a-z][a-z0-9_]*(?:\.[A-Za-z0-9_]+)+)=([^\s;&|]+)")
_DEEPEST = 32
# No property list of launchd comes near; the XML parser's time grows with the square of its longest token.
_LONGEST = 100_000
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))


def read(text: str) -> Iterator[Line]:
    """Yield the lines and pieces; the place at which plistlib stops carries its reason."""
    if len(text) > _LONGEST:
        yield from lines(text, [], {0: f"longer than {_LONGEST:,} characters: no property list of launchd"})
        return
    yield from lines(text, list(_spans(text)), _problem(text))


def _problem(text: str) -> dict[int, str]:
    import plistlib
    from xml.parsers.expat import ExpatError

    # The text is decoded already, so what it says of its encoding no longer holds.
    head = re.sub(r'(<\?xml[^>]{0,60}?) encoding=("[^"<>]*"|\'[^\'<>]*\')', r"\1", text[:300])
    try:
        plistlib.loads((head + text[300:]).encode("utf-8", "replace"), fmt=plistlib.FMT_XML)
    except ExpatError as error:
        return {min(max(error.lineno, 1) - 1, text.count("\n")): f"not well-formed XML: {str(error).partition(':')[0]}"}
    except Exception as error:  # plistlib raises what its values raise: ValueError, TypeError, IndexError, ...
        at = text.find("<!ENTITY")
        return {line_number(text, max(at, 0)): f"not a property list: {error}"}
    return {}


def _spans(text: str) -> Iterator[Span]:
    """Yield the values with the path of keys and indices that leads to them."""
    blank = _COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    path: list[str | int] = []
    opened: tuple[str, int, int] | None = None
    key: Span | None = None
    for tag in _TAG.finditer(blank):
        closing, name, empty = tag[1], tag[2], tag[3]
        if name in ("dict", "array"):
            key = None
            if closing:
                del path[-1:]
            elif not empty:
                _count(path)
                path.append(-1 if name == "array" else "")
        elif not closing and not empty:
            opened = (name, tag.start(), tag.end())
        elif empty:
            _count(path)
            key = None
        elif opened and opened[0] == name and len(path) <= _DEEPEST:
            start, inner = opened[1], blank[opened[2] : tag.start()]
            opened = None
            if "<" in inner or "\n" in inner:
                continue
            if name == "key":
                if path:
                    path[-1] = unescaped(inner)
                at = start + len("<key>")
                key = Span("", "", start, at, at, tag.end())
                continue
            _count(path)
            yield from _value(name, "/".join(map(str, path)), inner, start, tag, key)
            key = None


def _count(path: list[str | int]) -> None:
    """Go on to the next element, in an array."""
    if path and isinstance(path[-1], int):
        path[-1] += 1


def _value(name: str, path: str, inner: str, start: int, tag: re.Match[str], key: Span | None) -> Iterator[Span]:
    first = tag.start() - len(inner)
    found = list(_SYSCTL.finditer(inner)) if name == "string" else []
    if len(found) == 1 and found[0].span() == (0, len(inner)):
        yield Span(found[0][1], unescaped(found[0][2]), start, first + found[0].start(2), tag.start(), tag.end())
    elif found:
        for match in found:
            at = first + match.start()
            end = first + match.end()
            yield Span(match[1], unescaped(match[2]), at, first + match.start(2), end, end)
    elif path:
        if key and "\n" not in tag.string[key.first : tag.end()]:
            yield Span(path, unescaped(inner), key.first, first, tag.start(), tag.end())
            return
        if key:
            # With its name's own line the value can be taken out whole.
            yield Span(path, "", key.first, key.start, key.end, key.last)
        yield Span(path, unescaped(inner), start, first, tag.start(), tag.end())


def unescaped(text: str) -> str:
    """Return what XML text stands for; numbered characters stay as they are written."""
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text


def quote(new: str, _old: str) -> str:
    """Write a value as XML text."""
    if any(ord(character) < 32 for character in new):
        raise ValueError("a value in a property list can't hold a line break or a control character here")
    return new.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def insert(found: Sequence[Line], key: str, value: str) -> tuple[int, str]:
    """Return where a sysctl goes: behind the last one that is set. ValueError if none is."""
    assignment = f"{key}={quote(value, '')}"
    last = max((i for i, line in enumerate(found) if _is_sysctl(line)), default=None)
    if last is None or not _SYSCTL.fullmatch(assignment):
        raise ValueError("there is no sysctl argument to put this one behind")
    if not found[last].raw.startswith("<string>"):
        return last + 1, f" {assignment}"
    element = f"<string>{assignment}</string>"
    before = found[last - 1].raw if last else "\n"
    indent = "" if before.endswith("\n") else before
    behind = found[last + 1].raw if last + 1 < len(found) else ""
    if indent.strip(" \t") or behind not in ("\n", "\r\n"):
        return last + 1, element
    return last + 1, f"{behind.rstrip(' ')}{indent}{element}"


def _is_sysctl(line: Line) -> bool:
    return bool(line.key) and _SYSCTL.fullmatch(line.raw.removeprefix("<string>").removesuffix("</string>")) is not None


def detect(_name: str, text: str) -> float:
    """A property list that runs sysctl or launchctl limit, or sets limits of resources."""
    start = text[:50_000]
    if "<plist" not in start and "<dict>" not in start:
        return 0.0
    telling = ("ResourceLimits</key>", "maxfiles</string>", "maxproc</string>", "sysctl")
    return 0.95 if any(word in start for word in telling) else 0.0


FORMAT = Format(
    "launchd_plist", "launchd property list", "org.example.sysctl.plist", detect, read, quote, insert=insert
)
