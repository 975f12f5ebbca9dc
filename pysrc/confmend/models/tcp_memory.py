"""What TCP's memory limits mean in bytes, what connections charge to them, and how far they may be raised.

Numbers are pages unless they say bytes. tcp_mem is one pool for the whole host; an idle connection charges nothing to
it and costs about 4 KiB of the kernel's other memory. Sources: net/core/sock.c, net/ipv4/tcp.c; measured on Linux 6.18.
"""

from __future__ import annotations

from dataclasses import dataclass

from confmend import units

# Room over the highest use that was seen: 2.2 × the peak as the hard limit puts the peak at 0.7 of the pressure limit.
HEADROOM = 2.2
# Socket buffers can't be swapped; beyond a quarter of RAM they starve shared_buffers and the page cache.
MOST_OF_RAM = 0.25
# Linux's default of tcp_wmem[2] on a host with more than 512 MiB: what one stalled reader can pin.
SEND_BUFFER = 4 * 1024**2
# What a queued byte is charged with its bookkeeping: 500 sockets with 64 KiB unread each were charged 1.09 of it.
TRUESIZE = 1.1
# An idle connection: TCP's own structure, inode, file and directory entry.
IDLE = 4096
# Of the ports that one address has towards one server; the rest is left for those that wait a minute after their end.
PORTS_IN_USE = 0.7


def raised(current: tuple[int, int, int], default_high: int, peak: int, ram: int) -> tuple[int, int, int] | None:
    """Return limits for a host that was seen using ``peak`` of its ``ram`` pages; None if nothing would be gained.

    high = max(current, boot default, min(2.2 × peak, 25 % of RAM)); pressure is 2/3 and low 1/2 of it.
    """
    high = max(current[2], default_high, min(int(HEADROOM * peak), int(MOST_OF_RAM * ram)))
    return None if high <= current[2] else (high // 2, high * 2 // 3, high)


def stalled_readers(high: int, page: int, send_buffer: int = SEND_BUFFER) -> int:
    """Return how many clients that stopped reading fill everything: limit in bytes / largest send buffer."""
    return high * page // send_buffer


def charged(sockets: int, busy: float, queued: int) -> int:
    """Return the bytes that are likely charged: sockets × share with queued data × bytes queued in each × 1.1."""
    return round(sockets * busy * queued * TRUESIZE)


def buffer_needed(bits_per_second: int, round_trip_us: int) -> int:
    """Return the bytes that a connection needs to fill a line: 2 × bandwidth in bytes × round trip."""
    return 2 * bits_per_second * round_trip_us // 8 // 1_000_000


def connections_by_port(first: int, last: int) -> int:
    """Return how many connections one address can keep to one port of a server: 70 % of the ports of the range."""
    return int((last - first + 1) * PORTS_IN_USE)


@dataclass(frozen=True, slots=True)
class Mark:
    """A line across the picture: what it is called and at how many bytes it stands."""

    name: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Scale:
    """The picture of TCP's memory: a bar from 0 to ``used`` bytes, with its marks in rising order, out of ``ram``.

    ``steps`` is the arithmetic of the bar and of each mark.
    """

    used: int
    ram: int | None
    marks: tuple[Mark, ...]
    steps: tuple[str, ...]


def scale(used: int, limits: tuple[int, int, int], page: int, ram: int | None = None) -> Scale:
    """Return the picture: what sockstat's ``mem`` holds, against the three numbers of tcp_mem and a quarter of RAM."""
    names = ("low", "pressure", "max")
    marks = [Mark(name, pages * page) for name, pages in zip(names, limits, strict=True)]
    steps = [f"used: {used:,} pages × {page:,} bytes = {units.human(used * page)}"]
    steps += [f"{mark.name}: {mark.bytes // page:,} pages = {units.human(mark.bytes)}" for mark in marks]
    if ram:
        marks.append(Mark("a quarter of RAM", int(MOST_OF_RAM * ram)))
        steps.append(f"a quarter of RAM: {units.gib(ram)} × {MOST_OF_RAM:g} = {units.gib(int(MOST_OF_RAM * ram))}")
    return Scale(used * page, ram, tuple(sorted(marks, key=lambda mark: mark.bytes)), tuple(steps))
