"""Archives: the few files in them that are of use, taken out in memory and never put anywhere.

Every name in an archive is only a name: it is shown, and no file is written by it. What an archive says of sizes is
not believed; what is read is counted.
"""

import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from confmend.bundle import members, tar
from confmend.bundle.packed import BZIP2, GZIP, XZ, ZSTD, UnreadableError, unpacking

LARGEST = 24_000_000
_LARGEST_TOTAL = 60_000_000
_LARGEST_LOGS = 40_000_000
_MOST_ENTRIES = 100_000
_MOST_FILES = 500
_MOST_NAMES = 3
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_PACKED = (GZIP, XZ, BZIP2, ZSTD)
_OTHERS = {
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!": "RAR",
    b"\x1f\x9d": "compress (.Z)",
    b"LZIP": "lzip",
    b"\x04\x22\x4d\x18": "lz4",
}
_PACKED_NAME = re.compile(r"\.(?:gz|xz|bz2|zst)$", re.IGNORECASE)
_ARCHIVE_NAME = re.compile(r"\.(?:tar|tgz|txz|tbz2?|zip|7z|rar|jar|rpm|deb)$", re.IGNORECASE)
_NOT_IN_NAMES = re.compile(r"[\x00-\x1f\x7f]+")
# What sosreport and Insights call their folders; beside them no file of an unknown path is worth a look.
_REPORTS = ("sos_commands/", "insights_commands/", "sos_logs/")

OF_NO_KIND = "of no kind that is read"
LINK = "links and devices, which hold nothing themselves"
TOO_LARGE = f"larger than the {LARGEST:,} bytes that are read of one"
NO_ROOM = "more than are read of one archive"
LOCKED = "locked with a password"
INSIDE = "archives inside the archive: add them by themselves"
DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class Member:
    """A file that is read: its path in the archive, and its bytes."""

    path: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Skipped:
    """What was not read, and why: how many files, and the first of them. ``reason`` completes "they are"."""

    reason: str
    count: int
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contents:
    """What was taken out of an archive, and what was left. ``stopped`` says why its end was not reached."""

    members: tuple[Member, ...]
    skipped: tuple[Skipped, ...]
    stopped: str = ""


def is_archive(data: memoryview) -> bool:
    """Tell whether bytes are an archive or compressed, by their start."""
    start = bytes(data[:512])
    return start.startswith((*_ZIP, *_PACKED, *_OTHERS)) or tar.is_tar(start)


def contents(name: str, data: memoryview, known: Callable[[str, bytes], bool]) -> Contents:
    """Return what is of use in an archive. ``known`` tells of a path and bytes whether a format reads them.

    UnreadableError, with a sentence about the whole archive, if nothing can be taken out of it.
    """
    start = bytes(data[:512])
    for mark, title in _OTHERS.items():
        if start.startswith(mark):
            raise UnreadableError(f"{title} archives can't be unpacked here: pack it as zip or tar.gz")
    kept = _Kept(known)
    try:
        if start.startswith(_ZIP):
            _from_zip(data, kept)
        elif start.startswith(_PACKED):
            _from_packed(name, data, kept)
        else:
            _from_tar(tar.Stream(iter([bytes(data)])), kept)
    except UnreadableError as problem:
        if not kept.members:
            raise
        return Contents(tuple(kept.members), kept.skipped(), str(problem))
    return Contents(tuple(kept.members), kept.skipped())


