r"""postgresql.conf and postgresql.auto.conf, by the tokens of the server's own scanner.

Source: src/backend/utils/misc/guc-file.l, the same in 12 to 18. A line is a name, an optional ``=`` and one value;
``#`` starts a comment outside quotes. Letters include every character above ASCII, as every byte above 127 does there.
"""

import re
from collections.abc import Iterable, Iterator

from confmend.catalog.postgres import ALIASES, is_setting, known_in
from confmend.document import Format, split_lines
from confmend.model import Line

# Said by what they are not: re takes its time over a class that names all of Unicode.
_LETTER = r"[^\x00-@\[-^`{-\x7f]"
_WORD = r"[^\x00-/:-@\[-^`{-\x7f]"
# Flex takes the longest match, and of equals the first in this order.
_TOKENS = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("id", f"{_LETTER}{_WORD}*"),
        ("qualified id", rf"{_LETTER}{_WORD}*\.{_LETTER}{_WORD}*"),
        ("string", r"'(?:[^'\\\n]|\\[^\n]|'')*'"),
        ("unquoted string", f"{_LETTER}(?:{_WORD}|[-._:/])*"),
        ("integer", r"[-+]?(?:0x[0-9a-fA-F]+|[0-9]+)[a-zA-Z]*"),
        ("real", r"[-+]?[0-9]*\.[0-9]*(?:[Ee][-+]?[0-9]+)?"),
        ("equals", "="),
    )
)
_NAMES = ("id", "qualified id")
_VALUES = ("id", "string", "integer", "real", "unquoted string")
_BLANK = re.compile(r"[ \t\r]*")
_COMMENTED = re.compile(r"[ \t]*#[# \t]*(?=[A-Za-z_])")
_ESCAPE = re.compile(r"\\([0-7]{1,3}|[^\n])|''")
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
# How Python holds bytes that are no character.
_BYTES = re.compile("[\udc80-\udcff]+")


def read(text: str) -> Iterator[Line]:
    """Yield the lines; one that the server would refuse carries the server's complaint."""
    for raw in split_lines(text):
        yield _line(raw)


def _line(raw: str) -> Line:
    at = _skip(raw, 0)
    if at >= len(raw) or raw[at] in "\n#":
        return _commented(raw)
    return _assignment(raw, at)


def _assignment(raw: str, at: int) -> Line:
    """Read ``name [=] value`` from ``at``, which is no blank."""
    kind, end = _token(raw, at)
    if kind not in _NAMES:
        return Line(raw, problem=_near(raw, at, end))
    key, key_at = _key(raw[at:end]), at
    at = _skip(raw, end)
    kind, end = _token(raw, at)
    if kind == "equals":
        at = _skip(raw, end)
        kind, end = _token(raw, at)
    rest = _skip(raw, end)
    if kind not in _VALUES:
        problem = _near(raw, at, end)
    elif rest < len(raw) and raw[rest] not in "\n#":
        problem = _near(raw, rest, _token(raw, rest)[1])
    else:
        return Line(raw, key, decode(raw[at:end]), key_at, at, end)
    stop = _value_end(raw, at)
    return Line(raw, key, raw[at:stop], key_at, at, stop, problem=problem)


def _commented(raw: str) -> Line:
    """Read a comment; one that holds the whole assignment of a known setting can be made active."""
    match = _COMMENTED.match(raw)
    if not match:
        return Line(raw)
    line = _assignment(raw, match.end())
    if line.problem or "=" not in raw[line.key_at : line.start] or not is_setting(line.key):
        return Line(raw)
    return Line(raw, line.key, line.value, line.key_at, line.start, line.end, commented=True)


def _token(raw: str, at: int) -> tuple[str, int]:
    """Return the kind and the end of the token at ``at``: ``""`` at the end of the line, ``"error"`` for no token."""
    if at >= len(raw) or raw[at] in "\n#":
        return "", at
    kind, end = "error", at + 1
    for name, pattern in _TOKENS:
        match = pattern.match(raw, at)
        if match and (match.end() > end or kind == "error") and match.end() > at:
            kind, end = name, match.end()
    return kind, end


