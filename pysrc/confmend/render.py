"""An Analysis as what people read: HTML and text, made of its JSON. Nothing is decided here."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from confmend.analysis_json import Json, as_json, cut
from confmend.catalog.applies import interruption
from confmend.diff import Change, Same, rows
from confmend.engine import Analysis
from confmend.incidents import incidents
from confmend.model import Artefact, Severity
from confmend.redact import NEVER_UNASKED, OWN_WORD, levels

if TYPE_CHECKING:
    import jinja2

    from confmend.pictures.chart import Chart
    from confmend.pictures.layout import Drawing

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
# How a fact's source begins that nothing pasted states.
_GUESSED = ("inferred", "assumed")


def html_report(analysis: Analysis, kept: Analysis | None = None, offered: Sequence[Artefact] = ()) -> str:
    """Return the report as a piece of HTML, every text in it escaped.

    ``kept`` is the analysis without the rules that the reader leaves out of the diff: their findings still stand, but
    the edits are those of ``kept``. ``offered`` are the artefacts that there are buttons for, by their groups.
    """
    by_group = [(group, list(listed)) for group, listed in groupby(offered, attrgetter("group"))]
    context = {**_page_context(analysis, kept or analysis), "artefacts": by_group}
    return environment().get_template("report.html.j2").render(context)


def text_report(analysis: Analysis) -> str:
    """Return the report as plain text for a terminal."""
    return environment().get_template("report.txt.j2").render(_context(analysis)).translate(_VISIBLE)


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
        "missing": dict(sorted(missing.items(), key=lambda each: -len(each[1]))),
        "unread": analysis.unread,
        "incidents": [(each, incidents()[each["incident"]]) for each in report["incidents"]],
    }


def _groups(findings: list[Json]) -> Iterator[tuple[int, list[list[Json]]]]:
    """Yield what a change stops, and the findings of which that is true: those of one rule and severity together."""
    for stops in dict.fromkeys(each["stops"] for each in findings):
        those = (each for each in findings if each["stops"] == stops)
        yield stops, [list(run) for _, run in groupby(those, lambda each: (each["rule"], each["severity"]))]


def _page_context(analysis: Analysis, kept: Analysis) -> Json:
    """Return what the HTML report shows: verdict and findings of the whole analysis, edits of what is kept."""
    context = _context(analysis)
    after = as_json(kept)
    left_out = {result.rule for result in analysis.results} - {result.rule for result in kept.results}
    still = iter(after["findings"])
    findings = [each if each["rule"] in left_out else next(still) for each in context["findings"]]
    kinds = {each["name"]: each["kind"] for each in context["documents"]}
    stops = [_stops(each, kinds) for each in findings]
    reasons = {each.placeholder: f"{each.label}: {each.reason}" for each in analysis.redactions}
    hidden: dict[str, int] = {}
    for each in analysis.redactions:
        hidden[each.label] = hidden.get(each.label, 0) + each.count
    places = {each["rule"]: number for number, each in reversed(list(enumerate(findings, 1)))}
    shown = _pictures(kept, places)
    numbered = [
        {**each, "number": number, "kept": each["rule"] not in left_out, "stops": stops[number - 1]}
        for number, each in enumerate(findings, 1)
    ]
    return {
        **context,
        "findings": numbered,
        "groups": list(_groups(numbered)),
        "places": places,
        "leaves_out": bool(left_out),
        "guesses": [each for each in context["facts"] if each["source"].startswith(_GUESSED)],
        "changes": [
            {
                "name": each["name"],
                "rows": list(_rows(before.text, corrected.text)),
                "counts": [sum(line.startswith(sign) for line in each["diff"].split("\n")[2:]) for sign in "-+"],
                "printed": before.format.printed,
            }
            for each, before, corrected in zip(after["documents"], kept.documents, kept.corrected, strict=True)
            if each["diff"]
        ],
        "conflicts": after["conflicts"],
        "order": after["order"],
        "pictures": shown,
        "pictured": {rule: each.name for each in reversed(shown) for rule in each.rules},
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


@dataclass(frozen=True, slots=True)
class _Shown:
    """A picture with its shapes, and the rules that fired whose findings it shows."""

    name: str
    chart: Chart
    drawing: Drawing
    rules: tuple[str, ...]


def _pictures(analysis: Analysis, places: Mapping[str, int]) -> list[_Shown]:
    """Return the pictures, that of the gravest finding first; ``places`` are the numbers of findings by their rules."""
    # Imported at first use: the page starts without them.
    from confmend.pictures import charts, pictures
    from confmend.pictures.layout import drawing

    found = [
        _Shown(name, chart, drawing(chart), tuple(rule for rule in pictures()[name].rules if rule in places))
        for name, chart in charts(analysis.facts, analysis.edits, analysis.corrected)
    ]
    return sorted(found, key=lambda each: min((places[rule] for rule in each.rules), default=len(places) + 1))


def html_pictures(analysis: Analysis) -> str:
    """Return the pictures alone as a piece of HTML, every text in it escaped."""
    context = {"pictures": _pictures(analysis, {}), "places": {}, "findings": ()}
    return environment().get_template("parts/pictures.html.j2").render(context)


def redacted_text(analysis: Analysis) -> str:
    """Return everything that was pasted, redacted and under headings, for a ticket or a question to others."""
    # A text that was read as two kinds is one part.
    once = {
        part: (each.name, each.text) for part, each in reversed([*zip(analysis.parts, analysis.documents, strict=True)])
    }
    texts = [*(once[part] for part in sorted(once)), *((each.name, each.text) for each in analysis.unread)]
    return "\n".join(f"==> {name} <==\n{text}" for name, text in texts if text)


def _stops(finding: Json, kinds: Mapping[str, str]) -> int:
    """Return how much the changes of a finding interrupt, -1 if it changes nothing."""
    return max((interruption(kinds[edit["document"]], edit["key"]) for edit in finding["edits"]), default=-1)


def _rows(before: str, after: str) -> Iterator[Json]:
    """Yield the rows of a diff: what changed in pieces, what stays in lines, far from a change only some of them."""
    for row in rows(before, after):
        if isinstance(row, Change):
            yield {"number": row.number, "removed": _pieces(row.removed), "added": _pieces(row.added)}
        else:
            yield from _same_rows(row)


def _pieces(side: tuple[tuple[str, bool], ...] | None) -> list[tuple[str, bool]] | None:
    return None if side is None else [(cut(text, _SHOWN_LINE), differs) for text, differs in side]


def _same_rows(row: Same) -> Iterator[Json]:
    shown = [cut(line, _SHOWN_LINE) for line in row.lines[:_SHOWN_LINES]]
    yield {"number": row.number, "end": row.number + len(row.lines) - 1, "lines": shown, "folded": row.folded}


def diff_lines(diff: str) -> Iterator[Json]:
    """Yield the lines of a diff, without the two that name the file, and what each of them is."""
    for line in diff.rstrip("\n").split("\n")[2:]:
        yield {"mark": _MARKS[line[:1]], "text": cut(line, _SHOWN_LINE)}


def _shown_text(name: str, title: str, text: str, reasons: Mapping[str, str]) -> Json:
    """Return a redacted text in pieces, what stands for a secret apart; of a very long one only a part."""
    omitted, pieces = "", [{"text": text, "reason": ""}]
    if reasons:
        known = "|".join(re.escape(each) for each in sorted(reasons, key=len, reverse=True))
        placeholder = re.compile(rf"(?<![A-Za-z0-9])({known})(?![A-Za-z0-9])")
        if len(text) > _SHOWN_TEXT:
            hiding = [line for line in text.split("\n") if placeholder.search(line)]
            text = "\n".join(cut(line) for line in hiding[:_SHOWN_LINES])
            shown = len(hiding[:_SHOWN_LINES])
            omitted = f"These are the lines in which something is hidden, {shown:,} of {len(hiding):,}."
        # Every second piece is a placeholder.
        pieces = [{"text": each, "reason": reasons.get(each, "")} for each in placeholder.split(text)]
    elif len(text) > _SHOWN_TEXT:
        omitted, pieces = "Nothing is hidden in it.", []
    return {"name": name, "title": title, "cut": omitted, "pieces": pieces, "hidden": len(pieces) // 2}


@functools.cache
def environment() -> jinja2.Environment:
    """Return what makes texts of the templates; in a name that ends in html.j2 or svg.j2 it escapes everything."""
    # Imported at first use: it is a third of the engine's start, and the page starts while the reader still reads.
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader("confmend", "templates"),
        autoescape=jinja2.select_autoescape(("html.j2", "svg.j2")),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
