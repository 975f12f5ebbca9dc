"""How long a server goes on for a client that is gone. Microseconds; formulas of net/ipv4/tcp_timer.c.

Measured on Linux 6.18: idle 3 s, interval 1 s, 3 probes: dead after 6.1 s; with a user timeout of 10 s after 10.4 s.
"""

from __future__ import annotations

SECOND = 1_000_000
# The first retransmission after 0.2 s, each later one after twice as long, at most 120 s (TCP_RTO_MIN, TCP_RTO_MAX).
_FIRST, _LONGEST, _DOUBLINGS = SECOND // 5, 120 * SECOND, 9


def idle(first: int, interval: int, probes: int, user_timeout: int = 0) -> int:
    """Return when an idle connection to a silent peer is given up.

    Without a user timeout: first + interval × probes. With one: at the first probe tick first + k × interval, k ≥ 1,
    that is not before it; the number of probes does not count then (tcp_keepalive_timer).
    """
    if not user_timeout:
        return first + interval * probes
    ticks = max(1, -(-(user_timeout - first) // interval)) if interval else 1
    return first + ticks * interval


def unacknowledged(retries2: int, user_timeout: int = 0) -> int:
    """Return the least time for which data that nobody acknowledges is sent again (tcp_model_timeout).

    The user timeout, if there is one; else (2^(N+1) − 1) × 0.2 s for N ≤ 9, and 120 s for each retry beyond.
    """
    if user_timeout:
        return user_timeout
    if retries2 <= _DOUBLINGS:
        return ((1 << (retries2 + 1)) - 1) * _FIRST
    return ((1 << (_DOUBLINGS + 1)) - 1) * _FIRST + (retries2 - _DOUBLINGS) * _LONGEST


def running(idle_time: int, check_interval: int) -> int | None:
    """Return when a running statement notices that its client is gone; None: not before it ends."""
    return idle_time + check_interval if check_interval else None
