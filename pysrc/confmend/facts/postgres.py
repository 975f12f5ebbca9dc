"""PostgreSQL's effective settings: what it says it runs with, its command line, its files; and its version."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from confmend.catalog import postgres as catalog
from confmend.document import Document
from confmend.facts import Documents
from confmend.facts.command_line import KIND as COMMAND
from confmend.facts.command_line import CommandLine
from confmend.facts.log import ServerLog
from confmend.facts.server_settings import ServerSettings
from confmend.formats.postgresql_conf import judged
from confmend.model import Edit, Fact, Line, MissingFactError, Origin, Question, Value

KIND = "postgresql_conf"
OTHERS_PASTE = "the settings that nothing pasted says (SHOW ALL, or postgresql.conf)"
VERSION_PASTE = "the PostgreSQL version (select version(), or the answer postgresql = 16)"
_LOCAL = {"", "localhost", "127.0.0.1", "::1"}
# There is no table of 11, so a file that only 12 knows could be older; these came with 12.
_CAME_WITH_OLDEST = {"tcp_user_timeout", "plan_cache_mode", "shared_memory_type", "ssl_min_protocol_version"}
# Fewer settings than a stock file lists say nothing of its version.
_STOCK_FILE = 100


@dataclass(frozen=True)
class Postgres:
    """The files in the order in which the server reads them, and the major version where it is known.

    ``server`` is what the server says it runs with: it wins over the files, which may not have been loaded. So does
    ``command``, what it is started with.
    """

    files: tuple[Document, ...]
    version: int | None
    version_source: str
    server: ServerSettings | None = None
    command: CommandLine | None = None

    @property
    def known_version(self) -> int:
        """The major version. MissingFactError if nothing tells it."""
        if self.version is None:
            raise MissingFactError(VERSION_PASTE)
        return self.version

    def written(self, name: str) -> Value[str] | None:
        """Return what the files set a name to, None if they leave it alone."""
        for document in reversed(self.files):
            line = document.get(name)
            if line:
                return Value(line.value, document.origins(name)[-1])
        return None

    def running(self, name: str) -> Value[str] | None:
        """Return what the server says it runs with, None if nothing pasted says it."""
        return self.server.value(name) if self.server else None

    def effective(self, name: str) -> Value[str] | None:
        """Return what is running; where nobody printed it, what the command line sets, then what the files set."""
        return self.running(name) or self.started_with(name) or self.written(name)

    def started_with(self, name: str) -> Value[str] | None:
        """Return what the command line sets a name to, None if it leaves it alone."""
        return self.command.settings.get(name) if self.command else None

    @functools.cached_property
    def not_running(self) -> Mapping[str, tuple[Value[str], Value[str]]]:
        """What the files set and what runs instead, by name, where the two mean different things."""
        pairs = ((name, value, self.running(name)) for name, value in self.settings.items())
        return {
            name: (value, running)
            for name, value, running in pairs
            if running and not self._alike(name, value.value, running.value)
        }

    def _alike(self, name: str, one: str, other: str) -> bool:
        """Whether two values mean the same; text settings the server may rewrite, and they only count if equal."""
        try:
            row = self._row(name)
            if row.type in ("integer", "real"):
                return row.number(one) == row.number(other)
            if row.type == "bool":
                return catalog.flag(one) == catalog.flag(other)
            return row.type == "string" or row.choice(one) == row.choice(other)
        except (ValueError, KeyError, MissingFactError):
            return True

    @functools.cached_property
    def settings(self) -> Mapping[str, Value[str]]:
        """What the files set, by name: for each name the value that wins."""
        names = dict.fromkeys(name for document in self.files for name in document.settings)
        return {name: value for name in names if (value := self.written(name))}

    @property
    def judged(self) -> Iterator[tuple[str, Value[str]]]:
        """Yield the names and values that a start checks: more than those that win, see ``postgresql_conf.judged``."""
        places = {id(line): document.origin(index) for document, index, line in self._lines()}
        for line in judged(line for _, _, line in self._lines()):
            yield line.key, Value(line.value, places[id(line)])

    def _lines(self) -> Iterator[tuple[Document, int, Line]]:
        for document in self.files:
            for index, line in enumerate(document.lines):
                yield document, index, line

    def has(self, name: str) -> bool:
        """Whether the server knows a name; while its version is unknown, whether the files set it."""
        if self.version is not None:
            return name in catalog.settings(self.version)
        return self.effective(name) is not None

    def mends(self, document: Document, index: int) -> bool:
        """Whether an edit of the key of line ``index`` changes that very line, and no later one."""
        key = document.lines[index].key
        holding = [each for each in self.files if key and each.written(key)]
        return bool(holding) and holding[-1] is document and document.written(key)[-1] == index

    @property
    def only_local(self) -> bool:
        """Whether the server or its files say that nobody connects over a network."""
        found = self.effective("listen_addresses")
        return found is not None and {each.strip() for each in found.value.split(",")} <= _LOCAL

    def text(self, name: str) -> Value[str]:
        """Return the effective value as text: the running one, else the files', else the version's default.

        MissingFactError if all that is there is a few settings that the server printed, or its command line: the
        others can be anything.
        """
        found = self.effective(name)
        if not found and not self.files and not any(each.is_whole for each in (self.server, self.command) if each):
            raise MissingFactError(OTHERS_PASTE)
        return found or Value(self._row(name).default)

    def number(self, name: str) -> Value[float]:
        """Return the effective number in the setting's base unit. MissingFactError if the server would refuse it."""
        found = self.text(name)
        try:
            return Value(self._row(name).number(found.value), found.origin)
        except ValueError as refusal:
            raise MissingFactError(f"a value of {name} that the server accepts") from refusal

    def count(self, name: str) -> int:
        """Return the effective whole number."""
        return int(self.number(name).value)

    def size(self, name: str) -> int:
        """Return the effective size in bytes; a special value such as -1 stays as it is."""
        return self._scaled(name)

    def time_us(self, name: str) -> int:
        """Return the effective time in microseconds; a special value such as -1 stays as it is."""
        return self._scaled(name)

    def flag(self, name: str) -> bool:
        """Return the effective boolean. MissingFactError if the server would refuse it."""
        try:
            return catalog.flag(self.text(name).value, name)
        except ValueError as refusal:
            raise MissingFactError(f"a value of {name} that the server accepts") from refusal

    def choice(self, name: str) -> str:
        """Return the effective value of an enum as the server lists it. MissingFactError if it would refuse it."""
        try:
            return self._row(name).choice(self.text(name).value)
        except ValueError as refusal:
            raise MissingFactError(f"a value of {name} that the server accepts") from refusal

    def origins(self, *names: str) -> tuple[Origin, ...]:
        """Return the lines that win for the names; a default has none."""
        found = (self.effective(name) for name in names)
        return tuple(dict.fromkeys(value.origin for value in found if value and value.origin))

    def edit(self, name: str, value: str) -> Edit:
        """Return the edit that sets a name; no file can set what the command line does."""
        return Edit(COMMAND if self.started_with(name) else KIND, name, value)

    def _scaled(self, name: str) -> int:
        number = self.number(name).value
        return int(number) if number < 0 else round(number * self._row(name).per_unit)

    def _row(self, name: str) -> catalog.Setting:
        """Return the catalogue's row, where the version decides nothing or is known."""
        if self.version is not None:
            if name not in catalog.settings(self.version):
                raise MissingFactError(f"a version of PostgreSQL that has {name}")
            return catalog.settings(self.version)[name]
        rows = [catalog.settings(version)[name] for version in catalog.known_in(name)]
        if len({(row.default, row.unit, row.type) for row in rows}) > 1 and not self.effective(name):
            raise MissingFactError(VERSION_PASTE)
        if not rows:
            raise KeyError(name)
        return rows[-1]


