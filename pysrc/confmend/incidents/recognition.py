"""Which incidents a text shows: one pass over every log, dmesg, stack trace or lone line that was pasted.

A message is looked up by its rarest word first, so that a line costs the same however many incidents there are; then
the words between its ``%s`` must stand in the line in their order.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from confmend.document import Document
from confmend.formats.pg_levels import NOTES
from confmend.incidents import PROGRAMS, Message, incidents
from confmend.incidents.shared_codes import shared
from confmend.model import Line, Origin, Sighting

# The first lines are enough to see what it is; the count says how often.
_SHOWN = 5
# A message that is longer holds a statement.
_LONGEST = 2_000
# The server writes a message's notes right behind it; a driver's stack may stand between.
_NEAR = 8
# Whose messages a kind of text holds. Where clients speak they pass on what the server told them.
_PROGRAMS = {
    "pg_log": frozenset(("server", "client")),
    "pg_csvlog": frozenset(("server", "client")),
    "pg_jsonlog": frozenset(("server", "client")),
    "pgbouncer_log": frozenset(("pgbouncer", "server", "client")),
    "kernel_log": frozenset(("kernel",)),
    "error_text": frozenset(PROGRAMS),
}
_KERNEL = frozenset(("kernel",))
# A client's words alone look like a log of the server's: PgBouncer refuses with the same FATAL.
_MAY_BE_POOLERS = frozenset(("server", "client", "pgbouncer"))
_KERNEL_KEYS = frozenset(("kernel", "kern"))
# What a statement, or where it was, says is not what the server says.
_QUOTED = frozenset(("STATEMENT", "QUERY", "CONTEXT", "LOCATION", "BACKTRACE"))
_EVERY = frozenset(PROGRAMS)
_ERRORS = frozenset(("ERROR", "FATAL", "PANIC"))
_SESSION_GOES_ON = frozenset(("ERROR", "WARNING", "NOTICE", "INFO", "DETAIL", "HINT"))
# Who got the message, by the names that the formats give the columns.
_WHO = {"user": ("user", "user_name"), "database": ("database", "database_name"), "host": ("host", "connection_from")}
_TIME = ("time", "log_time")
_NOTE_COLUMNS = ("detail", "hint")
_SQLSTATE = ("sqlstate", "sql_state_code")
# Codes that a limit of one role, of one database or of standbys has too: in any language it is named then.
_ALSO_OF_ONE = frozenset(("53300",))
_OF_STANDBYS = "max_wal_senders"
_MOST_NAMES = 5
_WORD = re.compile(r"[a-z_]{3,}")
# A conversion of printf, with what elog.c adds: %m is the error's text.
_CONVERSION = re.compile(r"%(?:\d+\$)?[-+ #0]*[\d*]*(?:\.[\d*]+)?(?:hh|h|ll|l|z|j)?[diouxXeEfgGcspm]|%%")
# FATAL: query_wait_timeout   (psycopg2.errors.ProtocolViolation) query_wait_timeout   Error('query_wait_timeout')
_BEFORE_IT = frozenset(("", ": ", ") ", "('", '("'))
# PgBouncer says why it closes a connection: the server's, its client's, and once more as it tells the client.
_REASON = re.compile(r"(?:closing because|pooler error): (.*?)(?: \(age=\d+s\))?$")
# How a line begins that only says what was executed (log_statement, log_min_duration_statement).
_STATEMENT = re.compile(r"(?:duration: [\d.]+ ms  )?(?:statement|execute|parse|bind)\b[^:]{0,200}: ")
# "2026-03-02 03:14:55,031 ERROR: failed to update leader lock": Python's time, which no server writes. Patroni shares a
# journal or a container's output with its server, whose lines then are the log, and these no lines of it.
_OF_PYTHON = re.compile(r"\d\d:\d\d:\d\d,\d{3} (?=(?:INFO|WARNING|ERROR|CRITICAL): )")
_PREFIX = 250
_CLIENT = frozenset(("client",))
# The kernel says whom it will kill, and right behind it that it did: once is enough.
_WILL_KILL = re.compile(r"oom-kill:constraint=.*,pid=(\d+),")
_PORT = re.compile(r"\(\d+\)$|:\d+$")


@dataclass(frozen=True, slots=True)
class _Known:
    """A message ready to be looked up: its parts in their order, in small letters."""

    slug: str
    by: str
    parts: tuple[str, ...]
    note: tuple[str, ...]
    strict: bool
    alone: bool

    @property
    def weight(self) -> int:
        """How much of a line it explains."""
        return sum(map(len, self.parts)) + sum(map(len, self.note))


@dataclass
class _Seen:
    """What is counted of one incident."""

    count: int = 0
    evidence: list[Origin] = field(default_factory=list)
    first: str = ""
    last: str = ""
    by: dict[str, Counter[str]] = field(default_factory=lambda: {who: Counter() for who in _WHO})


def sightings(documents: Iterable[Document]) -> tuple[Sighting, ...]:
    """Return the incidents that the texts show, in the order of their slugs."""
    found: dict[str, _Seen] = {}
    for document in documents:
        programs = _PROGRAMS.get(document.kind)
        if programs:
            for index, slugs in _shown(document, programs):
                for slug in slugs:
                    _count(found.setdefault(slug, _Seen()), document, index)
    return tuple(_sighting(slug, found[slug]) for slug in sorted(found))


def recognised(text: str) -> bool:
    """Return whether a text that is no kind of file holds a message of an incident."""
    lines = text.split("\n")
    return any(_matching(line, _EVERY, partial(_following, lines, at)) for at, line in enumerate(lines))


def _following(lines: Sequence[str], index: int) -> Sequence[str]:
    return lines[index + 1 : index + _NEAR]


def _shown(document: Document, programs: frozenset[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield the lines that show incidents, and which."""
    lines = document.lines
    for index, line in enumerate(lines):
        if not line.key:
            said = said_by_python(line.raw)
            if said and (slugs := _matching(said, programs & _CLIENT, tuple)):
                yield index, slugs
            continue
        if line.key in _QUOTED or (line.key == "LOG" and _STATEMENT.match(line.value)):
            continue
        speaking, said = _KERNEL if line.key in _KERNEL_KEYS else programs, line.value
        if line.key == "INFO":
            # A server sends INFO to its client and keeps none of it; "INFO: task postgres:42 blocked" is the kernel's.
            speaking, said = programs | _KERNEL, f"INFO: {line.value}"
        if line.key == "FATAL" and document.kind == "pg_log":
            speaking = _MAY_BE_POOLERS
        slugs = _matching(said, speaking, partial(_notes, lines, index), line.key)
        if not slugs and line.key in _ERRORS:
            code = _column(line, _SQLSTATE)
            slugs = () if code in _ALSO_OF_ONE and _names_a_limit(line) else _by_sqlstate().get(code, ())
            slugs = slugs or shared(code, line.key, line.value, partial(_notes, lines, index))
        if slugs and not _said_before(lines, index) and not _said_again(lines, index):
            yield index, slugs


