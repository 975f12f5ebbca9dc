"""What people would rather look at than read: the models' numbers as pictures, now and after the changes.

One file a picture, found by listing. It says what it sees in the facts, by which the two states are compared, and draws
both on one scale. Only numbers that the models behind the rules give are drawn.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from confmend.discover import declared
from confmend.document import Document
from confmend.facts import arguments, gathered, needs
from confmend.facts.dead_peers import DeadPeers
from confmend.facts.log import ServerLog
from confmend.facts.platform import Platform
from confmend.facts.session_memory import SessionMemory
from confmend.model import Edit, Facts, MissingFactError
from confmend.pictures.chart import Chart

# What no edit changes, and takes long to gather of a long log.
_KEPT = (ServerLog, DeadPeers, Platform, SessionMemory)
# What a program says it runs with, and the file that its next start or reload takes instead.
_FILES = {"show_all": "postgresql_conf", "pg_settings": "postgresql_conf", "pgbouncer_show_config": "pgbouncer_ini"}


@dataclass(frozen=True, slots=True)
class Picture:
    """``seen`` is called with facts as a rule's check is; ``drawn`` with what it gave now and after the changes.

    ``rules`` are those whose findings the picture shows.
    """

    seen: Callable[..., Any]
    drawn: Callable[[Any, Any], Chart]
    rules: tuple[str, ...]


def pictures() -> Mapping[str, Picture]:
    """Return every picture by the name of its file."""
    return declared("confmend.pictures", "PICTURE", Picture)


def charts(known: Facts, edits: Sequence[Edit], corrected: tuple[Document, ...]) -> Iterator[tuple[str, Chart]]:
    """Yield the pictures that the facts are enough for; ``corrected`` are the documents after the edits."""
    then = _known_then(known, edits, corrected) if edits else known
    for name, picture in pictures().items():
        try:
            now = _seen(picture, known)
            after = None if now is None else _seen(picture, then)
            chart = None if now is None else picture.drawn(now, now if after is None else after)
        except Exception as crash:  # one broken picture must not take the report with it
            chart = Chart(name, f"It could not be drawn ({type(crash).__name__}); the rest of this report stands.")
        if chart:
            yield name, chart


def _seen(picture: Picture, known: Facts) -> Any:
    try:
        return picture.seen(*arguments(picture.seen, known))
    except MissingFactError:
        return None


def _known_then(known: Facts, edits: Sequence[Edit], corrected: tuple[Document, ...]) -> Facts:
    """Return the facts of the corrected documents that the pictures ask for."""
    loaded = tuple(_loaded(document, edits) for document in corrected)
    return gathered(loaded, _wanted(), {kind: known.get(kind) for kind in _KEPT})


@functools.cache
def _wanted() -> tuple[type[Any], ...]:
    return tuple(dict.fromkeys(need.fact for each in pictures().values() for need in needs(each.seen)))


def _loaded(document: Document, edits: Sequence[Edit]) -> Document:
    """Return what a program would print once it has taken over its corrected file: what changes it no longer says."""
    file = _FILES.get(document.kind)
    changed = {edit.key for edit in edits if edit.kind == file}
    if not changed:
        return document
    return replace(document, lines=tuple(line for line in document.lines if line.key not in changed))
