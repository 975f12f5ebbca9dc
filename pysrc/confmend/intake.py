"""What people hand over besides a text: an archive or a folder, of which only what is of use becomes pastes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from confmend.bundle import members, parts
from confmend.bundle.archive import OF_NO_KIND, Member, Skipped, contents, is_archive
from confmend.bundle.decoded import decoded
from confmend.bundle.packed import UnreadableError
from confmend.formats import detect
from confmend.model import Paste

__all__ = ["Taken", "UnreadableError", "folder", "is_archive", "of_use", "unpacked"]

# What a file is shows within so many characters.
_LOOKED_AT = 20_000


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of an archive: pastes, and what was left, in sentences."""

    pastes: tuple[Paste, ...]
    notes: tuple[str, ...]


def unpacked(name: str, data: memoryview) -> Taken:
    """Return the files of an archive that a format reads. UnreadableError, in a sentence, if there is none."""
    found = contents(name, data, lambda path, held: of_use(path, decoded(held)))
    notes = list(map(_sentence, found.skipped))
    if found.stopped:
        notes.append(f"Its end was not read: {found.stopped}.")
    if not found.members:
        raise UnreadableError(f"nothing in it is of a kind that is read ({_counted(sum(map(_count, found.skipped)))})")
    return Taken(tuple(_paste(member) for member in found.members), tuple(notes))


def folder(files: Sequence[tuple[str, int]]) -> tuple[bool, ...]:
    """Tell of the files of a folder, by path and size, which of them to read at all."""
    kinds = [members.kind(path, size) for path, size in files]
    unknown = [at for at, kind in enumerate(kinds) if kind == members.UNKNOWN][: members.MOST_UNKNOWN]
    looked_at = set(unknown)
    return tuple(bool(kind) and (kind != members.UNKNOWN or at in looked_at) for at, kind in enumerate(kinds))


def of_use(name: str, text: str) -> bool:
    """Tell whether a format reads the text, or a part of it."""
    start = text[:_LOOKED_AT]
    if "\0" in start:
        return False
    return detect(name, start) is not None or any(detect(part.name, part.text) for part in parts(start, name))


def _paste(member: Member) -> Paste:
    return Paste(decoded(member.data), member.path)


def _sentence(skipped: Skipped) -> str:
    if skipped.reason == OF_NO_KIND:
        return f"{_counted(skipped.count)} of no kind that is read."
    shown = ", ".join(skipped.paths) + (" …" if skipped.count > len(skipped.paths) else "")
    return f"Not read, {skipped.reason}: {_counted(skipped.count)} ({shown})."


def _counted(count: int) -> str:
    return f"{count:,} {'file' if count == 1 else 'files'}"


def _count(skipped: Skipped) -> int:
    return skipped.count
