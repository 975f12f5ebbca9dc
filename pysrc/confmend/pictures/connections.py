"""The ladder of connections: clients, the pooler's open files, its pools, PostgreSQL's slots, and the ports between."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from confmend.facts import what_to_paste
from confmend.facts.clients import Clients
from confmend.facts.descriptors import Descriptors
from confmend.facts.expected_clients import ExpectedClients
from confmend.facts.instances import Instances
from confmend.facts.kernel import Kernel, integers
from confmend.facts.pooled_clients import PooledClients
from confmend.facts.pooler import Pooler
from confmend.facts.postgres import Postgres
from confmend.model import MissingFactError
from confmend.models.connections import Budget, Rung, budget, by_server, ladder, least_demand
from confmend.models.tcp_memory import connections_by_port
from confmend.pictures import Picture
from confmend.pictures.chart import Bar, Chart, Row, Stretch, pair, row, used

PORTS = "net.ipv4.ip_local_port_range"
_LOOKS = (("a", "asked for"), ("over", "too many"), ("rest", "still free"))
_NAMES = {"slots": "PostgreSQL's slots", "open files": "PgBouncer's open files"}


@dataclass(frozen=True, slots=True)
class Seen:
    """The rungs from the applications down, and what is missing for more of them."""

    rungs: tuple[Rung, ...]
    missing: tuple[str, ...]


def seen(
    pg: Postgres | None,
    pooler: Pooler | None,
    clients: Clients | None,
    through: PooledClients | None,
    instances: Instances | None,
    expected: ExpectedClients | None,
    files: Descriptors | None,
    kernel: Kernel | None,
) -> Seen | None:
    """Return the rungs that can be told; without a pooler and without clients there is nothing to climb."""
    missing: list[str] = []
    try:
        slots = budget(pg) if pg else None
    except MissingFactError as lacking:
        slots = None
        missing += map(str, lacking.args)
    coming = _coming(pooler, clients, through, instances, expected)
    if pooler is None and (coming is None or slots is None):
        return None
    try:
        rungs = ladder(slots or Budget(0, 0), pooler, coming, files.limit if files else None)
        rungs = (*(rungs if slots else _upper(rungs)), *(_ports(pooler, kernel) if pooler else ()))
    except MissingFactError:
        return None
    if pooler and not files:
        missing.append(what_to_paste(Descriptors))
    if coming is None:
        missing.append(what_to_paste(ExpectedClients))
    return Seen(rungs, (*((what_to_paste(Postgres),) if pg is None else ()), *missing))


def _upper(rungs: tuple[Rung, ...]) -> tuple[Rung, ...]:
    """Return the rungs that need no PostgreSQL: nobody said how many connections that has."""
    return tuple(replace(each, allowed=None) if each.name == "server connections" else each for each in rungs[:-1])


def _coming(
    pooler: Pooler | None,
    clients: Clients | None,
    through: PooledClients | None,
    instances: Instances | None,
    expected: ExpectedClients | None,
) -> int | None:
    """Return how many clients may come: what the applications' pools allow, else what the reader expects."""
    processes = instances.count if instances else 1
    found = through.all if pooler and through else clients.all if clients and not pooler else ()
    pools = [(client.hosts, size.value) for client in found if (size := client.pool_size) and size.value]
    # Without a pooler nobody said which of several servers this is.
    if pools and (pooler or len({hosts for hosts, _ in pools}) == 1):
        return processes * sum(size for _, size in pools)
    return expected.count if expected else None


def _ports(pooler: Pooler, kernel: Kernel | None) -> Iterator[Rung]:
    """Yield the server that most ports are wanted for, where a network is on the way."""
    ends = integers(kernel.effective(PORTS), 2) if kernel else None
    wanted = [least_demand(pooler, pools) for where, pools in by_server(pooler).items() if not where.startswith(":")]
    if ends and ends[1] >= ends[0] and wanted:
        most = connections_by_port(ends[0], ends[1])
        yield Rung("ports to one server", max(wanted), most, f"0.7 × ({ends[1]:,} − {ends[0]:,} + 1) = {most:,}")


def drawn(now: Seen, then: Seen) -> Chart:
    """Return the picture, each rung on a scale of its own: the most that is asked or allowed, now or after."""
    before, after = ({rung.name: rung for rung in side.rungs} for side in (now, then))
    bars: list[Bar] = []
    rows: list[Row] = []
    for name in dict.fromkeys((*before, *after)):
        both = before.get(name), after.get(name)
        full = max(1, *(max(rung.asked, rung.allowed or 0) for rung in both if rung))
        shown = _NAMES.get(name, name)
        bars += pair(shown, *both, functools.partial(_bar, full))
        rows.append(row(shown, *both, lambda rung: _text(rung, "{:,}".format), lambda rung: rung.how))
    over = [bar.name for bar in bars if bar.over]
    says = f"Too many: {'; '.join(over)}. " if over else "There is enough of everything. "
    says += "; ".join(f"{bar.name}: {bar.text}" for bar in bars)
    return Chart("Connections", f"{says}.", tuple(bars), (), used(_LOOKS, bars), tuple(rows), then.missing)


def _bar(full: int, name: str, rung: Rung) -> Bar:
    asked, allowed = max(0, rung.asked) / full, rung.allowed
    most = asked if allowed is None else max(0, allowed) / full
    stretches = (
        Stretch("a", 0, min(asked, most)),
        Stretch("over", most, max(asked, most)),
        Stretch("rest", asked, max(asked, most)),
    )
    return Bar(name, _text(rung, short), stretches, rung.exceeded)


def _text(rung: Rung, number: Callable[[int], str]) -> str:
    if rung.allowed is not None:
        return f"{number(rung.asked)} of {number(rung.allowed)}"
    return f"{number(rung.asked)}, limit not known"


def short(count: int) -> str:
    """Return a number as it fits a narrow picture: millions from a hundred million on are only counted."""
    return f"{count:,}" if count < 10**8 else f"{round(count / 10**6):,} million"


PICTURE = Picture(
    seen,
    drawn,
    (
        "pools_exceed_connections",
        "pooler_descriptors_exhausted",
        "pooler_ports_exhausted",
        "application_pools_exceed_pooler",
        "application_pools_exceed_server",
    ),
)
