"""Memory: what PostgreSQL is likely to need and the worst case, TCP's sockets and their limit, against RAM."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from confmend import units
from confmend.facts import what_to_paste
from confmend.facts.cores import Cores
from confmend.facts.kernel import Kernel
from confmend.facts.memory import Memory
from confmend.facts.page import PageSize
from confmend.facts.pooler import Pooler
from confmend.facts.postgres import Postgres
from confmend.facts.server_memory import ServerMemory
from confmend.facts.session_memory import SessionMemory
from confmend.facts.sockets import SocketMemory
from confmend.facts.tcp_limits import KEY, TcpLimits
from confmend.model import MissingFactError
from confmend.models.postgres_memory import ACTIVE_PER_CORE, BACKEND, Bars, Part, bars, server
from confmend.models.postgres_memory import Bar as Demand
from confmend.models.recommended import most_queries, with_wal_buffers
from confmend.models.tcp_memory import Scale, scale
from confmend.pictures import Picture
from confmend.pictures.chart import Bar, Chart, Mark, Row, Stretch, pair, row, used

LIKELY, WORST, TCP = "likely load", "worst case", "TCP's limit (tcp_mem)"
GROWN = "with sessions as measured"
# A bar of more than this many times the RAM is cut: what fits must still be seen.
MOST = 2
# tcp_mem above this share of RAM protects nothing.
_TCP_SHARE = 0.5
_LOOKS = (
    ("a", "shared memory"),
    ("b", "queries at work"),
    ("c", "backends"),
    ("d", "autovacuum"),
    ("e", "TCP sockets"),
    ("f", "TCP up to its limit"),
    ("rest", "page cache and kernel"),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """RAM or the limit below it, the demands on it in bytes, and what is missing for the rest of the picture.

    ``told``: something pasted says what TCP holds or may hold; else its limit is the kernel's own and no news.
    """

    ram: int
    ram_name: str
    reserve: int
    likely: Demand | None
    grown: Part | None
    worst: Demand | None
    sockets: int | None
    tcp: Scale | None
    told: bool
    missing: tuple[str, ...]


def seen(
    memory: ServerMemory,
    host: Memory | None,
    page: PageSize,
    pg: Postgres | None,
    cores: Cores | None,
    pooler: Pooler | None,
    session: SessionMemory | None,
    sockets: SocketMemory | None,
    limits: TcpLimits | None,
    kernel: Kernel | None,
) -> Seen | None:
    """Return the numbers as the rules about memory have them. A container's limit is compared with PostgreSQL only."""
    found, grown, missing = _demands(pg, memory, cores, pooler, session)
    # Beside a limit of its own the host's sockets say nothing.
    own = host if host and not memory.limited else None
    held = sockets.mem * page.bytes if sockets and own else None
    tcp, layers = None, [numbers for _, numbers in kernel.numbers(KEY, 3)] if kernel else []
    if own and limits:
        most = max(layers, key=lambda each: each[2], default=(limits.low, limits.pressure, limits.high))
        tcp = scale(sockets.mem if sockets else 0, (most[0], most[1], most[2]), page.bytes, own.ram)
    told = tcp is not None and bool(layers or sockets)
    if not found and not told:
        return None
    worst = found.bars[-1] if found else None
    likely = found.bars[0] if found and len(found.bars) > 1 else None
    return Seen(memory.ram, memory.name, found.reserve if found else 0, likely, grown, worst, held, tcp, told, missing)


def _demands(
    pg: Postgres | None,
    memory: ServerMemory,
    cores: Cores | None,
    pooler: Pooler | None,
    session: SessionMemory | None,
) -> tuple[Bars | None, Part | None, tuple[str, ...]]:
    """Return both demands, what sessions that have grown add to the likely one, and what is missing.

    Without the CPUs there is no likely demand: nobody knows how many queries are at work.
    """
    if pg is None:
        return None, None, (what_to_paste(Postgres),)
    try:
        # As the rules have it: wal_buffers is on its way back to what the server itself would choose.
        given, most = with_wal_buffers(server(pg)), most_queries(pg, pooler)
    except MissingFactError as lacking:
        return None, None, tuple(map(str, lacking.args))
    if cores is None:
        return bars(given, memory.ram, None), None, (what_to_paste(Cores),)
    grown = None
    if session and session.bytes > BACKEND:
        sessions = min(given.max_connections, most)
        how = f"{sessions:,} × ({units.mib(session.bytes)} − {units.mib(BACKEND)})"
        grown = Part(GROWN, sessions * (session.bytes - BACKEND), how)
    return bars(given, memory.ram, min(most, ACTIVE_PER_CORE * cores.count)), grown, ()


def drawn(now: Seen, then: Seen) -> Chart:
    """Return the picture on one scale: up to the longest bar, but no more than twice the RAM."""
    if not (now.told or then.told):
        now, then = replace(now, tcp=None), replace(then, tcp=None)
    lengths = [each.length for side in (now, then) for each in (side.likely, side.worst) if each]
    lengths += [_limit(side.tcp) for side in (now, then) if side.tcp]
    full = max(now.ram, then.ram, min(max(lengths), MOST * now.ram), 1)
    shown = tuple(_bars(now, then, full))
    ram = f"{now.ram_name} {units.gib(now.ram)}"
    first = [f"{bar.name}: {bar.text}" for bar in shown]
    return Chart(
        "Memory",
        f"{ram}. {'; '.join(first)}.",
        shown,
        (Mark(ram, now.ram / full),),
        used(_LOOKS, shown),
        tuple(_rows(now, then)),
        then.missing,
    )


