r"""What other programs write in front of a server's log line: syslog, journald, Docker, Kubernetes, cloud exports.

A carrier is the same from line to line, so it is found out once for a text. Sources: RFC 3164 and RFC 5424 (syslog),
journalctl(1), ``docker compose logs``, ``docker logs --timestamps``, the CRI log format of Kubernetes, ``kubectl logs
--prefix``, and the JSON that the clouds export, one entry a line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"
_COLOUR = r"(?:\x1b\[[0-9;]*m)*"
_CARRIERS = tuple(
    re.compile(pattern)
    for pattern in (
        # Mar  2 03:14:55 db1 postgres[20412]: [3-1]   also with <134>, with an ISO time, and Heroku's app[postgres.1]:
        rf"(?:<\d+>)?(?P<time>[A-Z][a-z]{{2}} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?|{_ISO}) (?:(?P<host>[^\s\[:]+) )?"
        r"(?P<who>[^\s\[\]:]+(?:\[[^\]\s]*?(?P<pid>\d+)\])?): (?:\[ID [^\]]*\] |\[[A-Z]+\] )?"
        r"(?:\[\d+-(?P<chunk>\d+)\] )?",
        # <134>1 2026-03-02T03:14:55.031Z db1 postgres 20412 - - [3-1]
        rf"(?:<\d+>)?1 (?P<time>{_ISO}) (?P<host>\S+) (?P<who>\S+ (?:(?P<pid>\d+)|\S+)) \S+ (?:-|\[[^\]]*\])"
        r" (?:\ufeff)?(?:\[\d+-(?P<chunk>\d+)\] )?",
        # db-1  | 2026-03-02T03:14:55.031Z
        rf"{_COLOUR}(?P<who>[\w.-]+)\s{{0,80}}\|{_COLOUR} ?(?:(?P<time>{_ISO})[ \t])?",
        # 2026-03-02T03:14:55.031Z stderr F
        rf"(?P<time>{_ISO})(?P<who>) (?:stdout|stderr) [FP] ",
        # [pod/postgres-0/postgres]
        rf"\[(?P<who>pod/[^\]\s]+)\] (?:(?P<time>{_ISO}) )?",
        # 2026-03-02T03:14:55.031Z   and the stream's name behind it, as "aws logs tail" prints
        rf"(?P<time>{_ISO})(?P<who>)[ \t](?:\S+ (?=\d{{4}}-\d\d-\d\d ))?",
    )
)
# The string in which a cloud's or a container's JSON carries the server's line.
CARRIED = re.compile(
    r'"(?:textPayload|message|MESSAGE|@message|Message|log|msg|body)"\s*:\s*"((?:[^"\\]|\\.)*+)"', re.DOTALL
)
_JSON_TIME = re.compile(r'"(?:timestamp|@timestamp|time|TimeGenerated)"\s*:\s*"([^"]*)"')
_SAMPLE = 400


@dataclass(frozen=True, slots=True)
class Carrier:
    """What stands before the lines of a text: nothing, a pattern, or JSON around them."""

    pattern: re.Pattern[str] | None = None
    json: bool = False

    def time(self, raw: str) -> str:
        """Return when the carrier says the line was written."""
        if self.json:
            found = _JSON_TIME.search(raw)
            return found[1] if found else ""
        match = self.pattern.match(raw) if self.pattern else None
        return (match["time"] or "") if match else ""

    def pid(self, raw: str) -> str:
        """Return the number that the carrier gives the process."""
        match = self.pattern.match(raw) if self.pattern and "pid" in self.pattern.groupindex else None
        return (match["pid"] or "") if match else ""


def carrier(lines: Sequence[str]) -> Carrier:
    """Return what carries most of the first of these lines."""
    sample = [line for line in lines[: 4 * _SAMPLE] if line.strip()][:_SAMPLE]
    if not sample:
        return Carrier()
    # A pretty printed export holds each entry on many lines.
    if sample[0].lstrip("[ \t\r\n")[:1] in ("{", "") and any(CARRIED.search(line) for line in sample):
        return Carrier(json=True)
    counts = [sum(bool(pattern.match(line)) for line in sample) for pattern in _CARRIERS]
    most = max(counts)
    # The first patterns say most, the last one matches what they do.
    best = next(pattern for pattern, count in zip(_CARRIERS, counts, strict=True) if count * 5 >= most * 4)
    return Carrier(best) if most * 4 >= len(sample) else Carrier()
