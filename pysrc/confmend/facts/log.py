"""What the PostgreSQL log says, whichever of its three forms was pasted: stderr or syslog, csvlog, jsonlog."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from confmend.document import Document
from confmend.facts import Documents
from confmend.formats.pg_levels import NOTES
from confmend.model import Fact, Line, Origin

KINDS = ("pg_log", "pg_csvlog", "pg_jsonlog")
_BANNER = re.compile(r"starting PostgreSQL ([0-9]+)(?:\.[0-9]+|devel|beta|rc)")
# "... on x86_64-pc-linux-gnu, compiled by gcc ...", "... on x86_64-windows, compiled by msvc-19.38 ..."
# Up to 16 a build by Visual C++ names no system (Solution.pm: "PostgreSQL 16.2, compiled by Visual C++ build 1937").
_BUILT_FOR = re.compile(r"starting PostgreSQL [^,]*?(?: on ([^\s,]+), compiled by|, compiled by (Visual C\+\+))")
KERNEL = "kernel"
# Lines without a message of the server's: in a syslog the kernel's stand beside them.
_OTHERS = frozenset(("", KERNEL))
# The columns of csvlog and jsonlog that stderr gives lines of their own, in the order in which it does.
_NOTE_COLUMNS = {
    "detail": "DETAIL",
    "hint": "HINT",
    "internal_query": "QUERY",
    "context": "CONTEXT",
    "location": "LOCATION",
    "query": "STATEMENT",
}
# What differs from one message to the next of the same kind: names, numbers, addresses.
_VARIABLE = re.compile(r"""(?P<name>"[^"]*+"|'[^']*+')|[0-9]+(?:[.:/-][0-9]+)*""")
# Messages that differ behind this many characters differ by a statement.
_ALIKE = 300


# A message's document, its line, and the lines of its notes.
_Place = tuple[Document, int, Sequence[int]]


