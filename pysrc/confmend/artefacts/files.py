"""The pasted files that the edits change, whole: for the patch, the corrected files, and the script that lays them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from confmend.artefacts.source import Source, Topic, patroni_writes
from confmend.diff import unified
from confmend.model import Edit

_SEPARATORS = re.compile(r"[/\\]+")
# Half of a pair, which no UTF-8 holds; those from U+DC80 to U+DCFF stand for bytes.
_HALF = re.compile("[\ud800-\udc7f\udd00-\udfff]")
_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file. ``path`` is its name below any folder, with no way out of it; ``hides`` says that it holds secrets."""

    name: str
    path: str
    kind: str
    before: str
    after: str
    rules: tuple[str, ...]
    hides: bool

    @property
    def diff(self) -> str:
        """What changes, as patch(1) takes it."""
        return unified(self.path, self.before, self.after)


def changed_files(source: Source) -> tuple[FileChange, ...]:
    """Return the files that change, in the order in which they were pasted.

    Not what a command printed, and no file that Patroni writes: it would not last.
    """
    return tuple(_changes(source))


def safe_path(name: str) -> str:
    """Return a name that somebody gave a text as the path of a file that lies below the folder where it is made."""
    parts = [part for part in _SEPARATORS.split(_DRIVE.sub("", name, count=1)) if part not in ("", ".", "..")]
    return _HALF.sub("\ufffd", "/".join(parts)) or "file"


def as_bytes(text: str) -> bytes:
    """Return a text as the bytes that it was read from; what no file can hold becomes U+FFFD, as a browser does it."""
    return _HALF.sub("\ufffd", text).encode("utf-8", "surrogateescape")


def _changes(source: Source) -> Iterator[FileChange]:
    analysis = source.analysis
    taken: set[str] = set()
    for index, (before, after) in enumerate(zip(source.before, source.after, strict=True)):
        if after is before or before.format.printed or after.text == before.text or patroni_writes(before):
            continue
        name = source.own(before.name)
        own = [edit for edit in analysis.edits if edit.kind == before.kind]
        shown = analysis.documents[index].text
        yield FileChange(
            name,
            _unique(safe_path(name), taken),
            before.kind,
            before.text,
            after.text,
            tuple(dict.fromkeys(rule for edit in own for rule in _rules(source, edit))),
            any(each.placeholder in shown for each in analysis.redactions),
        )


def _unique(path: str, taken: set[str]) -> str:
    """Return the path, or one beside it where two names lead to the same place."""
    number, found = 1, path
    while found in taken:
        number += 1
        found = f"{path} ({number})"
    taken.add(found)
    return found


def _rules(source: Source, edit: Edit) -> Iterator[str]:
    for result in source.analysis.results:
        if any(edit in finding.edits for finding in result.findings):
            yield result.rule


TOPIC = Topic({"files": changed_files})
