"""Other names in place of the reader's hosts: legal ones, and in one domain where theirs were in one.

``db1`` becomes ``host-1km-hidden`` wherever it is the first label, and what follows it becomes one domain:
``host-1km-hidden.domain-1kd-hidden.example``. The two letters are computed from what stands before them. So a name of
ours is known again and stays, and its number is not issued a second time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from confmend.redact.placeholders import placeholder

LOOK_ALIKE = re.compile(r"(?<![\w-])(?:host|domain)-[0-9]{1,9}[a-z]{2}-hidden(?![\w-])", re.IGNORECASE)
_PARTS = re.compile(r"(host|domain)-([1-9][0-9]{0,8})([a-z]{2})-hidden")
# Suffixes of one label, under which each name is a host of its own.
INTERNAL = frozenset(
    (
        *("local", "lan", "internal", "intranet", "intra", "corp", "home", "localdomain", "localnet", "private"),
        *("priv", "consul", "cluster", "svc", "test"),
    )
)


def new_name(kind: str, number: int) -> str:
    """Return the name of the host or domain with this number."""
    return placeholder(kind, number).lower().replace("_", "-")


def is_ours(label: str) -> bool:
    """Say whether a label of a name is one that we issued."""
    parts = _PARTS.fullmatch(label)
    return parts is not None and new_name(parts[1], int(parts[2])) == label


def renamed(written: Sequence[str]) -> Sequence[str | None]:
    """Return the new names; None for one that is ours already."""
    names = [each.lower().rstrip(".") for each in written]
    known = frozenset(names)
    domains = {part for name in known for part in _suffixes(name) if part in known}
    labels = [label for name in names for label in name.split(".")]
    hosts, zones = _Numbers("host", labels), _Numbers("domain", labels)
    new: list[str | None] = []
    for name in names:
        host, zone = _split(name, domains)
        if all(is_ours(part) for part in (host, zone.removesuffix(".example")) if part):
            new.append(None)
            continue
        pieces = [hosts.name(host)] if host else []
        pieces += [f"{zones.name(zone)}.example"] if zone else []
        new.append(".".join(pieces))
    return new


def _suffixes(name: str) -> Iterable[str]:
    """Yield the domains that a name is in."""
    labels = name.split(".")
    return (".".join(labels[n:]) for n in range(1, len(labels)))


def _split(name: str, domains: Iterable[str]) -> tuple[str, str]:
    """Return a name's host and its domain, either of which may be empty."""
    host, dot, zone = name.partition(".")
    if not dot:
        return host, ""
    if name in domains or ("." not in zone and zone not in INTERNAL):
        return "", name
    return host, zone


class _Numbers:
    """The names of one kind that were issued so far; only ``renamed`` holds one, while it runs."""

    def __init__(self, kind: str, labels: Iterable[str]) -> None:
        self.kind = kind
        self.known: dict[str, str] = {}
        parts = (_PARTS.fullmatch(label) for label in labels)
        self.taken = {int(match[2]) for match in parts if match and match[1] == kind}
        self.last = 0

    def name(self, old: str) -> str:
        if is_ours(old.removesuffix(".example")):
            return old.removesuffix(".example")
        if old not in self.known:
            self.last += 1
            while self.last in self.taken:
                self.last += 1
            self.known[old] = new_name(self.kind, self.last)
        return self.known[old]
