"""The queues of connections that wait to be accepted, as ``ss -ltn`` shows them: how many wait, how many may."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from confmend.facts import Documents
from confmend.model import Fact, Origin


@dataclass(frozen=True, slots=True)
class Listener:
    """A listening TCP socket; ``length`` is min(what the server asked for, somaxconn). Full when waiting > length."""

    address: str
    waiting: int
    length: int
    server: str
    origin: Origin

    @property
    def port(self) -> str:
        """The port, a number or a service's name."""
        return self.address.rpartition(":")[2]

    @property
    def full(self) -> bool:
        """Whether the kernel turns new connections away (sk_acceptq_is_full: more than the length wait)."""
        return self.waiting > self.length


@dataclass(frozen=True, slots=True)
class Listeners:
    """The listening TCP sockets of the last ``ss`` that shows any."""

    all: tuple[Listener, ...]


def gather(documents: Documents) -> Listeners | None:
    """Return what listens; only ss tells the length, netstat does not."""
    for document in reversed(documents.of("ss_sockets")):
        found = []
        for index, line in enumerate(document.lines):
            columns = line.columns
            if line.value == "LISTEN" and columns.get("Netid", "tcp") == "tcp" and len(columns["Recv-Q"]) < 20:
                waiting, length = int(columns["Recv-Q"]), int(columns["Send-Q"][:19])
                server = columns["Process"].partition('("')[2].partition('"')[0]
                origin = document.origin(index)
                found.append(Listener(columns["Local Address:Port"], waiting, length, server, origin))
        if found:
            return Listeners(tuple(found))
    return None


def describe(listeners: Listeners) -> Iterator[tuple[str, str, str]]:
    """Say those in which somebody waits."""
    for each in listeners.all:
        if each.waiting:
            where = f"{each.origin.name}, line {each.origin.number}"
            yield f"waiting for {each.server or each.address}", f"{each.waiting:,} of {each.length:,}", where


FACT = Fact(gather, "the listening sockets (ss -ltn)", describe, of_host=True)
