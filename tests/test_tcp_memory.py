"""Model 1, the kernel's TCP memory, against worked examples and a measurement."""

import pytest

from confmend.models import tcp_memory
from confmend.models.tcp_memory import Mark

MIB = 1024**2
LAN, REGIONS = (10 * 10**9, 200), (10**9, 80_000)


def test_what_was_measured_is_charged() -> None:
    # 500 sockets with 64 KiB unread each: 8,692 pages on Linux 6.18.
    assert tcp_memory.charged(500, 1.0, 64 * 1024) / 4096 == pytest.approx(8_692, rel=0.02)


@pytest.mark.parametrize(
    ("sockets", "busy", "queued", "mebibytes"), [(500, 0.1, 64 * 1024, 3.4), (20_000, 0.02, 32 * 1024, 13.75)]
)
def test_charged(sockets: int, busy: float, queued: int, mebibytes: float) -> None:
    assert tcp_memory.charged(sockets, busy, queued) / MIB == pytest.approx(mebibytes, abs=0.05)


def test_buffer_that_fills_a_line() -> None:
    assert tcp_memory.buffer_needed(*LAN) == 500_000
    assert tcp_memory.buffer_needed(*REGIONS) == 20_000_000


def test_connections_by_port() -> None:
    assert tcp_memory.connections_by_port(32_768, 60_999) == 19_762


def test_picture_of_a_usual_host() -> None:
    found = tcp_memory.scale(1_204, (188_562, 251_418, 377_124), 4096, 16_090_752 * 1024)
    assert found.used == 1_204 * 4096
    assert found.marks == (
        Mark("low", 188_562 * 4096),
        Mark("pressure", 251_418 * 4096),
        Mark("max", 377_124 * 4096),
        Mark("a quarter of RAM", 16_090_752 * 256),
    )
    assert found.steps[:2] == ("used: 1,204 pages × 4,096 bytes = 4.7 MiB", "low: 188,562 pages = 736.57 MiB")


def test_picture_of_an_oversized_limit_keeps_the_order() -> None:
    found = tcp_memory.scale(0, (786_432, 1_048_576, 26_777_216), 4096, 16_090_752 * 1024)
    assert [mark.name for mark in found.marks] == ["low", "a quarter of RAM", "pressure", "max"]
