"""What mail, web pages and viewers put around each line: quotation marks, entities, line numbers."""

import html
import re
from collections.abc import Mapping, Sequence

from confmend.bundle.cleaning import Cleaning

# Of the lines that say something, so many must be quoted: what remains is who wrote when.
_NEARLY_ALL = 0.8
_FEWEST = 3
_WROTE = r"(?:wrote|writes|schrieb|a écrit|escribió|scrisse|napsal|написал)[^\n:]{0,80}:\s*$"
_NUMBERED = r"[ \t]*([0-9]{1,9})(\t| ?[:|\u2502] ?|[ \t]{2,4}|[ ](?![ ])|(?=\r?\n?$))"
_ENTITY_SET = r"^[ \t]*[A-Za-z_][\w./-]{0,99}(?:[ \t]|&nbsp;){0,20}=[^\n<]{0,500}?&[#a-z0-9]{2,5};"
_TAGS = r"</?(?:pre|code|span|br|div|p)\b[^<>\n]{0,200}>"


def quoted(lines: Sequence[str]) -> bool:
    """Tell whether a mail's ``>`` stands before nearly all lines, or under ``Ann wrote:``; diff writes ``<`` too."""
    said = [line for line in lines if line.strip()]
    marked = [line.lstrip(" ").startswith(">") for line in said]
    enough = sum(marked) >= _NEARLY_ALL * len(said) or any(
        marked[index] and not marked[index - 1] and re.search(_WROTE, said[index - 1]) for index in range(1, len(said))
    )
    return sum(marked) >= 2 and enough and not any(line.startswith("< ") for line in said)


def _mail(text: str, lines: Sequence[str]) -> Mapping[int, str]:
    if (not text.lstrip().startswith(">") and "\n>" not in text) or not quoted(lines):
        return {}
    marks = re.compile(r" ?(?:>[ ]?)+")
    found = ((index, marks.match(line)) for index, line in enumerate(lines))
    return {index: lines[index][match.end() :] for index, match in found if match}


def _entities(text: str, lines: Sequence[str]) -> Mapping[int, str]:
    """Undo HTML, where a setting holds an entity and no markup of another language stands around it."""
    if "&" not in text or not re.search("&(?:nbsp|quot|#0?39|#x27|apos|lt|gt);", text):
        return {}
    without = re.sub(_TAGS, "", text)
    if "<" in without or not (re.search(_ENTITY_SET, without, re.MULTILINE) or without.count("&nbsp;") > 1):
        return {}
    changed = {}
    for index, line in enumerate(lines):
        new = html.unescape(re.sub(_TAGS, "", line))
        if new != line:
            changed[index] = new
    return changed


def _numbers(_text: str, lines: Sequence[str]) -> Mapping[int, str]:
    """Take off ``cat -n``, ``grep -n``, ``12: text``: every line that says something has the next number."""
    numbered = re.compile(_NUMBERED)
    changed: dict[int, str] = {}
    last, kind, jumps = 0, "", False
    for index, line in enumerate(lines):
        if not line.strip():
            continue
        match = numbered.match(line)
        if not match:
            return {}
        number, mark = int(match[1]), match[2].strip(" ") or match[2][:1]
        kind = kind or mark
        if (mark and kind != mark) or (changed and number <= last):
            return {}
        jumps = jumps or (bool(changed) and number != last + 1)
        last = number
        changed[index] = line[match.end() :]
    if kind == ":" and all(re.match("[0-9]{2}\\b", line) for line in changed.values()):
        return {}  # a clock's 12:00
    meant = kind in (":", "|", "\u2502", "\t") or any(re.match("[#;A-Za-z]", line) for line in changed.values())
    jumps = jumps and kind != ":"  # only grep leaves lines out
    return changed if len(changed) >= _FEWEST and meant and not jumps else {}


MAIL = Cleaning("the marks of a quoted mail (>) were taken off {lines}", _mail)
ENTITIES = Cleaning("HTML's way of writing characters (such as &quot;) was undone on {lines}", _entities)
NUMBERS = Cleaning("line numbers were taken off {lines}", _numbers)
