"""What the server's container or service may use: memory, CPUs, /dev/shm, open files.

The kernel's own files say what holds (cgroup), then what runs says it (docker inspect, systemctl show), then what was
written (unit files, Compose and Kubernetes, docker run). Units differ by who reads them:

* cgroup, docker inspect, systemctl show: plain bytes. cgroup-v2.rst: ``max`` is no limit, cpu.max is quota and period.
* Docker: ``4g`` is 1024-based, with or without a b (go-units, RAMInBytes). 64 MiB of /dev/shm unless said.
* Kubernetes: ``4Gi`` is 1024-based, ``4G`` 1000-based; ``500m`` of a CPU is a half (Quantity). /dev/shm is as Docker's
  unless a volume is mounted there: its sizeLimit holds, else the container's memory.
* systemd: ``8G`` is 1024-based, ``50%`` is a share of RAM that is not known here (systemd.resource-control(5));
  of ``LimitNOFILE=soft:hard`` the first counts (systemd.exec(5)).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeVar

from confmend import units
from confmend.document import Document
from confmend.facts import Documents
from confmend.formats.cgroup import VALUE, file_of
from confmend.model import Fact, Origin, Value

# Any limit of v1 from here on is none: the kernel prints LONG_MAX rounded down to a page.
_V1_NONE = 2**62
_PERIOD_US = 100_000
_DATABASE = re.compile(r"postgres|postgis|timescale|patroni|spilo|pgvector")
N = TypeVar("N", int, float)
_CONTAINER = re.compile(r"(.*\bcontainers\.[0-9]+|services\.[^.]+)\.")


@dataclass(frozen=True, slots=True)
class Container:
    """What is limited, each with the line that says so; None where nothing limits it or nobody says."""

    memory: Value[int] | None = None
    cpus: Value[float] | None = None
    shm: Value[int] | None = None
    nofile: Value[int] | None = None


def gather(documents: Documents) -> Container | None:
    """Return each limit from the best source that has one; None if nothing is limited."""
    found = [
        replace(one(document), memory=None, cpus=None) if kind in _OF_ONE and _is_poolers(document) else one(document)
        for kind, one in _SOURCES
        for document in reversed(documents.of(kind))
    ]
    container = Container(
        next((each.memory for each in found if each.memory), None),
        next((each.cpus for each in found if each.cpus), None),
        next((each.shm for each in found if each.shm), None),
        next((each.nofile for each in found if each.nofile), None),
    )
    return container if container != Container() else None


def _of_cgroup(document: Document) -> Container:
    def get(key: str) -> Value[str] | None:
        return _text(document, VALUE if file_of(document.name) == key else key)

    memory = _number(get("memory.max"), _bytes) or _number(get("memory.limit_in_bytes"), _bytes)
    cpus = _number(get("cpu.max"), _share)
    quota, period = _number(get("cpu.cfs_quota_us"), _bytes), _number(get("cpu.cfs_period_us"), _bytes)
    if not cpus and quota:
        cpus = Value(quota.value / (period.value if period else _PERIOD_US), quota.origin)
    return Container(memory, cpus)


def _of_inspect(document: Document) -> Container:
    memory = _number(_text(document, "HostConfig.Memory"), _bytes)
    nano = _number(_text(document, "HostConfig.NanoCpus"), _bytes)
    quota, period = (_number(_text(document, f"HostConfig.Cpu{name}"), _bytes) for name in ("Quota", "Period"))
    cpus = Value(nano.value / 10**9, nano.origin) if nano else None
    if quota and not cpus:
        cpus = Value(quota.value / (period.value if period else _PERIOD_US), quota.origin)
    nofile = None
    for key in document.settings:
        line = document.get(key)
        if line and re.fullmatch(r"HostConfig\.Ulimits\.[0-9]+\.Name", key) and line.value == "nofile":
            nofile = _number(_text(document, f"{key.removesuffix('Name')}Soft"), _bytes)
    return Container(memory, cpus, _number(_text(document, "HostConfig.ShmSize"), _bytes), nofile)


def _of_show(document: Document) -> Container:
    memory = _number(_text(document, "MemoryMax"), _bytes) or _number(_text(document, "MemoryLimit"), _bytes)
    soft = _text(document, "LimitNOFILESoft") or _text(document, "LimitNOFILE")
    return Container(memory, _number(_text(document, "CPUQuotaPerSecUSec"), _seconds), None, _number(soft, _bytes))


def _of_unit(document: Document) -> Container:
    memory = _number(_text(document, "Service/MemoryMax"), _systemd_size)
    cpus = _number(_text(document, "Service/CPUQuota"), _percent)
    return Container(memory, cpus, None, _number(_text(document, "Service/LimitNOFILE"), _soft))


def _of_run(document: Document) -> Container:
    return Container(
        _number(_text(document, "--memory"), _docker_size),
        _number(_text(document, "--cpus"), _cpus),
        _number(_text(document, "--shm-size"), _docker_size),
        _number(_text(document, "--ulimit/nofile"), _soft),
    )


def runs_database(image: str) -> bool:
    """Whether an image is one of PostgreSQL, by its name."""
    return _DATABASE.search(image) is not None


def database(document: Document, alone: bool = False) -> Mapping[str, Value[str]]:
    """Return the values of the one container of a Compose file or manifest that runs PostgreSQL; {} if none or several.

    ``alone``: a single container counts whatever it runs.
    """
    values: dict[str, dict[str, Value[str]]] = {}
    for index, line in enumerate(document.lines):
        match = _CONTAINER.match(line.key) if line.key and not line.problem else None
        if match:
            own = values.setdefault(f"{line.columns.get('document', '')} {match[1]}", {})
            own[line.key[match.end() :]] = Value(line.value, document.origin(index))
    databases = [own for own in values.values() if "image" in own and runs_database(own["image"].value)]
    chosen = databases or (list(values.values()) if alone else [])
    return chosen[0] if len(chosen) == 1 else {}


def _of_yaml(document: Document) -> Container:
    """Return the limits of the one container that runs PostgreSQL; of a single container whatever it runs."""
    own = database(document, alone=True)
    kubernetes = own.get("resources.limits.memory")
    memory = _number(kubernetes, _kubernetes_size) if kubernetes else None
    for key in ("mem_limit", "deploy.resources.limits.memory"):
        memory = memory or _number(own.get(key), _docker_size)
    cpus = _number(own.get("resources.limits.cpu"), _cpus)
    for key in ("cpus", "deploy.resources.limits.cpus"):
        cpus = cpus or _number(own.get(key), _cpus)
    nofile = _number(own.get("ulimits.nofile.soft") or own.get("ulimits.nofile"), _bytes)
    return Container(
        memory, cpus, _number(own.get("shm_size"), _docker_size) or _mounted(document, own, memory), nofile
    )


def _mounted(document: Document, own: Mapping[str, Value[str]], memory: Value[int] | None) -> Value[int] | None:
    """Return the size of the volume that a manifest mounts at /dev/shm, None if it mounts none there."""
    for key, value in own.items():
        if re.fullmatch(r"volumeMounts\.[0-9]+\.mountPath", key) and value.value.rstrip("/") == "/dev/shm":
            volume = own.get(f"{key.removesuffix('mountPath')}name")
            return (_number(_size_limit(document, volume.value), _kubernetes_size) if volume else None) or memory
    return None


def _size_limit(document: Document, volume: str) -> Value[str] | None:
    for key in document.settings:
        line = document.get(key)
        if line and line.value == volume and re.search(r"\bvolumes\.[0-9]+\.name\Z", key):
            return _text(document, f"{key.removesuffix('name')}emptyDir.sizeLimit")
    return None


_SOURCES: tuple[tuple[str, Callable[[Document], Container]], ...] = (
    ("cgroup", _of_cgroup),
    ("docker_inspect", _of_inspect),
    ("systemd_show", _of_show),
    ("systemd_unit", _of_unit),
    ("container_yaml", _of_yaml),
    ("docker_run", _of_run),
)


# Kinds whose documents are about one service.
_OF_ONE = ("docker_inspect", "systemd_show", "systemd_unit", "docker_run")


def _is_poolers(document: Document) -> bool:
    """Whether a document is about PgBouncer, whose memory and CPUs are not the server's."""
    return "pgbouncer" in document.name or any("pgbouncer" in line.raw for line in document.lines)