def gather(
    documents: Documents, log: ServerLog | None, server: ServerSettings | None, command: CommandLine | None
) -> Postgres | None:
    """Return the settings, if a configuration file, the server's own list or a command with settings was pasted."""
    files = documents.of(KIND)
    if not files and not (server and server.documents) and not (command and command.settings):
        return None
    return Postgres(files, *_version(documents, log, server, files, command), server, command)


def _version(
    documents: Documents,
    log: ServerLog | None,
    server: ServerSettings | None,
    files: tuple[Document, ...],
    command: CommandLine | None,
) -> tuple[int | None, str]:
    answer = documents.answer(_ASKED)
    if answer:
        return answer.value, "your answer"
    told = (each.version() for each in (server, log, command) if each)
    for banner in told:
        if banner and banner[0] in catalog.versions():
            return banner[0], f"{banner[1].name}, line {banner[1].number}"
    for document in files:
        mentioned = {line.key for line in document.lines if line.key and catalog.known_in(line.key)}
        fitting = [version for version in catalog.versions() if mentioned <= catalog.settings(version).keys()]
        if len(mentioned) >= _STOCK_FILE and len(fitting) == 1 and mentioned & _CAME_WITH_OLDEST:
            return fitting[0], f"inferred: only {fitting[0]} knows all settings that {document.name} lists"
    return None, ""


def read_version(text: str) -> int | None:
    """Return the major version that an answer means, if there is a catalogue for it: ``16``, ``16.4``."""
    match = re.fullmatch(r"\s*(?:PostgreSQL )?([0-9]{2})(?:\.[0-9]+)?\s*", text)
    return int(match[1]) if match and int(match[1]) in catalog.versions() else None


def describe(postgres: Postgres) -> Iterator[tuple[str, str, str]]:
    """Say the version, how many settings the files set, how many the server printed, and which of them wait."""
    if postgres.version is not None:
        yield "PostgreSQL", str(postgres.version), postgres.version_source
    if postgres.files:
        count = len({key for document in postgres.files for key in document.settings})
        yield "PostgreSQL settings", f"{count:,}", ", ".join(document.name for document in postgres.files)
    if postgres.server and postgres.server.documents:
        names = ", ".join(document.name for document in postgres.server.documents)
        yield "PostgreSQL settings running", f"{len(postgres.server.names):,}", names
        if postgres.server.pending:
            yield "waiting for a restart", ", ".join(postgres.server.pending), names
    if postgres.not_running:
        unlike = (f"{name} = {set_.value}, running {now.value}" for name, (set_, now) in postgres.not_running.items())
        yield "set in the files, but not running", "; ".join(unlike), "the files against the server"


_ASKED = Question("postgresql", "Major version of PostgreSQL", "16", read_version)

FACT = Fact(gather, "postgresql.conf", describe, (_ASKED,))
