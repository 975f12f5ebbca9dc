"""What TCP's sockets hold in their buffers, one by one, as ``ss -tmn`` shows them (ss(8), skmem)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from confmend import units
from confmend.document import Document
from confmend.facts import Documents
from confmend.model import Fact, Origin

_FIELD = re.compile(r"([a-z]+)([0-9]{1,15})")


@dataclass(frozen=True, slots=True)
class SocketBuffers:
    """Bytes over all sockets that are shown: charged for receiving, for sending, and waiting in the queue to send.

    ``largest`` is the line of the socket that holds most, ``largest_bytes``. ``dropped`` counts packets.
    """

    sockets: int
    receiving: int
    sending: int
    queued: int
    dropped: int
    largest_bytes: int
    largest: Origin

    @property
    def charged(self) -> int:
        """All bytes that the sockets hold; TCP's mem in sockstat is about as much in pages."""
        return self.receiving + self.queued


def gather(documents: Documents) -> SocketBuffers | None:
    """Return the sums of the last ``ss`` with skmem in it."""
    for document in reversed(documents.of("ss_sockets")):
        found = _sums(document)
        if found:
            return found
    return None


def _sums(document: Document) -> SocketBuffers | None:
    sums = dict.fromkeys("rtwd", 0)
    count, most, largest = 0, -1, None
    for index, line in enumerate(document.lines):
        written = line.columns.get("skmem")
        if not written or line.columns.get("Netid", "tcp") != "tcp":
            continue
        memory = {name: int(number) for name, number in _FIELD.findall(written)}
        count += 1
        for name in sums:
            sums[name] += memory.get(name, 0)
        held = memory.get("r", 0) + memory.get("w", 0)
        if held > most:
            most, largest = held, index
    if largest is None:
        return None
    origin = document.origin(largest)
    return SocketBuffers(count, sums["r"], sums["t"], sums["w"], sums["d"], most, origin)


def describe(buffers: SocketBuffers) -> Iterator[tuple[str, str, str]]:
    """Say the sums and who holds most."""
    where = f"{buffers.largest.name}, line {buffers.largest.number}"
    yield "TCP buffers, all sockets shown", units.human(buffers.charged), f"{buffers.sockets:,} sockets"
    yield "TCP buffers, largest", units.human(buffers.largest_bytes), where


FACT = Fact(gather, "the buffers of each connection (ss -tmn)", describe, of_host=True)