def _text(document: Document, key: str) -> Value[str] | None:
    line = document.get(key)
    return Value(line.value, document.origins(key)[-1]) if line else None


def _number(value: Value[str] | None, read: Callable[[str], N | None]) -> Value[N] | None:
    found = read(value.value) if value else None
    return Value(found, value.origin) if value and found else None


def _bytes(text: str) -> int | None:
    return int(text) if re.fullmatch("[1-9][0-9]{0,18}", text) and int(text) < _V1_NONE else None


def _share(text: str) -> float | None:
    match = re.fullmatch(r"([1-9][0-9]{0,11})(?:\s+([1-9][0-9]{0,11}))?", text)
    return int(match[1]) / int(match[2] or _PERIOD_US) if match else None


def _seconds(text: str) -> float | None:
    """Return CPUQuotaPerSecUSec, as systemctl writes times: ``2s``, ``500ms``, ``1.500000s``, ``1min 2s``."""
    words = [re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)(us|ms|s|min|h)", word) for word in text.split()]
    times = [Decimal(word[1]) * units.TIMES_US[word[2]] for word in words if word]
    return float(sum(times)) / 10**6 if times and len(times) == len(words) else None


def _percent(text: str) -> float | None:
    match = re.fullmatch(r"([0-9]{1,7}(?:\.[0-9]{1,2})?)%", text)
    return float(match[1]) / 100 if match else None


