"""What an Ansible role sets on every host of a group: a number that follows the host's memory is computed there.

The role asks pg_file_settings what ALTER SYSTEM has set and changes what differs. The module ``postgresql_set`` would
be shorter; but it writes a value between apostrophes as it stands, parts it at commas, and takes 4096MB for another
value than 4GB, so that a setting that waits for a restart is set anew in each run.

PgBouncer has no statement that writes its file and no dry run of it, so the role edits [pgbouncer] of pgbouncer.ini in
place. It keeps a copy, prints no part of the file, for passwords stand in it, and leaves one alone that has no such
section or a second: a new [pgbouncer] sets whatever stands before it back to the defaults (PgBouncer, src/main.c).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from confmend.artefacts.base_units import row
from confmend.artefacts.kernel import Key, kernel
from confmend.artefacts.settings import Setting, by_statement
from confmend.artefacts.source import Source, Topic
from confmend.artefacts.wanted import Change, changes
from confmend.catalog.applies import restarts
from confmend.catalog.pgbouncer import MAIN
from confmend.facts.kernel import FILE
from confmend.facts.memory import Memory
from confmend.facts.pooler import KIND, RUNNING, Pooler
from confmend.facts.postgres import Postgres
from confmend.facts.server_memory import ServerMemory
from confmend.units import SIZES

_MIB = SIZES["MB"]
# What is a share of the memory: on another host the same share of that host's.
_SETTINGS = (
    *("autovacuum_work_mem", "effective_cache_size", "logical_decoding_work_mem", "maintenance_work_mem"),
    *("shared_buffers", "temp_buffers", "work_mem"),
)
_KEYS = (
    *("kernel.shmall", "kernel.shmmax", "net.ipv4.tcp_mem", "net.ipv4.udp_mem", "vm.min_free_kbytes"),
    *("vm.nr_hugepages", "vm.nr_overcommit_hugepages", "vm.overcommit_kbytes"),
)
# Where the packages of Debian and of PGDG have it.
_POOLER_FILE = "/etc/pgbouncer/pgbouncer.ini"
_NUMBERS = re.compile(r"[0-9]{1,18}(?:\s+[0-9]{1,18})*")
_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_$]*")


@dataclass(frozen=True, slots=True)
class Share:
    """Numbers, in ``unit``, that are right on a host of ``of`` MiB."""

    numbers: tuple[int, ...]
    unit: str
    of: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A setting with what the file of ALTER SYSTEM then says; ``back`` where it said something before."""

    setting: Setting
    stored: str
    back: str
    share: Share | None


@dataclass(frozen=True, slots=True)
class HostKey:
    """A key of the kernel."""

    key: Key
    share: Share | None


@dataclass(frozen=True, slots=True)
class PoolerSetting:
    """A setting of [pgbouncer]; ``value`` None: its line goes; ``old`` None: there was no line."""

    name: str
    value: str | None
    old: str | None
    restart: bool
    rules: tuple[str, ...]
    why: str
    applies: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of another file that is wrong, or would win over the role's own."""

    file: str
    key: str
    value: str
    rules: tuple[str, ...]
    why: str


def statements(source: Source) -> tuple[Statement, ...]:
    """Return the settings that ALTER SYSTEM sets."""
    known = source.analysis.facts.get(Postgres)
    memory = source.analysis.facts.get(ServerMemory)
    # A limit of its container is no share of a host's memory.
    of = memory.ram if memory and not memory.limited and not memory.doubt else 0
    return tuple(
        Statement(each, _stored(each.values), _stored(each.back), _share(each, known.version if known else None, of))
        for each in by_statement(source)
    )


def host_keys(source: Source) -> tuple[HostKey, ...]:
    """Return the kernel's keys that are to be set."""
    memory = source.analysis.facts.get(Memory)
    of = memory.ram // _MIB if memory and not memory.doubt else 0
    return tuple(HostKey(each, _share_of_key(each, of)) for each in kernel(source) if each.value is not None)


def pooler_file(source: Source) -> str:
    """Return where PgBouncer's file is: where it was pasted with its place, else where packages lay it."""
    pooler = source.analysis.facts.get(Pooler)
    name = pooler.file.name if pooler and pooler.file.kind == KIND else ""
    return name if name.startswith("/") else _POOLER_FILE


def pooler_settings(source: Source) -> tuple[PoolerSetting, ...]:
    """Return the settings of [pgbouncer] that are to change in PgBouncer's own file."""
    return tuple(
        PoolerSetting(
            each.key.removeprefix(f"{MAIN}/"),
            each.value,
            each.old,
            restarts(KIND, each.key),
            each.rules,
            each.why,
            each.applies,
        )
        for each in _pooler_changes(source)
        if _is_in_the_file(source, each)
    )


def _pooler_by_hand(source: Source) -> tuple[Change, ...]:
    """Return what stands in another section, or in a file that PgBouncer's own includes."""
    return tuple(each for each in _pooler_changes(source) if not _is_in_the_file(source, each))


def _pooler_changes(source: Source) -> tuple[Change, ...]:
    return changes(source.analysis, (KIND,), (RUNNING,))


def _is_in_the_file(source: Source, change: Change) -> bool:
    pooler = source.analysis.facts.get(Pooler)
    files = [each.name for each in source.analysis.documents if each.kind == KIND and each.name in change.where]
    own = not files or (pooler is not None and files == [pooler.file.name])
    return own and change.key.startswith(f"{MAIN}/")


def lines_elsewhere(source: Source) -> tuple[Line, ...]:
    """Return the lines that are to leave the files that were pasted with their places."""
    return tuple(each for each in _lines(source) if each.file.startswith("/"))


def _lines_somewhere(source: Source) -> tuple[Line, ...]:
    """Return the lines that are to leave files whose place nobody told."""
    return tuple(each for each in _lines(source) if not each.file.startswith("/"))


def _lines(source: Source) -> Iterator[Line]:
    files = [each for each in source.analysis.documents if each.kind == FILE]
    for key in kernel(source):
        for file in files:
            line = file.get(key.key)
            if line and file.name in key.files:
                yield Line(file.name, key.key, " ".join(line.value.split()), key.rules, key.why)


def _share(setting: Setting, version: int | None, of: int) -> Share | None:
    known = row(setting.name, version)
    if not known or setting.value is None or setting.name not in _SETTINGS or of < _MIB:
        return None
    size = int(known.number(setting.value)) * known.per_unit
    return Share((size // SIZES["kB"],), "kB", of // _MIB) if size >= _MIB else None


def _share_of_key(key: Key, of: int) -> Share | None:
    if key.key not in _KEYS or not of or not _NUMBERS.fullmatch(key.value or ""):
        return None
    return Share(tuple(map(int, (key.value or "").split())), "", of)


def _stored(values: Sequence[str]) -> str:
    """Return what ALTER SYSTEM writes: of a list its elements, quoted where their names need it (quote_identifier)."""
    if len(values) < 2:
        return "".join(values)
    return ", ".join(each if _PLAIN_NAME.fullmatch(each) else '"' + each.replace('"', '""') + '"' for each in values)


def _any(source: Source) -> bool:
    return bool(by_statement(source) or host_keys(source) or lines_elsewhere(source) or pooler_settings(source))


TOPIC = Topic(
    {
        "ansible": _any,
        "ansible_settings": statements,
        "ansible_keys": host_keys,
        "ansible_lines": lines_elsewhere,
        "ansible_lines_somewhere": _lines_somewhere,
        "ansible_pooler": pooler_settings,
        "ansible_pooler_by_hand": _pooler_by_hand,
        "ansible_pooler_file": pooler_file,
    }
)
