"""What the running PostgreSQL says it runs with: SHOW, pg_settings, and its version."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from confmend.catalog.postgres import versions
from confmend.document import Document
from confmend.facts import Documents
from confmend.model import Fact, Line, Origin, Value

SHOWN, VIEW, VERSION = "show_all", "pg_settings", "pg_version"
# More than people ask for by name: then a name that is not among them is not asked for, but not there.
_WHOLE = 150
# Somebody who asks for what differs from the defaults gets no fewer.
_DIFFERING = 5
# Where a value holds for the session that asked and says nothing of the others (pg_settings.source).
_OWN_SESSION = frozenset({"client", "database", "user", "database user", "session", "interactive", "test"})


@dataclass(frozen=True)
class ServerSettings:
    """The answers of the server, in the order in which they were pasted; the later one is the newer."""

    documents: tuple[Document, ...]
    banners: tuple[Document, ...]

    def value(self, name: str) -> Value[str] | None:
        """Return what a name is running at, as postgresql.conf would read it; None if nobody asked for it."""
        for document in reversed(self.documents):
            for index in reversed(document.settings.get(name, ())):
                line = document.lines[index]
                if line.columns.get("source", "") not in _OWN_SESSION and line.value != "(disabled)":
                    return Value(line.value, document.origin(index))
        return None

    @functools.cached_property
    def names(self) -> tuple[str, ...]:
        """The settings that were printed."""
        return tuple(dict.fromkeys(name for document in self.documents for name in document.settings))

    @functools.cached_property
    def pending(self) -> tuple[str, ...]:
        """The settings whose new values wait for a restart."""
        return tuple(line.key for line in self._lines() if line.columns.get("pending_restart") in ("t", "true", "on"))

    @functools.cached_property
    def is_whole(self) -> bool:
        """Whether a name that was not printed is at its default, or is no setting."""
        sources = [line.columns["source"] for line in self._lines() if "source" in line.columns]
        return len(self.names) >= _WHOLE or (len(sources) >= _DIFFERING and "default" not in sources)

    def version(self) -> tuple[int, Origin] | None:
        """Return the major version that the server says it is."""
        for document in reversed(self.documents):
            for name, divisor in (("server_version", 1), ("server_version_num", 10000)):
                line = document.get(name)
                match = re.match("[0-9]+", line.value) if line else None
                if match and int(match[0]) // divisor in versions():
                    return int(match[0]) // divisor, document.origins(name)[-1]
        for document in reversed(self.banners):
            line = document.get("version")
            match = re.match("[0-9]+", line.columns["server"]) if line else None
            if match:
                return int(match[0]), document.origins("version")[-1]
        return None

    def _lines(self) -> Iterator[Line]:
        for document in self.documents:
            for indices in document.settings.values():
                yield document.lines[indices[-1]]


def gather(documents: Documents) -> ServerSettings | None:
    """Return what the server printed, if anything was pasted."""
    printed = tuple(document for document in documents.all if document.kind in (SHOWN, VIEW))
    banners = documents.of(VERSION)
    return ServerSettings(printed, banners) if printed or banners else None


def describe(_server: ServerSettings) -> Iterator[tuple[str, str, str]]:
    """Leave it to PostgreSQL's settings, which say it together with the files."""
    yield from ()


FACT = Fact(gather, "SHOW ALL", describe)