def said_by_python(raw: str) -> str:
    """Return the level and the message of a line that a Python program wrote into a server's log, else nothing."""
    found = _OF_PYTHON.search(raw, 0, _PREFIX) if raw[:1] != "\t" else None
    return raw[found.end() :].rstrip() if found else ""


def _said_before(lines: Sequence[Line], index: int) -> bool:
    """Whether PgBouncer's line before this one gives the same reason for the same client, or for its server."""
    line, before = lines[index], lines[index - 1]
    if not index or line.columns.get("side") != "client" or "side" not in before.columns:
        return False
    same = before.columns["side"] == "server" or before.columns.get("port") == line.columns.get("port")
    now, then = _REASON.match(line.value), _REASON.match(before.value)
    return same and now is not None and then is not None and now[1] == then[1]


def _said_again(lines: Sequence[Line], index: int) -> bool:
    """Whether the kernel's line only announces the kill that one right behind it reports."""
    found = _WILL_KILL.match(lines[index].value)
    killed = f" process {found[1]} (" if found else ""
    return bool(killed) and any(killed in line.value for line in lines[index + 1 : index + _NEAR])


def _names_a_limit(line: Line) -> bool:
    own = [_column(line, _WHO[who]) for who in ("user", "database")]
    quoted = re.findall(r"[\"'»«„“]\s?([^\"'»«„“”]+?)\s?[\"'»«“”]", line.value)
    return _OF_STANDBYS in line.value or any(name in own for name in quoted)


