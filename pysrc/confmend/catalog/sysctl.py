"""The kernel's keys that matter to a database's host: units, defaults, namespaces, and the versions that have them.

``data/sysctl.tsv`` is Linux's: ``default`` where it is a constant, else ``formula`` says what it is made of;
``earlier`` holds older defaults, newest first, ``5.4:128`` for "128 before 5.4"; ``namespaced`` is ``net`` (each
network namespace has its own), ``shown`` (a namespace shows the first one's value, unchangeable), ``ipc`` or ``no``;
``since`` and ``removed`` name the first version with the key and the first without, empty where that is before 3.10 or
never; ``module`` must be loaded for the key to exist; ``low`` and ``high`` are the range that a database's host can be
left in without a word. ``applies`` says what a change reaches: ``at once`` everything, ``new sockets`` only those
opened after it (also where a timer that already runs keeps its length, as keepalive's), ``next listen`` a listener
opened after it, so that the server must be restarted, ``new devices`` and ``new namespaces`` likewise, ``boot`` where
it can be had at once only by luck (huge pages need memory in one piece), and ``read only`` what nobody sets.
``data/sysctl_bsd.tsv`` lists the keys of FreeBSD, macOS and OpenBSD with the key of Linux that means the same, for
their units differ: a keepalive time is milliseconds on the first two, half-seconds on OpenBSD.
Sources: the kernel's Documentation/networking and Documentation/admin-guide/sysctl, its sources, dumps of real hosts of
3.10 to 6.18; the manuals of FreeBSD and OpenBSD, xnu's bsd/netinet. Distributions carry keys and values back to older
kernels, so an "absent before" is never certain.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass

from confmend import package_files

Version = tuple[int, int]
_SECONDS = {
    "half-seconds": 0.5,
    "seconds": 1.0,
    "centiseconds": 0.01,
    "milliseconds": 0.001,
    "microseconds": 0.000001,
    "nanoseconds": 0.000000001,
}
_BYTES = {"bytes": 1, "kB": 1024}


@dataclass(frozen=True, slots=True)
class Setting:
    """One key of Linux. ``low`` and ``high`` bound what needs no comment, None without a bound."""

    name: str
    unit: str
    default: str | None
    formula: str
    earlier: tuple[tuple[Version, str], ...]
    namespaced: str
    since: Version | None
    removed: Version | None
    module: str
    low: int | None
    high: int | None
    applies: str
    source: str

    def exists_in(self, version: Version) -> bool:
        """Return whether a kernel of ``version`` has the key, its module loaded."""
        return (self.since is None or self.since <= version) and (self.removed is None or version < self.removed)

    def default_in(self, version: Version) -> str | None:
        """Return the default of a kernel of ``version``; None if it is no constant."""
        found = self.default
        for before, value in self.earlier:
            if version < before:
                found = value
        return found

    @property
    def is_per_network(self) -> bool:
        """Whether each network namespace, and so each container, can have its own value."""
        return self.namespaced == "net"

    @property
    def seconds(self) -> float | None:
        """How many seconds one unit is; None for what is no time."""
        return _SECONDS.get(self.unit)

    @property
    def bytes(self) -> int | None:
        """How many bytes one unit is; None for what is no size, and for pages, whose size the host says."""
        return _BYTES.get(self.unit)


@dataclass(frozen=True, slots=True)
class Counterpart:
    """One key of FreeBSD, macOS or OpenBSD, and Linux's key for the same thing, if there is one.

    ``factor`` of its units are one of Linux's: 1000 for a keepalive time in milliseconds. ``default`` is None where it
    depends on the host.
    """

    system: str
    name: str
    unit: str
    default: str | None
    linux: str
    factor: int
    source: str

    @property
    def seconds(self) -> float | None:
        """How many seconds one unit is; None for what is no time."""
        return _SECONDS.get(self.unit)


def version(text: str) -> Version | None:
    """Return the version that ``kernel.osrelease`` or the table says, (6, 1); None if it says none."""
    match = re.match("([0-9]+)[.]([0-9]+)", text)
    return (int(match[1]), int(match[2])) if match else None


@functools.cache
def settings() -> Mapping[str, Setting]:
    """Return Linux's keys by name."""
    return {row["name"]: _setting(row) for row in package_files.table("data/sysctl.tsv")}


@functools.cache
def counterparts(system: str) -> Mapping[str, Counterpart]:
    """Return the keys of ``FreeBSD``, ``macOS`` or ``OpenBSD`` by name; ``Darwin`` is macOS."""
    wanted = "macOS" if system == "Darwin" else system
    rows = package_files.table("data/sysctl_bsd.tsv")
    return {row["name"]: _counterpart(row) for row in rows if row["system"] == wanted}


def _setting(row: Mapping[str, str]) -> Setting:
    earlier = []
    for part in re.findall(r"([0-9.]+):(.*?)(?= [0-9]+[.][0-9]+:|$)", row["earlier"]):
        before = version(part[0])
        assert before
        earlier.append((before, part[1]))
    return Setting(
        row["name"],
        row["unit"],
        None if row["formula"] else row["default"],
        row["formula"],
        tuple(earlier),
        row["namespaced"],
        version(row["since"]),
        version(row["removed"]),
        row["module"],
        int(row["low"]) if row["low"] else None,
        int(row["high"]) if row["high"] else None,
        row["applies"],
        row["source"],
    )


def _counterpart(row: Mapping[str, str]) -> Counterpart:
    return Counterpart(
        row["system"],
        row["name"],
        row["unit"],
        row["default"] or None,
        row["linux"],
        int(row["factor"]),
        row["source"],
    )