class _Kept:
    """What has been taken so far, and the reasons for the rest. It grows while an archive streams by."""

    def __init__(self, known: Callable[[str, bytes], bool]) -> None:
        self._known = known
        self.members: list[Member] = []
        self._left: dict[str, list[str]] = {}
        self._counts: Counter[str] = Counter()
        self._bytes = self._logs = self._entries = self._unknown = 0
        self._is_report = False

    def wants(self, path: str, size: int) -> str:
        """Return the kind of a file that is to be read now, empty for others; it remembers why."""
        self._entries += 1
        if self._entries > _MOST_ENTRIES:
            raise UnreadableError(f"it holds more than {_MOST_ENTRIES:,} files, as no report does")
        self._is_report = self._is_report or any(f"/{each}" in f"/{path}" for each in _REPORTS)
        plain = _PACKED_NAME.sub("", path)
        if _ARCHIVE_NAME.search(plain):
            return self.leave(path, INSIDE)
        kind = members.kind(plain, size)
        if not kind or (kind == members.UNKNOWN and (self._is_report or self._unknown >= members.MOST_UNKNOWN)):
            return self.leave(path, OF_NO_KIND)
        if size > LARGEST:
            return self.leave(path, TOO_LARGE)
        if not self._room(kind, size):
            return self.leave(path, NO_ROOM)
        self._unknown += kind == members.UNKNOWN
        return kind

    def take(self, path: str, kind: str, data: bytes) -> None:
        """Keep the bytes of a file that was wanted, if a format reads them."""
        if data.startswith(_PACKED):
            try:
                data = _whole(unpacking(memoryview(data)))
            except UnreadableError as problem:
                self.leave(path, TOO_LARGE if TOO_LARGE in str(problem) else DAMAGED)
                return
            path = _PACKED_NAME.sub("", path)
        shown = _shown(path)
        if not self._room(kind, len(data)):
            self.leave(path, NO_ROOM)
        elif data.strip() and self._known(shown, data):
            self.members.append(Member(shown, data))
            self._bytes += len(data)
            self._logs += len(data) if kind in members.LOGS else 0
        else:
            self.leave(path, OF_NO_KIND)

    def leave(self, path: str, reason: str) -> str:
        """Remember a file that is not read."""
        self._counts[reason] += 1
        if self._counts[reason] <= _MOST_NAMES:
            self._left.setdefault(reason, []).append(_shown(path))
        return ""

    def skipped(self) -> tuple[Skipped, ...]:
        """Return what was left, by reason."""
        return tuple(Skipped(reason, count, tuple(self._left[reason])) for reason, count in self._counts.items())

    def _room(self, kind: str, size: int) -> bool:
        logs = kind in members.LOGS and self._logs + size > _LARGEST_LOGS
        return not logs and self._bytes + size <= _LARGEST_TOTAL and len(self.members) < _MOST_FILES


def _from_zip(data: memoryview, kept: _Kept) -> None:
    import zipfile

    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except Exception as damage:  # zipfile has several ways to refuse
        raise UnreadableError(f"it is damaged ({type(damage).__name__})") from damage
    with archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            if info.external_attr >> 28 == 0xA:  # S_IFLNK in the upper half
                kept.leave(info.filename, LINK)
                continue
            kind = kept.wants(info.filename, info.file_size)
            if kind and info.flag_bits & 1:
                kept.leave(info.filename, LOCKED)
            elif kind:
                try:
                    with archive.open(info) as file:
                        found = file.read(LARGEST + 1)
                except Exception:
                    kept.leave(info.filename, DAMAGED)
                    continue
                if len(found) > LARGEST:
                    kept.leave(info.filename, TOO_LARGE)
                else:
                    kept.take(info.filename, kind, found)


def _from_packed(name: str, data: memoryview, kept: _Kept) -> None:
    """Read a packed tar, or the one file that is packed."""
    chunks = unpacking(data)
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= 512:
            break
    if tar.is_tar(head):
        _from_tar(tar.Stream(_chain(head, chunks)), kept)
        return
    found = _whole(_chain(head, chunks))
    kept.members.append(Member(_shown(_PACKED_NAME.sub("", name)), found))


def _from_tar(stream: tar.Stream, kept: _Kept) -> None:
    for entry in tar.entries(stream):
        if entry.path.endswith("/"):
            continue
        if not entry.is_file:
            kept.leave(entry.path, LINK)
            continue
        kind = kept.wants(entry.path, entry.size)
        if kind:
            found = stream.take(entry.size)
            if len(found) < entry.size:
                raise UnreadableError("it is cut off")
            kept.take(entry.path, kind, found)


def _chain(head: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from chunks


def _whole(chunks: Iterator[bytes]) -> bytes:
    """Return one file whole. UnreadableError if it is larger than what is read of one."""
    parts, length = [], 0
    for chunk in chunks:
        parts.append(chunk)
        length += len(chunk)
        if length > LARGEST:
            raise UnreadableError(f"it is {TOO_LARGE}")
    return b"".join(parts)


def _shown(path: str) -> str:
    """Return a path as it is shown: one line, without what leads out of the archive."""
    steps = _NOT_IN_NAMES.sub(" ", path).replace("\\", "/").split("/")
    return "/".join(step for step in steps if step not in ("", ".", "..")) or "file"
