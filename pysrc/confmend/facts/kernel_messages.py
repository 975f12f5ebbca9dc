"""What the kernel said: dmesg, journalctl -k, or its lines in a syslog that holds the server's as well."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from confmend.document import Document
from confmend.facts import Documents
from confmend.model import Fact, Origin

_KERNEL = "kernel"


@dataclass(frozen=True, slots=True)
class Message:
    """One line of the kernel's: what it said, and when, as it is written there."""

    text: str
    time: str
    origin: Origin


@dataclass(frozen=True)
class KernelLog:
    """The documents with lines of the kernel's; messages are looked up, not copied."""

    documents: tuple[Document, ...]

    def matching(self, pattern: re.Pattern[str]) -> Iterator[Origin]:
        """Yield where a message that the pattern finds stands."""
        for document in self.documents:
            for index in _of_the_kernel(document):
                if pattern.search(document.lines[index].value):
                    yield document.origin(index)

    def messages(self) -> Iterator[Message]:
        """Yield every line of the kernel's."""
        for document in self.documents:
            for index in _of_the_kernel(document):
                line = document.lines[index]
                yield Message(line.value, line.columns.get("time", ""), document.origin(index))


def _of_the_kernel(document: Document) -> Iterator[int]:
    # In dmesg --decode every key is a facility; what other programs wrote there is no message of the kernel's own.
    for index, line in enumerate(document.lines):
        if line.key in (_KERNEL, "kern"):
            yield index


def gather(documents: Documents) -> KernelLog | None:
    """Return the kernel's messages, if there are any."""
    every = (document for document in documents.all if document.kind in ("kernel_log", "pg_log"))
    found = tuple(document for document in every if next(_of_the_kernel(document), None) is not None)
    return KernelLog(found) if found else None


def describe(log: KernelLog) -> Iterator[tuple[str, str, str]]:
    """Say how many messages there are."""
    count = sum(1 for document in log.documents for _ in _of_the_kernel(document))
    yield "kernel messages", f"{count:,}", ", ".join(document.name for document in log.documents)


FACT = Fact(gather, "the kernel's log: dmesg -T, or journalctl -k", describe, of_host=True)