@dataclass(frozen=True, slots=True)
class Record:
    """One message: what the server said, when, in which process, for whom. ``""`` where the log doesn't show it.

    ``notes`` are the DETAIL, HINT, CONTEXT, ... that belong to it, as (word, text).
    """

    level: str
    message: str
    time: str
    pid: str
    user: str
    database: str
    host: str
    application: str
    sqlstate: str
    session: str
    backend: str
    notes: tuple[tuple[str, str], ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class Repeat:
    """Messages that differ in numbers and quoted names only: how many, the first and the last of them."""

    level: str
    pattern: str
    count: int
    first: Record
    last: Record


@dataclass(frozen=True)
class ServerLog:
    """The documents of the log; messages are looked up, not copied, for a log may be large."""

    documents: tuple[Document, ...]

    def matching(self, pattern: re.Pattern[str]) -> Iterator[Origin]:
        """Yield where a message, or what the server says more about it, is found by the pattern."""
        for document in self.documents:
            notes_apart = document.kind == "pg_log"
            for index, line in enumerate(document.lines):
                if not line.key or line.key == KERNEL:
                    continue
                if pattern.search(line.value) or (not notes_apart and _noted(line, pattern)):
                    yield document.origin(index)

    def records(self) -> Iterator[Record]:
        """Yield the messages in the order in which they stand."""
        for document, index, notes in self._messages():
            yield _record(document, index, notes)

    def repeats(self) -> tuple[Repeat, ...]:
        """Return how often each kind of message stands there, the most frequent first."""
        found: dict[tuple[str, str], list[_Place]] = {}
        counts: Counter[tuple[str, str]] = Counter()
        for place in self._messages():
            line = place[0].lines[place[1]]
            key = line.key, alike(line.value)
            counts[key] += 1
            # The first and the last one.
            found.setdefault(key, [place, place])[1] = place
        return tuple(
            Repeat(*key, count, _record(*found[key][0]), _record(*found[key][1])) for key, count in counts.most_common()
        )

    def _messages(self) -> Iterator[_Place]:
        for document in self.documents:
            message = -1
            notes: list[int] = []
            for index, line in enumerate(document.lines):
                if line.key in _OTHERS:
                    continue
                # The server writes a message and its notes at once, so nothing comes between them but other programs.
                if line.key in NOTES:
                    notes.append(index)
                    continue
                if message >= 0:
                    yield document, message, notes
                message, notes = index, []
            if message >= 0:
                yield document, message, notes

    def processes(self) -> Mapping[str, tuple[Record, ...]]:
        """Return the messages of each process, by its session if the log shows that, else by its number."""
        found: dict[str, list[Record]] = {}
        for record in self.records():
            process = record.session or record.pid
            if process:
                found.setdefault(process, []).append(record)
        return {process: tuple(records) for process, records in found.items()}

    def version(self) -> tuple[int, Origin] | None:
        """Return the major version that the last start of the server named."""
        found = None
        for origin in self.matching(_BANNER):
            match = _BANNER.search(origin.text)
            if match:
                found = int(match[1]), origin
        return found

    def platform(self) -> tuple[str, Origin] | None:
        """Return the operating system that the last start of the server named, as its build calls it."""
        found = None
        for origin in self.matching(_BANNER):
            match = _BUILT_FOR.search(origin.text)
            if match:
                found = match[1] or match[2], origin
        return found


def alike(message: str) -> str:
    """Return a message with its numbers and quoted names replaced, so that those of one kind are the same."""
    return _VARIABLE.sub(lambda match: '"…"' if match["name"] else "N", message[:_ALIKE])


def _noted(line: Line, pattern: re.Pattern[str]) -> bool:
    """Whether it is found in what stderr writes on lines of its own and csv and JSON in columns."""
    if not getattr(line.columns, "more", False):
        return False
    columns = dict(line.columns.items())
    return any(pattern.search(columns[name]) for name in _NOTE_COLUMNS if name in columns)


def _record(document: Document, index: int, note_indices: Sequence[int]) -> Record:
    line = document.lines[index]
    columns = dict(line.columns.items())
    notes = tuple((document.lines[each].key, document.lines[each].value) for each in note_indices)
    if document.kind == "pg_log":
        host = columns.get("host", "")
        told = {name: columns.get(name, "") for name in ("time", "pid", "user", "database", "application", "sqlstate")}
        session, backend = columns.get("session", ""), columns.get("backend", "")
    else:
        host = columns.get("connection_from", "")
        told = {
            "time": columns.get("log_time", ""),
            "pid": columns.get("process_id", ""),
            "user": columns.get("user_name", ""),
            "database": columns.get("database_name", ""),
            "application": columns.get("application_name", ""),
            # jsonlog leaves out the one for "no error".
            "sqlstate": columns.get("sql_state_code", "00000"),
        }
        session, backend = columns.get("session_id", ""), columns.get("backend_type", "")
        notes = tuple((word, columns[name]) for name, word in _NOTE_COLUMNS.items() if name in columns)
    return Record(
        line.key,
        line.value,
        host=_without_port(host),
        session=session,
        backend=backend,
        notes=notes,
        origin=document.origin(index),
        **told,
    )


def _without_port(host: str) -> str:
    """Return the host of ``10.0.0.1(5432)`` and ``10.0.0.1:5432``."""
    host = re.sub(r"\(\d+\)$", "", host)
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() and (":" not in name or "." in name) else host


def gather(documents: Documents) -> ServerLog | None:
    """Return the logs, if there is any."""
    logs = tuple(document for document in documents.all if document.kind in KINDS)
    return ServerLog(logs) if logs else None


def describe(log: ServerLog) -> Iterator[tuple[str, str, str]]:
    """Say how many messages there are."""
    count = sum(line.key not in _OTHERS for document in log.documents for line in document.lines)
    yield "log messages", f"{count:,}", ", ".join(document.name for document in log.documents)


FACT = Fact(gather, "the PostgreSQL log around the error", describe)
