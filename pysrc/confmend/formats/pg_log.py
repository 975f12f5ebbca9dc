r"""A PostgreSQL log as stderr, syslog or the event log gets it, with any log_line_prefix and in any language.

``2026-03-02 03:14:55 UTC [20412] app@orders LOG:  could not receive data from client: ...``. The key of a line is its
level in English, the value its message. What the server writes over several lines, it begins with a tab from the second
on; syslog cuts long lines into numbered chunks. Such lines have no key, the first one's value holds them all. DETAIL,
HINT, CONTEXT and STATEMENT are lines of their own. Columns: time, pid, user, database, host, application, sqlstate,
session and backend, as far as the prefix shows them. Source: src/backend/utils/error/elog.c.

A syslog or journal holds other programs' lines too. The kernel's are kept, under the key ``kernel``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice

from confmend.document import Format, split_lines
from confmend.formats.lazy_columns import LazyColumns
from confmend.formats.log_carriers import CARRIED, carrier
from confmend.formats.log_line_prefix import Shape, line_columns, shape
from confmend.formats.pg_levels import NOTES, Level, strong_level, weak_level
from confmend.model import Line

KERNEL = "kernel"
# Behind a longer prefix than this nobody writes a level; it also keeps a line of 100,000 characters cheap.
_PREFIX = 500
_SAMPLE = 200
# What a message of the kernel's begins with when its own clock stands before it.
_KERNEL_CLOCK = re.compile(r"\[ *\d+\.\d+\] ")
# What log_error_verbosity = verbose puts before the message.
_STATE = re.compile(r"[0-9A-Z]{5}: ")
_STATE_WIDTH = 7
# A statement whose tabs the clipboard took; other lines that don't begin with a tab are no part of a message.
_SQL = re.compile(r"(?:duration: [\d.]+ ms  )?(?:statement|execute|parse|bind)\b[^:]{0,200}:")


def read(text: str) -> Iterator[Line]:
    """Yield the lines."""
    raws = list(split_lines(text))
    return iter(_Reading(raws).lines())


class _Reading:
    """The lines of one text: what carries them, and the messages that are still going on."""

    def __init__(self, raws: list[str]) -> None:
        self._raws = raws
        self._carrier = carrier(raws)
        self._find = self._finder()
        self._shape = self._common()
        self._read: list[Line] = []
        # The last message of each writer: a container, a process in syslog, or nobody in particular.
        self._open: dict[str, int] = {}
        self._tails: dict[int, list[str]] = {}

    def _finder(self) -> Callable[[str, int, int], Level | None]:
        """A chat takes one of the two spaces from all lines; if any line has both, those with one are others'."""
        strong = any(strong_level(raw, 0, _PREFIX) for raw in self._raws) if not self._carrier.json else True
        return strong_level if strong else weak_level

    def _common(self) -> Shape:
        prefixes, messages, states = [], 0, 0
        for raw in self._raws:
            if raw[0] in "\t\n":
                continue
            start, _, _ = self._start(raw)
            level = self._find(raw, start, start + _PREFIX)
            if level:
                prefixes.append(raw[start : level[0]])
                messages += level[2] not in NOTES
                states += level[2] not in NOTES and bool(_STATE.match(raw, level[1]))
                if len(prefixes) == _SAMPLE:
                    break
        verbose = messages > 0 and states * 2 > messages
        return shape(self._carrier, prefixes, self._find is strong_level, verbose)

    def _start(self, raw: str) -> tuple[int, str | None, bool]:
        """Return where the server's own text starts, who wrote it, and whether it is a later chunk of the same."""
        pattern = self._carrier.pattern
        if not pattern:
            return 0, "", False
        match = pattern.match(raw)
        if not match:
            return 0, None, False
        chunk = match["chunk"] if "chunk" in pattern.groupindex else None
        return match.end(), match["who"], bool(chunk and chunk != "1")

    def lines(self) -> list[Line]:
        """Return the lines."""
        if self._carrier.json:
            for raw in self._raws:
                self._json(raw)
        elif self._carrier.pattern:
            for raw in self._raws:
                self._carried(raw, *self._start(raw))
        else:
            self._plain()
        for index, tail in self._tails.items():
            line = self._read[index]
            # What stands before the first line's end belongs to the message's first line, cut by syslog.
            value = line.value + "\n".join([each.rstrip("\r\n") for each in tail])
            self._read[index] = Line(line.raw, line.key, value, line.key_at, line.start, line.end, columns=line.columns)
        return self._read

    def _plain(self) -> None:
        """Read lines that nothing carries, the way most logs come, so the quick one."""
        append, find, form = self._read.append, self._find, self._shape
        tail, index = [""], -1
        for number, raw in enumerate(self._raws):
            # The tab is the server's own; an empty line in between has lost it.
            if raw[0] == "\t" and index >= 0:
                tail.append(raw[1:])
                append(Line(raw))
                continue
            level = find(raw, 0, _PREFIX)
            if level:
                if len(tail) > 1:
                    self._tails[index] = tail
                index, tail = number, [""]
                at, start, key = level
                if form.verbose and key not in NOTES and _STATE.match(raw, start):
                    start += _STATE_WIDTH
                end = len(raw.rstrip("\r\n"))
                columns = LazyColumns(line_columns, (raw, 0, at, form))
                append(Line(raw, key, raw[start:end], at, min(start, end), end, columns=columns))
                continue
            if index >= 0 and raw.strip():
                if raw.startswith("    ") or _goes_on_as_sql(self._read[index]):
                    tail.append(raw)
                else:
                    if len(tail) > 1:
                        self._tails[index] = tail
                    index, tail = -1, [""]
            append(Line(raw))
        if len(tail) > 1:
            self._tails[index] = tail

    def _carried(self, raw: str, start: int, who: str | None, later: bool) -> None:
        if who is not None and who.partition("[")[0] == KERNEL:
            clock = _KERNEL_CLOCK.match(raw, start)
            at, end = clock.end() if clock else start, len(raw.rstrip("\r\n"))
            columns = LazyColumns(line_columns, (raw, start, start, self._shape))
            self._read.append(Line(raw, KERNEL, raw[at:end], start, min(at, end), end, columns=columns))
            return
        tab = raw.startswith(("\t", "#011"), start)
        level = self._find(raw, start, start + _PREFIX) if who is not None and not tab else None
        if who is None or not level:
            if who is not None:
                self._goes_on(who, raw, start, later)
            self._read.append(Line(raw))
            return
        at, value_at, key = level
        if self._shape.verbose and key not in NOTES and _STATE.match(raw, value_at):
            value_at += _STATE_WIDTH
        end = len(raw.rstrip("\r\n"))
        self._open[who] = len(self._read)
        value = raw[value_at:end].replace("#011", "\t")
        columns = LazyColumns(line_columns, (raw, start, at, self._shape))
        self._read.append(Line(raw, key, value, at, min(value_at, end), end, columns=columns))

    def _goes_on(self, who: str, raw: str, start: int, later: bool) -> None:
        """Add a line to the last message of its writer, or end that message."""
        index = self._open.get(who)
        text = raw[start:]
        if index is None or not text.strip():
            return
        if text.startswith("#011"):
            text = text[4:].replace("#011", "\t")
        elif text[0] == "\t":
            text = text[1:]
        elif later:
            # A chunk that doesn't begin with a tab goes on in the middle of a line.
            tail = self._tails.setdefault(index, [""])
            tail[-1] = tail[-1].rstrip("\r\n") + text
            return
        elif not (text.startswith("    ") or _goes_on_as_sql(self._read[index])):
            del self._open[who]
            return
        self._tails.setdefault(index, [""]).append(text)

    def _json(self, raw: str) -> None:
        for match in CARRIED.finditer(raw):
            start, end = match.span(1)
            level = strong_level(raw, start, min(end, start + _PREFIX))
            if level and level[1] <= end:
                at, value_at, key = level
                self._open[""] = len(self._read)
                columns = LazyColumns(line_columns, (raw, start, at, self._shape))
                value = _unescaped(raw[value_at:end])
                self._read.append(Line(raw, key, value, at, value_at, end, columns=columns))
                return
            text = _unescaped(match[1])
            if text.startswith("\t") and "" in self._open:
                self._tails.setdefault(self._open[""], [""]).append(text[1:])
                break
        self._read.append(Line(raw))


