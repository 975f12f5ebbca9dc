"""Known errors: one folder each, with the messages it prints, what it means, and its causes in the order to rule out.

``incident.toml`` says it; ``pastes/`` holds a worked example and ``expected.toml`` what confmend must make of it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from confmend.facts.log import ServerLog
from confmend.model import Paste, Sighting
from confmend.package_files import is_file, names, text

# The first lines are enough to see what it is; the count says how often.
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that it can come from, how to confirm it, and the rules that show it."""

    cause: str
    confirm: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Incident:
    """A known error. ``messages`` are regular expressions that a message of the server's log is searched with."""

    title: str
    messages: re.Pattern[str]
    meaning: str
    causes: tuple[Cause, ...]
    sources: tuple[str, ...]


@functools.cache
def incidents() -> Mapping[str, Incident]:
    """Return every incident by its slug, the name of its folder."""
    slugs = (name for name in names("incidents") if is_file(f"incidents/{name}/incident.toml"))
    return {slug: _incident(_toml(f"incidents/{slug}/incident.toml")) for slug in slugs}


def _toml(path: str) -> dict[str, Any]:
    # Imported at first use: the engine is up without it.
    import tomllib

    return tomllib.loads(text(path))


def _incident(table: Mapping[str, Any]) -> Incident:
    causes = (Cause(each["cause"], each["confirm"], tuple(each["rules"])) for each in table["causes"])
    messages = re.compile("|".join(f"(?:{message})" for message in table["messages"]), re.IGNORECASE)
    return Incident(
        table["title"], messages, " ".join(table["meaning"].split()), tuple(causes), tuple(table["sources"])
    )


def example(slug: str) -> tuple[Paste, ...]:
    """Return the worked example of an incident."""
    folder = f"incidents/{slug}/pastes"
    return tuple(Paste(text(f"{folder}/{name}"), name) for name in names(folder))


def expected(slug: str) -> Mapping[str, Sequence[str]]:
    """Return what confmend must make of the worked example: ``findings``, ``edits`` and ``incidents``."""
    return _toml(f"incidents/{slug}/expected.toml")


def sightings(log: ServerLog | None) -> tuple[Sighting, ...]:
    """Return the incidents that the log shows."""
    found = []
    for slug, incident in incidents().items():
        lines = tuple(log.matching(incident.messages)) if log else ()
        if lines:
            found.append(Sighting(slug, len(lines), lines[:_SHOWN]))
    return tuple(found)
