"""PgBouncer's log as its logfile and stderr have it (lib/usual/logging.c, src/util.c, log_socket_prefix).

``2026-03-02 03:14:55.123 UTC [20412] LOG C-0x55d0: app/joe@10.0.0.7:51422 closing because: client close request``.
The key of a line is its level, which is followed by one space and no colon; the value is the message. What concerns a
connection says so: columns ``side`` (client or server), ``database``, ``user`` (or ``peer``), ``host`` and ``port``;
every line has ``time`` and ``pid``. Until 1.10 there was no time zone, and no brackets around the process.
What a container's or a service's log puts before the line is left aside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from confmend.document import Format, split_lines
from confmend.model import Line

_RECORD = re.compile(
    r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}(?: [A-Z][A-Za-z]{1,5}| [-+]\d{2,4})?) (?:\[(\d+)\]|(\d+)) "
    r"(FATAL|ERROR|WARNING|LOG|DEBUG|NOISE) (?=[^ ])"
)
_SOCKET = re.compile(
    r"([CS])-(?:0x)?[0-9a-fA-F]+: (?:peer-(\d+)|([^/\n]{0,200})/([^@\n]{0,200}))@(\[[^\]\n]*\]|[^ \n]{0,200}):(-?\d+) "
)
# What a container's log puts before a line is no longer than this.
_CARRIED = 200
_SAMPLE = 200_000


def read(text: str) -> Iterator[Line]:
    """Yield the lines."""
    for raw in split_lines(text):
        match = _RECORD.search(raw, 0, len(raw) if len(raw) < 2 * _CARRIED else 2 * _CARRIED)
        if not match or match.start() > _CARRIED:
            yield Line(raw)
            continue
        columns = {"time": match[1], "pid": match[2] or match[3]}
        socket = _SOCKET.match(raw, match.end())
        if socket:
            columns["side"] = "client" if socket[1] == "C" else "server"
            named = {"peer": socket[2], "database": socket[3], "user": socket[4], "host": socket[5], "port": socket[6]}
            columns.update({name: value for name, value in named.items() if value is not None})
        start, end = (socket or match).end(), len(raw.rstrip("\r\n"))
        start = min(start, end)
        yield Line(raw, match[4], raw[start:end], match.start(4), start, end, columns=columns)


def detect(_name: str, text: str) -> float:
    """Return how much of the text is PgBouncer's; its shape is certain, for PostgreSQL's levels have a colon."""
    if not _RECORD.search(text, 0, _SAMPLE):
        return 0.0
    lines = [raw for raw in split_lines(text[:_SAMPLE]) if raw.strip()]
    share = sum(bool(_RECORD.search(raw, 0, 2 * _CARRIED)) for raw in lines) / len(lines)
    if share < 0.1:
        return 0.0
    return 0.9 + share / 10 if share >= 0.5 else 0.5 + share * 0.3


FORMAT = Format("pgbouncer_log", "PgBouncer's log", "pgbouncer.log", detect, read)
