"""How long one end goes on for the other that is gone. Microseconds; formulas of net/ipv4/tcp_timer.c.

Three states, each with its own timer: an idle connection (keepalive), a statement that runs while nothing is to be
sent (keepalive, and then somebody has to look), and data that nobody has acknowledged (retransmission: keepalive is
suspended while anything is in flight). A reader that is alive but does not read for long counts for tcp_user_timeout
as one that is gone. Both ends have timers of their own; what one end finds out the other is not told.

tests/lab/test_dead_peers.py measures all of it on real servers and clients.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from confmend import units
from confmend.catalog.keepalive import USUAL
from confmend.units import SECOND

# The first retransmission after 0.2 s, each later one after twice as long, at most 120 s (TCP_RTO_MIN, TCP_RTO_MAX).
_FIRST, _LONGEST, _DOUBLINGS = SECOND // 5, 120 * SECOND, 9
# In a local network the kernel waits hardly longer than TCP_RTO_MIN: a clock tick more.
LAN_RTO = 204_000


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


def sent_again_until(retries2: int, user_timeout: int = 0, rto: int = LAN_RTO) -> tuple[int, int]:
    """Return between when and when data that nobody acknowledges is given up, counted from when it was sent first.

    The kernel looks only when a retransmission is due. After a loss probe the first is due at 2 × rto, each later one
    after twice as long, at most 120 s; it gives up at the first at which the least time has passed since the first
    retransmission. How late its timers are decides which one that is. So it may be the least time, or up to the next
    retransmission: twice that, or 120 s more. With a user timeout the last wait is cut to what is left.
    """
    least, first = unacknowledged(retries2, user_timeout), 2 * rto
    if user_timeout:
        return first + least, first + least
    return first + least, first + least + min(least + first, _LONGEST)


def stalled_reader(user_timeout: int, rto: int = LAN_RTO) -> int | None:
    """Return when a client that is alive and does not read is given up as if it were dead; None: never.

    Its closed window is asked about after the retransmission timeout, and from then on the user timeout runs.
    """
    return 2 * rto + user_timeout if user_timeout else None


def running(idle_time: int, check_interval: int) -> int | None:
    """Return when a running statement notices that its client is gone, at the latest; None: not before it ends.

    client_connection_check_interval only asks the kernel, which knows when keepalive has found out.
    """
    return idle_time + check_interval if check_interval else None


def noticed(idle_time: int, check_interval: int, statement: int) -> int:
    """Return when the session of a statement that takes ``statement`` notices, if it began as the client went.

    At the first look, each check_interval since its start, after the kernel knows, whose timers are always a little
    late; without one, or if the statement ends before, when it sends its answer. If the kernel does not know by then,
    the answer is data that nobody acknowledges: add ``sent_again_until``.
    """
    looks = (idle_time // check_interval + 1) * check_interval if check_interval else statement
    return min(looks, statement)


@dataclass(frozen=True, slots=True)
class System:
    """An operating system's keepalive where nothing is set, and what it lets a program set."""

    name: str
    first: int
    interval: int
    probes: int
    fixed_probes: bool = False
    user_timeout: bool = False
    retries: int = 0

    def idle(self, first: int = 0, interval: int = 0, probes: int = 0, user_timeout: int = 0) -> int:
        """Return when an idle connection is given up; 0 leaves a number to the system."""
        count = self.probes if self.fixed_probes else probes or self.probes
        limit = user_timeout if self.user_timeout else 0
        return idle(first or self.first, interval or self.interval, count, limit)


SYSTEMS = (
    System("Linux", *USUAL["Linux"], user_timeout=True, retries=15),
    System("macOS", *USUAL["macOS"]),
    System("Windows", *USUAL["Windows"], fixed_probes=True),
)


@dataclass(frozen=True, slots=True)
class End:
    """One end of a connection: its settings, 0 where they are left to its system."""

    side: str
    system: System
    first: int = 0
    interval: int = 0
    probes: int = 0
    user_timeout: int = 0
    check_interval: int = 0
    retries: int = 0
    keepalive: bool = True


@dataclass(frozen=True, slots=True)
class Moment:
    """A bar of the picture: in this state this end gives up after ``at``; None: never, or nobody can say.

    ``forgotten`` says that a device on the path has forgotten the connection before the first probe would keep it.
    """

    side: str
    state: str
    at: int | None
    how: str
    forgotten: bool = False


def timeline(ends: tuple[End, ...], idle_limit: int | None = None) -> tuple[Moment, ...]:
    """Return the bars of the picture: each end in each state, against the idle limit of the path."""
    return tuple(moment for end in ends for moment in _moments(end, idle_limit))


def _moments(end: End, idle_limit: int | None) -> Iterator[Moment]:
    system = end.system
    first, limit = end.first or system.first, end.user_timeout if system.user_timeout else 0
    interval = end.interval or system.interval
    probes = system.probes if system.fixed_probes else end.probes or system.probes
    dead = system.idle(end.first, end.interval, end.probes, end.user_timeout) if end.keepalive else None
    forgotten = idle_limit is not None and (not end.keepalive or first >= idle_limit)
    sums = f"{units.seconds(first)} + {probes} × {units.seconds(interval)} = {units.seconds(dead or 0)}"
    if limit and dead is not None:
        sums = f"the first probe tick from {units.seconds(limit)} (tcp_user_timeout) on: {units.seconds(dead)}"
    yield Moment(end.side, "idle", dead, sums if dead is not None else "keepalive is off: never", forgotten)
    yield _while_running(end, dead, sums)
    yield _in_flight(end, limit)


def _while_running(end: End, dead: int | None, sums: str) -> Moment:
    if end.side != "server":
        # Who waits for an answer waits on the socket, and is told at once.
        return Moment(end.side, "running query", dead, sums if dead is not None else "keepalive is off: never")
    at = running(dead, end.check_interval) if dead is not None else None
    if at is None:
        return Moment(end.side, "running query", None, "nobody looks at the connection before the statement ends")
    look = units.seconds(end.check_interval)
    return Moment(end.side, "running query", at, f"{sums}; + {look} to the next look = {units.seconds(at)}")


def _in_flight(end: End, limit: int) -> Moment:
    state, system = "unacknowledged data", end.system
    if limit:
        return Moment(end.side, state, limit, f"tcp_user_timeout = {units.seconds(limit)}")
    retries = end.retries or system.retries
    if not retries:
        return Moment(end.side, state, None, f"{system.name} sends it again as long as it sees fit")
    least, most = sent_again_until(retries)
    how = f"{retries} retransmissions: between {least // SECOND:,} and {most // SECOND:,} s"
    return Moment(end.side, state, least, how)
