"""What the page's input side shows of an analysis: a card for each text, and what the form can fill in by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from confmend.engine import Analysis
from confmend.facts import described, questions
from confmend.formats import formats
from confmend.redact.placeholders import issued

# The row of the facts that says what a question asks, where one does.
ROWS: Mapping[str, str] = {
    "memory": "RAM",
    "cpus": "CPUs",
    "postgresql": "PostgreSQL",
    "pgbouncer": "PgBouncer",
    "open_files": "open files of PgBouncer",
    "page_size": "page size",
    "role": "role",
}
_BETWEEN = re.compile(r", | or ")
_STATED = "your answer"

Json = dict[str, Any]


def cards(analysis: Analysis) -> list[Json]:
    """Return for each text that was found: where it stands, what it is, what is hidden in it, and what is not read."""
    found = sorted([*_read(analysis), *_unread(analysis)], key=lambda each: each[0])
    return [card for _, card in found if card["kind"] != "answers"]


def known(analysis: Analysis) -> list[Json]:
    """Return what the pastes say where a question asks: its key, the value, and where that comes from."""
    rows = {fact: (value, source) for fact, value, source in described(analysis.facts)}
    found = ((question.key, *rows[ROWS[question.key]]) for question in questions() if ROWS.get(question.key) in rows)
    return [
        {"key": key, "value": value, "source": source} for key, value, source in found if not source.startswith(_STATED)
    ]


def form() -> list[Json]:
    """Return the questions as fields: what they ask, an example, and what there is to choose from."""
    found = []
    for question in questions():
        ask, _, listed = question.ask.partition(": ")
        choices = [choice for choice in _BETWEEN.split(listed) if choice]
        found.append({"key": question.key, "ask": ask, "example": question.example, "choices": choices})
    return found


def kinds() -> list[Json]:
    """Return every kind that a text can be said to be, by title."""
    named = ({"kind": form.kind, "title": form.title} for form in formats().values() if form.kind != "answers")
    return sorted(named, key=lambda each: each["title"].casefold())


def _read(analysis: Analysis) -> Iterator[tuple[int, Json]]:
    seen: set[int] = set()
    for document, part in zip(analysis.documents, analysis.parts, strict=True):
        if part in seen:
            continue  # the same text, read as a second kind
        seen.add(part)
        problems = sum(1 for line in document.lines if line.problem)
        yield part, _card(analysis, part, document.name, document.kind, document.format.title, document.text, problems)


def _unread(analysis: Analysis) -> Iterator[tuple[int, Json]]:
    for unread in analysis.unread:
        yield unread.part, _card(analysis, unread.part, unread.name, "", "", unread.text, 0, unread.reason)


def _card(
    analysis: Analysis, part: int, name: str, kind: str, title: str, text: str, problems: int, reason: str = ""
) -> Json:
    paste, place = analysis.places[part]
    return {
        "paste": paste,
        "place": place,
        "name": name,
        "kind": kind,
        "title": title,
        "hidden": sum(1 for _ in issued(text)),
        "problems": problems,
        "reason": reason,
    }
