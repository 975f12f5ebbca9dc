"""Compressed bytes as a stream that ends before a bomb goes off."""

import zlib
from collections.abc import Callable, Iterator
from typing import Any

GZIP, XZ, BZIP2, ZSTD = b"\x1f\x8b", b"\xfd7zXZ\x00", b"BZh", b"\x28\xb5\x2f\xfd"
_CHUNK = 1 << 18
# Of what a report packs, logs shrink the most, some 50 times. A bomb shrinks 1,000 times and more.
_FREE = 64_000_000
_MOST_TIMES = 200
_MOST = 4_000_000_000
# What xz needs at its highest level is 65 MB.
_MEMORY = 200_000_000


class UnreadableError(ValueError):
    """The bytes can't be read, or must not be; its text says why."""


def unpacking(data: memoryview) -> Iterator[bytes]:
    """Yield what compressed bytes hold. UnreadableError if they are damaged, too much, or need another program."""
    start = next(each for each in (GZIP, XZ, BZIP2, ZSTD) if data[: len(each)] == each)
    fresh = _decompressors(start)
    allowed = min(_FREE + _MOST_TIMES * len(data), _MOST)
    given = at = 0
    try:
        while at < len(data):
            one = fresh()
            pending: Any = data[at : at + _CHUNK]
            at += len(pending)
            while not one.eof:
                part = _step(one, pending)
                pending = b"" if not hasattr(one, "unconsumed_tail") else one.unconsumed_tail
                given += len(part)
                if given > allowed:
                    raise UnreadableError(f"it unpacks to more than {allowed:,} bytes, as no report does")
                if part:
                    yield part
                elif not pending and not one.eof:
                    if at >= len(data):
                        raise UnreadableError("it is cut off")
                    pending = data[at : at + _CHUNK]
                    at += len(pending)
            at -= len(one.unused_data)
            if bytes(data[at : at + len(start)]) != start:
                return  # what follows is padding
    except UnreadableError:
        raise
    except Exception as damage:  # each module has errors of its own
        raise UnreadableError(f"it is damaged ({type(damage).__name__})") from damage


def _step(one: Any, pending: Any) -> bytes:
    """Return the next piece; zlib hands back what it did not take, the others keep it."""
    return bytes(one.decompress(pending, _CHUNK))


def _decompressors(start: bytes) -> Callable[[], Any]:
    if start == GZIP:
        return lambda: zlib.decompressobj(31)
    if start == XZ:
        import lzma

        return lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, _MEMORY)
    if start == BZIP2:
        import bz2

        return bz2.BZ2Decompressor
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]  # Python 3.14
    except ImportError:
        raise UnreadableError(
            "zstd can't be unpacked here: unpack it with unzstd, or pack it with gzip or xz"
        ) from None
    return zstd.ZstdDecompressor  # type: ignore[no-any-return,unused-ignore]
