"""What the PostgreSQL log says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from confmend.document import Document
from confmend.facts import Documents
from confmend.model import Fact, Origin

_BANNER = re.compile(r"starting PostgreSQL ([0-9]+)(?:\.[0-9]+|devel|beta|rc)")
# "... on x86_64-pc-linux-gnu, compiled by gcc ...", "... on x86_64-windows, compiled by msvc-19.38 ..."
_BUILT_FOR = re.compile(r"starting PostgreSQL [^,]* on ([^\s,]+), compiled by")


@dataclass(frozen=True)
class ServerLog:
    """The documents of the log; messages are looked up, not copied, for a log may be large."""

    documents: tuple[Document, ...]

    def matching(self, pattern: re.Pattern[str]) -> Iterator[Origin]:
        """Yield where a message that the pattern finds stands."""
        for document in self.documents:
            for index, line in enumerate(document.lines):
                if line.key and pattern.search(line.value):
                    yield document.origin(index)

    def version(self) -> tuple[int, Origin] | None:
        """Return the major version that the last start of the server named."""
        found = None
        for origin in self.matching(_BANNER):
            match = _BANNER.search(origin.text)
            if match:
                found = int(match[1]), origin
        return found

    def platform(self) -> tuple[str, Origin] | None:
        """Return the operating system that the last start of the server named, as its build calls it."""
        found = None
        for origin in self.matching(_BANNER):
            match = _BUILT_FOR.search(origin.text)
            if match:
                found = match[1], origin
        return found


def gather(documents: Documents) -> ServerLog | None:
    """Return the logs, if there is any."""
    logs = documents.of("pg_log")
    return ServerLog(logs) if logs else None


def describe(log: ServerLog) -> Iterator[tuple[str, str, str]]:
    """Say how many messages there are."""
    count = sum(bool(line.key) for document in log.documents for line in document.lines)
    yield "log messages", f"{count:,}", ", ".join(document.name for document in log.documents)


FACT = Fact(gather, "the PostgreSQL log around the error", describe)
