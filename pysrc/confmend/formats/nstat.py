"""What ``nstat`` prints: ``TcpExtListenOverflows  0  0.0``, as JSON with -j, and /proc/net/snmp6 without the rate.

The keys are those of /proc/net/netstat, ``TcpExt/ListenOverflows``. Without -a the numbers are what came since nstat
ran last, so they may be smaller than the kernel's (iproute2, misc/nstat.c).
"""

import re
from collections.abc import Iterator

from confmend.document import Format, split_lines
from confmend.formats.printed import HEAD, ran, share
from confmend.model import Line

_GROUPS = "TcpExt|IpExt|MPTcpExt|UdpLite6|UdpLite|Udp6|Udp|Icmp6|IcmpMsg|Icmp|Ip6|Ip|Tcp|Sctp|Tls|Mptcp|Xfrm"
_COUNTER = re.compile(rf"[ \t]*((?:{_GROUPS})(?=[A-Z]))([A-Za-z0-9]+)[ \t]+(-?[0-9]+)(?:[ \t]+(-?[0-9.]+))?\s*")
_MEMBER = re.compile(rf'"({_GROUPS})(?=[A-Z])([A-Za-z0-9]+)":[ \t]*(-?[0-9]+)')


def read(text: str) -> Iterator[Line]:
    """Yield the lines, each a counter; a line of JSON comes in pieces."""
    for raw in split_lines(text):
        counter = _COUNTER.fullmatch(raw)
        if counter:
            columns = {"rate": counter[4]} if counter[4] else {}
            key = f"{counter[1]}/{counter[2]}"
            yield Line(raw, key, counter[3], counter.start(1), *counter.span(3), columns=columns)
        elif _MEMBER.search(raw):
            yield from _members(raw)
        else:
            known = raw.strip()[:1] in ("", "#", "{", "}") or ran(raw, "nstat", "cat", "grep", "rtacct")
            yield Line(raw, problem="" if known else "not a line that nstat prints")


def _members(raw: str) -> Iterator[Line]:
    last = 0
    for member in _MEMBER.finditer(raw):
        start, end = member.start(3) - last, member.end(3) - last
        yield Line(raw[last : member.end()], f"{member[1]}/{member[2]}", member[3], member.start() - last, start, end)
        last = member.end()
    yield Line(raw[last:])


def detect(_name: str, text: str) -> float:
    """Return the share of counters."""
    head = text[:HEAD]
    if not any(word in head for word in ("TcpExt", "IpIn", "Ip6In", "IpExt", "Tcp", "Udp")):
        return 0.0
    return share(read, text)


FORMAT = Format("nstat", "nstat -az", "nstat -az", detect, read)
