"""What the pasted evidence says of the causes of an incident: confirmed, ruled out, or unknown with what to paste."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from confmend.document import Document
from confmend.incidents import Cause, incidents
from confmend.incidents.recognition import said_by_python
from confmend.model import Facts, Line, Origin, Result, Severity, Sighting, State, Verdict
from confmend.signs import signs, verdict

_LOGS = frozenset(("pg_log", "pg_csvlog", "pg_jsonlog", "pgbouncer_log", "kernel_log", "error_text"))
_SHOWN = 3
# pg_rewind: error: could not open file ...
_PROGRAM = re.compile(r"(?:pg_[a-z]+|initdb): ")


def judged(
    seen: Sequence[Sighting], documents: Iterable[Document], results: Iterable[Result], known: Facts
) -> tuple[Sighting, ...]:
    """Return the sightings with a verdict on each of their causes."""
    logs = [document for document in documents if document.kind in _LOGS]
    by_rule = {result.rule: result for result in results}
    sighted = {each.incident: each for each in seen}
    return tuple(
        replace(
            each,
            verdicts=tuple(
                _verdict(cause, logs, by_rule, sighted, known) for cause in incidents()[each.incident].causes
            ),
        )
        for each in seen
    )


def _verdict(
    cause: Cause, logs: Sequence[Document], results: dict[str, Result], sighted: dict[str, Sighting], known: Facts
) -> Verdict:
    """Return the first thing that confirms the cause, else what rules it out, else what would tell."""
    found = (finding for rule in cause.rules if rule in results for finding in results[rule].findings)
    gravest = max(found, key=lambda finding: finding.severity or Severity.INFO, default=None)
    if gravest:
        return Verdict(State.CONFIRMED, gravest.message, gravest.evidence)
    for slug in cause.seen:
        if slug in sighted:
            return Verdict(State.CONFIRMED, f"seen as well: {incidents()[slug].title}", sighted[slug].evidence)
    lines = tuple(_lines(logs, cause.log)) if cause.log else ()
    if lines:
        return Verdict(State.CONFIRMED, f"the log says: {cause.log}", lines)
    told = verdict(signs()[cause.sign], known) if cause.sign else Verdict(State.UNKNOWN)
    if told.state is not State.UNKNOWN:
        return told
    checked = [results[rule] for rule in cause.rules if rule in results]
    missing = tuple(dict.fromkeys(paste for result in checked for paste in result.missing))
    if cause.quiet_rules_out and len(checked) == len(cause.rules) and not missing:
        return Verdict(State.RULED_OUT, "what was pasted shows nothing of it")
    return replace(told, missing=tuple(dict.fromkeys((*told.missing, *missing))))


def _said(line: Line) -> str:
    """Return what a line says: also one that Patroni, or a program that it ran, wrote into the server's log."""
    if line.key:
        return line.value
    return line.raw if _PROGRAM.match(line.raw) else said_by_python(line.raw)


def _lines(logs: Sequence[Document], words: str) -> Iterable[Origin]:
    """Return the first lines of the logs that hold the words."""
    found: list[Origin] = []
    words = words.lower()
    for document in logs:
        for index, line in enumerate(document.lines):
            if words in _said(line).lower():
                found.append(document.origin(index))
                if len(found) == _SHOWN:
                    return found
    return found
