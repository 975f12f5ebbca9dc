"""The scripts that print what confmend can use of a host. They only read: nothing is written, sent or asked for."""

from __future__ import annotations

from dataclasses import dataclass

from confmend import package_files

_FOLDER = "data/collectors"
# The first comment of a script is its title: "# Linux: ...".
_TITLE = "# "


@dataclass(frozen=True, slots=True)
class Collector:
    """One script: its file's name, the system it is for, and its text."""

    name: str
    title: str
    text: str


def collectors() -> tuple[Collector, ...]:
    """Return the scripts, the one for Linux first."""
    found = [_collector(name) for name in package_files.names(_FOLDER)]
    return tuple(sorted(found, key=lambda each: (each.title != "Linux", each.title)))


def _collector(name: str) -> Collector:
    text = package_files.text(f"{_FOLDER}/{name}")
    first = next(line for line in text.splitlines() if line.startswith(_TITLE))
    return Collector(name, first.removeprefix(_TITLE).partition(":")[0], text)
