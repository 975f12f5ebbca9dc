"""/proc/meminfo: ``MemTotal:       16090752 kB``, kB of 1024 bytes; the HugePages counts have no unit."""

import re
from collections.abc import Iterator

from confmend.document import Format, split_lines
from confmend.formats.printed import ran
from confmend.model import Line

_COUNT = re.compile(r"[ \t]*([A-Z][A-Za-z0-9_()]+):[ \t]+([0-9]+(?: kB)?)[ \t\r]*\n?")
_TELLING = re.compile(
    r"^[ \t]*(?:MemTotal|MemFree|MemAvailable|HugePages_Total|CommitLimit|Committed_AS):", re.MULTILINE
)


def read(text: str) -> Iterator[Line]:
    """Yield the lines, each a name and its count."""
    for raw in split_lines(text):
        match = _COUNT.fullmatch(raw)
        if match:
            yield Line(raw, match[1], match[2], match.start(1), match.start(2), match.end(2))
        else:
            known = not raw.strip() or ran(raw, "cat", "grep")
            yield Line(raw, problem="" if known else "not a line of /proc/meminfo")


def detect(_name: str, text: str) -> float:
    """Return the share of lines that are counts, if one of them is a name that only this file has."""
    lines = [raw for raw in split_lines(text[:20_000]) if raw.strip()]
    if not lines or not _TELLING.search(text[:20_000]):
        return 0.0
    return sum(bool(_COUNT.fullmatch(raw)) for raw in lines) / len(lines)


FORMAT = Format("meminfo", "/proc/meminfo", "/proc/meminfo", detect, read)
