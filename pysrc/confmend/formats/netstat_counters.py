"""/proc/net/netstat and /proc/net/snmp: a line of names and, below it, a line of values, both with their group's name.

``TcpExt: SyncookiesSent ...`` over ``TcpExt: 0 ...`` gives the keys ``TcpExt/SyncookiesSent`` (net/ipv4/proc.c). The
line of values comes in pieces, one a counter.
"""

import re
from collections.abc import Iterator

from confmend.document import Format, split_lines
from confmend.formats.printed import HEAD, ran
from confmend.model import Line

_GROUP = re.compile(r"[ \t]*([A-Z][A-Za-z0-9]{1,15}):[ \t]+(?=([A-Za-z])|-?[0-9])")
_NUMBER = re.compile(r"(-?[0-9]+)(?=\s|\Z)[ \t\r]*")
_PAIR = re.compile(r"^[ \t]*([A-Z][A-Za-z0-9]{1,15}): [A-Z][A-Za-z0-9]*[^\n]*\n[ \t]*\1: -?[0-9]", re.MULTILINE)


def read(text: str) -> Iterator[Line]:
    """Yield the lines; what stands without its other half is refused."""
    names: tuple[str, list[str]] | None = None
    held = ""
    for raw in split_lines(text):
        group = _GROUP.match(raw)
        if names and group and not group[2] and group[1] == names[0]:
            yield Line(held)
            yield from _counters(raw, group.end(), *names)
            names = None
            continue
        if names:
            yield Line(held, problem="no values follow these names")
            names = None
        if group and group[2]:
            names, held = (group[1], raw[group.end() :].split()), raw
        elif group:
            yield Line(raw, problem="no names stand above these values")
        else:
            known = not raw.strip() or ran(raw, "cat", "grep")
            yield Line(raw, problem="" if known else "not a line of /proc/net/netstat")
    if names:
        yield Line(held, problem="no values follow these names")


def _counters(raw: str, at: int, group: str, names: list[str]) -> Iterator[Line]:
    numbers = raw[at:].split()
    if len(numbers) != len(names) or not all(re.fullmatch("-?[0-9]+", number) for number in numbers):
        yield Line(raw, problem=f"{len(numbers)} values for {len(names)} names")
        return
    last = 0
    for name in names:
        match = _NUMBER.match(raw, at)
        assert match
        start, end = match.start(1) - last, match.end(1) - last
        yield Line(raw[last : match.end(1)], f"{group}/{name}", match[1], start, start, end)
        last, at = match.end(1), match.end()
    yield Line(raw[last:])


def detect(_name: str, text: str) -> float:
    """Return the share of the lines that are pairs of names and values."""
    head = text[: 5 * HEAD]
    if ": " not in head[:2000] or not _PAIR.search(head):
        return 0.0
    lines = [raw for raw in split_lines(head) if raw.strip()]
    return sum(bool(_GROUP.match(raw)) for raw in lines) / len(lines)


FORMAT = Format("netstat_counters", "/proc/net/netstat", "/proc/net/netstat", detect, read)
