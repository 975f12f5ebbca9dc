"""What ``ss`` prints: a line for each socket, ``LISTEN 0 128 0.0.0.0:5432 0.0.0.0:*``, and its details below or behind.

The key is both addresses, the value the state; the numbers are in ``columns`` under the headings of ss. For a listening
socket Recv-Q is how many connections wait to be accepted and Send-Q how many may; else both are bytes. ``skmem`` is the
memory of the socket (-m): r bytes charged for receiving, rb their limit, t and tb for sending, w queued to send, d
packets dropped (ss(8)). Details may stand in lines of their own, which start with a blank.
"""

import re
from collections.abc import Iterator

from confmend.document import Format, split_lines
from confmend.formats.printed import HEAD, ran, share
from confmend.model import Line

_STATES = (
    "LISTEN|ESTAB|UNCONN|SYN-SENT|SYN-RECV|FIN-WAIT-[12]|TIME-WAIT|CLOSE-WAIT|LAST-ACK|CLOSING|CLOSED|UNKNOWN|"
    "BOUND-INACTIVE|NEW-SYN-RECV"
)
_SOCKET = re.compile(
    rf"[ \t]*(?:([a-z][a-z0-9_]{{1,9}})[ \t]+)?({_STATES})[ \t]+([0-9]+)[ \t]+([0-9]+)[ \t]+(\S+)(?:[ \t]+(\S+))?"
)
_HEADING = re.compile(r"[ \t]*(?:Netid *)?(?:State *)?Recv-Q[ \t]+Send-Q[ \t]+Local[^\n]*\n?")
_SKMEM = re.compile(r"\bskmem:\(([a-z0-9,]+)\)|\bmem:\(([a-z0-9,]+)\)")
_MOST_DETAILS = 10


def read(text: str) -> Iterator[Line]:
    """Yield the sockets; the details below one are lines of their own, and in its columns as well."""
    held: Line | None = None
    below: list[str] = []
    for raw in split_lines(text):
        found = _SOCKET.match(raw)
        details = held is not None and raw[:1] in " \t" and raw.strip() and not found and len(below) < _MOST_DETAILS
        if details and not ran(raw, "ss"):
            below.append(raw)
            continue
        yield from _whole(held, below)
        held, below = (_socket(raw, found), []) if found else (None, [])
        if not found:
            known = not raw.strip() or _HEADING.fullmatch(raw) or ran(raw, "ss")
            yield Line(raw, problem="" if known else "not a line that ss prints")
    yield from _whole(held, below)


def _socket(raw: str, found: re.Match[str]) -> Line:
    netid, state, waiting, room, *addresses = found.groups()
    rest = raw[found.end() :].strip()
    if netid and (netid.startswith("u_") or addresses[1] == "*") and re.match(r"[0-9]+(?:\s|\Z)", rest):
        # A Unix socket's addresses are path and inode: /run/postgresql/.s.PGSQL.5432 21817   * 0
        parts = rest.split(None, 2)
        if addresses[1] == "*":
            addresses, rest = [addresses[0], f"* {parts[0]}"], " ".join(parts[1:])
    elif netid and netid.startswith("u_") and rest.startswith("* "):
        parts = rest.split(None, 2)
        addresses, rest = [f"{addresses[0]} {addresses[1]}", " ".join(parts[:2])], " ".join(parts[2:])
    local, peer = addresses[0], addresses[1] or ""
    columns = {"State": state, "Recv-Q": waiting, "Send-Q": room, "Local Address:Port": local}
    columns |= {"Peer Address:Port": peer, "Process": rest}
    if netid:
        columns = {"Netid": netid, **columns}
    key = f"{local} {peer}".strip()
    first = found.start(1) if netid else found.start(2)
    return Line(raw, key, state, first, *found.span(2), columns=columns)


def _whole(held: Line | None, below: list[str]) -> Iterator[Line]:
    """Yield a socket with what its details say, then their lines."""
    if held is None:
        return
    columns = dict(held.columns)
    details = " ".join([columns["Process"], *(raw.strip() for raw in below)]).strip()
    memory = _SKMEM.search(details)
    users, closed, _ = details.partition("users:(")[2].partition("))")
    columns |= {"Process": f"{users})" if closed else "", "details": details}
    if memory:
        columns["skmem"] = memory[1] or memory[2]
    yield Line(held.raw, held.key, held.value, held.key_at, held.start, held.end, columns=columns)
    for raw in below:
        yield Line(raw)


def detect(_name: str, text: str) -> float:
    """Return the share of sockets, if the first lines hold one or the heading."""
    head = text[:HEAD]
    heading = "Recv-Q" in head and "Local" in head and "Proto" not in head
    if not heading and not any(_SOCKET.match(raw) for raw in head[:2000].split("\n")):
        return 0.0
    return share(read, text) or (0.9 if heading and not text.strip().count("\n") else 0.0)


FORMAT = Format("ss_sockets", "ss", "ss", detect, read)
