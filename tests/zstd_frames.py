"""What zstd would pack, without it: an archive for the tests."""


def zstd(data: bytes) -> bytes:
    """A zstd frame of blocks that are stored as they are (RFC 8878, 3.1.1)."""
    blocks = [data[at : at + 100_000] for at in range(0, len(data), 100_000)]
    headers = [(len(block) << 3 | (block is blocks[-1])).to_bytes(3, "little") for block in blocks]
    # No checksum, no size of the whole, a window of 1 MiB.
    return b"\x28\xb5\x2f\xfd\x00\x50" + b"".join(map(bytes.__add__, headers, blocks))
