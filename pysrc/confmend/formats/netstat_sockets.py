"""What ``netstat -ant`` prints: ``tcp  0  0 127.0.0.1:5432  0.0.0.0:*  LISTEN``, Unix sockets below (net-tools).

The key is both addresses (a Unix socket's inode), the value the state. For a listening socket Recv-Q is how many
connections wait to be accepted; how many may, only ``ss`` says.
"""

import re
from collections.abc import Iterator

from confmend.document import Format, split_lines
from confmend.formats.printed import HEAD, ran, share
from confmend.model import Line

_INTERNET = re.compile(
    r"[ \t]*((?:tcp|udp|udpl|udplite|raw|sctp|icmp)(?:4|6|46)?)[ \t]+([0-9]+)[ \t]+([0-9]+)[ \t]+(\S+)[ \t]+(\S+)"
    r"(?:[ \t]+([A-Z][A-Z0-9_]+))?(?=\s|\Z)"
)
_UNIX = re.compile(r"[ \t]*(unix)[ \t]+([0-9]+)[ \t]+\[([A-Z0-9 ]*)\][ \t]+([A-Z]+)[ \t]+(?:([A-Z]+)[ \t]+)?([0-9]+)")
_HEADING = re.compile(r"[ \t]*(?:Active [A-Za-z]+ .*|Proto[ \t]+(?:Recv-Q|RefCnt|Destination)\b.*)\n?")


def read(text: str) -> Iterator[Line]:
    """Yield the lines, each a socket."""
    for raw in split_lines(text):
        internet = _INTERNET.match(raw)
        unix = None if internet else _UNIX.match(raw)
        if internet:
            names = ("Proto", "Recv-Q", "Send-Q", "Local Address", "Foreign Address", "State")
            columns = dict(zip(names, (group or "" for group in internet.groups()), strict=True))
            span = internet.span(6) if internet[6] else internet.span(1)
            key = f"{internet[4]} {internet[5]}"
            columns["details"] = raw[internet.end() :].strip()
            yield Line(raw, key, internet[6] or "", internet.start(1), *_state(span, internet), columns=columns)
        elif unix:
            names = ("Proto", "RefCnt", "Flags", "Type", "State", "I-Node")
            columns = dict(zip(names, ((group or "").strip() for group in unix.groups()), strict=True))
            columns["Path"] = raw[unix.end() :].strip()
            span = unix.span(5) if unix[5] else (unix.end(6), unix.end(6))
            yield Line(raw, unix[6], unix[5] or "", unix.start(1), *span, columns=columns)
        else:
            known = not raw.strip() or _HEADING.fullmatch(raw) or ran(raw, "netstat") or raw.startswith("(")
            yield Line(raw, problem="" if known else "not a line that netstat prints")


def _state(span: tuple[int, int], internet: re.Match[str]) -> tuple[int, int]:
    """Return where the state stands; UDP has none, so an empty one behind the addresses."""
    return span if internet[6] else (internet.end(), internet.end())


def detect(_name: str, text: str) -> float:
    """Return the share of sockets, if the heading or one of them stands in the first lines."""
    head = text[:HEAD]
    heading = "Proto" in head and "Recv-Q" in head
    if not heading and not any(_INTERNET.match(raw) for raw in head[:2000].split("\n")):
        return 0.0
    return share(read, text)


FORMAT = Format("netstat_sockets", "netstat", "netstat -ant", detect, read)
