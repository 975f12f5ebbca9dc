"""A Document is its lines, so it can give its text back to the byte; an edit splices one value into one of them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from confmend.model import Edit, Line, Origin


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of text, as its own program reads it.

    ``detect`` says how sure it is (0 to 1) that a text of that name is of this kind. ``read`` gives the lines of a
    text; joined they are the text again, and it never raises. A line that sets several keys may come in pieces, one a
    key; a piece that can be taken out does not hold the line's end. ``quote`` writes a value as the program wants it,
    given the old writing (``""`` for a new line); without it the kind is read only. Where more than the old writing
    decides, ``splice`` gives the whole new writing of one of the lines. ``assign`` writes a whole new line without its
    line end. With ``sections`` a key is ``section/name`` and a new line goes into its section. Where a new setting is
    no line of its own, ``insert`` says before which of the lines it goes and what is written there. ``file_name`` is
    what a text of this kind is called when nobody named it. ``rank`` orders several texts of one kind by their names,
    when the program reads one of them last whatever order they were pasted in. What a command ``printed`` is no file:
    its values can be corrected on paper, but there is nothing to give back. In a text of one of the kinds ``beside``
    this kind may stand as well: then the text is read twice.
    """

    kind: str
    title: str
    file_name: str
    detect: Callable[[str, str], float]
    read: Callable[[str], Iterator[Line]]
    quote: Callable[[str, str], str] | None = None
    assign: Callable[[str, str], str] | None = None
    sections: bool = False
    rank: Callable[[str], int | tuple[int, str]] = lambda _name: 0
    printed: bool = False
    insert: Callable[[Sequence[Line], str, str], tuple[int, str]] | None = None
    splice: Callable[[Sequence[Line], int, str], str] | None = None
    beside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Document:
    """A text of a known kind. Nothing in it is ever re-rendered; every change gives a new Document."""

    format: Format
    name: str
    lines: tuple[Line, ...]

    @property
    def kind(self) -> str:
        """The name of the format."""
        return self.format.kind

    @property
    def text(self) -> str:
        """The whole text, exactly as it was read."""
        return "".join(line.raw for line in self.lines)

    @functools.cached_property
    def settings(self) -> Mapping[str, tuple[int, ...]]:
        """The indices of the lines that set each key, in order; the last one wins. Refused lines set nothing."""
        found: dict[str, list[int]] = {}
        for index, line in enumerate(self.lines):
            if line.key and not line.commented and not line.problem:
                found.setdefault(line.key, []).append(index)
        return {key: tuple(indices) for key, indices in found.items()}

    def get(self, key: str) -> Line | None:
        """Return the line whose value for ``key`` wins, or None."""
        indices = self.settings.get(key)
        return self.lines[indices[-1]] if indices else None

    def written(self, key: str) -> tuple[int, ...]:
        """Return the indices of the active lines of a key, those too that the program refuses."""
        return tuple(i for i, line in enumerate(self.lines) if line.key == key and not line.commented)

    def origin(self, index: int) -> Origin:
        """Return where line ``index`` (from 0) stands, for a finding's evidence."""
        return Origin(self.kind, self.name, self.numbers[index], self._whole(index))

    @functools.cached_property
    def numbers(self) -> Sequence[int]:
        """The number (from 1) of the text's line that each of ``lines`` stands in; the pieces of one line share it."""
        if all(line.raw.endswith("\n") for line in self.lines[:-1]):
            return range(1, len(self.lines) + 1)
        found, number = [], 1
        for line in self.lines:
            found.append(number)
            number += line.raw.endswith("\n")
        return found

    def origins(self, key: str) -> tuple[Origin, ...]:
        """Return every active line that sets ``key``."""
        return tuple(self.origin(index) for index in self.settings.get(key, ()))

    def set(self, key: str, value: str) -> Document:
        """Return the document with ``key`` at ``value``, changing one line or adding one.

        The last active line of the key is changed in place, also one that the program refuses, for that is how it is
        mended; else a commented line is made active; else a line is added, in its section or at the end. ValueError if
        the kind is read only or the value can't be written in it.
        """
        if self.format.quote is None:
            raise ValueError(f"{self.format.title} is read only")
        indices = self.written(key)
        if indices:
            return self._with(indices[-1], self._splice(indices[-1], value))
        commented = [i for i, line in enumerate(self.lines) if line.commented and line.key == key]
        if commented:
            line = self._splice(commented[-1], value)
            indent = line[: len(line) - len(line.lstrip(" \t"))]
            return self._with(commented[-1], indent + line[self.lines[commented[-1]].key_at :])
        return self._add(key, value)

    def unset(self, key: str) -> Document:
        """Return the document without the active lines of ``key``."""
        gone = set(self.written(key))
        if not gone:
            return self
        if self.format.quote is None:
            raise ValueError(f"{self.format.title} is read only")
        return replace(self, lines=tuple(line for i, line in enumerate(self.lines) if i not in gone))

    def apply(self, edits: Iterable[Edit]) -> Document:
        """Return the document after ``edits``, in their order."""
        changed = self
        for edit in edits:
            changed = changed.unset(edit.key) if edit.value is None else changed.set(edit.key, edit.value)
        return changed

    @property
    def newline(self) -> str:
        """The line end that the document uses: that of its first line."""
        first = next((line.raw for line in self.lines if line.raw.endswith("\n")), "\n")
        return "\r\n" if first.endswith("\r\n") else "\n"

    def _whole(self, index: int) -> str:
        """Return the text's whole line that line ``index`` is, or is a piece of, without its end."""
        first, last = index, index
        while first and not self.lines[first - 1].raw.endswith("\n"):
            first -= 1
        while last + 1 < len(self.lines) and not self.lines[last].raw.endswith("\n"):
            last += 1
        return "".join(line.raw for line in self.lines[first : last + 1]).rstrip("\r\n")

    def _splice(self, index: int, value: str) -> str:
        assert self.format.quote is not None
        if self.format.splice:
            return self.format.splice(self.lines, index, value)
        line = self.lines[index]
        return line.raw[: line.start] + self.format.quote(value, line.raw[line.start : line.end]) + line.raw[line.end :]

    def _with(self, index: int, raw: str) -> Document:
        before = "".join(line.raw for line in self.lines[:index])
        after = "".join(line.raw for line in self.lines[index + 1 :])
        return document(self.format, self.name, before + raw + after)

    def _add(self, key: str, value: str) -> Document:
        if self.format.insert:
            at, piece = self.format.insert(self.lines, key, value)
            before = "".join(line.raw for line in self.lines[:at])
            return document(self.format, self.name, before + piece + "".join(line.raw for line in self.lines[at:]))
        assert self.format.assign is not None
        at, prefix = len(self.lines), ""
        if self.format.sections:
            section = key.partition("/")[0]
            headings = [i for i, line in enumerate(self.lines) if line.key == f"{section}/" and not line.commented]
            if headings:
                at = self._section_end(headings[-1])
            else:
                prefix = f"[{section}]{self.newline}"
        before = "".join(line.raw for line in self.lines[:at])
        if before and not before.endswith("\n"):
            before += self.newline
        after = "".join(line.raw for line in self.lines[at:])
        return document(self.format, self.name, before + prefix + self.format.assign(key, value) + self.newline + after)

    def _section_end(self, heading: int) -> int:
        """Return the index after the last line of the section that says anything."""
        end = heading + 1
        for index in range(heading + 1, len(self.lines)):
            if self.lines[index].key.endswith("/"):
                break
            if self.lines[index].text.strip():
                end = index + 1
        return end


def document(kind: Format, name: str, text: str) -> Document:
    """Read ``text`` as ``kind``. Never raises; what can't be read is a line with its problem."""
    return Document(kind, name, tuple(kind.read(text)))


def split_lines(text: str) -> Iterator[str]:
    r"""Yield the lines of ``text`` with their ends, split at ``\n`` only.

    ``str.splitlines`` breaks at form feeds and U+2028 as well, which no configuration file does.
    """
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end