def _matching(
    text: str, programs: frozenset[str], notes: Callable[[], Iterable[str]], level: str = ""
) -> tuple[str, ...]:
    """Return the incidents whose message a line is: of messages one within the other the one that says more."""
    text = text[:_LONGEST].lower()
    by_word = _by_word()
    candidates = [known for word in by_word.keys() & set(_WORD.findall(text)) for known in by_word[word]]
    if not candidates:
        return ()
    text = " ".join(text.split())
    # A statement may fail with the words that refuse a session: role "x" does not exist. A client passes them on whole.
    goes_on = level in _SESSION_GOES_ON and "fatal" not in text
    matched = [
        known
        for known in candidates
        if known.by in programs
        and not (goes_on and known.strict)
        and (_stands_alone(text, known.parts[0]) if known.alone else _holds(text, known.parts))
        and (not known.note or _noted(known.note, notes()))
    ]
    return tuple(
        dict.fromkeys(known.slug for known in matched if not any(_says_more(other, known) for other in matched))
    )


def _holds(text: str, parts: tuple[str, ...]) -> bool:
    """Whether the parts stand in the text one behind the other."""
    at = 0
    for part in parts:
        at = text.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return True


def _stands_alone(text: str, words: str) -> bool:
    """Whether the words are all that is said, but for who says it, a code or an age behind them, and quotes."""
    before, found, after = text.partition(words)
    return bool(found) and before[-2:] in _BEFORE_IT and (not after or after[0] in "\\\"'" or after.startswith(" ("))


def _noted(note: tuple[str, ...], notes: Iterable[str]) -> bool:
    return any(_holds(" ".join(each[:_LONGEST].lower().split()), note) for each in notes)


def _says_more(other: _Known, known: _Known) -> bool:
    return other.weight > known.weight and _holds("\0".join(other.parts), known.parts)


def _notes(lines: Sequence[Line], index: int) -> Iterator[str]:
    """Yield what stands as DETAIL or HINT of a message: in columns, or on the lines behind it."""
    columns = lines[index].columns
    yield from (columns[name] for name in _NOTE_COLUMNS if name in columns)
    for line in lines[index + 1 : index + _NEAR]:
        if line.key in NOTES or line.key == "error":
            yield line.value
        elif line.key:
            return


@functools.cache
def _by_word() -> Mapping[str, tuple[_Known, ...]]:
    """Return the messages by the word of each that is the rarest among all of them."""
    every = [_known(slug, message) for slug, incident in incidents().items() for message in incident.messages]
    counts = Counter(word for known in every for word in _words(known))
    found: dict[str, list[_Known]] = {}
    for known in every:
        found.setdefault(min(_words(known), key=lambda word: (counts[word], -len(word), word)), []).append(known)
    return {word: tuple(messages) for word, messages in found.items()}


@functools.cache
def _by_sqlstate() -> Mapping[str, tuple[str, ...]]:
    return {code: (slug,) for slug, incident in incidents().items() for code in incident.sqlstates}


def _known(slug: str, message: Message) -> _Known:
    return _Known(slug, message.by, parts(message.text), parts(message.note), message.strict, message.alone)


def parts(template: str) -> tuple[str, ...]:
    """Return what a message says between the things that vary, in small letters: ``("role \"", "\" is not ...")``."""
    every = (" ".join(each.lower().split()) for each in _CONVERSION.split(template))
    return tuple(each for each in every if each)


def _words(known: _Known) -> list[str]:
    """Return the words of a message that always stand in it whole: none that touches something that varies."""
    whole = "\0".join(known.parts)
    return [
        match[0]
        for match in _WORD.finditer(whole)
        if whole[match.start() - 1 : match.start()] != "\0" and whole[match.end() : match.end() + 1] != "\0"
    ]


def _count(seen: _Seen, document: Document, index: int) -> None:
    line = document.lines[index]
    seen.count += 1
    if len(seen.evidence) < _SHOWN:
        seen.evidence.append(document.origin(index))
    time = _column(line, _TIME)
    seen.first = seen.first or time
    seen.last = time or seen.last
    for who, columns in _WHO.items():
        name = _column(line, columns)
        if name:
            seen.by[who][_PORT.sub("", name) if who == "host" else name] += 1


def _column(line: Line, names: tuple[str, ...]) -> str:
    return next((line.columns[name] for name in names if line.columns.get(name)), "")


def _sighting(slug: str, seen: _Seen) -> Sighting:
    by = {who: tuple(counts.most_common(_MOST_NAMES)) for who, counts in seen.by.items() if counts}
    return Sighting(slug, seen.count, tuple(seen.evidence), seen.first, seen.last, by)
