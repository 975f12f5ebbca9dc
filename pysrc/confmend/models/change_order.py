"""The order in which changes of several layers and hosts are made, in words: each step with its reason.

``change_place`` says what comes before what. Between a primary and its standbys five settings have an order of their
own: a standby needs at least the primary's value of each, or it stops replaying; so they grow on the standbys first,
and shrink on the primary first. Which of two pasted files is the standby's nothing in them says, so the other server's
part is told and not edited. Source: PostgreSQL's manual, 26.4.3 (hot standby, administrator's overview).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from confmend.catalog.applies import applies, reaches
from confmend.document import Document
from confmend.facts.pooler import KIND as POOLER
from confmend.facts.pooler import Pooler
from confmend.facts.postgres import KIND as POSTGRES
from confmend.facts.postgres import Postgres
from confmend.facts.role import Role
from confmend.model import Edit, Facts, MissingFactError
from confmend.models.change_place import AT_LEAST_THE_PRIMARYS, KERNEL, SERVICE, Place, Placed, placed

# What PostgreSQL asks the kernel for when it starts, and what for.
_AT_START = {
    "vm.nr_hugepages": "its huge pages",
    "vm.nr_overcommit_hugepages": "its huge pages",
    "vm.overcommit_memory": "its shared memory",
    "vm.overcommit_ratio": "its shared memory",
    "vm.overcommit_kbytes": "its shared memory",
    "kernel.shmmax": "its shared memory",
    "kernel.shmall": "its shared memory",
    "kernel.io_uring_disabled": "io_uring",
    "net.core.somaxconn": "its queue of new connections",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One key that a step sets, and when that takes effect."""

    kind: str
    key: str
    effect: str


@dataclass(frozen=True, slots=True)
class Step:
    """What to do at one place of the order, where, and why there and then.

    A step without changes is done on another server, or only makes the changes of others take effect.
    """

    place: Place
    title: str
    where: str
    changes: tuple[Change, ...]
    why: str


@dataclass(frozen=True)
class _Whole:
    """All changes that are made, and what is known."""

    found: tuple[Placed, ...]
    known: Facts

    def at(self, place: Place) -> tuple[Placed, ...]:
        """Return what has a place."""
        return tuple(each for each in self.found if each.place is place)

    def reached(self, reach: str) -> tuple[str, ...]:
        """Return the kernel keys whose new value reaches only what ``reach`` says."""
        kernel = (each.edit.key for each in self.found if each.edit.kind in KERNEL and each.edit.value is not None)
        return tuple(key for key in dict.fromkeys(kernel) if reaches(key) == reach)

    @property
    def pooled(self) -> bool:
        """Whether a PgBouncer is there."""
        return Pooler in self.known

    @property
    def restarts_postgres(self) -> bool:
        """Whether PostgreSQL starts anew: for a setting, or to listen anew where no pooler listens for it."""
        listens = bool(self.reached("next listen")) and not self.pooled and Postgres in self.known
        return listens or bool(self.at(Place.POSTGRES_RESTART))

    @property
    def keeps_sockets(self) -> bool:
        """Whether what clients connect to goes on running, with the sockets that it has."""
        if self.pooled:
            return not (self.at(Place.POOLER_RESTART) or self.reached("next listen"))
        return Postgres in self.known and not self.restarts_postgres


def in_order(
    edits: Sequence[Edit], before: Sequence[Document], after: Sequence[Document], known: Facts
) -> tuple[Step, ...]:
    """Return the steps, in order; none where one layer on one host is all that changes."""
    made = [edit for edit in edits if _changes(edit, before, after)]
    whole = _Whole(placed(made, before, after, known), known)
    steps = sorted((*_here(whole), *_on_other_servers(whole)), key=lambda step: step.place)
    layers = {_layer(each.edit.kind) for each in whole.found}
    elsewhere = any(step.place in (Place.OTHER_SERVER_FIRST, Place.OTHER_SERVER_LAST) for step in steps)
    return tuple(steps) if len(layers) > 1 or elsewhere else ()


