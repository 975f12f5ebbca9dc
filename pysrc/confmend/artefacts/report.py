"""The report as files: to read, for a ticket, and for the programs that collect findings (SARIF, JUnit)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from confmend.analysis_json import as_json
from confmend.artefacts.files import as_bytes, safe_path
from confmend.artefacts.quoting import Quoted
from confmend.artefacts.source import Source, Topic
from confmend.diff import unified
from confmend.incidents import incidents
from confmend.model import Result, Severity
from confmend.render import html_pictures
from confmend.rules import rules, title
from confmend.version import VERSION

Json = dict[str, Any]
# SARIF 2.1.0, 3.27.10: what it calls them.
_LEVELS = {"critical": "error", "error": "error", "warning": "warning", "info": "note"}


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a text that was pasted; ``uri`` is the text's name as a relative address."""

    uri: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Reported:
    """A finding as SARIF has it; ``index`` is the place of its rule in the list of rules."""

    rule: str
    index: int
    level: str
    message: str
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that fired, with the level of its gravest finding."""

    rule: str
    title: str
    level: str
    help: str


@dataclass(frozen=True, slots=True)
class Case:
    """A rule as a test: ``state`` is passed, failed, skipped (something to paste is missing) or error (it crashed)."""

    rule: str
    state: str
    severity: str
    message: str
    text: str


def _names(source: Source) -> tuple[str, ...]:
    """Return the names of what was read: without any there is nothing to report."""
    return tuple(each.name for each in source.analysis.documents)


def report(source: Source) -> Json:
    """Return the analysis as JSON has it, with the texts of the source's own variant."""
    found = as_json(source.analysis)
    for each, before, after in zip(found["documents"], source.before, source.after, strict=True):
        each["after"], each["diff"] = after.text, unified(before.name, before.text, after.text)
    return found


def _counts(source: Source) -> tuple[tuple[str, int], ...]:
    """Return how many findings there are of each severity, the gravest first."""
    found = [
        (finding.severity or Severity.INFO).label for result in source.analysis.results for finding in result.findings
    ]
    labels = [severity.label for severity in sorted(Severity, reverse=True)]
    return tuple((label, found.count(label)) for label in labels)


def _seen(source: Source) -> tuple[Json, ...]:
    """Return the incidents with what is known of each."""
    found = as_json(source.analysis)["incidents"]
    known = incidents()
    return tuple(
        {
            **each,
            "meaning": known[each["incident"]].meaning,
            "fix": known[each["incident"]].fix,
            "lasting_fix": known[each["incident"]].lasting_fix,
        }
        for each in found
    )


def reported(source: Source) -> tuple[Reported, ...]:
    """Return the findings with the lines that they are about."""
    findings = as_json(source.analysis)["findings"]
    order = _order(findings)
    return tuple(
        Reported(
            each["rule"],
            order.index(each["rule"]),
            _LEVELS[each["severity"]],
            each["message"],
            tuple(_places(source, each)),
        )
        for each in findings
    )


def fired(source: Source) -> tuple[Fired, ...]:
    """Return the rules that fired, in the order of their first findings."""
    findings = as_json(source.analysis)["findings"]
    first = {each["rule"]: each for each in reversed(findings)}
    return tuple(
        Fired(
            rule,
            title(rule),
            _LEVELS[first[rule]["severity"]],
            " ".join(filter(None, (rules()[rule].side_effect, *rules()[rule].sources))),
        )
        for rule in _order(findings)
    )


def _order(findings: Sequence[Json]) -> list[str]:
    return list(dict.fromkeys(each["rule"] for each in findings))


def _places(source: Source, finding: Json) -> Iterator[Place]:
    for each in finding["evidence"]:
        yield Place(_uri(source, each["document"]), each["line"], each["text"])
    if not finding["evidence"]:
        # What collects findings drops one without a place: the file that is to change.
        for name in list(dict.fromkeys(each["document"] for each in finding["edits"]))[:1]:
            yield Place(_uri(source, name), 1, "")


def _uri(source: Source, name: str) -> str:
    return quote(as_bytes(safe_path(source.own(name))), safe="/")


def cases(source: Source) -> tuple[Case, ...]:
    """Return each rule as a test: a finding of WARNING or graver fails it."""
    return tuple(_case(result) for result in source.analysis.results)


def _case(result: Result) -> Case:
    if result.crash:
        return Case(result.rule, "error", "", result.crash, "")
    # One that lacked something may have found something before.
    if result.missing and not result.findings:
        return Case(result.rule, "skipped", "", f"to check it, paste {'; '.join(result.missing)}", "")
    if not result.findings:
        return Case(result.rule, "passed", "", "", "")
    worst = max((each.severity or Severity.INFO) for each in result.findings)
    text = "\n\n".join(
        "\n".join(
            (
                each.message,
                *(f"  {step}" for step in each.arithmetic),
                *(f"  {origin.name}:{origin.number}: {origin.text[:500]}" for origin in each.evidence),
            )
        )
        for each in result.findings
    )
    state = "failed" if worst >= Severity.WARNING else "passed"
    return Case(result.rule, state, worst.label, title(result.rule), text)


def _tally(source: Source) -> dict[str, int]:
    found = [each.state for each in cases(source)]
    return {state: found.count(state) for state in ("passed", "failed", "skipped", "error")}


TOPIC = Topic(
    {
        "read_documents": _names,
        "report": report,
        "finding_counts": _counts,
        "seen_incidents": _seen,
        "reported": reported,
        "fired": fired,
        "cases": cases,
        "tally": _tally,
        "pictures": lambda source: Quoted(html_pictures(source.analysis)),
        "version": lambda _: VERSION,
    }
)
