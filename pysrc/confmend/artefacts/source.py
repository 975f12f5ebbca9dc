"""What artefacts are made from: the analysis, and for its owner the texts and values that were never redacted."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from confmend.document import Document
from confmend.engine import Analysis, originals, own_values
from confmend.facts.role import Role
from confmend.model import Paste
from confmend.settling import edited

# Looked for in the names and at the start of what was pasted: the file that Patroni writes says so in its first lines.
_PATRONI, _ITS_FILE = "patroni", "overwritten by patroni"
_LINES, _START = 200, 20_000


@dataclass(frozen=True)
class Source:
    """One analysis; ``own`` gives a value as its owner has it, and ``before`` holds the texts of the same variant."""

    analysis: Analysis
    before: tuple[Document, ...]
    own: Callable[[str], str]

    @functools.cached_property
    def after(self) -> tuple[Document, ...]:
        """The documents after the edits; one that nothing changes is the same object."""
        if self.before is self.analysis.documents:
            return self.analysis.corrected
        return edited(self.before, self.analysis.edits)

    @property
    def service(self) -> str:
        """The managed service that PostgreSQL is, empty on a host of one's own."""
        role = self.analysis.facts.get(Role)
        return role.service if role else ""

    @functools.cached_property
    def patroni(self) -> bool:
        """Whether Patroni writes the configuration, so that its own store is where a setting is changed."""
        if self.service:
            return False
        analysis = self.analysis
        starts = [(each.name, start(each)) for each in analysis.documents]
        starts += [(each.name, each.text[:_START]) for each in analysis.unread]
        return any(_PATRONI in f"{name}\n{text}".lower() for name, text in starts)


def start(document: Document) -> str:
    """Return the first lines of a document."""
    return "".join(line.raw for line in document.lines[:_LINES])


def patroni_writes(document: Document) -> bool:
    """Return whether Patroni lays this file anew at its next turn."""
    return _ITS_FILE in start(document).lower()


@dataclass(frozen=True)
class Topic:
    """Values for templates by their names; each is a function of the source, called only where a template asks."""

    values: Mapping[str, Callable[[Source], object]]


def redacted(analysis: Analysis) -> Source:
    """Return the source of what may be shown and shared."""
    return Source(analysis, analysis.documents, str)


def owners(pastes: Sequence[Paste], analysis: Analysis) -> Source:
    """Return the source of the owner's own downloads."""
    return Source(analysis, originals(pastes, analysis), own_values(pastes, analysis))
