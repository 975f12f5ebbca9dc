"""What ``netstat -s`` prints on Linux: the counters of /proc/net/netstat as sentences (net-tools, statistics.c).

The sentences that speak of memory, queues and drops have the kernel's names as keys, ``TcpExt/ListenOverflows``; the
others are ``Group/`` and the sentence without its number. Counters that net-tools has no sentence for are printed
by their name.
"""

import re
from collections.abc import Iterator

from confmend.document import Format, split_lines
from confmend.formats.printed import HEAD, ran, share
from confmend.model import Line

_GROUP = re.compile(r"([A-Z][A-Za-z0-9]{1,15}):\s*")
_NAMED = re.compile(r"[ \t]+([A-Z][A-Za-z0-9]+): (-?[0-9]+)\s*")
_NUMBER = re.compile(r"(?<![^\s(])-?[0-9]+(?![^\s,.)])")
_SENTENCES = {
    "packets pruned from receive queue because of socket buffer overrun": "TcpExt/PruneCalled",
    "packets pruned from receive queue": "TcpExt/RcvPruned",
    "packets dropped from out-of-order queue because of socket buffer overrun": "TcpExt/OfoPruned",
    "packets collapsed in receive queue due to low socket buffer": "TcpExt/TCPRcvCollapsed",
    "times the listen queue of a socket overflowed": "TcpExt/ListenOverflows",
    "SYNs to LISTEN sockets dropped": "TcpExt/ListenDrops",
    "SYNs to LISTEN sockets ignored": "TcpExt/ListenDrops",
    "TCP ran low on memory times": "TcpExt/TCPMemoryPressures",
    "connections aborted due to memory pressure": "TcpExt/TCPAbortOnMemory",
    "connections aborted due to timeout": "TcpExt/TCPAbortOnTimeout",
    "times unable to send RST due to no memory": "TcpExt/TCPAbortFailed",
    "Ran times out of system memory during packet sending": "TcpExt/TCPSchedulerFailed",
    "other TCP timeouts": "TcpExt/TCPTimeouts",
    "SYN cookies sent": "TcpExt/SyncookiesSent",
    "SYN cookies received": "TcpExt/SyncookiesRecv",
    "invalid SYN cookies received": "TcpExt/SyncookiesFailed",
    "resets received for embryonic SYN_RECV sockets": "TcpExt/EmbryonicRsts",
    "active connection openings": "Tcp/ActiveOpens",
    "passive connection openings": "Tcp/PassiveOpens",
    "failed connection attempts": "Tcp/AttemptFails",
    "connection resets received": "Tcp/EstabResets",
    "connections established": "Tcp/CurrEstab",
    "segments received": "Tcp/InSegs",
    "segments sent out": "Tcp/OutSegs",
    "segments send out": "Tcp/OutSegs",
    "segments retransmitted": "Tcp/RetransSegs",
    "segments retransmited": "Tcp/RetransSegs",
    "resets sent": "Tcp/OutRsts",
}
_TELLING = re.compile(r"^(?:Tcp|TcpExt|Ip|IpExt|Udp):\s*$", re.MULTILINE)


def read(text: str) -> Iterator[Line]:
    """Yield the lines, each a group's heading or a counter."""
    group = ""
    for raw in split_lines(text):
        named, heading = _NAMED.fullmatch(raw), _GROUP.fullmatch(raw)
        number = None if named or heading else _NUMBER.search(raw)
        if named:
            key = f"{group}/{named[1]}" if group else named[1]
            yield Line(raw, key, named[2], named.start(1), *named.span(2))
        elif heading:
            group = heading[1]
            yield Line(raw)
        elif number and (group or _sentence(raw, number) in _SENTENCES):
            sentence = _sentence(raw, number)
            start, end = number.span()
            yield Line(raw, _SENTENCES.get(sentence, f"{group}/{sentence}"), number[0], start, start, end)
        else:
            inside = group and raw[:1] in " \t" and raw.rstrip().endswith(":")
            known = not raw.strip() or inside or ran(raw, "netstat")
            yield Line(raw, problem="" if known else "not a line that netstat -s prints")


def _sentence(raw: str, number: re.Match[str]) -> str:
    """Return what is said of a number, without it: ``SYN cookies sent``."""
    return " ".join(f"{raw[: number.start()]} {raw[number.end() :]}".split()).rstrip(".:")


def detect(_name: str, text: str) -> float:
    """Return the share of counters, if a group of them or one of the sentences above is there."""
    head = text[:HEAD]
    if _TELLING.search(head) or any(sentence in head for sentence in list(_SENTENCES)[:10]):
        return share(read, text)
    return 0.0


FORMAT = Format("netstat_s", "netstat -s", "netstat -s", detect, read)
