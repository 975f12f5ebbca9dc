"""Known errors: one folder each, with the messages it prints, what it means, and its causes in the order to rule out.

``incident.toml`` says it; ``pastes/`` holds a worked example and ``expected.toml`` what confmend must make of it.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from confmend.model import Paste
from confmend.package_files import is_file, names, text


@dataclass(frozen=True, slots=True)
class Message:
    """A message as its program prints it; ``%s``, ``%d``, ``%m``, ... stand for what varies, as in its source.

    ``by`` is the program: one of ``PROGRAMS``. ``note`` must stand in a DETAIL or HINT of the message. ``versions``
    says which print it so, ``""``: all that confmend knows. ``strict``: it is meant only where it ends a session or the
    server; a statement may fail with the same words. ``alone``: so short that it counts only where nothing else stands
    around it: ``query_wait_timeout`` is a setting as well.
    """

    text: str
    by: str
    level: str = ""
    note: str = ""
    versions: str = ""
    strict: bool = False
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that it can come from, and what decides whether it is the one.

    ``confirm`` is a command. A finding of one of ``rules`` confirms it, and so does one of the incidents ``seen``
    beside it, or a message of the log that holds ``log``. A ``sign`` confirms it or rules it out; with
    ``quiet_rules_out`` so do the rules when all of them were checked and found nothing.
    """

    cause: str
    confirm: str
    rules: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    log: str = ""
    sign: str = ""
    quiet_rules_out: bool = False


@dataclass(frozen=True, slots=True)
class Incident:
    """A known error. ``sqlstates`` are codes that mean this and nothing else, for logs in another language.

    ``fix`` ends it now, ``lasting_fix`` keeps it away on this host, ``prevention`` shows it before it happens.
    """

    title: str
    family: str
    messages: tuple[Message, ...]
    meaning: str
    impact: str
    causes: tuple[Cause, ...]
    fix: str
    lasting_fix: str
    prevention: str
    sources: tuple[str, ...]
    sqlstates: tuple[str, ...] = ()
    related: tuple[str, ...] = ()


# Where the build puts all of them, as JSON.
COMPILED = "incidents/compiled.json"
# Who prints a message; a client's programs show those of the server and of PgBouncer too.
PROGRAMS = ("server", "client", "pgbouncer", "kernel")
# The families by which the pages list them, in the order of a connection's life.
FAMILIES = (
    "connection lost or refused",
    "slots, processes and descriptors",
    "memory",
    "WAL, replication and disk",
    "timeouts and locks",
    "start and configuration",
    "PgBouncer",
    "other poolers and proxies",
    "Patroni",
    "kernel log",
)


@functools.cache
def incidents() -> Mapping[str, Incident]:
    """Return every incident by its slug, the name of its folder."""
    return {slug: _incident(table) for slug, table in _tables().items()}


def by_family() -> Mapping[str, Mapping[str, Incident]]:
    """Return the incidents by their families; in each those first of whose causes the most evidence decides."""
    found: dict[str, dict[str, Incident]] = {family: {} for family in FAMILIES}
    for slug, each in sorted(incidents().items(), key=lambda item: -sum(map(_weight, item[1].causes))):
        found[each.family][slug] = each
    return found


def _weight(cause: Cause) -> int:
    return len(cause.rules) + len(cause.seen) + bool(cause.log) + bool(cause.sign)


def _tables() -> Mapping[str, Mapping[str, Any]]:
    """Return every ``incident.toml`` by its slug; the page has them as one file, which is read thirty times as fast."""
    if is_file(COMPILED):
        found: Mapping[str, Mapping[str, Any]] = json.loads(text(COMPILED))
        return found
    slugs = (name for name in names("incidents") if is_file(f"incidents/{name}/incident.toml"))
    return {slug: _toml(f"incidents/{slug}/incident.toml") for slug in slugs}


def _toml(path: str) -> dict[str, Any]:
    # Imported at first use: the engine is up without it.
    import tomllib

    return tomllib.loads(text(path))


def _incident(table: Mapping[str, Any]) -> Incident:
    return Incident(
        title=table["title"],
        family=table["family"],
        messages=tuple(Message(**each) for each in table["messages"]),
        meaning=_prose(table["meaning"]),
        impact=_prose(table["impact"]),
        causes=tuple(_cause(**each) for each in table["causes"]),
        fix=_prose(table["fix"]),
        lasting_fix=_prose(table["lasting_fix"]),
        prevention=_prose(table["prevention"]),
        sources=tuple(table["sources"]),
        sqlstates=tuple(table.get("sqlstates", ())),
        related=tuple(table.get("related", ())),
    )


def _prose(text: str) -> str:
    return " ".join(text.split())


def _cause(rules: Sequence[str] = (), seen: Sequence[str] = (), **rest: Any) -> Cause:
    return Cause(rules=tuple(rules), seen=tuple(seen), **rest)


def example(slug: str) -> tuple[Paste, ...]:
    """Return the worked example of an incident."""
    folder = f"incidents/{slug}/pastes"
    return tuple(Paste(text(f"{folder}/{name}"), name) for name in names(folder))


def expected(slug: str) -> Mapping[str, Sequence[str]]:
    """Return what confmend must make of the worked example: ``findings``, ``edits``, ``incidents``, ``confirmed``."""
    return _toml(f"incidents/{slug}/expected.toml")
