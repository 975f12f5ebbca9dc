r"""pg_hba.conf: who may connect, from where and how; the first rule that fits counts.

A rule comes in pieces, one a field: the keys are ``N/type``, ``N/database``, ``N/user``, ``N/address``, ``N/mask``,
``N/method`` and ``N/options/NAME``, with N the rule's place in the file, refused ones counted too. What is behind the
last field has the complaint about a refused rule, whose fields are still there to be mended; where it is not known
which field is which, the line is one with the key ``N/refused``. A list's value is the list as it is written. Include
directives (16+) are keys of their own. Since 14 a line may go on behind a backslash.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence

from confmend.document import Format, split_lines
from confmend.formats._hba_rules import TYPES, reading
from confmend.formats._hba_tokens import Field, fields, logical_lines
from confmend.model import Line

_INCLUDES = ("include", "include_if_exists", "include_dir")
_LISTS = ("database", "user")
_BLANKS = " \t\r\n"
_RULE = re.compile(rf"^[ \t]*(?:{'|'.join(TYPES)})[ \t]", re.MULTILINE)
_HEAD = 50_000


def read(text: str) -> Iterator[Line]:
    """Yield the lines; a rule that the server refuses carries its complaint."""
    raws = list(split_lines(text))
    number = 0
    for start, end, whole in logical_lines(raws):
        found = fields(whole)
        if not found:
            yield from (Line(raw) for raw in raws[start:end])
            continue
        if _is_include(found):
            yield from _one(raws[start:end], found[0].first.text, found[1], found[1].first.text, "")
            continue
        number += 1
        read_so = reading(found)
        if read_so.is_torn:
            everything = Field((), found[0].start, found[-1].end)
            value = whole[everything.start : everything.end]
            yield from _one(raws[start:end], f"{number}/refused", everything, value, read_so.problem)
        else:
            parts = [(f"{number}/{name}", each) for name, each in read_so.parts]
            yield from _pieces(raws[start:end], whole, parts, read_so.problem)


def _is_include(found: Sequence[Field]) -> bool:
    return len(found) == 2 and found[0].first.text in _INCLUDES and len(found[1].tokens) == 1


def _one(raws: Sequence[str], key: str, field: Field, value: str, problem: str) -> Iterator[Line]:
    """Yield a line that is one key; what it goes on with has none."""
    end = len(raws[0].rstrip(_BLANKS + "\\")) if len(raws) > 1 else len(raws[0])
    start = min(field.start, end)
    yield Line(raws[0], key, value, start, start, max(start, min(field.end, end)), problem=problem)
    yield from (Line(raw) for raw in raws[1:])


def _pieces(raws: Sequence[str], whole: str, parts: Sequence[tuple[str, Field]], problem: str) -> Iterator[Line]:
    """Yield the pieces of a rule: each field with the blanks in front of it, and what is behind the last.

    That has the server's complaint, so that the fields can be changed to mend it.
    """
    offset, waiting = 0, deque(parts)
    for raw in raws:
        body = len(raw.rstrip("\r\n"))
        length = body - 1 if raw is not raws[-1] else body
        at = 0
        while waiting and waiting[0][1].start < offset + length:
            key, field = waiting.popleft()
            same = []
            while waiting and waiting[0][1].start == field.start:
                same.append(waiting.popleft())
            end = min(field.end - offset, length)
            listed = "/options/" in key and len(field.tokens) > 1
            if listed or field.end > offset + length:
                # Options with a comma between them, or a field that goes on in the next line: read, but not in pieces.
                for other, one in [(key, field), *same]:
                    yield Line(raw[at:end] if one is field else "", other, _value(other, one, whole))
            else:
                yield _piece(raw[at:end], key, field, field.start - offset - at, whole)
            at = end
        last = raw is raws[-1]
        if raw[at:] or (last and problem):
            yield Line(raw[at:], problem=problem if last else "")
        offset += length


def _piece(raw: str, key: str, field: Field, start: int, whole: str) -> Line:
    value, value_at, end = _value(key, field, whole), start, len(raw)
    if "/options/" in key:
        value_at = raw.index("=", start) + 1
        end -= raw[start] == '"' and raw.endswith('"')
    return Line(raw, key, value, start, value_at, max(value_at, end))


def _value(key: str, field: Field, whole: str) -> str:
    if key.partition("/")[2] in _LISTS:
        return whole[field.start : field.end]
    text = field.first.text
    return text.partition("=")[2] if "/options/" in key else text


def quote(new: str, old: str) -> str:
    """Write a field, in quotes where it is more than one field otherwise; ValueError for a line break."""
    if "\n" in new or "\r" in new or "\0" in new:
        raise ValueError("a field in pg_hba.conf can't hold a line break")
    if old and not old.startswith('"') and any(each in old for each in " ,#") and '"' not in old:
        return new.replace('"', '""')
    found = fields(new)
    plain = len(found) == 1 and (found[0].start, found[0].end) == (0, len(new)) and not new.endswith("\\")
    return new if plain and new.count('"') % 2 == 0 else '"' + new.replace('"', '""') + '"'


def insert(lines: Sequence[Line], key: str, value: str) -> tuple[int, str]:
    """Return where a new option goes: behind its rule's last field. ValueError for anything else."""
    number, _, name = key.partition("/")
    held = [index for index, line in enumerate(lines) if line.key.startswith(f"{number}/") and not line.problem]
    if not held or not name.startswith("options/"):
        raise ValueError(f"there is no rule {number} in which {name} could be set")
    return held[-1] + 1, f" {name.removeprefix('options/')}={quote(value, '')}"


def detect(name: str, text: str) -> float:
    """Return the share of lines that are rules."""
    if not _RULE.search(text, 0, _HEAD):
        return 0.0
    rules = refused = 0
    for line in read(text[:_HEAD]):
        rules += line.key.endswith("/type")
        refused += bool(line.problem)
    if not rules:
        return 0.0
    share = rules / max(rules, rules + refused)
    named = "pg_hba" in name
    return max(share, 0.6) if rules > 2 or named else share


FORMAT = Format("pg_hba", "pg_hba.conf", "pg_hba.conf", detect, read, quote, insert=insert)
