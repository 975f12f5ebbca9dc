"""An Analysis as what people and programs read: JSON, HTML and text. Nothing is decided here."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from confmend.catalog.applies import applies
from confmend.diff import unified
from confmend.document import Document
from confmend.engine import Analysis
from confmend.facts import described
from confmend.incidents import incidents
from confmend.model import Edit, Finding, Origin, Severity
from confmend.redact import NEVER_UNASKED, OWN_WORD, levels
from confmend.rules import doc, rules, title
from confmend.version import VERSION

if TYPE_CHECKING:
    import jinja2

# Raised when a reader of the JSON would have to change.
SCHEMA = 1
# A line of evidence is shown up to here; a log line may hold a whole statement.
_SHOWN = 500
# A terminal obeys control characters; a pasted one is shown instead (U+2400 and on are pictures of them).
_VISIBLE = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\n\t"} | dict.fromkeys(
    range(0x7F, 0xA0), "␡"
)
# A document is shown whole up to here; a browser takes long to lay out more.
_SHOWN_SUSPECTS = 20
_SHOWN_TEXT = 200_000
_SHOWN_LINES = 500
_SHOWN_LINE = 5_000
_MARKS = {"+": "added", "-": "removed", "@": "place", " ": "same", "\\": "note"}
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
        "incidents": [
            {
                "incident": each.incident,
                "title": incidents()[each.incident].title,
                "count": each.count,
                "evidence": [_origin(origin) for origin in each.evidence],
            }
            for each in analysis.sightings
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


def _document(before: Document, after: Document, cleaned: tuple[str, ...]) -> Json:
    problems = [
        {"line": number, "text": _cut(line.text), "problem": line.problem}
        for number, line in zip(before.numbers, before.lines, strict=True)
        if line.problem
    ]
    return {
        "name": before.name,
        "kind": before.kind,
        "lines": before.numbers[-1] if before.lines else 0,
        "cleaned": list(cleaned),
        "problems": problems,
        "after": after.text,
        "diff": unified(before.name, before.text, after.text),
    }


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
    return {"document": origin.name, "line": origin.number, "text": _cut(origin.text)}


def _cut(text: str, limit: int = _SHOWN) -> str:
    return text if len(text) <= limit else f"{text[:limit]} … ({len(text):,} characters)"


def json_text(value: Any) -> str:
    """Return a value as JSON, two blanks of indent, exactly as ``JSON.stringify(value, null, 2)`` writes it."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return _LONE_SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def html_report(analysis: Analysis, kept: Analysis | None = None) -> str:
    """Return the report as a piece of HTML, every text in it escaped.

    ``kept`` is the analysis without the rules that the reader leaves out of the diff: their findings still stand, but
    the edits are those of ``kept``.
    """
    return _environment().get_template("report.html.j2").render(_page_context(analysis, kept or analysis))


def text_report(analysis: Analysis) -> str:
    """Return the report as plain text for a terminal."""
    return _environment().get_template("report.txt.j2").render(_context(analysis)).translate(_VISIBLE)


def explanation(rule: str) -> str:
    """Return what a rule checks and why, with its examples and sources. KeyError if there is no such rule."""
    context = {"id": rule, "rule": rules()[rule], "doc": doc(rule)}
    return _environment().get_template("explain.txt.j2").render(context)


def _context(analysis: Analysis) -> Json:
    report = as_json(analysis)
    counts = {severity.label: 0 for severity in sorted(Severity, reverse=True)}
    for finding in report["findings"]:
        counts[finding["severity"]] += 1
    missing: dict[str, list[str]] = {}
    for unchecked in report["unchecked"]:
        for paste in unchecked["missing"]:
            missing.setdefault(paste, []).append(unchecked["rule"])
    return {
        **report,
        "counts": counts,
        "missing": missing,
        "unread": analysis.unread,
        "incidents": [(each, incidents()[each["incident"]]) for each in report["incidents"]],
    }


