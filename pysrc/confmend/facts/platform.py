"""The operating system that PostgreSQL runs on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from confmend.facts import Documents
from confmend.facts.kernel import Kernel
from confmend.facts.log import ServerLog
from confmend.model import Fact, Origin

# As the triple of a build names it (config.guess; "windows" since meson, "mingw" and "Visual C++" before).
_NAMES = {
    "linux": "Linux",
    "windows": "Windows",
    "mingw": "Windows",
    "visual": "Windows",
    "darwin": "macOS",
    "freebsd": "FreeBSD",
    "openbsd": "OpenBSD",
    "netbsd": "NetBSD",
    "solaris": "Solaris",
}
# SELECT version(), as the banner of a start has it.
_BUILT_FOR = re.compile(r"PostgreSQL [^,\n]*?(?: on ([^\s,]+), compiled by|, compiled by (Visual C\+\+))")
# Only Linux's kernel has these.
_LINUX_KEYS = ("kernel.osrelease", "net.ipv4.tcp_mem", "vm.swappiness", "vm.overcommit_memory", "net.core.somaxconn")
# Only Linux has these files and commands, or prints them so.
_LINUX_KINDS = (
    "sockstat",
    "meminfo",
    "cpuinfo",
    "netstat_counters",
    "nstat",
    "netstat_s",
    "process_limits",
    "ss_summary",
    "ss_sockets",
    "free",
    "lscpu",
)


@dataclass(frozen=True, slots=True)
class Platform:
    """``name`` is Linux, Windows, macOS or another; ``origin`` is the line that says it."""

    name: str
    origin: Origin | None


def gather(documents: Documents, log: ServerLog | None, kernel: Kernel | None) -> Platform | None:
    """Return what the server says of its own build, what uname says, else Linux where something only Linux has."""
    built = log.platform() if log else None
    if built:
        triple, origin = built
        return Platform(_named(triple), origin)
    for document in documents.of("pg_version"):
        told = _BUILT_FOR.search(document.text)
        if told:
            return Platform(_named(told[1] or told[2]), document.origins("version")[-1])
    for document in documents.of("uname"):
        said = document.get("kernel-name")
        if said:
            return Platform(_NAMES.get(said.value.lower(), said.value), document.origins("kernel-name")[-1])
    for kind in _LINUX_KINDS:
        for document in documents.of(kind):
            return Platform("Linux", document.origin(0))
    found = (kernel.effective(key) for key in _LINUX_KEYS) if kernel else iter(())
    return next((Platform("Linux", value.origin) for value in found if value), None)


def _named(triple: str) -> str:
    return next((name for part, name in _NAMES.items() if part in triple.lower()), triple)


def describe(platform: Platform) -> Iterator[tuple[str, str, str]]:
    """Say which one, and what tells it."""
    where = f"{platform.origin.name}, line {platform.origin.number}" if platform.origin else ""
    yield "operating system", platform.name, where


FACT = Fact(gather, "SELECT version(), the log line of a server start, uname -a, a file of /proc", describe)
