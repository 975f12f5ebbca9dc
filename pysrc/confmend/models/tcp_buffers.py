"""The sizes of one TCP connection's buffer: what a host can afford of min, default and max, in bytes."""

from __future__ import annotations

# Linux's own middle numbers (net/ipv4/tcp.c, tcp_init).
STARTS = {"net.ipv4.tcp_rmem": 131_072, "net.ipv4.tcp_wmem": 16_384}
# Eight times what a receiving connection begins with.
LARGEST_START = 1024**2
# net/ipv4/tcp.c, tcp_init: min(6 or 32 MiB, RAM / 128).
SHARE = 128
# Enough for 10 Gbit/s over 25 ms, twice.
ENOUGH = 64 * 1024**2
# The kernel counts RAM in free pages at boot; the reader's number may be a little less.
SLACK = 1.02
PAGE = 4096


def too_large(most: int, ram: int) -> bool:
    """Return whether one connection may take more than the kernel itself would give it on such a host."""
    return most > ram // SHARE * SLACK


def mended(key: str, sizes: tuple[int, ...], ram: int | None) -> str:
    """Return the three numbers with a start of the kernel's own and a largest size that the host can afford."""
    least, start, most = sizes
    if ram and too_large(most, ram):
        most = min(ram // SHARE // PAGE * PAGE, ENOUGH)
    if start > LARGEST_START or start > most:
        start = min(STARTS[key], most)
    return f"{min(least, start)} {start} {most}"
