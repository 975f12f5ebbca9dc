"""What a rule or an incident says of itself, as a page and as plain text, and the index of them all.

Both are made from its own files. The examples are run, so that a page shows what confmend really says and changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from confmend.analysis_json import Json, as_json
from confmend.diff import unified
from confmend.document import Document
from confmend.engine import analyse
from confmend.formats import formats
from confmend.incidents import Message, by_family, incidents
from confmend.incidents import example as worked_example
from confmend.model import Example, Paste
from confmend.render import diff_lines, environment
from confmend.rules import doc, rules, title

# Who prints a message, in words.
_PROGRAMS = {
    "server": "PostgreSQL",
    "client": "the client",
    "pgbouncer": "PgBouncer",
    "kernel": "the Linux kernel",
}
_CODE = re.compile(r"`+([^`]+)`+")


def explain(rule: str) -> str:
    """Return what a rule checks and why, as plain text for a terminal. KeyError if there is no such rule."""
    return environment().get_template("pages/rule.txt.j2").render(_context(rule))


def rule_page(rule: str, style: str = "../style.css", home: str = "../") -> str:
    """Return the same as an HTML page, every text in it escaped. KeyError if there is no such rule.

    ``style`` is the address of the style sheet, ``home`` that of the page that reads pastes.
    """
    return environment().get_template("pages/rule.html.j2").render({**_context(rule), "style": style, "home": home})


def explain_incident(slug: str) -> str:
    """Return what an incident means and what mends it, as plain text. KeyError if there is no such incident."""
    return environment().get_template("pages/incident.txt.j2").render(_incident(slug))


def incident_page(slug: str, style: str = "../style.css", home: str = "../") -> str:
    """Return the same as an HTML page with the worked example. KeyError if there is no such incident."""
    context = {**_incident(slug), "style": style, "home": home}
    return environment().get_template("pages/incident.html.j2").render(context)


def index_page(style: str = "style.css", home: str = "") -> str:
    """Return the page that lists every incident by family, and every rule."""
    context = {
        "families": [(family, list(listed.items())) for family, listed in by_family().items()],
        "rules": [(name, rule.severity.label, title(name)) for name, rule in rules().items()],
        "style": style,
        "home": home,
    }
    return environment().get_template("pages/index.html.j2").render(context)


def prose(text: str) -> list[tuple[str, bool]]:
    """Return a text of several lines as one, in pieces: (piece, whether it is code)."""
    # Every second piece stands between backticks.
    pieces = _CODE.split(" ".join(text.split()))
    return [(piece, bool(number % 2)) for number, piece in enumerate(pieces) if piece]


def _context(rule: str) -> Json:
    declared = rules()[rule]
    about = [part for part in doc(rule).split("\n\n")[1:] if part.strip()]
    examples = [_example(rule, example) for example in declared.examples]
    scope = {change["key"]: change["applies"] for each in examples for change in each["changes"] if change["applies"]}
    return {
        "id": rule,
        "title": title(rule),
        "severity": declared.severity.label,
        "why": about[0],
        # When the advice is wrong, what the change costs, how to undo it: the second part of every rule's text.
        "limits": about[1:],
        "prose": prose,
        "side_effect": declared.side_effect,
        "scope": scope,
        "examples": examples,
        "sources": declared.sources,
    }


def _example(rule: str, example: Example) -> Json:
    """Run one example and return what it shows."""
    others = rules().keys() - {rule}
    analysis = analyse([Paste(text, kind=kind) for kind, text in example.given.items()], skip=others)
    report = as_json(analysis)
    changes = [edit for finding in report["findings"] for edit in finding["edits"]]
    return {
        "speaks": example.fixed is not None,
        "given": [(formats()[kind].title, text) for kind, text in example.given.items()],
        "findings": report["findings"],
        "changes": changes,
        "corrected": list(_corrected(analysis.documents, analysis.corrected)),
    }


def _corrected(before: tuple[Document, ...], after: tuple[Document, ...]) -> Iterator[Json]:
    for one, other in zip(before, after, strict=True):
        if other is not one:
            lines = list(diff_lines(unified(one.name, one.text, other.text)))
            yield {"title": one.format.title, "text": other.text, "lines": lines}


def _printed_by(message: Message) -> str:
    """Return who prints a message. What stands between a client and PostgreSQL is named with its versions."""
    if message.by == "client" and message.versions:
        return message.versions
    return ", ".join(filter(None, (_PROGRAMS[message.by], message.versions)))


def _incident(slug: str) -> Json:
    """Run the worked example of an incident and return what its page shows."""
    incident = incidents()[slug]
    report = as_json(analyse(worked_example(slug)))
    seen = next(each for each in report["incidents"] if each["incident"] == slug)
    return {
        "slug": slug,
        "incident": incident,
        "printed_by": _printed_by,
        "downtime": seen["downtime"],
        "pastes": worked_example(slug),
        "findings": report["findings"],
        "changes": [
            {"name": each["name"], "lines": list(diff_lines(each["diff"]))}
            for each in report["documents"]
            if each["diff"]
        ],
        "related": [(other, incidents()[other].title) for other in incident.related],
    }
