"""What TCP's memory limits mean in bytes, and how far they may be raised. Numbers are pages unless they say bytes."""

from __future__ import annotations

# Room over the highest use that was seen: 2.2 × the peak as the hard limit puts the peak at 0.7 of the pressure limit.
HEADROOM = 2.2
# Socket buffers can't be swapped; beyond a quarter of RAM they starve shared_buffers and the page cache.
MOST_OF_RAM = 0.25
# Linux's default of tcp_wmem[2] on a host with more than 512 MiB: what one stalled reader can pin.
SEND_BUFFER = 4 * 1024**2


def raised(current: tuple[int, int, int], default_high: int, peak: int, ram: int) -> tuple[int, int, int] | None:
    """Return limits for a host that was seen using ``peak`` of its ``ram`` pages; None if nothing would be gained.

    high = max(current, boot default, min(2.2 × peak, 25 % of RAM)); pressure is 2/3 and low 1/2 of it.
    """
    high = max(current[2], default_high, min(int(HEADROOM * peak), int(MOST_OF_RAM * ram)))
    return None if high <= current[2] else (high // 2, high * 2 // 3, high)


def stalled_readers(high: int, page: int, send_buffer: int = SEND_BUFFER) -> int:
    """Return how many clients that stopped reading fill everything: limit in bytes / largest send buffer."""
    return high * page // send_buffer
