"""What a PostgreSQL server wrote before the level of a log line, whatever its log_line_prefix is.

Sources: log_line_prefix in the server's manual, log_status_format() in src/backend/utils/error/elog.c. Most of what
can stand there shows what it is: a time, a session id, ``user@database``, an address, a SQLSTATE, ``user=``. Where it
does not, several lines of the log tell it together, once for a text: whether it holds SQLSTATEs (five digits may be a
process number too) and whether bare words are the user and the database. What remains unclear is left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from confmend.formats.log_carriers import Carrier

_TOKEN = re.compile(
    r"""
    (?P<time>\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z\b|\ ?[+-]\d\d(?::?\d\d)?|\ [A-Z]{1,5}\b)?
      |\b\d{10}\.\d{3}\b)
    |\b(?P<session>[0-9a-f]{6,8}\.[0-9a-f]{1,8})\b(?![.(])
    |(?P<label>[A-Za-z]\w{0,30})\ ?=\ ?(?P<labelled>\[[^]]*]|.*?)(?=\s*[],;|)>]|\s+[\w%]+\ ?=|:?\s*$)
    |(?P<host>\[local]|\b\d{1,3}(?:\.\d{1,3}){3}\b(?:\(\d+\))?
      |[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:\(\d+\))|[\w.-]+\(\d+\))
    |(?P<user>\[unknown]|[^]\s@,;:/[()|<>="]*)@(?P<database>\[unknown]|[^]\s@,;:/[()|<>="]*)
    |(?P<skip>-?\b\d+/\d+\b|\b\d+-\d+\b)
    |\b(?P<state>[0-9A-Z]{5})\b(?![.-])
    |\b(?P<number>-?\d+)\b
    |\b(?P<backend>not\ initialized|(?:client|standalone)\ backend|autovacuum\ (?:launcher|worker)|parallel\ worker
      |background\ (?:writer|worker)|logical\ replication\ [a-z ]*?(?:launcher|worker)|slotsync\ worker|io\ worker
      |postmaster|checkpointer|startup|wal(?:writer|sender|receiver|summarizer)|archiver|logger|stats\ collector)\b
    |(?P<tag>\b(?:idle(?:\ in\ transaction(?:\ \(aborted\))?)?|authentication|initializing)\b)
    |(?P<word>\[unknown]|[^]\s,;:|[()<>=/@"]+)
    """,
    re.VERBOSE,
)
_NAMES = {
    "time": "time timestamp ts t m",
    "pid": "pid p process process_id",
    "user": "user usr u username user_name usename",
    "database": "db database d dbname datname",
    "host": "client host h r remote remote_host client_addr addr ip from",
    "application": "app a appli application application_name appname",
    "sqlstate": "e code state sqlstate sql_error_code error_code err errcode sql_state_code",
    "session": "s c session session_id sess sid",
    "backend": "backend b backend_type bt type",
}
_LABELS = {label: column for column, labels in _NAMES.items() for label in labels.split()}
_BEHIND_LEVEL = re.compile(r"[^:]{2,20}: {1,2}([0-9A-Z]{5}): ")
_COMMAND = re.compile(r"[A-Z]{3,}$")


@dataclass(frozen=True, slots=True)
class Shape:
    """What the prefixes of a text have in common: which number is a SQLSTATE, how many bare words there are."""

    carrier: Carrier
    state_at: int
    words: int
    verbose: bool


def shape(carrier: Carrier, prefixes: Sequence[str], words_count: bool, verbose: bool) -> Shape:
    """Return what these prefixes have in common; where they may be other programs', their bare words mean nothing.

    A ``verbose`` server (log_error_verbosity) writes the SQLSTATE behind the level.
    """
    states: Counter[int] = Counter()
    words: Counter[int] = Counter()
    for prefix in prefixes:
        numbers = bare = 0
        for match in _TOKEN.finditer(prefix):
            kind = match.lastgroup
            bare += kind == "word" and not _COMMAND.match(match[0])
            if kind in ("state", "number"):
                states[numbers] += kind == "state" and (match[0] == "00000" or _mixed(match[0]))
                numbers += 1
        words[bare] += 1
    state = states.most_common(1)
    bare = words.most_common(1)[0][0] if words and words_count else 0
    return Shape(carrier, state[0][0] if state and state[0][1] else -1, bare, verbose)


def _mixed(text: str) -> bool:
    return not text.isdigit() and not text.isalpha()


def columns(prefix: str, form: Shape) -> dict[str, str]:
    """Return what a prefix shows, by column."""
    found: dict[str, str] = {}
    labelled: dict[str, str] = {}
    numbers, words = 0, []
    for match in _TOKEN.finditer(prefix):
        kind, text = match.lastgroup, match[0]
        if kind == "labelled":
            name = _LABELS.get(match["label"].lower())
            if name and match["labelled"]:
                labelled.setdefault(name, match["labelled"].strip())
        elif kind == "database":
            found.setdefault("user", match["user"])
            found.setdefault("database", match["database"])
        elif kind in ("state", "number"):
            if (form.state_at == numbers and len(text) == 5) or (kind == "state" and _mixed(text)):
                found.setdefault("sqlstate", text)
            elif text.isdigit() and text != "0":
                found.setdefault("pid", text)
            numbers += 1
        elif kind == "word":
            if not _COMMAND.match(text):
                words.append(text)
        elif kind in ("time", "session", "host", "backend"):
            found.setdefault(kind, text)
    if form.words in (2, 3):
        for name in ("user", "database", "application"):
            if words and name not in found:
                found[name] = words.pop(0)
    elif words and "user" in found and "application" not in found and f"/{words[0]}" in prefix:
        found["application"] = words[0]
    return {name: value for name, value in {**found, **labelled}.items() if value and value != "[unknown]"}


def line_columns(raw: str, start: int, end: int, form: Shape) -> dict[str, str]:
    """Return the columns of a line whose prefix is ``raw[start:end]``; what that leaves out, the carrier may know."""
    found = columns(raw[start:end], form)
    if form.verbose and (state := _BEHIND_LEVEL.match(raw, end)):
        found["sqlstate"] = state[1]
    if "time" not in found and (time := form.carrier.time(raw)):
        found["time"] = time
    if "pid" not in found and (pid := form.carrier.pid(raw)):
        found["pid"] = pid
    return found
