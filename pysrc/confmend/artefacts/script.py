"""What the shell script lays: the corrected files, each with a sign by which the script knows the file that it expects.

The script must not write over a file that is another than the one that was pasted. It compares what POSIX's cksum says
of the lines without their blanks: copying from a terminal changes tabs and line ends, and not the settings.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from confmend.artefacts.files import FileChange, as_bytes, changed_files
from confmend.artefacts.source import Source, Topic
from confmend.catalog.applies import applies
from confmend.document import split_lines
from confmend.facts.platform import Platform

# What awk takes out before the sum is made.
_BLANKS = str.maketrans("", "", " \t\r\n")
_POLYNOMIAL = 0x04C11DB7


@dataclass(frozen=True, slots=True)
class Laid:
    """One file: where it goes, the sum of what was pasted, and its lines up to ``end``, a line that is none of them.

    ``ended`` says whether the last line has an end.
    """

    name: str
    sum: str
    text: str
    end: str
    ended: bool
    rules: tuple[str, ...]


def script_files(source: Source) -> tuple[FileChange, ...]:
    """Return the files that change, where there is a shell for a script."""
    platform = source.analysis.facts.get(Platform)
    return () if platform and platform.name == "Windows" else changed_files(source)


def laid(source: Source) -> tuple[Laid, ...]:
    """Return the files that the script lays. One that holds secrets is laid by its owner's own script only."""
    is_own = source.before is not source.analysis.documents
    return tuple(
        Laid(_place(each), cksum(each.before), each.after, _end(each.after), each.after.endswith("\n"), each.rules)
        for each in changed_files(source)
        if is_own or not each.hides
    )


def left_out(source: Source) -> tuple[str, ...]:
    """Return the names of the files that change and that this script does not lay."""
    names = {each.name for each in laid(source)}
    return tuple(_place(each) for each in changed_files(source) if _place(each) not in names)


def _place(change: FileChange) -> str:
    """Return where a file goes: a full path, or one below the current folder."""
    return f"/{change.path}" if change.name.startswith("/") else change.path


def cksum(text: str) -> str:
    """Return what ``cksum`` prints of the lines without their blanks, each with its end."""
    data = as_bytes("".join(line.translate(_BLANKS) + "\n" for line in split_lines(text)))
    table, total = _table(), 0
    length = len(data)
    size = bytearray()
    while length:
        size.append(length & 0xFF)
        length >>= 8
    for byte in data + bytes(size):
        total = (total << 8 & 0xFFFFFFFF) ^ table[total >> 24 ^ byte]
    return f"{total ^ 0xFFFFFFFF} {len(data)}"


@functools.cache
def _table() -> Sequence[int]:
    found = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = value << 1 ^ _POLYNOMIAL if value & 0x80000000 else value << 1
        found.append(value & 0xFFFFFFFF)
    return found


def _end(text: str) -> str:
    """Return a word that is no line of the text."""
    word = "END_OF_FILE"
    while word in text:
        word += "_"
    return word


def _what_is_left(source: Source) -> tuple[str, ...]:
    """Return what has to happen before the changes of the files are in force, each once."""
    analysis = source.analysis
    kinds = {each.kind for each in changed_files(source)}
    found: dict[str, list[str]] = {}
    for edit in analysis.edits:
        if edit.kind in kinds:
            when = applies(edit.kind, edit.key, edit.value is None)
            found.setdefault(when, []).append(edit.key.rpartition("/")[2])
    return tuple(f"{when}: {', '.join(keys)}" for when, keys in found.items() if when)


TOPIC = Topic({"script_files": script_files, "laid": laid, "left_out": left_out, "what_is_left": _what_is_left})
