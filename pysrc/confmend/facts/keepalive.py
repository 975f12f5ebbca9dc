"""When the server's host finds out that a client is gone: keepalive probes and tcp_user_timeout, as they work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from confmend import units
from confmend.catalog.keepalive import KEYS, USUAL
from confmend.facts.kernel import Kernel, evidence, integers
from confmend.facts.platform import Platform
from confmend.facts.postgres import Postgres
from confmend.model import Fact, Origin
from confmend.units import SECOND

_RETRIES = 15  # Linux's tcp_retries2


@dataclass(frozen=True, slots=True)
class Keepalive:
    """Microseconds; ``user_timeout_us`` is 0 where it is off. ``retries`` is Linux's tcp_retries2, else 0."""

    idle_us: int
    interval_us: int
    count: int
    user_timeout_us: int
    retries: int
    origins: tuple[Origin, ...]


def gather(postgres: Postgres, kernel: Kernel | None, platform: Platform | None) -> Keepalive:
    """Return PostgreSQL's settings; a 0 stands for the kernel's, and without those for its system's defaults.

    A system that nothing tells, or that nobody listed, is taken for Linux. ``retries`` is 0 where it is another one.
    """
    system = platform.name if platform and platform.name in USUAL else "Linux"
    keys, unit = KEYS.get(system, ((), SECOND))
    used: list[Origin] = []

    def of_kernel(key: str) -> int:
        value = kernel.effective(key) if kernel else None
        number = integers(value, 1)
        used.extend(evidence(value) if number else ())
        return number[0] if number else 0

    def effective(set_: int, place: int, scale: int) -> int:
        return set_ or (of_kernel(keys[place]) * scale if keys else 0) or USUAL[system][place]

    # On Windows the number of probes is fixed.
    probes = 0 if system == "Windows" else postgres.count("tcp_keepalives_count")
    idle = effective(postgres.time_us("tcp_keepalives_idle"), 0, unit)
    interval = effective(postgres.time_us("tcp_keepalives_interval"), 1, unit)
    count = effective(probes, 2, 1)
    retries = (of_kernel("net.ipv4.tcp_retries2") or _RETRIES) if system == "Linux" else 0
    names = ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count", "tcp_user_timeout")
    unacknowledged = postgres.time_us("tcp_user_timeout")
    return Keepalive(idle, interval, count, unacknowledged, retries, (*postgres.origins(*names), *used))


def describe(keepalive: Keepalive) -> Iterator[tuple[str, str, str]]:
    """Say the probes as they are sent."""
    shown = f"first probe after {units.seconds(keepalive.idle_us)}, then every {units.seconds(keepalive.interval_us)}"
    yield "keepalive of the server", f"{shown}, {keepalive.count} probes", "settings, else the kernel's"


FACT = Fact(gather, "postgresql.conf", describe)
