"""Alerts for Prometheus, each with the states in which it fires and in which it is silent, and a panel to look at.

An alert is a query and a number that it is not to exceed. The number is of this analysis; where an exporter can give
the limit itself, the query divides by that, and the analysis' number only stands in for it. The states are those that
were pasted and those after the changes; where one of the two is on the other side of the number, one just beyond is
added, so that each alert is seen to fire and to be silent.

Metrics: node_exporter (sockstat, netstat, sysctl), postgres_exporter, pgbouncer_exporter (prometheus-community).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from confmend.artefacts.alert import LASTS, WHO, Alert, State, around, distinct, flat, gauge
from confmend.artefacts.limits import Limit, Limits
from confmend.artefacts.source import Source, Topic
from confmend.facts.counters import Counters
from confmend.facts.path import NetworkPath
from confmend.facts.pooler_state import PoolerState
from confmend.facts.sessions import Sessions
from confmend.facts.sockets import SocketMemory

# Below the pressure limit nothing is throttled; at 9/10 of the last number the next burst is refused.
NEAR_PRESSURE, NEAR_END = 0.8, 0.9
# Of the slots that ordinary users have, and of max_client_conn.
NEARLY_TAKEN = 0.85
# As in keepalive_too_late: the longest idle limit that is common, where nobody knows that of the path.
LONGEST_LIMIT = 3600
# An age is scraped, and what ends a session looks, a little late.
LATE = 60
# PgBouncer's own query_wait_timeout, where waiting has no limit.
USUAL_WAIT = 120


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording rule, and what it holds."""

    name: str
    expr: str
    what: str


def alerts(source: Source) -> tuple[Alert, ...]:
    """Return the alerts whose numbers are known."""
    return tuple(replace(each, states=distinct(each.states)) for each in _alerts(source))


def _alerts(source: Source) -> Iterator[Alert]:
    limits = Limits(source)
    yield from _tcp_memory(limits)
    yield from _connections(limits)
    yield from _pooler(limits)
    yield from _dead_peers(limits)


_PRESSURE, _END = "confmend:tcp_mem:pressure_pages", "confmend:tcp_mem:high_pages"


def recorded(source: Source) -> tuple[Recorded, ...]:
    """Return the limits of tcp_mem as the exporter gives them, or else as this analysis has them."""
    found = Limits(source).tcp_mem()
    if found is None:
        return ()
    return tuple(
        Recorded(
            name,
            f'node_sysctl_net_ipv4_tcp_mem{{index="{at}"}} or on (job, instance) '
            f"(node_sockstat_TCP_mem * 0 + {limit.then})",
            what,
        )
        for name, at, limit, what in (
            (_PRESSURE, 1, found[0], "from here on the kernel shrinks buffers"),
            (_END, 2, found[1], "here it refuses"),
        )
    )


def _tcp_memory(limits: Limits) -> Iterator[Alert]:
    found = limits.tcp_mem()
    if found is None:
        return
    pressure, end = found
    sockets = limits.facts.get(SocketMemory)
    used = sockets.mem if sockets else 0
    yield Alert(
        "TcpMemoryNearPressure",
        f"node_sockstat_TCP_mem / on (job, instance) {_PRESSURE}",
        NEAR_PRESSURE,
        "5m",
        "warning",
        "TCP's memory on {{ $labels.instance }} is near its pressure limit",
        f"More than {NEAR_PRESSURE:.0%} of the pages from which on the kernel shrinks every socket's buffers are "
        "charged. Look for clients that do not read (ss -tmn, column Send-Q) before you raise net.ipv4.tcp_mem.",
        "percentunit",
        pressure.rules,
        pressure.why,
        _memory_states(used, pressure, 1, NEAR_PRESSURE),
    )
    yield Alert(
        "TcpMemoryNearEnd",
        f"node_sockstat_TCP_mem / on (job, instance) {_END}",
        NEAR_END,
        "1m",
        "critical",
        "TCP's memory on {{ $labels.instance }} is nearly used up",
        f"More than {NEAR_END:.0%} of the last number of net.ipv4.tcp_mem is charged; at the limit the kernel drops "
        "segments and resets orphans.",
        "percentunit",
        end.rules,
        end.why,
        _memory_states(used, end, 2, NEAR_END),
    )
    counters = limits.facts.get(Counters)
    for name, metric, severity, what in (
        ("TcpMemoryPressure", "TCPMemoryPressures", "warning", "TCP went into memory pressure"),
        ("TcpAbortedForMemory", "TCPAbortOnMemory", "critical", "TCP reset connections for lack of memory"),
    ):
        count = counters.count(f"TcpExt/{metric}") if counters else 0
        series = f"node_netstat_TcpExt_{metric}{{{WHO}}}"
        yield Alert(
            name,
            f"increase(node_netstat_TcpExt_{metric}[15m])",
            0,
            "0m",
            severity,
            f"{what} on {{{{ $labels.instance }}}}",
            f"The kernel counted it within the last 15 minutes: the only proof that net.ipv4.tcp_mem is too small for "
            f"what it holds. The counter is TcpExt{metric}; node_exporter gives it only where it is asked to.",
            "short",
            pressure.rules,
            pressure.why,
            (
                State(f"it goes up to {count:,}, as pasted" if count else "it goes up", _rising(series, count), True),
                State("it stands", ((series, flat(count)),), False),
            ),
        )


