"""The straight line: pastes, split, redacted, detected, read, understood, checked, settled."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from confmend.document import Document, document
from confmend.facts import arguments, gathered, of_host
from confmend.facts.role import Role
from confmend.incidents.recognition import sightings
from confmend.incidents.verdicts import judged
from confmend.model import (
    Conflict,
    Edit,
    Facts,
    File,
    Finding,
    MissingFactError,
    Origin,
    Paste,
    Result,
    Rule,
    Severity,
    Sighting,
    Suspect,
    Unread,
)
from confmend.models.change_order import Step, in_order
from confmend.parts import parts, texts
from confmend.reading import documents_of
from confmend.redact import KIND, Choices, Redaction, choices, levels, redact, restored, suspects
from confmend.rules import rules
from confmend.settling import edited, settled

# Nobody looks through more words that may be secrets.
MOST_SUSPECTS = 200
# A value with more secrets in it is a line of a log.
_MOST_PIECES = 9


@dataclass(frozen=True)
class Analysis:
    """Everything that was found out. All text in it is redacted.

    ``parts`` says for each document which part of the pastes it is, so that ``rewrite`` finds the same text again;
    ``places`` says of each part in which paste it stands, and where there; both count from 0. ``cleaned`` says what
    was taken off a document's part before it was read.
    """

    documents: tuple[Document, ...]
    parts: tuple[int, ...]
    places: tuple[tuple[int, int], ...]
    cleaned: tuple[tuple[str, ...], ...]
    unread: tuple[Unread, ...]
    redactions: tuple[Redaction, ...]
    choices: Choices
    suspects: tuple[Suspect, ...]
    facts: Facts
    results: tuple[Result, ...]
    sightings: tuple[Sighting, ...]
    edits: tuple[Edit, ...]
    conflicts: tuple[Conflict, ...]

    @functools.cached_property
    def corrected(self) -> tuple[Document, ...]:
        """The documents after the edits, in the same order."""
        return edited(self.documents, self.edits)

    @functools.cached_property
    def order(self) -> tuple[Step, ...]:
        """The order of the changes, where more than one layer or host is concerned."""
        return in_order(self.edits, self.documents, self.corrected, self.facts)

    @property
    def worst(self) -> Severity | None:
        """The gravest severity that was found."""
        found = (finding.severity for result in self.results for finding in result.findings)
        return max((severity for severity in found if severity), default=None)


def analyse(pastes: Sequence[Paste], skip: Collection[str] = ()) -> Analysis:
    """Return what is wrong with the pastes and what would correct it. Rules named in ``skip`` are not run.

    ValueError if a paste says a kind that there is not, or redaction choices that can't be read.
    """
    given = parts(pastes)
    chosen = _chosen(pastes)
    hidden = redact(texts(given), chosen)
    redacted = tuple(
        replace(part, name=name, text=text)
        for part, name, text in zip(given, hidden.texts[::2], hidden.texts[1::2], strict=True)
    )
    documents, numbers, unread = documents_of(given, redacted)
    known = gathered(documents)
    results = tuple(_checked(name, rule, known) for name, rule in rules().items() if name not in skip)
    placeholders = tuple(each.placeholder for each in hidden.redactions)
    edits, conflicts = settled(documents, results, placeholders, known)
    seen = judged(sightings(documents), documents, results, known)
    cleaned = tuple(given[part].cleaned for part in numbers)
    return Analysis(
        documents,
        numbers,
        tuple((part.paste - 1, part.place) for part in given),
        cleaned,
        unread,
        hidden.redactions,
        chosen,
        _suspects(documents, unread, chosen),
        known,
        results,
        seen,
        edits,
        conflicts,
    )


def rewrite(pastes: Sequence[Paste], analysis: Analysis) -> tuple[File, ...]:
    """Return the owner's corrected files: the analysis' edits, made in the text that was never redacted.

    Only files that the edits change are returned, not what a command printed. They are named as in the analysis.
    """
    raw = originals(pastes, analysis)
    changed = zip(raw, edited(raw, analysis.edits), strict=True)
    return tuple(
        File(after.name, after.text) for before, after in changed if after is not before and not after.format.printed
    )


def originals(pastes: Sequence[Paste], analysis: Analysis) -> tuple[Document, ...]:
    """Return the documents of the analysis in their owner's own text. They are named as in the analysis."""
    given = parts(pastes)
    return tuple(
        document(each.format, each.name, given[part].text)
        for each, part in zip(analysis.documents, analysis.parts, strict=True)
    )