def _skip(raw: str, at: int) -> int:
    match = _BLANK.match(raw, at)
    return match.end() if match else at


def _value_end(raw: str, at: int) -> int:
    """Return where a refused value ends: before its comment or the end of the line, blanks left off."""
    stop, quoted = at, False
    for index in range(at, len(raw)):
        if raw[index] == "\n" or (raw[index] == "#" and not quoted):
            break
        quoted ^= raw[index] == "'"
        if raw[index] not in " \t\r":
            stop = index + 1
    return stop


def _near(raw: str, at: int, end: int) -> str:
    token = raw[at:end].rstrip("\r\n")
    return f'syntax error near token "{token}"' if token else "syntax error near end of line"


def decode(value: str) -> str:
    r"""Return what the server takes a written value for: quotes off, ``''`` and backslash escapes undone."""
    if not value.startswith("'"):
        return value
    text = _ESCAPE.sub(_unescape, value[1:-1]).partition("\0")[0]
    return _BYTES.sub(
        lambda match: match[0].encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape"), text
    )


def _unescape(match: re.Match[str]) -> str:
    if match[1] is None:
        return "'"
    if match[1][0] in "01234567":
        # A byte, of which a character may need several; one of 0 ends the text.
        return bytes([int(match[1], 8) & 0xFF]).decode("ascii", "surrogateescape")
    return _ESCAPED.get(match[1], match[1])


def judged(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield the lines whose values a start checks, of the lines of one file or of all in the order of reading.

    A line is passed over if a later one spells the name the same way; ``Work_Mem`` does not hide a bad ``work_mem``.
    """
    last = {line.raw[line.key_at : _token(line.raw, line.key_at)[1]]: line for line in lines if _is_active(line)}
    yield from last.values()


def _is_active(line: Line) -> bool:
    return bool(line.key) and not line.commented and not line.problem


def _key(name: str) -> str:
    """Return the name as the server compares it, or the present one of a name that it still takes for another."""
    key = ascii_lower(name)
    return ALIASES[key] if key in ALIASES and not known_in(key) else key


def ascii_lower(name: str) -> str:
    """Return the name as the server compares it: only A to Z are folded."""
    return name.translate(_FOLD)


_FOLD = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def quote(new: str, old: str) -> str:
    """Write a value as the server reads it back, in quotes where it must have them or had them.

    ValueError for a line break, which no value can hold.
    """
    if "\n" in new or "\0" in new:
        raise ValueError("a value in postgresql.conf can't hold a line break or a NUL")
    kind, end = _token(new, 0)
    if not old.startswith("'") and kind in _VALUES and kind != "string" and end == len(new):
        return new
    return "'" + new.replace("\\", "\\\\").replace("'", "''") + "'"


def assign(key: str, value: str) -> str:
    """Return a whole line that sets ``key``."""
    return f"{key} = {quote(value, '')}"


def detect(name: str, text: str) -> float:
    """Return the share of lines that set something which some version's catalogue knows."""
    active = known = commented = 0
    for raw in split_lines(text[:200_000]):
        line = _line(raw)
        if line.commented:
            commented += 1
        elif line.key:
            active += 1
            meant = not line.problem or "=" in raw[line.key_at : line.start]
            known += meant and (is_setting(line.key) or line.key.startswith("include"))
        elif line.problem:
            active += 1
    named = name.rpartition("/")[2] in ("postgresql.conf", "postgresql.auto.conf")
    if known + commented == 0:
        return 0.5 if named and active <= 2 else 0.0
    share = (known + commented) / (active + commented)
    return max(share, 0.9) if named and share > 0.3 else share


def rank(name: str) -> int:
    """ALTER SYSTEM's file is read after every other."""
    return int(name.endswith("postgresql.auto.conf"))


FORMAT = Format("postgresql_conf", "postgresql.conf", "postgresql.conf", detect, read, quote, assign, rank=rank)
