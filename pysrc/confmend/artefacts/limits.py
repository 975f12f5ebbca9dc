"""The limits that alerts and connection strings are measured by: as they are, and as they are after the changes."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from confmend.artefacts.source import Source
from confmend.artefacts.wanted import Change, changes
from confmend.catalog import pgbouncer as bouncer
from confmend.catalog import postgres as catalog
from confmend.facts.keepalive import Keepalive
from confmend.facts.kernel import DUMP, FILE, integers
from confmend.facts.memory import Memory, default_tcp_mem
from confmend.facts.page import PageSize
from confmend.facts.pooler import KIND as POOLER
from confmend.facts.pooler import Pooler
from confmend.facts.postgres import KIND as POSTGRES
from confmend.facts.postgres import Postgres
from confmend.facts.server_settings import SHOWN, VIEW
from confmend.facts.tcp_limits import KEY, TcpLimits
from confmend.model import MissingFactError, Value
from confmend.models.dead_peer import idle
from confmend.units import SECOND


@dataclass(frozen=True, slots=True)
class Limit:
    """A number before and after the changes, the rules that change it, and what the first of them is about."""

    now: int
    then: int
    rules: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Probes:
    """The server's keepalive in seconds, and when it gives up a client that is gone and was idle."""

    first: int
    interval: int
    count: int
    found: int


class Limits:
    """What one source's settings come to; the changes are looked up once."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.facts = source.analysis.facts

    @functools.cached_property
    def _postgres(self) -> Mapping[str, Change]:
        return {each.key: each for each in changes(self._source.analysis, (POSTGRES,), (SHOWN, VIEW))}

    @functools.cached_property
    def _pooler(self) -> Mapping[str, Change]:
        return {each.key: each for each in changes(self._source.analysis, (POOLER,))}

    @functools.cached_property
    def _kernel(self) -> Mapping[str, Change]:
        return {each.key: each for each in changes(self._source.analysis, (FILE, DUMP))}

    def tcp_mem(self) -> tuple[Limit, Limit] | None:
        """Return the second and third number of tcp_mem, in pages; None where nothing tells them."""
        limits = self.facts.get(TcpLimits)
        if self._source.service or limits is None:
            return None
        now, change = (limits.low, limits.pressure, limits.high), self._kernel.get(KEY)
        then = now
        if change and change.value is None:
            memory, page = self.facts.get(Memory), self.facts.get(PageSize)
            then = default_tcp_mem(memory, page) if memory and page else now
        elif change:
            then = _triple(change.value or "") or now
        rules, why = _reason(change)
        return Limit(now[1], then[1], rules, why), Limit(now[2], then[2], rules, why)

    def setting(self, name: str, unit: int = 1) -> Limit | None:
        """Return a whole number of PostgreSQL's; of a time or a size, how many times ``unit``, in µs or bytes."""
        pg = self.facts.get(Postgres)
        change = self._postgres.get(name)
        try:
            now = (pg.count(name) if unit == 1 else pg.time_us(name) // unit) if pg else None
        except (MissingFactError, KeyError):
            return None
        if pg is None or now is None:
            return None
        then = now
        if change:
            row = catalog.settings(pg.version or catalog.known_in(name)[-1])[name]
            try:
                number = row.number(row.default if change.value is None else change.value)
                then = int(number) if unit == 1 else round(number * row.per_unit) // unit
            except ValueError:
                then = now
        return Limit(now, then, *_reason(change))

    def pooler(self, name: str) -> Limit | None:
        """Return a whole number of PgBouncer's, of a time its seconds."""
        pooler, change = self.facts.get(Pooler), self._pooler.get(f"pgbouncer/{name}")
        if pooler is None:
            return None
        now = _bouncers(pooler.text(name))
        row = bouncer.settings()[name]
        text = change.value if change else None
        then = _bouncers(text if text is not None else row.default) if change else now
        return Limit(now, now if then is None else then, *_reason(change)) if now is not None else None

    def probes(self) -> tuple[Probes, Probes, tuple[str, ...], str] | None:
        """Return the server's keepalive now and after the changes, their rules and why; None without PostgreSQL."""
        known = self.facts.get(Keepalive)
        if known is None:
            return None
        now = (known.idle_us, known.interval_us, known.count, known.user_timeout_us)
        names = ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count", "tcp_user_timeout")
        units = (SECOND, SECOND, 1, 1_000)
        then = []
        rules: dict[str, None] = {}
        why = ""
        for name, unit, before in zip(names, units, now, strict=True):
            limit = self.setting(name, unit) if name in self._postgres else None
            # A setting that goes back to 0 goes back to the kernel's number.
            then.append(limit.then * unit if limit and limit.then else before)
            rules.update(dict.fromkeys(limit.rules if limit else ()))
            why = why or (limit.why if limit else "")
        return _probes(*now), _probes(*then), tuple(rules), why


def _probes(first: int, interval: int, count: int, user_timeout: int) -> Probes:
    found = idle(first, interval, count, user_timeout)
    return Probes(first // SECOND, interval // SECOND, count, -(-found // SECOND))


def _triple(text: str) -> tuple[int, int, int] | None:
    found = integers(Value(text), 3)
    return (found[0], found[1], found[2]) if found else None


def _bouncers(text: str) -> int | None:
    number = bouncer.integer(text)
    if number is not None:
        return number
    seconds = bouncer.seconds(text)
    return None if seconds is None else int(seconds)


def _reason(change: Change | None) -> tuple[tuple[str, ...], str]:
    return (change.rules, change.why) if change else ((), "")
