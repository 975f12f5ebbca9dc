"""Keepalive where Linux' files are of no use: Windows' registry and macOS' launchd."""

from __future__ import annotations

from dataclasses import dataclass

from confmend.artefacts.connections import client_probes
from confmend.artefacts.kernel import kernel_set
from confmend.artefacts.source import Source, Topic
from confmend.facts import Documents
from confmend.facts.clients import Clients
from confmend.facts.dead_peers import DeadPeers
from confmend.facts.platform import Platform
from confmend.formats.windows_reg import PARAMETERS
from confmend.models.dead_peer import SYSTEMS

_MS = 1_000
# Both are milliseconds: Microsoft's KeepAliveTime and KeepAliveInterval; Apple's sysctl net.inet.tcp.
_REGISTRY = (("KeepAliveTime", "first"), ("KeepAliveInterval", "interval"))
_SYSCTLS = (("net.inet.tcp.keepidle", "first"), ("net.inet.tcp.keepintvl", "interval"))
_COUNT = "net.inet.tcp.keepcnt"
_REGISTRY_KINDS = ("windows_reg", "windows_reg_query")


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the registry in milliseconds; ``old`` is what was pasted, None where it is not set."""

    name: str
    value: int
    old: int | None

    @property
    def hex(self) -> str:
        """As a ``dword:`` has it."""
        return f"{self.value:08x}"

    @property
    def old_hex(self) -> str:
        """The old number as a ``dword:`` has it."""
        return f"{self.old or 0:08x}"


@dataclass(frozen=True, slots=True)
class Sysctl:
    """An assignment of sysctl(8) on macOS, and the value that the way back sets."""

    name: str
    value: str
    old: str


def windows_keepalive(source: Source) -> tuple[Number, ...]:
    """Return what is to change in the registry, where the platform is Windows and its own probes come too late."""
    pasted = any(each.kind in _REGISTRY_KINDS for each in source.analysis.documents)
    if not _is(source, "Windows") or not (pasted or _matters(source)):
        return ()
    usual = next(each for each in SYSTEMS if each.name == "Windows")
    wanted = client_probes(source)
    values = {"first": wanted.first * _MS, "interval": wanted.interval * _MS}
    defaults = {"first": usual.first // 1_000, "interval": usual.interval // 1_000}
    found = []
    for name, which in _REGISTRY:
        old = _registry(source, name)
        now = defaults[which] if old is None else old
        # A shorter time is somebody's own choice, or the system's.
        if now > values[which]:
            found.append(Number(name, values[which], old))
    return tuple(found)


def macos_sysctls(source: Source) -> tuple[Sysctl, ...]:
    """Return what launchd should set at each start of a Mac: keepalive, and what else is to change in its kernel."""
    changed = kernel_set(source)
    if not _is(source, "macOS") or not (changed or _matters(source)):
        return ()
    usual = next(each for each in SYSTEMS if each.name == "macOS")
    wanted = client_probes(source)
    found = {each.key: Sysctl(each.key, each.value or "", each.old or "") for each in changed}
    numbers = (
        *zip(_SYSCTLS, (wanted.first, wanted.interval), (usual.first, usual.interval), strict=True),
        ((_COUNT, "count"), wanted.count, usual.probes),
    )
    for (name, which), value, old in numbers:
        scale = (value, old) if which == "count" else (value * _MS, old // 1_000)
        found.setdefault(name, Sysctl(name, *map(str, scale)))
    return tuple(found.values())


def _is(source: Source, name: str) -> bool:
    platform = source.analysis.facts.get(Platform)
    return not source.service and platform is not None and platform.name == name


def _matters(source: Source) -> bool:
    """Whether something pasted is about connections over a network that may be forgotten."""
    facts = source.analysis.facts
    return facts.get(DeadPeers) is not None or facts.get(Clients) is not None


def _registry(source: Source, name: str) -> int | None:
    documents = Documents(source.analysis.documents)
    for kind in _REGISTRY_KINDS:
        for document in reversed(documents.of(kind)):
            line = document.get(f"{PARAMETERS}/{name}")
            if line and line.value.isascii() and line.value.isdigit() and len(line.value) <= 10:
                return int(line.value)
    return None


TOPIC = Topic({"windows_keepalive": windows_keepalive, "macos_sysctls": macos_sysctls})
