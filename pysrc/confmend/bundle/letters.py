"""Characters that chats, wikis and word processors put in the place of plain ones, in lines that set something.

Comments, quoted values and sentences keep theirs: a French text has its non-breaking spaces by right.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from confmend.bundle.cleaning import Cleaning

_WIDE = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_UNSEEN = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
# A line that starts with a name, like a setting or a count; of longer lines nobody types one.
_NAMED = rf"[ \t{_WIDE}{_UNSEEN}]*[-A-Za-z_\[][^\n]{{0,1000}}\n?"
_CURLY = str.maketrans("‘’‚‛“”„‟", "''''\"\"\"\"")
_SETTING = (
    r"([ \t]*[A-Za-z_][\w.]{0,99}[ \t]{0,99}(?:=[ \t]{0,99}|(?<=[ \t])))"
    r"([‘’‚‛“”„‟])([^‘’‚‛“”„‟\n]{0,500})([‘’‛“”‟])[ \t]*(?:#[^\n]*)?\r?\n?"
)


def _plain(line: str) -> Iterator[tuple[int, int]]:
    """Yield the stretches of a line that are neither quoted nor comment."""
    start = 0
    for match in re.finditer(r"'(?:[^'\\\n]|\\.)*'?|\"(?:[^\"\\\n]|\\.)*\"?|#", line):
        yield start, match.start()
        if match[0] == "#":
            return
        start = match.end()
    yield start, len(line)


def _replaced(text: str, lines: Sequence[str], letters: str, by: str) -> Mapping[int, str]:
    if text.isascii() or not re.search(f"[{letters}]", text):
        return {}
    # A space before : ; ! ? or inside « » is French.
    found = re.compile(f"(?<![«‹])[{letters}](?![»›:;!?])")
    named, changed = re.compile(_NAMED), {}
    for index, line in enumerate(lines):
        if line.isascii() or not named.fullmatch(line):
            continue
        new, start = "", 0
        for begin, end in _plain(line):
            new += line[start:begin] + found.sub(by, line[begin:end])
            start = end
        new += line[start:]
        if new != line:
            changed[index] = new
    return changed


def _wide(text: str, lines: Sequence[str]) -> Mapping[int, str]:
    return _replaced(text, lines, _WIDE, " ")


def _unseen(text: str, lines: Sequence[str]) -> Mapping[int, str]:
    # A byte order mark at the very start is the file's own.
    mark = lines[0][:1] if lines and lines[0].startswith("\ufeff") else ""
    rest = [lines[0][1:], *lines[1:]] if mark else lines
    changed = dict(_replaced(text, rest, _UNSEEN, ""))
    return {**changed, 0: mark + changed[0]} if mark and 0 in changed else changed


def _curly(text: str, lines: Sequence[str]) -> Mapping[int, str]:
    if text.isascii() or not re.search("[‘’‚‛“”„‟]", text):
        return {}
    setting, changed = re.compile(_SETTING), {}
    for index, line in enumerate(lines):
        match = None if line.isascii() else setting.fullmatch(line)
        if match:
            opening, closing = (match[n].translate(_CURLY) for n in (2, 4))
            changed[index] = f"{match[1]}{opening}{match[3]}{closing}{line[match.end(4) :]}"
    return changed


_THERE_TOO = "; if the file on the server has them too, its program refuses or misreads what stands there"
WIDE = Cleaning(f"non-breaking or other special blanks became plain ones on {{lines}}{_THERE_TOO}", _wide)
UNSEEN = Cleaning(f"characters that nobody can see were taken off {{lines}}{_THERE_TOO}", _unseen)
CURLY = Cleaning(f"curly quotes around a value became straight ones on {{lines}}{_THERE_TOO}", _curly)