def _rising(series: str, count: int) -> tuple[tuple[str, str], ...]:
    return ((series, f"0+0x{LASTS - 5} {count or 1}+0x5"),)


def _memory_states(used: int, limit: Limit, index: int, share: float) -> tuple[State, ...]:
    def series(pages: int, end: int) -> tuple[tuple[str, str], ...]:
        return (
            (f"node_sockstat_TCP_mem{{{WHO}}}", flat(pages)),
            (f'node_sysctl_net_ipv4_tcp_mem{{{WHO}, index="{index}"}}', flat(end)),
        )

    def state(name: str, pages: int, end: int) -> State:
        return State(name, series(pages, end), end > 0 and pages / end > share)

    found = [state("as pasted", used, limit.now), state("as corrected", used, limit.then)] if used else []
    beyond, within = around(share * limit.then)
    made = [state("above the number", beyond, limit.then), state("at the number", within, limit.then)]
    # The exporter does not give the limit: the analysis' own stands in for it.
    alone = [State(f"{each.name}, limit not exported", each.series[:1], each.fires) for each in made]
    return (*found, *made, *alone)


def _connections(limits: Limits) -> Iterator[Alert]:
    most = limits.setting("max_connections")
    superusers = limits.setting("superuser_reserved_connections")
    if most is None or superusers is None:
        return
    others = limits.setting("reserved_connections") or Limit(0, 0)
    sessions = limits.facts.get(Sessions)
    slots = Limit(
        most.now - superusers.now - others.now, most.then - superusers.then - others.then, most.rules, most.why
    )
    if min(slots.now, slots.then) < 1:
        return

    def state(name: str, count: int, then: bool) -> State:
        settings = {
            "max_connections": most.then if then else most.now,
            "superuser_reserved_connections": superusers.then if then else superusers.now,
        }
        reserved = others.then if then else others.now
        settings |= {"reserved_connections": reserved} if reserved else {}
        series = [(f"pg_settings_{key}{{{WHO}}}", flat(value)) for key, value in settings.items()]
        # By state, as the exporter gives them: no one of them is the number of connections.
        for share, part in (("idle", count - count // 3), ("active", count // 3)):
            series.append((f'pg_stat_activity_count{{{WHO}, datname="app", state="{share}"}}', flat(part)))
        return State(name, tuple(series), count / (slots.then if then else slots.now) > NEARLY_TAKEN)

    beyond, within = around(NEARLY_TAKEN * slots.then)
    pasted = (
        (state("as pasted", sessions.total, False), state("as corrected", sessions.total, True)) if sessions else ()
    )
    yield Alert(
        "PostgresConnectionsNearlyTaken",
        "sum by (job, instance, server) (pg_stat_activity_count) / on (job, instance, server) "
        "(pg_settings_max_connections - pg_settings_superuser_reserved_connections "
        "- (pg_settings_reserved_connections or pg_settings_superuser_reserved_connections * 0))",
        NEARLY_TAKEN,
        "5m",
        "warning",
        "{{ $labels.instance }} has few connections left",
        f"More than {NEARLY_TAKEN:.0%} of the {slots.then:,} connections that ordinary users can have are taken; the "
        "rest is for superusers. A pooler, not a larger max_connections, is the cure.",
        "percentunit",
        slots.rules,
        slots.why,
        (*pasted, state("above the number", beyond, True), state("at the number", within, True)),
    )


def _pooler(limits: Limits) -> Iterator[Alert]:
    most, wait = limits.pooler("max_client_conn"), limits.pooler("query_wait_timeout")
    if most is None or wait is None:
        return
    state = limits.facts.get(PoolerState)
    queues = state.queues if state else ()
    longest = max((each.longest for each in queues), default=0)
    waiting = max((each.waiting for each in queues), default=0)
    clients = sum(each.active + each.waiting for each in queues)
    pool = f'{WHO}, database="app"'
    labels = (("database", "app"),)
    allowed = Limit(wait.now or USUAL_WAIT, wait.then or USUAL_WAIT)
    half = allowed.then // 2
    yield Alert(
        "PoolerClientsWaitLong",
        'max by (job, instance, database) (pgbouncer_pools_client_maxwait_seconds{database!="pgbouncer"})',
        half,
        "1m",
        "critical",
        "Clients of {{ $labels.database }} wait long for a server connection",
        f"A client has waited for more than {half} s, half of the {allowed.then} s "
        + ("after which PgBouncer ends it" if wait.then else "that PgBouncer usually allows")
        + " (query_wait_timeout). Look in SHOW POOLS and at what the servers of that pool are doing.",
        "s",
        wait.rules,
        wait.why,
        gauge(f"pgbouncer_pools_client_maxwait_seconds{{{pool}}}", longest, half),
        labels,
    )
    yield Alert(
        "PoolerClientsWait",
        'sum by (job, instance, database) (pgbouncer_pools_client_waiting_connections{database!="pgbouncer"})',
        0,
        "5m",
        "warning",
        "Clients of {{ $labels.database }} have been waiting for five minutes",
        "There has been a client without a server connection all the time: the pool is smaller than what its clients "
        "ask for, or transactions stay open in it.",
        "short",
        wait.rules,
        wait.why,
        gauge(f"pgbouncer_pools_client_waiting_connections{{{pool}}}", waiting, 0),
        labels,
    )
    number = math.floor(NEARLY_TAKEN * most.then)
    if number < 1:
        return
    yield Alert(
        "PoolerNearlyFull",
        "sum by (job, instance) "
        "(pgbouncer_pools_client_active_connections + pgbouncer_pools_client_waiting_connections)",
        number,
        "5m",
        "warning",
        "PgBouncer on {{ $labels.instance }} has few client connections left",
        f"More than {number:,} clients are connected; with {most.then:,} (max_client_conn) the next one is refused.",
        "short",
        most.rules,
        most.why,
        _two_gauges(clients, number, pool),
    )


def _two_gauges(clients: int, number: int, pool: str) -> tuple[State, ...]:
    def state(name: str, count: int) -> State:
        parts = (("active", count - count // 2), ("waiting", count // 2))
        series = ((f"pgbouncer_pools_client_{kind}_connections{{{pool}}}", flat(part)) for kind, part in parts)
        return State(name, tuple(series), count > number)

    pasted = (state("as pasted", clients),) if clients else ()
    return (*pasted, state("above the number", number + 1), state("at the number", number))


def _dead_peers(limits: Limits) -> Iterator[Alert]:
    found = limits.probes()
    if found is None:
        return
    now, then, rules, why = found
    path = limits.facts.get(NetworkPath)
    latest = int((path.idle_limit_us // 2 if path else LONGEST_LIMIT * 1_000_000) // 1_000_000)
    where = f"{path.who} forgets idle connections after {2 * latest} s" if path else "firewalls forget after an hour"
    shown = f"pg_settings_tcp_keepalives_idle_seconds{{{WHO}}}"
    late = Alert(
        "PostgresKeepaliveTooLate",
        "pg_settings_tcp_keepalives_idle_seconds",
        latest,
        "10m",
        "warning",
        "{{ $labels.instance }} asks idle clients for a sign of life too late",
        f"The first keepalive probe of the exporter's own session is sent after more than {latest} s: {where}. Over a "
        "Unix socket the exporter sees 0, and this alert says nothing.",
        "s",
        rules,
        why,
        (
            State("as pasted", ((shown, flat(now.first)),), now.first > latest),
            State("as corrected", ((shown, flat(then.first)),), then.first > latest),
            *gauge(shown, 0, latest),
        ),
    )
    # Where the changes leave it late, nothing that was pasted says that it hurts.
    if then.first <= latest:
        yield late
    ended = limits.setting("idle_in_transaction_session_timeout", 1_000_000) or Limit(0, 0)
    oldest_now = min(now.found, ended.now or now.found)
    oldest = min(then.found, ended.then or then.found)
    number = oldest + LATE
    cause = (
        f"idle_in_transaction_session_timeout ends it after {ended.then} s"
        if ended.then and ended.then < then.found
        else f"keepalive finds a client that is gone after {then.found} s"
    )
    age = f'pg_stat_activity_max_tx_duration{{{WHO}, datname="app", state="idle in transaction"}}'
    yield Alert(
        "TransactionOutlivesItsClient",
        "max by (job, instance, server, datname) "
        '(pg_stat_activity_max_tx_duration{state=~"idle in transaction( [(]aborted[)])?"})',
        number,
        "1m",
        "warning",
        "A transaction in {{ $labels.datname }} is open and idle for long",
        f"It is older than {number} s, though {cause}: the client is alive and has left it open, or the setting is not "
        "in force. It holds its locks and keeps vacuum from cleaning up.",
        "s",
        (*rules, *(each for each in ended.rules if each not in rules)),
        why or ended.why,
        (
            State(f"as pasted, up to {oldest_now:,} s", ((age, flat(oldest_now)),), oldest_now > number),
            State(f"as corrected, up to {oldest:,} s", ((age, flat(oldest)),), False),
            *gauge(age, 0, number),
        ),
        (("datname", "app"),),
    )


TOPIC = Topic({"alerts": alerts, "recorded": recorded})
