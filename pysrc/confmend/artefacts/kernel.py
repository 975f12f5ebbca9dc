"""The kernel's keys that are to change, whether a file sets them wrongly or only the running kernel has them so."""

from __future__ import annotations

import re
from dataclasses import dataclass

from confmend.artefacts.source import Source, Topic
from confmend.artefacts.wanted import changes
from confmend.catalog import sysctl
from confmend.catalog.applies import applies
from confmend.facts.kernel import DUMP, FILE, Kernel

# What a pod may set without its kubelet's leave (Kubernetes, "Using sysctls in a Kubernetes Cluster"), and since when.
_SAFE = {
    "kernel.shm_rmid_forced": "1.4",
    "net.ipv4.ip_local_port_range": "1.4",
    "net.ipv4.tcp_syncookies": "1.4",
    "net.ipv4.ping_group_range": "1.18",
    "net.ipv4.ip_unprivileged_port_start": "1.22",
    "net.ipv4.ip_local_reserved_ports": "1.27",
    "net.ipv4.tcp_keepalive_time": "1.29",
    "net.ipv4.tcp_fin_timeout": "1.29",
    "net.ipv4.tcp_keepalive_intvl": "1.29",
    "net.ipv4.tcp_keepalive_probes": "1.29",
    "net.ipv4.tcp_rmem": "1.32",
    "net.ipv4.tcp_wmem": "1.32",
}
# Namespaces that a container has of its own.
_OF_CONTAINER = ("net", "ipc")
_CONTAINERS = ("container_yaml", "docker_run", "docker_inspect", "cgroup")
_CONTAINER_WORDS = re.compile(r"\b(?:docker|kubernetes|kubectl|containerd|podman)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Key:
    """One key. ``files`` are those pasted that set it; ``module`` is what has to be loaded for it, if anything.

    ``safe_since`` is the version of Kubernetes from which a pod may set it, empty if its node has to allow it.
    """

    key: str
    value: str | None
    old: str | None
    files: tuple[str, ...]
    rules: tuple[str, ...]
    why: str
    applies: str
    module: str
    namespaced: bool
    safe_since: str


def kernel(source: Source) -> tuple[Key, ...]:
    """Return the keys that are to be set, and those whose lines are to leave the files; none of a managed service."""
    if source.service:
        return ()
    files = {each.name for each in source.analysis.documents if each.kind == FILE}
    known, host = sysctl.settings(), source.analysis.facts.get(Kernel)
    found = []
    for each in changes(source.analysis, (FILE, DUMP)):
        row = known.get(each.key)
        where = tuple(name for name in each.where if name in files)
        namespaced = row is not None and row.namespaced in _OF_CONTAINER
        safe = _SAFE.get(each.key, "")
        module = row.module if row else ""
        when = applies(FILE, each.key, each.value is None)
        running = host.running(each.key) if host else None
        old = running.value if running else each.old
        found.append(Key(each.key, each.value, old, where, each.rules, each.why, when, module, namespaced, safe))
    return tuple(found)


def kernel_set(source: Source) -> tuple[Key, ...]:
    """Return the keys that are to be set."""
    return tuple(each for each in kernel(source) if each.value is not None)


def _removed(source: Source) -> tuple[Key, ...]:
    return tuple(each for each in kernel(source) if each.value is None)


def kernel_in_containers(source: Source) -> tuple[Key, ...]:
    """Return what a container can set for itself, where something pasted speaks of containers."""
    return tuple(each for each in kernel_set(source) if each.namespaced) if _has_containers(source) else ()


def _of_host(source: Source) -> tuple[Key, ...]:
    return tuple(each for each in kernel_set(source) if not each.namespaced)


def _has_containers(source: Source) -> bool:
    analysis = source.analysis
    if any(each.kind in _CONTAINERS for each in analysis.documents):
        return True
    names = [*(each.name for each in analysis.documents), *(each.name for each in analysis.unread)]
    return any(map(_CONTAINER_WORDS.search, names))


TOPIC = Topic(
    {
        "kernel": kernel,
        "kernel_set": kernel_set,
        "kernel_removed": _removed,
        "kernel_in_containers": kernel_in_containers,
        "kernel_of_host": _of_host,
    }
)
