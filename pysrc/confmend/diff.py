"""Two texts, and what changed between them in the form that ``patch`` and ``git apply`` take."""

import difflib
from collections.abc import Iterator

from confmend.document import split_lines

_NO_NEWLINE = "\\ No newline at end of file\n"


def unified(name: str, before: str, after: str) -> str:
    """Return the unified diff of a document, empty if nothing changed."""
    if before == after:
        return ""
    path = name.lstrip("/")
    lines = difflib.unified_diff(
        list(split_lines(before)), list(split_lines(after)), f"a/{path}", f"b/{path}", lineterm="\n"
    )
    return "".join(_ended(lines))


def _ended(lines: Iterator[str]) -> Iterator[str]:
    """Yield the lines of a diff; a last line without an end is marked, as diff(1) does."""
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}"
