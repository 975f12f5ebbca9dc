"""PostgreSQL's settings that are to change, as its own statements set them."""

from __future__ import annotations

import csv
from dataclasses import dataclass

from confmend.artefacts.source import Source, Topic
from confmend.artefacts.wanted import Change, changes
from confmend.catalog import postgres as catalog
from confmend.facts.postgres import KIND, Postgres
from confmend.facts.server_settings import SHOWN, VIEW

# GUC_LIST_QUOTE (variable_is_guc_list_quote): each element is an identifier of its own, so a list that comes as one
# string would be one element with commas in its name, and the server would not start.
_LISTS = (
    *("local_preload_libraries", "search_path", "session_preload_libraries", "shared_preload_libraries"),
    *("temp_tablespaces", "unix_socket_directories"),
)
# What ALTER SYSTEM writes and RESET takes a line out of.
_AUTO_CONF = "postgresql.auto.conf"
# GUC_DISALLOW_IN_AUTO_FILE (guc_tables.c) and what is no setting of its own.
_ONLY_IN_FILES = (
    *("allow_alter_system", "config_file", "data_directory", "external_pid_file", "hba_file", "ident_file"),
    *("include", "include_dir", "include_if_exists"),
)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: ``values`` are what stands behind ``TO``, one or, of a list, several; none: it goes back.

    ``unit`` is the base unit of the version, ``restart`` whether the change waits for the server's next start,
    ``by_hand`` why a statement can't make the change, empty if it can. ``back`` is what an earlier ALTER SYSTEM had set
    and the way back sets again; empty where the way back is a reset.
    """

    name: str
    value: str | None
    values: tuple[str, ...]
    back: tuple[str, ...]
    old: str | None
    where: tuple[str, ...]
    unit: str
    restart: bool
    rules: tuple[str, ...]
    why: str
    applies: str
    by_hand: str


def settings(source: Source) -> tuple[Setting, ...]:
    """Return the settings that are to change, those that wait for a restart last."""
    known = source.analysis.facts.get(Postgres)
    version = known.version if known else None
    found = (setting(each, version) for each in changes(source.analysis, (KIND,), (SHOWN, VIEW)))
    return tuple(sorted(found, key=lambda each: each.restart))


def setting(change: Change, version: int | None) -> Setting:
    """Return a change as a statement of the version, or of the newest one that has the setting, makes it."""
    row = _row(change.key, version)
    return Setting(
        change.key,
        change.value,
        _values(change.key, change.value),
        _values(change.key, change.old) if _is_automatic(change) else (),
        change.old,
        change.where,
        row.unit if row else "",
        row.needs_restart if row else False,
        change.rules,
        change.why,
        change.applies,
        _by_hand(change, row),
    )


def _row(name: str, version: int | None) -> catalog.Setting | None:
    """Return what the version, or the newest one that has it, knows of a setting."""
    known = [version] if version else reversed(catalog.known_in(name))
    return next((catalog.settings(each)[name] for each in known if name in catalog.settings(each)), None)


def _values(name: str, value: str | None) -> tuple[str, ...]:
    if value is None:
        return ()
    if name not in _LISTS:
        return (value,)
    return tuple(next(csv.reader([value], skipinitialspace=True), []))


def _by_hand(change: Change, row: catalog.Setting | None) -> str:
    files = ", ".join(change.where) or "its file"
    if change.key in _ONLY_IN_FILES or row is None:
        return f"only a file can say it: change {files}"
    if change.value is None and change.where and not _is_automatic(change):
        return f"its line has to leave {files}: no statement removes it"
    if change.value is not None and not _values(change.key, change.value):
        return f"an empty list is written in {files} alone"
    return ""


def _is_automatic(change: Change) -> bool:
    """Whether an earlier ALTER SYSTEM set what holds now."""
    return bool(change.where) and change.where[-1].endswith(_AUTO_CONF)


def by_statement(source: Source) -> tuple[Setting, ...]:
    """Return the settings that ALTER SYSTEM can change.

    A managed service has no such statement. Beside Patroni it would change one node alone, which wins there over the
    cluster's own configuration until the node is made anew, and nothing of what Patroni gives on the command line.
    """
    return () if source.service or source.patroni else tuple(each for each in settings(source) if not each.by_hand)


def _in_files(source: Source) -> tuple[Setting, ...]:
    return tuple(each for each in settings(source) if each.by_hand)


def _restarting(source: Source) -> tuple[Setting, ...]:
    return tuple(each for each in by_statement(source) if each.restart)


def _version(source: Source) -> int:
    known = source.analysis.facts.get(Postgres)
    return (known.version or 0) if known else 0


TOPIC = Topic(
    {
        "settings": settings,
        "settings_by_statement": by_statement,
        "settings_in_files": _in_files,
        "settings_restarting": _restarting,
        "postgresql": _version,
    }
)
