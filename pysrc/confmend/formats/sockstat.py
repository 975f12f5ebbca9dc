"""/proc/net/sockstat and sockstat6: ``TCP: inuse 27 orphan 0 tw 3 alloc 41 mem 5``, ``mem`` in pages."""

import re
from collections.abc import Iterator

from confmend.document import Format, split_lines
from confmend.formats.printed import ran
from confmend.model import Line

_COUNTS = re.compile(r"[ \t]*((?:sockets|(?:TCP|UDP|UDPLITE|RAW|FRAG)6?)):[ \t]+((?:[a-z]+ [0-9]+ ?)+)[ \t\r]*\n?")


def read(text: str) -> Iterator[Line]:
    """Yield the lines, each a protocol and its counts."""
    for raw in split_lines(text):
        match = _COUNTS.fullmatch(raw)
        if match:
            yield Line(raw, match[1], match[2].strip(), match.start(1), match.start(2), match.end(2))
        else:
            known = not raw.strip() or ran(raw, "cat")
            yield Line(raw, problem="" if known else "not a line of /proc/net/sockstat")


def detect(_name: str, text: str) -> float:
    """Return the share of lines that are counts."""
    lines = [raw for raw in split_lines(text[:20_000]) if raw.strip()]
    return sum(bool(_COUNTS.fullmatch(raw)) for raw in lines) / len(lines) if lines else 0.0


FORMAT = Format("sockstat", "/proc/net/sockstat", "/proc/net/sockstat", detect, read)
