"""Dead peers: how long each end goes on for one that is gone, against the path's memory of idle connections."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from confmend import units
from confmend.facts import what_to_paste
from confmend.facts.dead_peers import DeadPeers
from confmend.facts.keepalive import Keepalive
from confmend.facts.kernel import Kernel
from confmend.facts.path import NetworkPath
from confmend.facts.platform import Platform
from confmend.facts.pooler import Pooler
from confmend.facts.postgres import Postgres
from confmend.model import MissingFactError
from confmend.models.dead_peer import SYSTEMS, End, Moment, timeline
from confmend.pictures import Picture
from confmend.pictures.chart import Bar, Chart, Mark, Row, Stretch, pair, row, used
from confmend.units import SECOND

LINUX = SYSTEMS[0]
_LOOKS = (
    ("a", "waits"),
    ("over", "waits, and the path has forgotten it"),
    ("rest", "waits on, nobody can say how long"),
)
_TICKS = (
    *((1, "1 s"), (10, "10 s"), (60, "1 min"), (600, "10 min"), (3_600, "1 h")),
    *((36_000, "10 h"), (864_000, "10 d"), (31_536_000, "1 year")),
)
_NEVER = {"idle": "never", "running query": "when it ends"}


@dataclass(frozen=True, slots=True)
class Seen:
    """The moments at which the ends give up, and after how many microseconds the path forgets; None: not known."""

    moments: tuple[Moment, ...]
    limit: int | None
    who: str


def seen(
    peers: DeadPeers,
    pg: Postgres | None,
    server: Keepalive | None,
    pooler: Pooler | None,
    kernel: Kernel | None,
    platform: Platform | None,
) -> Seen | None:
    """Return the moments of PostgreSQL's and of PgBouncer's end, where a network is on the way."""
    limit = peers.path.idle_limit_us if peers.path else None
    ends = (*_server(pg, server, platform), *_pooler(pooler, kernel))
    return Seen(timeline(ends, limit), limit, peers.path.who if peers.path else "") if ends else None


def _server(pg: Postgres | None, found: Keepalive | None, platform: Platform | None) -> Iterator[End]:
    if pg is None or found is None or pg.only_local:
        return
    name = "client_connection_check_interval"
    try:
        looks = pg.time_us(name) if pg.has(name) else 0
    except MissingFactError:
        looks = 0
    # Keepalive has the kernel's numbers where the settings leave them to it; how often data is sent again only Linux
    # says.
    of_linux = platform is None or platform.name == "Linux"
    system = LINUX if of_linux or platform is None else replace(LINUX, name=platform.name, retries=0)
    yield End(
        "server",
        system,
        found.idle_us,
        found.interval_us,
        found.count,
        found.user_timeout_us,
        max(0, looks),
        found.retries if of_linux else 0,
    )


def _pooler(pooler: Pooler | None, kernel: Kernel | None) -> Iterator[End]:
    if pooler is None or not pooler.over_network:
        return

    def of_kernel(name: str, usual: int) -> int:
        return (kernel.number(f"net.ipv4.{name}") if kernel else None) or usual

    try:
        yield End(
            "PgBouncer",
            LINUX,
            (pooler.count("tcp_keepidle") or of_kernel("tcp_keepalive_time", 7200)) * SECOND,
            (pooler.count("tcp_keepintvl") or of_kernel("tcp_keepalive_intvl", 75)) * SECOND,
            pooler.count("tcp_keepcnt") or of_kernel("tcp_keepalive_probes", 9),
            pooler.count("tcp_user_timeout") * 1_000,
            retries=of_kernel("tcp_retries2", LINUX.retries),
            keepalive=bool(pooler.count("tcp_keepalive")),
        )
    except MissingFactError:
        return


def drawn(now: Seen, then: Seen) -> Chart:
    """Return the picture on a logarithmic scale, from a second to a little more than the longest time."""
    times = [each.at for side in (now, then) for each in side.moments if each.at]
    full = math.log10(max(60 * SECOND, now.limit or 0, *times) / SECOND * 1.3)

    def place(time: float) -> float:
        return min(1.0, math.log10(max(1.0, time / SECOND)) / full)

    def bar(name: str, moment: Moment) -> Bar:
        end = 1.0 if moment.at is None else place(moment.at)
        forgets = place(now.limit) if moment.forgotten and now.limit else end
        look = "rest" if moment.at is None else "a"
        stretches = Stretch(look, 0, min(end, forgets)), Stretch("over", min(end, forgets), end)
        return Bar(name, text(moment), stretches, moment.forgotten or moment.at is None)

    before, after = ({(each.side, each.state): each for each in side.moments} for side in (now, then))
    bars: list[Bar] = []
    rows: list[Row] = []
    for side, state in dict.fromkeys((*before, *after)):
        name, both = f"{side}, {state}", (before.get((side, state)), after.get((side, state)))
        bars += pair(name, *both, bar)
        rows.append(row(name, *both, text, lambda moment: moment.how))
    if now.limit:
        rows.append(Row(f"{now.who} forgets an idle connection", units.seconds(now.limit), "", "no packet for so long"))
    marks = [Mark(f"the path forgets: {units.seconds(now.limit)}", place(now.limit))] if now.limit else []
    marks += [Mark(name, place(at * SECOND), tick=True) for at, name in _TICKS if math.log10(at) <= full]
    says = f"How long each end waits for one that is gone. {'; '.join(f'{bar.name}: {bar.text}' for bar in bars)}."
    if now.limit:
        says += f" {now.who} forgets an idle connection after {units.seconds(now.limit)}."
    missing = () if now.limit else (what_to_paste(NetworkPath),)
    return Chart("Dead peers", says, tuple(bars), tuple(marks), used(_LOOKS, bars), tuple(rows), missing)


def text(moment: Moment) -> str:
    """Return when an end gives up."""
    if moment.at is None:
        return _NEVER.get(moment.state, "not known")
    exact = units.seconds(moment.at)
    # What the model computed it says in whole seconds.
    return exact if exact in moment.how else units.seconds(moment.at // SECOND * SECOND)


PICTURE = Picture(
    seen,
    drawn,
    (
        "keepalive_too_late",
        "pooler_keepalive_too_late",
        "pooler_keepalive_off",
        "running_query_outlives_its_client",
        "unacknowledged_data_waits_long",
        "user_timeout_replaces_probes",
        "connection_check_without_keepalive",
    ),
)
