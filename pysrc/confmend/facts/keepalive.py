"""When the server's host finds out that a client is gone: keepalive probes and tcp_user_timeout, as they work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from confmend import units
from confmend.facts.kernel import Kernel, evidence, integers
from confmend.facts.postgres import Postgres
from confmend.model import Fact, Origin

SECOND = 1_000_000
# Linux's defaults (Documentation/networking/ip-sysctl.rst).
_IDLE, _INTERVAL, _PROBES, _RETRIES = 7200, 75, 9, 15


@dataclass(frozen=True, slots=True)
class Keepalive:
    """Microseconds; ``user_timeout_us`` is 0 where it is off. ``retries`` is the kernel's tcp_retries2."""

    idle_us: int
    interval_us: int
    count: int
    user_timeout_us: int
    retries: int
    origins: tuple[Origin, ...]


def gather(postgres: Postgres, kernel: Kernel | None) -> Keepalive:
    """Return PostgreSQL's settings; a 0 stands for the kernel's, and without those for Linux's defaults."""
    idle, interval = postgres.time_us("tcp_keepalives_idle"), postgres.time_us("tcp_keepalives_interval")
    count, unacknowledged = postgres.count("tcp_keepalives_count"), postgres.time_us("tcp_user_timeout")
    used: list[Origin] = []

    def of_kernel(name: str, default: int) -> int:
        value = kernel.effective(f"net.ipv4.{name}") if kernel else None
        number = integers(value, 1)
        used.extend(evidence(value) if number else ())
        return number[0] if number else default

    idle = idle or of_kernel("tcp_keepalive_time", _IDLE) * SECOND
    interval = interval or of_kernel("tcp_keepalive_intvl", _INTERVAL) * SECOND
    count = count or of_kernel("tcp_keepalive_probes", _PROBES)
    retries = of_kernel("tcp_retries2", _RETRIES)
    names = ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count", "tcp_user_timeout")
    return Keepalive(idle, interval, count, unacknowledged, retries, (*postgres.origins(*names), *used))


def describe(keepalive: Keepalive) -> Iterator[tuple[str, str, str]]:
    """Say the probes as they are sent."""
    shown = f"first probe after {units.seconds(keepalive.idle_us)}, then every {units.seconds(keepalive.interval_us)}"
    yield "keepalive of the server", f"{shown}, {keepalive.count} probes", "settings, else the kernel's"


FACT = Fact(gather, "postgresql.conf", describe)