def own_values(pastes: Sequence[Paste], analysis: Analysis) -> Callable[[str], str]:
    """Return the function that gives a value of the analysis as its owner has it, not quoted in any way.

    A value that stands in a document is what the document's own program reads in the text that was never redacted, so
    that quotes and escapes of that text are gone. So is a secret that is a part of such a value. In any other text the
    placeholders are replaced by what was written.
    """
    read: dict[str, str] = {}
    for redacted, own in zip(analysis.documents, originals(pastes, analysis), strict=True):
        for line, original in zip(redacted.lines, own.lines, strict=False):
            if line.key == original.key and line.value != original.value:
                read.setdefault(line.value, original.value)
    if not analysis.redactions:
        return str
    words = "|".join(sorted((re.escape(each.placeholder) for each in analysis.redactions), key=len, reverse=True))
    placeholders = re.compile(rf"(?<![A-Za-z0-9])({words})(?![A-Za-z0-9])")
    plain: dict[str, str] = {}
    for value, original_value in read.items():
        pieces = placeholders.split(value)
        if 1 < len(pieces) <= _MOST_PIECES:
            around = re.compile("(.*?)".join(map(re.escape, pieces[::2])), re.DOTALL)
            match = around.fullmatch(original_value)
            plain |= dict(zip(pieces[1::2], match.groups(), strict=True)) if match else {}
    owned = texts(parts(pastes))
    hidden = redact(owned, _chosen(pastes))

    def own_value(value: str) -> str:
        if value in read:
            return read[value]
        return restored(placeholders.sub(lambda match: plain.get(match[1], match[1]), value), owned, hidden)

    return own_value


def restore(text: str, pastes: Sequence[Paste], private_keys: bool = False) -> str:
    """Return a text made from the analysis of ``pastes``, or an answer to it, with the owner's values back in it."""
    given = parts(pastes)
    return restored(text, texts(given), redact(texts(given), _chosen(pastes)), private_keys)


def without(analysis: Analysis, skip: Collection[str]) -> Analysis:
    """Return what ``analyse`` gives for the same pastes with these rules skipped, without reading anything again."""
    results = tuple(result for result in analysis.results if result.rule not in skip)
    placeholders = tuple(each.placeholder for each in analysis.redactions)
    edits, conflicts = settled(analysis.documents, results, placeholders, analysis.facts)
    seen = judged(analysis.sightings, analysis.documents, results, analysis.facts)
    return replace(analysis, results=results, sightings=seen, edits=edits, conflicts=conflicts)


def _chosen(pastes: Sequence[Paste]) -> Choices:
    """Return what the reader chose about redaction."""
    return choices((paste.text for paste in pastes if paste.kind == KIND), levels())


def _suspects(documents: tuple[Document, ...], unread: tuple[Unread, ...], chosen: Choices) -> tuple[Suspect, ...]:
    """Return what may be a secret still, each word once; what the reader keeps is none."""
    texts = [("", each.name, each.text) for each in unread] + [(each.kind, each.name, each.text) for each in documents]
    found: dict[str, Suspect] = {}
    for each in suspects([text for *_, text in texts]):
        kind, name, text = texts[each.text]
        word = text[each.start : each.end]
        if word not in found and word not in chosen.keep:
            start, end = text.rfind("\n", 0, each.start) + 1, text.find("\n", each.end)
            line = text[start : end if end >= 0 else len(text)].rstrip("\r")
            found[word] = Suspect(word, Origin(kind, name, text.count("\n", 0, start) + 1, line))
        if len(found) == MOST_SUSPECTS:
            break
    return tuple(found.values())


def _checked(name: str, rule: Rule, known: Facts) -> Result:
    """Run one rule. What it found before a fact was missing, or before it crashed, stands."""
    found: list[Finding] = []
    try:
        for finding in rule.check(*arguments(rule.check, known)):
            found.append(replace(finding, severity=finding.severity or rule.severity))  # noqa: PERF401  # kept on a crash
    except MissingFactError as missing:
        return Result(name, _askable(map(str, missing.args), known.get(Role)), tuple(found))
    except Exception as crash:  # one broken rule must not take the report with it
        return Result(name, (), tuple(found), f"{type(crash).__name__}: {crash}")
    return Result(name, (), tuple(found))


def _askable(missing: Iterable[str], role: Role | None) -> tuple[str, ...]:
    """Return what is missing; of a managed service nobody can paste what only its host tells."""
    if role is None or not role.service:
        return tuple(missing)
    kept = f"what the host alone tells, which {role.service} does not show"
    return tuple(dict.fromkeys(kept if each in of_host() else each for each in missing))