def _goes_on_as_sql(line: Line) -> bool:
    return line.key in ("STATEMENT", "QUERY") or (line.key == "LOG" and bool(_SQL.match(line.value)))


def _unescaped(written: str) -> str:
    """Return the text of a JSON string's inside, without the tabs that the server put before its further lines."""
    if "\\" not in written:
        return written
    # Imported at first use: the engine is up without it.
    import json

    try:
        text = str(json.loads(f'"{written}"', strict=False))
    except ValueError:
        return written
    return text.rstrip("\r\n").replace("\n\t", "\n")


def detect(_name: str, text: str) -> float:
    """Return how much of the text is log lines; statements may run over many lines, so a tenth is enough.

    Of what several containers or programs wrote, the server's own lines count.
    """
    raws = [raw for raw in split_lines(text[:200_000]) if raw[0] != "\t" and raw.strip()]
    if not raws:
        return 0.0
    form = carrier(raws)
    if form.json:
        found = sum(any(strong_level(m[1], 0, _PREFIX) for m in islice(CARRIED.finditer(r), 9)) for r in raws)
        entries = sum(bool(CARRIED.search(raw)) for raw in raws)
        return _score(found, entries)
    counts: dict[str, list[int]] = {}
    for raw in raws:
        match = form.pattern.match(raw) if form.pattern else None
        start = match.end() if match else 0
        who = match["who"].partition("[")[0] if match else ""
        if who == KERNEL or raw.startswith(("\t", "#011"), start):
            continue
        count = counts.setdefault(who, [0, 0, 0, 0])
        strong = strong_level(raw, start, start + _PREFIX)
        level = strong or weak_level(raw, start, start + _PREFIX)
        count[0] += bool(strong)
        count[1] += not strong and bool(level)
        count[2] += 1
        count[3] += level is not None and level[2] not in NOTES
    # A driver's exception has the HINT of a message, but the message itself without a level.
    logs = ((strong or weak, whole) for strong, weak, whole, messages in counts.values() if messages)
    return max((_score(found, whole) for found, whole in logs), default=0.0)


def _score(found: int, whole: int) -> float:
    share = found / whole if whole else 0.0
    return min(1.0, 0.5 + share / 2) if share >= 0.1 else 0.0


FORMAT = Format("pg_log", "PostgreSQL log", "postgresql.log", detect, read)
