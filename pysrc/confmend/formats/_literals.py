"""Text inside the strings of other languages: JSON, YAML, properties, XML, shell, program code.

A ``Stretch`` is what such a string says, each character with its place in the text around it, and how a new piece of it
is written there. What no escape can hold in every language that looks alike is refused with ValueError.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_BACKSLASH = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_DOUBLED = re.compile(r"(['\"])\1")
_ENTITY = re.compile(r"&(amp|lt|gt|quot|apos);")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r"}
_DOUBLE_END = re.compile(r'[^"\\]*+(?:\\.[^"\\]*+)*+"')
_SINGLE_END = re.compile(r"[^'\\]*+(?:(?:\\.|'')[^'\\]*+)*+'(?!')")
_VERBATIM_END = re.compile(r'(?:[^"]|"")*+"')
_PREFIXES = "rRbBfFuU"


@dataclass(frozen=True, slots=True)
class Stretch:
    """``text``, where each of its characters and its end stand in the line, and whether quote ``marks`` close it."""

    text: str
    places: Sequence[int]
    encode: Callable[[str], str]
    marks: bool


def whole(raw: str, end: int) -> Stretch:
    """Return a line outside of any quotes."""
    return Stretch(raw[:end], range(end + 1), _bare, False)


def quoted(around: Stretch, at: int) -> tuple[Stretch, int] | None:
    """Return what the string whose quote stands at ``at`` says, and where it ends; None if it is not closed."""
    text = around.text
    mark = text[at]
    if at and text[at - 1] == "\\":
        end = text.find("\\" + mark, at + 1)
        return (_inside(around, at + 1, end, _never), end + 2) if end >= 0 else None
    if mark == "`":
        end = text.find(mark, at + 1)
        return (_inside(around, at + 1, end, _never), end + 1) if end >= 0 else None
    match = (_DOUBLE_END if mark == '"' else _SINGLE_END).match(text, at + 1)
    verbatim = text[at - 1 : at] == "@"
    if verbatim and mark == '"':
        match = _VERBATIM_END.match(text, at + 1)
    if not match:
        return None
    end = match.end() - 1
    if verbatim or (mark == "'" and "''" in text[at + 1 : end]):
        return _inside(around, at + 1, end, lambda new: new.replace(mark, mark * 2), _DOUBLED), end + 1
    if text[at - 1 : at] in tuple("rR"):
        return _inside(around, at + 1, end, _never), end + 1
    if mark == "'" and "\\'" not in text[at + 1 : end] and "\\\\" not in text[at + 1 : end]:
        return _inside(around, at + 1, end, _single), end + 1
    return _inside(around, at + 1, end, _escaped(mark), _BACKSLASH), end + 1


def opens(text: str, at: int) -> bool:
    """Whether a quote starts a string there, and is no apostrophe."""
    if not at or not (text[at - 1].isalnum() or text[at - 1] == "_") or text[at] == '"':
        return True
    return text[at - 1] in _PREFIXES and not (at > 1 and text[at - 2].isalnum())


def entities(around: Stretch) -> Stretch:
    """Return the same where ``&amp;`` stands for ``&``."""
    inner = _decoded(around, 0, len(around.text), _ENTITY, lambda match: _ENTITIES[match[1]])
    return Stretch(*inner, lambda new: around.encode(_in_xml(new)), around.marks)


def properties(around: Stretch, start: int, end: int) -> Stretch:
    r"""Return a stretch of a .properties file whose ``\:`` and ``\=`` stand for what is escaped."""
    return _inside(around, start, end, lambda new: re.sub(r"([\\:=])", r"\\\1", new), _BACKSLASH, marks=False)


def part(around: Stretch, start: int, end: int) -> Stretch:
    """Return a part of a stretch."""
    return Stretch(around.text[start:end], around.places[start : end + 1], around.encode, around.marks)


def _inside(
    around: Stretch,
    start: int,
    end: int,
    encode: Callable[[str], str],
    escapes: re.Pattern[str] | None = None,
    marks: bool = True,
) -> Stretch:
    read = _replacement if escapes is _BACKSLASH else lambda match: match[1]
    outer = around.encode if around.marks else _one_line
    text, places = _decoded(around, start, end, escapes, read)
    return Stretch(text, places, lambda new: outer(encode(new)), marks)


def _decoded(
    around: Stretch,
    start: int,
    end: int,
    escapes: re.Pattern[str] | None,
    read: Callable[[re.Match[str]], str],
) -> tuple[str, Sequence[int]]:
    match = escapes.search(around.text, start, end) if escapes else None
    if escapes is None or match is None:
        return around.text[start:end], around.places[start : end + 1]
    pieces: list[str] = []
    places: list[int] = []
    at = start
    for match in escapes.finditer(around.text, start, end):
        pieces += (around.text[at : match.start()], read(match))
        places += around.places[at : match.start() + 1]
        at = match.end()
    pieces.append(around.text[at:end])
    places += around.places[at : end + 1]
    return "".join(pieces), places


def _replacement(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else _CONTROLS.get(match[2], match[2])


def _one_line(new: str) -> str:
    if any(ord(each) < 32 for each in new):
        raise ValueError("a connection string can't hold a control character")
    return new


def _bare(new: str) -> str:
    # `$` and a backquote are variables and commands to a shell and to Compose, ` #` starts a comment, quotes end.
    if re.search(r"[\"`$]|\s#|:\s", _one_line(new)):
        raise ValueError("this value can't be written without quotes around the connection string")
    return new


def _never(new: str) -> str:
    if re.search(r"[\"'`\\$]", new):
        raise ValueError("quotes, backslashes and $ can't be written in this string")
    return new


def _single(new: str) -> str:
    # The shell and TOML know no escape here, YAML and SQL double the quote, programs escape it.
    if "'" in new or "\\" in new:
        raise ValueError("how a quote or a backslash is written in this string can't be told from it")
    return new


def _escaped(mark: str) -> Callable[[str], str]:
    def encode(new: str) -> str:
        if "$" in new or "`" in new:
            raise ValueError("$ and ` start something else in some languages' strings")
        return new.replace("\\", "\\\\").replace(mark, "\\" + mark)

    return encode


def _in_xml(new: str) -> str:
    return new.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
