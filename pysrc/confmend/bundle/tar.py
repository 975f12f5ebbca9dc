"""The members of a tar, one after the other as they stream by. Nothing is kept that nobody asks for.

Formats: POSIX ustar and pax (pax(1)), GNU tar's long names; see "Basic Tar Format" in GNU tar's manual.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from confmend.bundle.packed import UnreadableError

_BLOCK = 512
_FILE = (b"0", b"\0", b"7")
_LINKS = (b"1", b"2")
_LONG_NAME, _PAX, _PAX_GLOBAL = b"L", b"x", b"g"
# A name longer than this is none.
_MOST_SAID = 1 << 16


@dataclass(frozen=True, slots=True)
class Entry:
    """What a header says: the path as it is written there, the size, and whether it is a file or a link."""

    path: str
    size: int
    is_file: bool
    is_link: bool


class Stream:
    """Bytes that arrive in chunks, taken in lengths."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._have = b""
        self._at = 0
        self.position = 0

    def take(self, length: int) -> bytes:
        """Return the next bytes, fewer at the end."""
        parts, missing = [], length
        while missing:
            if self._at == len(self._have):
                self._have, self._at = next(self._chunks, b""), 0
                if not self._have:
                    break
            part = self._have[self._at : self._at + missing]
            self._at += len(part)
            missing -= len(part)
            parts.append(part)
        self.position += length - missing
        return b"".join(parts)

    def skip(self, length: int) -> None:
        """Pass over bytes without keeping them."""
        while length:
            taken = len(self.take(min(length, _BLOCK * _BLOCK)))
            if not taken:
                return
            length -= taken


def is_tar(block: bytes) -> bool:
    """Tell whether a text starts with the header of a tar."""
    return len(block) >= _BLOCK and _sum_is_right(block[:_BLOCK])


def entries(stream: Stream) -> Iterator[Entry]:
    """Yield what the headers say. Who wants a file takes its ``size`` bytes from the stream before going on.

    UnreadableError where a header is damaged or the tar is cut off.
    """
    said: dict[str, str] = {}
    while True:
        block = stream.take(_BLOCK)
        if not block.strip(b"\0"):
            return
        if len(block) < _BLOCK or not _sum_is_right(block):
            raise UnreadableError("a header in it is damaged, or it is cut off")
        size, mark = _number(block[124:136]), block[156:157]
        if mark in (_LONG_NAME, _PAX, b"K"):
            if size > _MOST_SAID:
                raise UnreadableError("a name in it is longer than any")
            content = stream.take(size)
            stream.skip(-size % _BLOCK)
            said |= {"path": _text(content)} if mark == _LONG_NAME else _records(content) if mark == _PAX else {}
            continue
        if mark == _PAX_GLOBAL:
            stream.skip(size + -size % _BLOCK)
            continue
        size = int(said["size"]) if said.get("size", "").isdecimal() else size
        prefix = _text(block[345:500]) if block[257:263] == b"ustar\0" else ""
        name = said.get("path") or "/".join(part for part in (prefix, _text(block[:100])) if part)
        held = size if mark not in _LINKS and mark not in (b"3", b"4", b"5", b"6") else 0
        end = stream.position + held + -held % _BLOCK
        sparse = any(key.startswith("GNU.sparse") for key in said)
        yield Entry(name, held, mark in _FILE and not sparse and not name.endswith("/"), mark in _LINKS)
        stream.skip(end - stream.position)
        said = {}


def _sum_is_right(block: bytes) -> bool:
    """Tell whether the header's own sum is its bytes', the field of the sum itself taken for blanks."""
    try:
        said = int(block[148:156].strip(b" \0") or b"x", 8)
    except ValueError:
        return False
    return said == sum(block[:148]) + 8 * 0x20 + sum(block[156:])


def _number(field: bytes) -> int:
    """Return a number: octal, or GNU tar's binary where octal is too short."""
    if field[0] & 0x80:
        return int.from_bytes(field[1:], "big")
    try:
        return int(field.strip(b" \0") or b"0", 8)
    except ValueError:
        raise UnreadableError("a size in it is no number") from None


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _records(content: bytes) -> dict[str, str]:
    """Return the records of a pax header, each ``length key=value``."""
    found = {}
    while content:
        length, _, _ = content.partition(b" ")
        if not length.isdigit() or not len(length) + 1 < int(length) <= len(content):
            raise UnreadableError("a header in it is damaged")
        record, content = content[len(length) + 1 : int(length) - 1], content[int(length) :]
        key, _, value = record.partition(b"=")
        found[_text(key)] = _text(value)
    return found
