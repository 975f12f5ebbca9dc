"""Reads one SQL string literal where it stands: in a script, in a string of another statement, or in a server's log.

PostgreSQL 18, "Lexical Structure": '...', E'...', U&'...', N'...', $tag$...$tag$. Inside another literal each quote is
doubled. A log in csv doubles `"` and one in JSON doubles each backslash; neither touches the single quote. A literal
may go over several lines, but never into the next message of a log.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from confmend.redact.scanner import Span
from confmend.redact.values import line_end

FAR = 4_000  # no password is longer; a longer literal counts as one that never closes
MOST_LINES = 60
MOST_LONG = 100  # values of several lines that are looked for again
# A line that can't belong to the literal above it: a message of a log, a prompt, or the next command.
NEW_MESSAGE = re.compile(
    r"[<\[]?\d{4}-\d\d-\d\d[ T]\d\d:|[A-Z][a-z]{2} [ \d]\d \d\d:|\{\"|[\w.-]{1,63}[=-][#>] |"
    r"(?i:alter|create|grant|drop|select|insert|update|do|begin|commit|set)[ \t]|"
    r".{0,200}?\b(?:LOG|ERROR|FATAL|PANIC|WARNING|NOTICE|INFO|DEBUG\d?|DETAIL|HINT|CONTEXT|STATEMENT|QUERY|LOCATION): "
)
OPENING = re.compile(r"(?:[eEnNbBxX]|[uU]&|_[a-z]\w{1,20}[ ]?)?('+)|(\$(?:[^\W\d]\w{0,62})?\$)")
# What may stand behind a complete literal; anything else means that a quote in it was not doubled.
AFTER = re.compile(r"[\s;,)\]}\"\\:|+>]|--|/\*|%|$")
CONTINUED = re.compile(r"(?:[ \t]|\\t)*(?:\r?\n|\\n)(?:\s|\\[nrt])*'")
# Where a message begins, and its parts that come after it in lines of their own.
MESSAGE = re.compile(
    r"\b(?:LOG|ERROR|FATAL|PANIC|WARNING|NOTICE|INFO|DEBUG\d?): |"
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[^\",]{0,30},\"?|^[^\"'{\n]{0,100}\{\"",
    re.MULTILINE,
)
CSV = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} [^\",]{1,10},")

FIELD_END = re.compile(r"\"(?=[,}\]]|\r?$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Literal:
    """What is between the quotes, where the text goes on behind them, and whether they close."""

    start: int
    end: int
    after: int
    closed: bool
    unit: int = 1  # how many quotes are one quote here: 2 in a literal inside another


def is_json(text: str, at: int) -> bool:
    """Say whether the place is in a line that is one JSON object, perhaps behind the prefix of a collector."""
    start = text.rfind("\n", max(0, at - 20_000), at) + 1
    return text.find('{"', start, min(at, start + 100)) >= 0


def begins_message(_above: str, line: str) -> bool:
    """Say whether a message of a log begins in this line, which no literal above goes on into."""
    return NEW_MESSAGE.match(line) is not None and MESSAGE.search(line, 0, 300) is not None


def message_end(text: str, at: int) -> int:
    """Where the statement that holds this place must end: at the next message, at the latest FAR behind."""
    end = line_end(text, at)
    for _ in range(MOST_LINES):
        newline = text.find("\n", end, end + 2)
        if newline < 0 or end - at > FAR or NEW_MESSAGE.match(text, newline + 1):
            break
        end = line_end(text, newline + 1)
    return min(end, at + FAR) if end - at > FAR else end


def message(text: str, at: int) -> tuple[int, int]:
    """Where the message of a log that holds this place begins and ends, at most FAR away."""
    start = text.rfind("\n", max(0, at - FAR), at) + 1 or max(0, at - FAR)
    for _ in range(MOST_LINES):
        if start <= 0 or at - start > FAR or MESSAGE.search(text, start, min(start + 300, line_end(text, start))):
            break
        start = text.rfind("\n", max(0, at - FAR), start - 1) + 1 or max(0, at - FAR)
    end = line_end(text, at)
    for _ in range(MOST_LINES):
        following = end + 1 + text.startswith("\r\n", end)
        if following >= len(text) or end - at > FAR:
            break
        if MESSAGE.search(text, following, min(following + 300, line_end(text, following))):
            break
        end = line_end(text, following)
    return start, end


def _json_end(text: str, at: int, end: int) -> int:
    """Where the JSON string around this place ends."""
    while (quote := text.find('"', at, end)) >= 0:
        if (quote - len(text[max(0, quote - 40) : quote].rstrip("\\")) - max(0, quote - 40)) % 2 == 0:
            return quote
        at = quote + 1
    return end


def _close(text: str, at: int, end: int, unit: int, slash: int) -> tuple[int, int]:
    """The quotes that close the literal and where they end, or -1; ``slash``: backslashes that make one, 0 for none."""
    while (quote := text.find("'", at, end)) >= 0:
        run = quote
        while run < end and text[run] == "'":
            run += 1
        count = run - quote
        if slash:
            low = max(at, quote - 80)
            slashes = quote - low - len(text[low:quote].rstrip("\\"))
            if slashes // slash % 2 or slashes % slash:
                at = quote + unit
                continue
        count %= 2 * unit
        if count >= unit:
            close = run - count
            return close, close + unit
        if count:
            return run - count, run - count
        at = run
    return -1, -1


def _opened(text: str, quotes: int, end: int, run: int) -> tuple[int, int]:
    """How many quotes open the literal and how many are one quote in it, for a run of them; 0 for an empty one."""
    if run % 2:
        return 1, 1
    following = text[quotes + run : quotes + run + 1]
    if not following or following in ' \t\r\n;),"\\':
        before = text.count("'", max(text.rfind("\n", max(0, quotes - FAR), quotes), 0), quotes)
        if not before % 2 or "''" not in text[quotes + run : min(end, line_end(text, quotes))]:
            return 0, 1
    unit = run & -run
    return unit, unit


def literal(text: str, at: int) -> Literal | None:
    """Read the literal that opens at ``at``; None if none does, or if it is empty."""
    opening = OPENING.match(text, at)
    if opening is None:
        return None
    line = line_end(text, at)
    json = is_json(text, at)
    if json:
        line = _json_end(text, opening.end(), line)
    end = line
    if opening[2]:
        start = opening.end()
        close = text.find(opening[2], start, end)
        if close < 0 and not json:
            end = message_end(text, at)
            close = text.find(opening[2], start, end)
        if close < 0:
            return Literal(start, _cut(text, start, line), _cut(text, start, line), False)
        return Literal(start, close, close + len(opening[2]), True)
    opens, unit = _opened(text, opening.start(1), end, len(opening[1]))
    if not opens:
        return None
    start = opening.start(1) + opens
    slash = (2 if json else 1) if text[at] in "eE" else 0
    close, after = _close(text, start, end, unit, slash)
    if close < 0 and not json:
        end = message_end(text, at)
        close, after = _close(text, start, end, unit, slash)
    if close < 0:
        cut = _cut(text, start, line)
        return Literal(start, cut, cut, False, unit)
    while unit == 1 and (more := CONTINUED.match(text, after, end)):
        next_close, next_after = _close(text, more.end(), end, unit, slash)
        if next_close < 0:
            break
        close, after = next_close, next_after
    if after < end and not AFTER.match(text, after) and text[after] != "'":
        # A quote that should have been doubled: all up to the last one on the line.
        last = text.rfind("'", after, max(line, after))
        close = last if last >= 0 else _cut(text, after, line)
        return Literal(start, close, min(close + 1, len(text)), last >= 0, unit)
    return Literal(start, close, after, True, unit)


def _cut(text: str, start: int, end: int) -> int:
    """Where a literal ends that never closes: with its field of a csv or JSON log, else with its line or message."""
    stop = end
    csv = CSV.match(text, text.rfind("\n20", max(0, start - FAR), start) + 1) is not None
    if csv:
        stop = message_end(text, start)
    while text.startswith("\n\t", stop):
        stop = line_end(text, stop + 1)
    line = text.rfind("\n", max(0, start - FAR), start) + 1
    if not csv and (text.count('"', line, start) % 2 == 0 or text.startswith("LINE ", line)):
        return stop  # no field is open there; psql shows a part of a line, whose quotes need not pair
    at = start
    while field := FIELD_END.search(text, at, stop):
        quotes = len(text[start : field.start()]) - len(text[start : field.start()].rstrip('"'))
        if not quotes % 2 and (csv or field.start() < end) and text[field.start() - 1] != "\\":
            return field.start()
        at = field.end()
    return end if csv else stop


def in_lines(text: str, found: Iterable[Span]) -> Iterator[Span]:
    """Give values line by line, without the tab that a log puts before each line but the first.

    Where a value of several lines stands again in what is read, in the plan of its statement or the error, it is given
    there too.
    """
    long: dict[str, Span] = {}
    for span in found:
        value = text[span.start : span.end]
        if "\n" in value and len(long) < MOST_LONG:
            long.setdefault(value, span)
        yield from _pieces(text, span)
    for value, span in long.items():
        at = -1
        while (at := text.find(value, at + 1)) >= 0:
            yield from _pieces(text, replace(span, start=at, end=at + len(value)))


def _pieces(text: str, span: Span) -> Iterator[Span]:
    start, end = span.start, span.end
    while start < end:
        stop = min(line_end(text, start), end)
        if text[start:stop].strip():
            yield replace(span, start=start, end=stop)
        newline = text.find("\n", stop, end)
        if newline < 0:
            return
        start = newline + 1
        start += text.startswith("\t", start)
