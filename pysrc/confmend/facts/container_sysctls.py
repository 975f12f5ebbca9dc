"""The kernel's keys that a container, pod or compose file asks for: its runtime sets them in the container alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from confmend.document import Document
from confmend.facts import Documents
from confmend.formats.sysctl_conf import canonical
from confmend.model import Fact, Origin

_RUN = "--sysctl/"
_NAMED = re.compile(r".*\bsysctls\.[0-9]+\.name")
_LISTED = re.compile(r".*\bsysctls\.[0-9]+")
_MAPPED = re.compile(r".*\bsysctls\.(?P<key>[a-z][a-z0-9]*[./].+)")


@dataclass(frozen=True, slots=True)
class Asked:
    """One key that is asked for, and where."""

    key: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class ContainerSysctls:
    """What is asked for, in the order in which it stands."""

    all: tuple[Asked, ...]


def gather(documents: Documents) -> ContainerSysctls | None:
    """Return what docker run, compose files and pod manifests ask for; None if there are none."""
    given = [document for kind in ("docker_run", "container_yaml") for document in documents.of(kind)]
    return ContainerSysctls(tuple(asked for document in given for asked in _asked(document))) if given else None


def _asked(document: Document) -> Iterator[Asked]:
    for index, line in enumerate(document.lines):
        key = ""
        if line.problem or line.commented or "sysctl" not in line.key:
            continue
        if document.kind == "docker_run":
            key = line.key.removeprefix(_RUN) if line.key.startswith(_RUN) else ""
        elif _NAMED.fullmatch(line.key):
            key = line.value
        elif _LISTED.fullmatch(line.key):
            key = line.value.partition("=")[0]
        elif mapped := _MAPPED.fullmatch(line.key):
            key = mapped["key"]
        if key.strip():
            yield Asked(canonical(key.strip()), document.origin(index))


def describe(asked: ContainerSysctls) -> Iterator[tuple[str, str, str]]:
    """Say which."""
    if not asked.all:
        return
    yield "sysctl values asked for by a container", ", ".join(each.key for each in asked.all), asked.all[0].origin.name


FACT = Fact(gather, "compose.yaml, the pod's manifest, or the docker run command", describe, of_host=True)