def _cpus(text: str) -> float | None:
    match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(m?)", text)
    return float(match[1]) / (1000 if match[2] else 1) if match else None


def _soft(text: str) -> int | None:
    return _bytes(text.partition(":")[0])


def _docker_size(text: str) -> int | None:
    """Return what go-units' RAMInBytes makes of ``4g``, ``1.5GB`` or ``512MiB``: 1024-based all of them."""
    match = re.fullmatch(r"([0-9]{1,18}(?:\.[0-9]{1,9})?) ?([kmgtp]?)(?:i?b)?", text, re.IGNORECASE)
    return int(Decimal(match[1]) * 1024 ** " kmgtp".index(match[2].lower() or " ")) if match else None


def _systemd_size(text: str) -> int | None:
    match = re.fullmatch(r"([0-9]{1,18}(?:\.[0-9]{1,9})?) ?([BKMGTPE]?)", text)
    return int(Decimal(match[1]) * 1024 ** " KMGTPE".index(match[2].replace("B", "") or " ")) if match else None


def _kubernetes_size(text: str) -> int | None:
    match = re.fullmatch(r"([0-9]{1,18}(?:\.[0-9]{1,9})?)(?:([KMGTPE])i|([kMGTPEm])|e([0-9]{1,2}))?", text)
    if not match:
        return None
    number = Decimal(match[1])
    if match[2]:
        return int(number * 1024 ** (1 + "KMGTPE".index(match[2])))
    if match[3]:
        return int(number / 1000 if match[3] == "m" else number * 1000 ** (1 + "kMGTPE".index(match[3])))
    return int(number * 10 ** int(match[4] or 0))


def describe(container: Container) -> Iterator[tuple[str, str, str]]:
    """Say each limit, and where."""
    memory, cpus, shm, nofile = container.memory, container.cpus, container.shm, container.nofile
    if memory:
        yield "memory limit of the container or service", units.gib(memory.value), _where(memory.origin)
    if cpus:
        yield "CPU limit of the container or service", f"{cpus.value:g}", _where(cpus.origin)
    if shm:
        yield "/dev/shm of the container", units.human(shm.value), _where(shm.origin)
    if nofile:
        yield "open files of a process in it", f"{nofile.value:,}", _where(nofile.origin)


def _where(origin: Origin | None) -> str:
    return f"{origin.name}, line {origin.number}" if origin else ""


FACT = Fact(
    gather,
    "the limits of the container or service (cat /sys/fs/cgroup/memory.max, systemctl show postgresql, compose.yaml)",
    describe,
)
