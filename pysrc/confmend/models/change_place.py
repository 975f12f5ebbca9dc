"""The place of each change in the order in which changes of several layers are made.

What allows more comes before what asks for more, and what asks for less before what allows less. So the kernel's and
the services' limits grow first, PostgreSQL's connections before the pools that open them, and what is taken away is
taken from the side that asks before it is taken from the side that gives. What can be reloaded is reloaded before
anything restarts, for a file that is refused then costs nothing; what must restart does so once.
Sources: PostgreSQL's manual, 18.4 (kernel resources) and 52.6 (pg_file_settings); pgbouncer(1), admin console;
listen(2), tcp(7).
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace

from confmend.catalog import pgbouncer as catalog
from confmend.catalog.applies import restarts
from confmend.document import Document
from confmend.facts import Documents
from confmend.facts import pooler as pools
from confmend.facts.kernel import Kernel, integers
from confmend.facts.pooler import Pooler
from confmend.facts.postgres import Postgres
from confmend.model import Edit, Facts, MissingFactError, Value

# Of these a standby needs at least the primary's value (xlogrecovery.c, CheckRequiredParameterValues).
AT_LEAST_THE_PRIMARYS = (
    "max_connections",
    "max_worker_processes",
    "max_wal_senders",
    "max_prepared_transactions",
    "max_locks_per_transaction",
)
# What PgBouncer's pools ask PostgreSQL for; 0 is no limit where the second table says so.
DEMAND = ("default_pool_size", "min_pool_size", "reserve_pool_size", "pool_size", "reserve_pool")
CAPS = ("max_db_connections", "max_user_connections")
# What programs can have from the kernel: more of it is given before they ask, less after they have let go.
KERNEL_LIMITS = frozenset(
    (
        "vm.nr_hugepages",
        "vm.nr_overcommit_hugepages",
        "vm.overcommit_ratio",
        "vm.overcommit_kbytes",
        "net.core.somaxconn",
        "fs.file-max",
        "fs.nr_open",
        "fs.aio-max-nr",
        "kernel.shmmax",
        "kernel.shmall",
        "kernel.shmmni",
        "kernel.threads-max",
        "kernel.pid_max",
        "net.netfilter.nf_conntrack_max",
    )
)
# Refusing memory beyond a limit takes away, the other two ways of vm.overcommit_memory do not.
_OVERCOMMIT, _STRICT = "vm.overcommit_memory", 2
KERNEL = ("sysctl_conf", "sysctl_dump", "tuned_conf", "windows_reg", "launchd_plist")
SERVICE = ("systemd_unit", "limits_conf")


class Place(enum.IntEnum):
    """The places in the order, first to last."""

    OTHER_SERVER_FIRST = 1
    KERNEL_GIVES = 2
    SERVICE = 3
    POOLER_ASKS_LESS = 4
    POSTGRES_RELOAD = 5
    POSTGRES_RESTART = 6
    OTHER_SERVER_LAST = 7
    KERNEL_TAKES = 8
    POOLER_RELOAD = 9
    POOLER_RESTART = 10
    CLIENTS = 11
    NEW_SOCKETS = 12


@dataclass(frozen=True, slots=True)
class Placed:
    """An edit with its place. ``grows`` is True for more than before, False for less, None where neither is known."""

    edit: Edit
    place: Place
    grows: bool | None


def placed(
    edits: Sequence[Edit], before: Sequence[Document], after: Sequence[Document], known: Facts
) -> tuple[Placed, ...]:
    """Return each edit with its place in the order."""
    growth = {edit: _grows(edit, before, after, known) for edit in edits}
    fewer = any(edit.key == "max_connections" and grows is False for edit, grows in growth.items())
    return tuple(Placed(edit, _place(edit, grows, fewer), grows) for edit, grows in growth.items())


def _place(edit: Edit, grows: bool | None, fewer_connections: bool) -> Place:
    if edit.kind in KERNEL:
        taken = grows is False and (edit.key in KERNEL_LIMITS or edit.key == _OVERCOMMIT)
        return Place.KERNEL_TAKES if taken else Place.KERNEL_GIVES
    if edit.kind in SERVICE:
        return Place.SERVICE
    if edit.kind in ("postgresql_conf", "pg_hba"):
        return Place.POSTGRES_RESTART if restarts(edit.kind, edit.key) else Place.POSTGRES_RELOAD
    if edit.kind in (pools.KIND, "userlist"):
        if restarts(edit.kind, edit.key):
            return Place.POOLER_RESTART
        return Place.POOLER_ASKS_LESS if grows is False and fewer_connections else Place.POOLER_RELOAD
    return Place.CLIENTS


def _grows(edit: Edit, before: Sequence[Document], after: Sequence[Document], known: Facts) -> bool | None:
    old: float | None
    new: float | None
    if edit.kind == "postgresql_conf":
        pg: Postgres | None = known.get(Postgres)
        old, new = _setting(pg, edit.key), _setting(_after(pg, before, after), edit.key)
    elif edit.kind == pools.KIND:
        old, new = (_asked(pools.gather(Documents(tuple(texts))), edit.key) for texts in (before, after))
    elif edit.kind in ("sysctl_conf", "sysctl_dump", "tuned_conf"):
        kernel: Kernel | None = known.get(Kernel)
        old = _kernel_number(kernel.effective(edit.key) if kernel else None, edit.key)
        new = _kernel_number(Value(edit.value) if edit.value is not None else None, edit.key)
    else:
        return None
    return None if old is None or new is None or old == new else new > old


def _after(pg: Postgres | None, before: Sequence[Document], after: Sequence[Document]) -> Postgres | None:
    """Return what the corrected files say, whatever is running now."""
    if pg is None:
        return None
    new = {one.name: other for one, other in zip(before, after, strict=True)}
    return replace(pg, files=tuple(new[each.name] for each in pg.files), server=None)


def _setting(pg: Postgres | None, name: str) -> float | None:
    try:
        return pg.number(name).value if pg and name in AT_LEAST_THE_PRIMARYS else None
    except MissingFactError:
        return None


def _asked(pooler: Pooler | None, key: str) -> float | None:
    """Return what a key lets PgBouncer's pools ask for; None for what decides nothing of that."""
    name = key.rpartition("/")[2]
    if pooler is None or name not in (*DEMAND, *CAPS):
        return None
    line = pooler.file.get(key)
    if line is None and not key.startswith(f"{catalog.MAIN}/"):
        return None
    try:
        number = float(catalog.leading_integer(line.value) if line else pooler.count(name))
    except MissingFactError:
        return None
    return float("inf") if name in CAPS and number <= 0 else number


def _kernel_number(value: Value[str] | None, key: str) -> float | None:
    """Return a limit as one number: how much it gives."""
    numbers = integers(value, 1)
    if not numbers:
        return None
    return float(numbers[0] != _STRICT) if key == _OVERCOMMIT else float(numbers[0])