def _page_context(analysis: Analysis, kept: Analysis) -> Json:
    """Return what the HTML report shows: verdict and findings of the whole analysis, edits of what is kept."""
    context = _context(analysis)
    after = as_json(kept)
    left_out = {result.rule for result in analysis.results} - {result.rule for result in kept.results}
    still = iter(after["findings"])
    findings = [each if each["rule"] in left_out else next(still) for each in context["findings"]]
    reasons = {each.placeholder: f"{each.label}: {each.reason}" for each in analysis.redactions}
    hidden: dict[str, int] = {}
    for each in analysis.redactions:
        hidden[each.label] = hidden.get(each.label, 0) + each.count
    return {
        **context,
        "missing": dict(sorted(context["missing"].items(), key=lambda each: -len(each[1]))),
        "findings": [
            {**each, "number": number, "rank": Severity[each["severity"].upper()], "kept": each["rule"] not in left_out}
            for number, each in enumerate(findings, 1)
        ],
        "places": {each["rule"]: number for number, each in reversed(list(enumerate(findings, 1)))},
        "leaves_out": bool(left_out),
        "changes": [
            {"name": each["name"], "lines": list(_diff_lines(each["diff"])), "printed": document.format.printed}
            for each, document in zip(after["documents"], kept.documents, strict=True)
            if each["diff"]
        ],
        "conflicts": after["conflicts"],
        "hidden": hidden,
        "redactions": analysis.redactions,
        "levels": {level: level in analysis.choices.levels for level in levels()},
        "suspects": analysis.suspects[:_SHOWN_SUSPECTS],
        "more_suspects": max(0, len(analysis.suspects) - _SHOWN_SUSPECTS),
        "kept": sorted(analysis.choices.keep),
        "own_word": OWN_WORD,
        "never_unasked": NEVER_UNASKED,
        "texts": [
            *(_shown_text(each.name, each.format.title, each.text, reasons) for each in analysis.documents),
            *(_shown_text(each.name, "not read", each.text, reasons) for each in analysis.unread if each.text),
        ],
    }


def redacted_text(analysis: Analysis) -> str:
    """Return everything that was pasted, redacted and under headings, for a ticket or a question to others."""
    # A text that was read as two kinds is one part.
    once = {
        part: (each.name, each.text) for part, each in reversed([*zip(analysis.parts, analysis.documents, strict=True)])
    }
    texts = [*(once[part] for part in sorted(once)), *((each.name, each.text) for each in analysis.unread)]
    return "\n".join(f"==> {name} <==\n{text}" for name, text in texts if text)


def _diff_lines(diff: str) -> Iterator[Json]:
    """Yield the lines of a diff, without the two that name the file, and what each of them is."""
    for line in diff.rstrip("\n").split("\n")[2:]:
        yield {"mark": _MARKS[line[:1]], "text": _cut(line, _SHOWN_LINE)}


def _shown_text(name: str, title: str, text: str, reasons: Mapping[str, str]) -> Json:
    """Return a redacted text in pieces, what stands for a secret apart; of a very long one only a part."""
    cut, pieces = "", [{"text": text, "reason": ""}]
    if reasons:
        known = "|".join(re.escape(each) for each in sorted(reasons, key=len, reverse=True))
        placeholder = re.compile(rf"(?<![A-Za-z0-9])({known})(?![A-Za-z0-9])")
        if len(text) > _SHOWN_TEXT:
            hiding = [line for line in text.split("\n") if placeholder.search(line)]
            text = "\n".join(_cut(line) for line in hiding[:_SHOWN_LINES])
            shown = len(hiding[:_SHOWN_LINES])
            cut = f"These are the lines in which something is hidden, {shown:,} of {len(hiding):,}."
        # Every second piece is a placeholder.
        pieces = [{"text": each, "reason": reasons.get(each, "")} for each in placeholder.split(text)]
    elif len(text) > _SHOWN_TEXT:
        cut, pieces = "Nothing is hidden in it.", []
    return {"name": name, "title": title, "cut": cut, "pieces": pieces, "hidden": len(pieces) // 2}


@functools.cache
def _environment() -> jinja2.Environment:
    # Imported at first use: it is a third of the engine's start, and the page starts while the reader still reads.
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader("confmend", "templates"),
        autoescape=jinja2.select_autoescape(("html.j2",)),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