def _limit(tcp: Scale) -> int:
    """Return the third number of tcp_mem in bytes."""
    return next(mark.bytes for mark in tcp.marks if mark.name == "max")


def _bars(now: Seen, then: Seen, full: int) -> Iterator[Bar]:
    def usual(name: str, given: tuple[Part, ...]) -> Bar:
        sizes = [(_look(part), part.bytes) for part in given]
        total, held = sum(size for _, size in sizes), now.sockets or 0
        tight = total + now.reserve > now.ram
        excess = ", too much" if total > now.ram else ", leaves too little" if tight else ""
        sizes += [("e", held), ("rest", max(0, now.ram - total - held))]
        return Bar(name, units.gib(total) + excess, _stretches(sizes, full), tight)

    def worst(name: str, demand: Demand) -> Bar:
        over = demand.length > now.ram
        sizes = [*((_look(part), part.bytes) for part in demand.parts), ("rest", max(0, now.ram - demand.length))]
        return Bar(name, units.gib(demand.length) + ", too much" * over, _stretches(sizes, full), over)

    def tcp(name: str, found: Scale) -> Bar:
        most = _limit(found)
        over = most > _TCP_SHARE * (found.ram or 0)
        sizes = [("e", found.used), ("f", max(0, most - found.used))]
        return Bar(name, units.gib(most) + ", too much" * over, _stretches(sizes, full), over)

    yield from pair(LIKELY, _parts(now), _parts(then), usual)
    yield from pair(GROWN, _grown_parts(now), _grown_parts(then), usual)
    yield from pair(WORST, now.worst, then.worst, worst)
    yield from pair(TCP, now.tcp, then.tcp, tcp)


def _parts(side: Seen) -> tuple[Part, ...] | None:
    return side.likely.parts if side.likely else None


def _grown_parts(side: Seen) -> tuple[Part, ...] | None:
    return (*side.likely.parts, side.grown) if side.likely and side.grown else None


def _look(part: Part) -> str:
    return {"shared memory": "a", "backends": "c", GROWN: "c", "autovacuum": "d"}.get(part.name, "b")


def _stretches(parts: list[tuple[str, int]], full: int) -> tuple[Stretch, ...]:
    """Return the parts one after the other; some may reach beyond the picture."""
    found, at = [], 0
    for look, size in parts:
        found.append(Stretch(look, at / full, (at + size) / full))
        at += size
    return tuple(found)


def _rows(now: Seen, then: Seen) -> Iterator[Row]:
    yield Row(now.ram_name, units.mib(now.ram), "", "")
    for name, one, other in ((LIKELY, now.likely, then.likely), (WORST, now.worst, then.worst)):
        before, after = ({part.name: part for part in each.parts} if each else {} for each in (one, other))
        for part in dict.fromkeys((*before, *after)):
            yield _part_row(f"{name}: {part}", before.get(part), after.get(part))
        if one or other:
            yield row(f"{name}: together", one, other, lambda bar: units.mib(bar.length), lambda bar: bar.name)
        if name == LIKELY and one and other:
            yield row(
                "left for the page cache and the kernel",
                one.length,
                other.length,
                lambda total: units.mib(now.ram - total),
                lambda total: f"{now.ram_name} {units.mib(now.ram)} − {units.mib(total)}",
            )
            yield Row("the kernel's reserve", units.mib(now.reserve), "", "max(10 % of RAM, min(1 GiB, 25 % of RAM))")
        if name == LIKELY and (now.grown or then.grown):
            yield _part_row(f"{GROWN}: more", now.grown, then.grown)
            yield row(f"{GROWN}: together", _grown(now), _grown(then), units.mib, lambda _: "likely load + more")
    if now.sockets is not None:
        yield Row("TCP sockets hold", units.mib(now.sockets), "", "as sockstat says")
    if now.tcp or then.tcp:
        yield row(TCP, now.tcp, then.tcp, lambda tcp: units.mib(_limit(tcp)), _step)


def _part_row(name: str, now: Part | None, then: Part | None) -> Row:
    return row(name, now, then, lambda part: units.mib(part.bytes), lambda part: part.how)


def _grown(side: Seen) -> int | None:
    """Return the likely load with sessions as they were measured."""
    return side.likely.length + side.grown.bytes if side.likely and side.grown else None


def _step(tcp: Scale) -> str:
    """Return the arithmetic of the limit."""
    return next(step for step in tcp.steps if step.startswith("max: ")).removeprefix("max: ")


PICTURE = Picture(
    seen,
    drawn,
    (
        "usual_load_exceeds_ram",
        "worst_case_exceeds_ram",
        "sessions_outgrow_memory",
        "shared_buffers_out_of_proportion",
        "vacuum_memory_multiplied",
        "tcp_mem_exceeds_ram",
        "tcp_memory_exhausted",
    ),
)
