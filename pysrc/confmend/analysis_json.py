"""An Analysis as what programs read: JSON in the shape of ``analysis.schema.json``."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

from confmend.catalog.applies import INTERRUPTIONS, applies, interruption
from confmend.diff import unified
from confmend.document import Document
from confmend.engine import Analysis
from confmend.facts import described
from confmend.incidents import incidents
from confmend.model import Edit, Finding, Origin, Severity, Sighting
from confmend.rules import rules, title
from confmend.version import VERSION

# Raised when a reader of the JSON would have to change.
SCHEMA = 1
# A line of evidence is shown up to here; a log line may hold a whole statement.
_SHOWN = 500
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")

Json = dict[str, Any]


def as_json(analysis: Analysis) -> Json:
    """Return the analysis in the shape of ``analysis.schema.json``."""
    return {
        "confmend": VERSION,
        "schema": SCHEMA,
        "documents": [
            _document(*each) for each in zip(analysis.documents, analysis.corrected, analysis.cleaned, strict=True)
        ],
        "unread": [unread.name for unread in analysis.unread],
        "redactions": [
            {"placeholder": each.placeholder, "label": each.label, "reason": each.reason, "count": each.count}
            for each in analysis.redactions
        ],
        "suspects": [{"word": each.word, **_origin(each.origin)} for each in analysis.suspects],
        "facts": [
            {"fact": fact, "value": value, "source": source} for fact, value, source in described(analysis.facts)
        ],
        "findings": list(_findings(analysis)),
        "incidents": [_incident(analysis, each) for each in analysis.sightings],
        "order": [
            {
                "title": each.title,
                "where": each.where,
                "why": each.why,
                "changes": [{"key": change.key, "applies": change.effect} for change in each.changes],
            }
            for each in analysis.order
        ],
        "unchecked": [
            {"rule": result.rule, "missing": list(result.missing)} for result in analysis.results if result.missing
        ],
        "conflicts": [
            {
                "rule": each.rule,
                "kind": each.edit.kind,
                "key": each.edit.key,
                "value": each.edit.value,
                "winner": each.winner,
                "reason": each.reason,
            }
            for each in analysis.conflicts
        ],
        "crashed": [{"rule": result.rule, "error": result.crash} for result in analysis.results if result.crash],
    }


def _problems(document: Document) -> Iterator[Json]:
    """Yield what is wrong with single lines.

    Where a line is read in pieces, the piece with the problem may be no more than its end: the whole line is shown.
    """
    whole: dict[int, str] = {}
    for index, (number, line) in enumerate(zip(document.numbers, document.lines, strict=True)):
        if line.problem:
            if number not in whole:
                whole[number] = cut(document.origin(index).text)
            yield {"line": number, "text": whole[number], "problem": line.problem}


def _document(before: Document, after: Document, cleaned: tuple[str, ...]) -> Json:
    return {
        "name": before.name,
        "kind": before.kind,
        "lines": before.numbers[-1] if before.lines else 0,
        "cleaned": list(cleaned),
        "problems": list(_problems(before)),
        "after": after.text,
        "diff": unified(before.name, before.text, after.text),
    }


def _incident(analysis: Analysis, seen: Sighting) -> Json:
    incident = incidents()[seen.incident]
    return {
        "incident": seen.incident,
        "title": incident.title,
        "count": seen.count,
        "first": seen.first,
        "last": seen.last,
        "by": {who: [{"name": name, "count": count} for name, count in names] for who, names in seen.by.items()},
        "evidence": [_origin(origin) for origin in seen.evidence],
        "causes": [
            {
                "cause": cause.cause,
                "state": each.state.value,
                "because": each.because,
                "evidence": [_origin(origin) for origin in each.evidence],
                "confirm": cause.confirm,
                "missing": list(each.missing),
            }
            for cause, each in zip(incident.causes, seen.verdicts, strict=True)
        ],
        "downtime": _downtime(analysis, {rule for cause in incident.causes for rule in cause.rules}),
    }


def _downtime(analysis: Analysis, causing: Collection[str]) -> str:
    """Return what the changes for the causes of an incident interrupt, empty if there are none."""
    edits = [
        edit
        for result in analysis.results
        if result.rule in causing
        for finding in result.findings
        for edit in finding.edits
        if edit in analysis.edits
    ]
    return INTERRUPTIONS[max(interruption(edit.kind, edit.key) for edit in edits)] if edits else ""


def _findings(analysis: Analysis) -> Iterator[Json]:
    """Yield the findings, the gravest first; equally grave ones by the names of their rules."""
    found = [(result.rule, finding) for result in analysis.results for finding in result.findings]
    for rule, finding in sorted(found, key=lambda each: -(each[1].severity or 0)):
        yield {
            "rule": rule,
            "severity": (finding.severity or Severity.INFO).label,
            "title": title(rule),
            "message": finding.message,
            "arithmetic": list(finding.arithmetic),
            "evidence": [_origin(origin) for origin in finding.evidence],
            "edits": list(_edits(analysis, finding)),
            "side_effect": rules()[rule].side_effect,
            "sources": list(rules()[rule].sources),
        }


def _edits(analysis: Analysis, finding: Finding) -> Iterator[Json]:
    """Yield what the finding's edits did, document by document; one that had to give way did nothing."""
    for edit in finding.edits:
        if edit not in analysis.edits:
            continue
        for before, after in zip(analysis.documents, analysis.corrected, strict=True):
            if before.kind == edit.kind and after is not before:
                yield from _change(edit, before, after)


def _change(edit: Edit, before: Document, after: Document) -> Iterator[Json]:
    old, new = _written(before, edit.key), _written(after, edit.key)
    if old != new:
        when = applies(edit.kind, edit.key, edit.value is None)
        yield {"document": before.name, "key": edit.key, "before": old, "after": new, "applies": when}


def _written(read: Document, key: str) -> str | None:
    """Return the value of a key as it is written, None if nothing sets it."""
    indices = read.written(key)
    if not indices:
        return None
    line = read.lines[indices[-1]]
    return line.raw[line.start : line.end]


def _origin(origin: Origin) -> Json:
    return {"document": origin.name, "line": origin.number, "text": cut(origin.text)}


def json_text(value: Any) -> str:
    """Return a value as JSON, two blanks of indent, exactly as ``JSON.stringify(value, null, 2)`` writes it."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return _LONE_SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def cut(text: str, limit: int = _SHOWN) -> str:
    """Return a text as it is shown: of a long one the beginning, and how long it is."""
    return text if len(text) <= limit else f"{text[:limit]} … ({len(text):,} characters)"
