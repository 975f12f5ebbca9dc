"""The distribution that the host runs, from /etc/os-release: which files it reads at boot depends on it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from confmend.facts import Documents
from confmend.model import Fact, Origin


@dataclass(frozen=True, slots=True)
class Distribution:
    """``id`` as os-release(5) has it (debian, ubuntu, rhel); ``major`` is None for a rolling one."""

    id: str
    major: int | None
    name: str
    origin: Origin


def gather(documents: Documents) -> Distribution | None:
    """Return what the last os-release says."""
    for document in reversed(documents.of("os_release")):
        id_, version, name = (document.get(key) for key in ("ID", "VERSION_ID", "PRETTY_NAME"))
        if id_:
            number = re.match("[0-9]{1,4}", version.value) if version else None
            shown = name.value if name else id_.value
            return Distribution(id_.value, int(number[0]) if number else None, shown, document.origins("ID")[-1])
    return None


def describe(distribution: Distribution) -> Iterator[tuple[str, str, str]]:
    """Say its name."""
    yield "distribution", distribution.name, distribution.origin.name


FACT = Fact(gather, "/etc/os-release (cat it)", describe, of_host=True)
