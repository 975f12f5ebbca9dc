"""The text of a file's bytes, with nothing lost: a byte that is not UTF-8 becomes one of U+DC80 to U+DCFF."""

import codecs


def decoded(data: bytes) -> str:
    """Return the text of a file: UTF-16 where its first bytes say so, else UTF-8 with odd bytes kept as they are."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8", "surrogateescape")
