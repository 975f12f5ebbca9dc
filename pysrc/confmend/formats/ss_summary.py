"""What ``ss -s`` prints: ``Total: 192``, ``TCP:   7 (estab 1, closed 1, ...)`` and a table of sockets by protocol.

``Total`` counts the sockets of all families, as ``used`` in /proc/net/sockstat does; the number behind ``kernel`` (old
versions) is that of the slab cache. The rows of the table are ``Transport/TCP`` (iproute2, misc/ss.c, print_summary).
"""

import re
from collections.abc import Iterator

from confmend.document import Format, split_lines
from confmend.formats.printed import ran, share
from confmend.model import Line

_SUM = re.compile(r"[ \t]*(Total|TCP): +([0-9]+)(?: \(([a-z0-9 ,/-]*)\))?(?:, ports ([0-9]+))?\s*")
_PROTOCOL = re.compile(r"[ \t]*(\*|[A-Z]{2,8})[ \t]+([0-9]+)[ \t]+([0-9]+|-)[ \t]+([0-9]+|-)\s*")
_DETAIL = re.compile(r"([a-z]+) ([0-9]+(?:/[0-9]+)?)")
_TELLING = re.compile(r"^[ \t]*TCP: +[0-9]+ \(estab ", re.MULTILINE)


def read(text: str) -> Iterator[Line]:
    """Yield the lines, each a sum or the sockets of a protocol."""
    for raw in split_lines(text):
        total, protocol = _SUM.fullmatch(raw), _PROTOCOL.fullmatch(raw)
        if total:
            columns = dict(_DETAIL.findall(total[3] or ""))
            if total[4]:
                columns["ports"] = total[4]
            yield Line(raw, total[1], total[2], total.start(1), *total.span(2), columns=columns)
        elif protocol:
            columns = {"Total": protocol[2], "IP": protocol[3], "IPv6": protocol[4]}
            key = f"Transport/{protocol[1]}"
            yield Line(raw, key, protocol[2], protocol.start(1), *protocol.span(2), columns=columns)
        else:
            known = raw.split() in ([], ["Transport", "Total", "IP", "IPv6"]) or ran(raw, "ss")
            yield Line(raw, problem="" if known else "not a line that ss -s prints")


def detect(_name: str, text: str) -> float:
    """Return the share of lines that ss -s prints, if TCP's sum is one of them."""
    return share(read, text) if _TELLING.search(text[:20_000]) else 0.0


FORMAT = Format("ss_summary", "ss -s", "ss -s", detect, read)
