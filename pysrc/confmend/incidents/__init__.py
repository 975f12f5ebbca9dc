"""Known errors: one folder each, with the messages it prints, what it means, and its causes in the order to rule out.

``incident.toml`` says it; ``pastes/`` holds a worked example and ``expected.toml`` what confmend must make of it.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from confmend.facts.log import ServerLog
from confmend.model import Paste, Sighting

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
    folder = resources.files("confmend") / "incidents"
    slugs = sorted(entry.name for entry in folder.iterdir() if (entry / "incident.toml").is_file())
    return {slug: _incident((folder / slug / "incident.toml").read_text("utf-8")) for slug in slugs}


def _incident(text: str) -> Incident:
    table = tomllib.loads(text)
    causes = (Cause(each["cause"], each["confirm"], tuple(each["rules"])) for each in table["causes"])
    messages = re.compile("|".join(f"(?:{message})" for message in table["messages"]), re.IGNORECASE)
    return Incident(
        table["title"], messages, " ".join(table["meaning"].split()), tuple(causes), tuple(table["sources"])
    )


def example(slug: str) -> tuple[Paste, ...]:
    """Return the worked example of an incident."""
    folder = resources.files("confmend") / "incidents" / slug / "pastes"
    entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    return tuple(Paste(entry.read_text("utf-8"), entry.name) for entry in entries)


def expected(slug: str) -> Mapping[str, Sequence[str]]:
    """Return what confmend must make of the worked example: ``findings``, ``edits`` and ``incidents``."""
    return tomllib.loads((resources.files("confmend") / "incidents" / slug / "expected.toml").read_text("utf-8"))


def sightings(log: ServerLog | None) -> tuple[Sighting, ...]:
    """Return the incidents that the log shows."""
    found = []
    for slug, incident in incidents().items():
        lines = tuple(log.matching(incident.messages)) if log else ()
        if lines:
            found.append(Sighting(slug, len(lines), lines[:_SHOWN]))
    return tuple(found)