def _changes(edit: Edit, before: Sequence[Document], after: Sequence[Document]) -> bool:
    """Whether an edit left another value behind it, in any of the texts."""
    pairs = zip(before, after, strict=True)
    return any(
        _written(one, edit.key) != _written(other, edit.key)
        for one, other in pairs
        if one.kind == edit.kind and one is not other
    )


def _written(document: Document, key: str) -> str | None:
    line = document.get(key)
    return line.value if line else None


def _layer(kind: str) -> str:
    """Return which program or host reads a kind of text."""
    if kind in SERVICE:
        return "service"
    if kind in KERNEL:
        return kind if kind in ("windows_reg", "launchd_plist") else "kernel"
    return {"pg_hba": POSTGRES, "userlist": POOLER}.get(kind, kind)


def _here(whole: _Whole) -> Iterator[Step]:
    """Yield a step for each place that has changes, or that makes a change of the kernel take effect."""
    listens, sockets = whole.reached("next listen"), whole.reached("new sockets")
    needed = {
        Place.POSTGRES_RESTART: whole.restarts_postgres,
        Place.POOLER_RESTART: bool(listens) and whole.pooled,
        Place.NEW_SOCKETS: bool(sockets) and whole.keeps_sockets,
    }
    for place, (title, where, why) in _WORDS.items():
        mine = whole.at(place)
        if mine or needed.get(place):
            yield Step(place, title, where, _listed(mine), " ".join(why(whole)))


def _listed(mine: Sequence[Placed]) -> tuple[Change, ...]:
    """Return the keys of a step. A running value that the file sets as well needs no command of its own."""
    in_files = {each.edit.key for each in mine if each.edit.kind == "sysctl_conf" and each.edit.value is not None}
    return tuple(
        Change(edit.kind, edit.key, applies(edit.kind, edit.key, edit.value is None))
        for edit in (each.edit for each in mine)
        if edit.kind != "sysctl_dump" or edit.key not in in_files
    )


def _kernel_gives(whole: _Whole) -> Iterator[str]:
    yield "What starts or connects after it finds the new values."
    asked = dict.fromkeys(_AT_START.get(each.edit.key, "") for each in whole.at(Place.KERNEL_GIVES))
    wanted = [each for each in asked if each]
    if wanted and whole.restarts_postgres:
        yield f"PostgreSQL asks for {_and(wanted)} when it starts."


def _service(_whole: _Whole) -> Iterator[str]:
    yield "A process gets its limits when it starts, so they must be there before it does."


def _pooler_asks_less(_whole: _Whole) -> Iterator[str]:
    yield "PostgreSQL is about to allow fewer connections: pools that still ask for the old number would be refused."


def _postgres_reload(whole: _Whole) -> Iterator[str]:
    yield "One reload takes over everything that needs no restart."
    if whole.restarts_postgres:
        yield (
            "It comes before the restart because a value that is refused costs nothing yet: select * from "
            "pg_file_settings where error is not null."
        )


def _postgres_restart(whole: _Whole) -> Iterator[str]:
    if len(whole.at(Place.POSTGRES_RESTART)) > 1:
        yield "One restart for all of them."
    listens = whole.reached("next listen")
    if listens and not whole.pooled:
        yield f"{_and(listens)} counts from the next time that the server listens."
    if whole.pooled:
        yield "PAUSE on PgBouncer's console before it and RESUME after it let clients wait instead of fail."
    if not listens and not whole.pooled:
        yield "Open transactions are lost, so choose the time."


def _kernel_takes(_whole: _Whole) -> Iterator[str]:
    yield "Until the programs have started with less, they use what the old limits allow."


def _pooler_reload(whole: _Whole) -> Iterator[str]:
    grown = any(each.grows for each in whole.at(Place.POOLER_RELOAD))
    connections = any(each.edit.key == "max_connections" and each.grows for each in whole.found)
    if grown and connections:
        yield "PostgreSQL now has the connections that larger pools open."
    else:
        yield "The pooler comes after its server, and before its clients rely on what it allows."


