"""More than one host or server in the pastes, where they show it.

Everything that is pasted is read as of one host, one server and one pooler. Two files called postgresql.conf of which
neither includes the other, two host names or two sizes of RAM say that it is not so, and then each value may be judged
by another host's numbers.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from confmend.document import Document
from confmend.facts import Documents
from confmend.model import Fact, Origin

# What each host says of itself the same way everywhere: what it is called, the kinds of text that say it, and the key.
_ONCE = (
    ("sizes of RAM", ("meminfo",), "MemTotal"),
    ("host names", ("sysctl_conf", "sysctl_dump"), "kernel.hostname"),
)
# Files that a program reads first; the number is that of another paste of the same name.
_MAIN = {
    "postgresql_conf": ("servers", re.compile(r"(?:.*/)?postgresql\.conf(?: \([0-9]+\))?")),
    "pgbouncer_ini": ("poolers", re.compile(r"(?:.*/)?pgbouncer\.ini(?: \([0-9]+\))?")),
}
# A text without a folder may be a part of the other's file; a server's own sets much of the same.
_SAME, _LEAST = 0.5, 3


@dataclass(frozen=True, slots=True)
class Hosts:
    """What shows it: ``servers``, ``poolers``, ``host names`` or ``sizes of RAM``, each with its lines."""

    signs: Mapping[str, tuple[Origin, ...]]


def gather(documents: Documents) -> Hosts | None:
    """Return what is there twice and should be once."""
    signs: dict[str, tuple[Origin, ...]] = {}
    for what, kinds, key in _ONCE:
        those = (each for kind in kinds for each in documents.of(kind))
        said = {line.value: each.origins(key)[-1] for each in those if (line := each.get(key))}
        signs |= {what: tuple(said[value] for value in sorted(said))} if len(said) > 1 else {}
    for kind, (what, main) in _MAIN.items():
        files = [each for each in documents.of(kind) if each.settings and main.fullmatch(each.name)]
        unlike = {each.name: each for pair in itertools.combinations(files, 2) if _are_two(*pair) for each in pair}
        signs |= {what: tuple(unlike[name].origin(_first(unlike[name])) for name in sorted(unlike))} if unlike else {}
    return Hosts(signs) if signs else None


def _are_two(first: Document, other: Document) -> bool:
    """Whether two files that are read first are of two programs, and not one file in two pieces."""
    folders = {each.name.rpartition("/")[0] for each in (first, other)}
    if len(folders) == len(folders - {""}) == 2:
        return True
    few, many = sorted((set(first.settings), set(other.settings)), key=len)
    unlike = [key for key in few & many if _values(first, key) != _values(other, key)]
    return bool(unlike) and len(few & many) >= max(_LEAST, _SAME * len(few))


def _values(document: Document, key: str) -> list[str]:
    return [document.lines[index].value for index in document.settings[key]]


def _first(document: Document) -> int:
    return min(index for indexes in document.settings.values() for index in indexes)


def describe(hosts: Hosts) -> Iterator[tuple[str, str, str]]:
    """Say of what there are several."""
    for what, origins in hosts.signs.items():
        yield f"several {what}", "read as of one host: analyse each by itself", ", ".join(each.name for each in origins)


FACT = Fact(gather, "what two hosts say of themselves", describe)
