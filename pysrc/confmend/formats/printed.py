"""What the outputs of a host's commands have in common: the line that ran them, words in columns, the share read."""

import re
from collections.abc import Callable, Iterator

from confmend.document import split_lines
from confmend.model import Line

# As much as a guess needs to see; what comes behind says nothing new.
HEAD = 20_000
_WORD = re.compile(r"\S+")
_MOST_WORDS = 40


def ran(raw: str, *commands: str) -> bool:
    """Whether a line is a shell's prompt with one of the commands, or the command alone: ``$ ss -s``, ``ss -s``."""
    before = "$"
    for word in raw.split(None, 6)[:6]:
        if word.rpartition("/")[2] in commands and (before == "sudo" or before[-1] in "#$%>"):
            return True
        before = word
    return False


def asked(name: str, *commands: str) -> bool:
    """Whether a text is called by one of the commands, as a prompt before it says: ``sudo /usr/bin/nproc --all``."""
    return any(ran(name, command) for command in commands)


def words(raw: str) -> list[re.Match[str]]:
    """Return the words of a line, with where they stand."""
    found = []
    for match in _WORD.finditer(raw):
        found.append(match)
        if len(found) > _MOST_WORDS:
            break
    return found


def within(raw: str, at: int) -> tuple[int, int]:
    """Return where what follows ``at`` starts and ends, without the blanks around it."""
    end = max(at, len(raw.rstrip()))
    return end - len(raw[at:end].lstrip()), end


def named(raw: str, key: str, at: int, **columns: str) -> Line:
    """Return a line whose value is all that follows ``at``."""
    start, end = within(raw, at)
    return Line(raw, key, raw[start:end], len(raw) - len(raw.lstrip()), start, end, columns=columns)


def share(read: Callable[[str], Iterator[Line]], text: str) -> float:
    """Return the share of the text's lines that ``read`` understands; 0 if none of them sets anything."""
    whole = text[:HEAD]
    if len(text) > HEAD:
        whole = whole[: whole.rfind("\n") + 1] or whole
    good = bad = 0
    found = wrong = False
    anything = False
    for line in read(whole):
        wrong = wrong or bool(line.problem)
        found = found or bool(line.raw.strip())
        anything = anything or bool(line.key and not line.problem)
        if line.raw.endswith("\n"):
            good, bad = good + (found and not wrong), bad + wrong
            found = wrong = False
    good, bad = good + (found and not wrong), bad + wrong
    return good / (good + bad) if anything else 0.0


def one_number(text: str, *commands: str) -> bool:
    """Whether a text is one whole number and nothing else, but for the line that ran a command."""
    lines = [raw.strip() for raw in split_lines(text[:HEAD]) if raw.strip() and not ran(raw, *commands)]
    return len(text) <= HEAD and len(lines) == 1 and bool(re.fullmatch("[0-9]{1,10}|unlimited", lines[0]))