def _pooler_restart(whole: _Whole) -> Iterator[str]:
    yield "Its clients are disconnected, so it comes once and after all else that PgBouncer takes over."
    listens = whole.reached("next listen")
    if listens:
        yield f"{_and(listens)} counts from the next time that it listens."


def _clients(_whole: _Whole) -> Iterator[str]:
    yield "The other side knows by then what the new connection strings ask of it."


def _new_sockets(whole: _Whole) -> Iterator[str]:
    keys = whole.reached("new sockets")
    yield f"A socket takes over {_and(keys)} when it is opened: open connections keep the old values."
    if whole.pooled and not whole.restarts_postgres:
        yield "RECONNECT on PgBouncer's console opens its server connections anew."
    yield "Applications open theirs anew when their pools start."


_WORDS: Mapping[Place, tuple[str, str, Callable[[_Whole], Iterator[str]]]] = {
    Place.KERNEL_GIVES: ("Change the kernel's keys", "the hosts' kernels", _kernel_gives),
    Place.SERVICE: ("Change the limits of the services", "systemd or pam_limits", _service),
    Place.POOLER_ASKS_LESS: ("Let the pools ask for less", "PgBouncer", _pooler_asks_less),
    Place.POSTGRES_RELOAD: ("Reload PostgreSQL", "PostgreSQL", _postgres_reload),
    Place.POSTGRES_RESTART: ("Restart PostgreSQL", "PostgreSQL", _postgres_restart),
    Place.KERNEL_TAKES: ("Lower the kernel's limits", "the hosts' kernels", _kernel_takes),
    Place.POOLER_RELOAD: ("Reload PgBouncer", "PgBouncer", _pooler_reload),
    Place.POOLER_RESTART: ("Restart PgBouncer", "PgBouncer", _pooler_restart),
    Place.CLIENTS: ("Change the clients", "the applications", _clients),
    Place.NEW_SOCKETS: ("Have connections opened anew", "PgBouncer and the applications", _new_sockets),
}


def _on_other_servers(whole: _Whole) -> Iterator[Step]:
    """Yield what the primary's standbys, or the standby's primary, need before or after."""
    settings = [each for each in whole.found if each.edit.kind == POSTGRES and each.edit.key in AT_LEAST_THE_PRIMARYS]
    more = [each.edit for each in settings if each.grows is True]
    less = [each.edit for each in settings if each.grows is False]
    role: Role | None = whole.known.get(Role)
    if role and role.is_standby:
        if less:
            why = "A standby with less than its primary stops replaying. Let it replay the restart of the primary."
            yield _other(Place.OTHER_SERVER_FIRST, "Lower them on the primary first", "the primary", less, why)
        return
    if not _may_have_standbys(whole.known.get(Postgres)):
        return
    where = "each standby" if role and role.part else "each standby, if there are any"
    if more:
        why = "A standby with less than its primary stops replaying (13 and older: it shuts down)."
        yield _other(Place.OTHER_SERVER_FIRST, "Raise them on the standbys first, and restart these", where, more, why)
    if less:
        why = "Lowered before the primary has restarted with less, a standby would stop replaying."
        yield _other(Place.OTHER_SERVER_LAST, "Lower them on the standbys last", where, less, why)


def _other(place: Place, title: str, where: str, edits: Sequence[Edit], why: str) -> Step:
    changes = tuple(Change(edit.kind, edit.key, applies(edit.kind, edit.key)) for edit in edits)
    return Step(place, title, where, changes, why)


def _may_have_standbys(pg: Postgres | None) -> bool:
    """Whether a server can send WAL to a standby at all."""
    try:
        return pg is not None and pg.count("max_wal_senders") > 0 and pg.choice("wal_level") != "minimal"
    except MissingFactError:
        return True


def _and(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
