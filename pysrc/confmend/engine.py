"""The straight line: pastes, split, redacted, detected, read, understood, checked, settled."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from confmend import bundle
from confmend.document import Document, Format, document
from confmend.facts import Documents, arguments, gathered, questions
from confmend.facts.log import ServerLog
from confmend.facts.role import FROZEN, Role
from confmend.formats import beside, detect, formats
from confmend.incidents import sightings
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
from confmend.redact import KIND, Choices, Redaction, choices, levels, redact, restored, suspects
from confmend.rules import rules

# A larger paste would take minutes and the memory of a phone. Logs are what grows so large.
LARGEST = 24_000_000
# Nobody looks through more words that may be secrets.
MOST_SUSPECTS = 200
_NOT_IN_NAMES = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_LONGEST_NAME = 200
_BOM = "\ufeff"


@dataclass(frozen=True)
class Analysis:
    """Everything that was found out. All text in it is redacted.

    ``parts`` says for each document which part of the pastes it is, so that ``rewrite`` finds the same text again;
    ``cleaned`` says what was taken off that part before it was read.
    """

    documents: tuple[Document, ...]
    parts: tuple[int, ...]
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
        return _edited(self.documents, self.edits)

    @property
    def worst(self) -> Severity | None:
        """The gravest severity that was found."""
        found = (finding.severity for result in self.results for finding in result.findings)
        return max((severity for severity in found if severity), default=None)


def analyse(pastes: Sequence[Paste], skip: Collection[str] = ()) -> Analysis:
    """Return what is wrong with the pastes and what would correct it. Rules named in ``skip`` are not run.

    ValueError if a paste says a kind that there is not, or redaction choices that can't be read.
    """
    given = _parts(pastes)
    chosen = _chosen(pastes)
    hidden = redact(_texts(given), chosen)
    redacted = tuple(
        replace(part, name=name, text=text)
        for part, name, text in zip(given, hidden.texts[::2], hidden.texts[1::2], strict=True)
    )
    documents, parts, unread = _read(given, redacted)
    known = gathered(documents)
    results = tuple(_checked(name, rule, known) for name, rule in rules().items() if name not in skip)
    placeholders = tuple(each.placeholder for each in hidden.redactions)
    edits, conflicts = _settled(documents, results, placeholders, known.get(Role))
    seen = sightings(known.get(ServerLog))
    cleaned = tuple(given[part].cleaned for part in parts)
    return Analysis(
        documents,
        parts,
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
    given = _parts(pastes)
    raw = tuple(
        document(each.format, each.name, given[part].text)
        for each, part in zip(analysis.documents, analysis.parts, strict=True)
    )
    changed = zip(raw, _edited(raw, analysis.edits), strict=True)
    return tuple(
        File(after.name, after.text) for before, after in changed if after is not before and not after.format.printed
    )


def restore(text: str, pastes: Sequence[Paste], private_keys: bool = False) -> str:
    """Return a text made from the analysis of ``pastes``, or an answer to it, with the owner's values back in it."""
    given = _parts(pastes)
    return restored(text, _texts(given), redact(_texts(given), _chosen(pastes)), private_keys)


def without(analysis: Analysis, skip: Collection[str]) -> Analysis:
    """Return what ``analyse`` gives for the same pastes with these rules skipped, without reading anything again."""
    results = tuple(result for result in analysis.results if result.rule not in skip)
    placeholders = tuple(each.placeholder for each in analysis.redactions)
    edits, conflicts = _settled(analysis.documents, results, placeholders, analysis.facts.get(Role))
    return replace(analysis, results=results, edits=edits, conflicts=conflicts)


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of a paste. ``paste`` is the number of the paste, from 1; the rest is as ``bundle`` found it."""

    name: str
    kind: str
    text: str
    paste: int
    aside: bool = False
    cleaned: tuple[str, ...] = ()


def _parts(pastes: Sequence[Paste]) -> tuple[_Part, ...]:
    """Cut the pastes; a paste of a stated kind is one part."""
    found = []
    for number, paste in enumerate(pastes, 1):
        if paste.kind == KIND:
            continue
        whole = (bundle.Part(paste.text, paste.name),)
        cut = whole if paste.kind or _refused_text(paste.text) else bundle.parts(paste.text, paste.name)
        said = (part for part in cut if _says_something(part, cut))
        found += [_Part(_one_line(part.name), paste.kind, part.text, number, part.aside, part.cleaned) for part in said]
    return tuple(found)


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


def _texts(given: tuple[_Part, ...]) -> list[str]:
    """Return the name and the text of each part in turn; of a part that is not even looked at no text."""
    return [each for part in given for each in (part.name, part.text if not _refused(part) else "")]


def _one_line(name: str) -> str:
    """Return a name that can stand in the heading of a diff."""
    return _NOT_IN_NAMES.sub(" ", name).strip()[:_LONGEST_NAME]


def _says_something(part: bundle.Part, all_parts: tuple[bundle.Part, ...]) -> bool:
    return not part.separator and (bool(part.text.strip()) or len(all_parts) == 1)


def _refused(part: _Part) -> str:
    return _refused_text(part.text)


def _refused_text(text: str) -> str:
    """Return why a text is not even looked at, empty if it is."""
    if len(text) > LARGEST:
        return f"{len(text):,} characters are more than the {LARGEST:,} that are read: paste the part around the error"
    if not text.strip():
        return "there is nothing in it"
    at = text.find("\0")
    if at != -1:
        line = text.count("\n", 0, at) + 1
        return f"it holds a NUL character (line {line}): a binary file, or text in UTF-16; save it as UTF-8"
    return ""


def _read(
    given: tuple[_Part, ...], redacted: tuple[_Part, ...]
) -> tuple[tuple[Document, ...], tuple[int, ...], tuple[Unread, ...]]:
    documents, places, unread, asides = [], [], [], []
    taken: set[str] = set()
    for index, (raw, part) in enumerate(zip(given, redacted, strict=True)):
        refused = _refused(raw)
        form = None if refused else detect(part.name, part.text.removeprefix(_BOM), part.kind)
        if form is None and part.aside and not refused:
            asides.append(part)
            continue
        name = _unique(part.name or (form.file_name if form else f"paste {part.paste}"), taken)
        if form is None:
            unread.append(Unread(name, part.text, refused or _unrecognised()))
        else:
            documents.append(_with_answers_checked(document(form, name, _as_read(form, part.text))))
            places.append(index)
            for other in () if part.kind else beside(form, part.name, part.text):
                documents.append(document(other, _unique(f"{name}, {other.title}", taken), part.text))
                places.append(index)
    if asides and not documents and not unread:
        names = (_unique(part.name or f"paste {part.paste}", taken) for part in asides)
        unread = [Unread(name, part.text, _unrecognised()) for name, part in zip(names, asides, strict=True)]
    return tuple(documents), tuple(places), tuple(unread)


def _as_read(form: Format, text: str) -> str:
    """Return a text as its reader gets it: only a file has a byte order mark of its own, no command prints one."""
    return text if form.quote and not form.printed else text.removeprefix(_BOM)


def _unrecognised() -> str:
    return (
        "it is none of the kinds that are read: paste a file whole, or a command with what it printed, or say which of "
        f"the {len(formats())} kinds it is"
    )


def _unique(name: str, taken: set[str]) -> str:
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name} ({number})"
    taken.add(found)
    return found


def _with_answers_checked(read: Document) -> Document:
    """Return a document of answers with a problem where nobody asked, or where the answer can't be read."""
    if read.kind != "answers":
        return read
    asked = {question.key: question for question in questions()}
    lines = []
    for line in read.lines:
        question = asked.get(line.key)
        if line.key and not question:
            line = replace(line, problem=f"there is no question {line.key}; there are {', '.join(asked)}")
        elif question and line.value and question.read(line.value) is None:
            line = replace(line, problem=f"{line.key} can't be read from this; an example is {question.example}")
        lines.append(line)
    return replace(read, lines=tuple(lines))


def _checked(name: str, rule: Rule, known: Facts) -> Result:
    """Run one rule. What it found before a fact was missing, or before it crashed, stands."""
    found: list[Finding] = []
    try:
        for finding in rule.check(*arguments(rule.check, known)):
            found.append(replace(finding, severity=finding.severity or rule.severity))  # noqa: PERF401  # kept on a crash
    except MissingFactError as missing:
        return Result(name, tuple(str(each) for each in missing.args), tuple(found))
    except Exception as crash:  # one broken rule must not take the report with it
        return Result(name, (), tuple(found), f"{type(crash).__name__}: {crash}")
    return Result(name, (), tuple(found))


def _settled(
    documents: tuple[Document, ...], results: tuple[Result, ...], placeholders: tuple[str, ...], role: Role | None
) -> tuple[tuple[Edit, ...], tuple[Conflict, ...]]:
    """Return one edit for each key, the graver finding's, and what had to give way."""
    wanted = [
        (finding.severity or Severity.INFO, result.rule, edit)
        for result in results
        for finding in result.findings
        for edit in finding.edits
        if _target(documents, edit) is not None
    ]
    # The sort is stable: of equally grave findings the one whose rule comes first by name wins.
    wanted.sort(key=lambda each: -each[0])
    chosen: dict[tuple[str, str], tuple[Edit, str]] = {}
    conflicts = []
    for _, rule, edit in wanted:
        impossible = _frozen(edit, role) or _impossible(documents, edit, placeholders)
        winner, by = chosen.get((edit.kind, edit.key), (edit, rule))
        if impossible:
            conflicts.append(Conflict(edit, rule, "", impossible))
        elif winner == edit:
            chosen.setdefault((edit.kind, edit.key), (edit, rule))
        else:
            conflicts.append(Conflict(edit, rule, by, f"{by} wants something else and is at least as grave"))
    return tuple(edit for edit, _ in chosen.values()), tuple(conflicts)


def _frozen(edit: Edit, role: Role | None) -> str:
    """Return where a managed service has what the edit would change in a file, empty on a host of one's own."""
    if role is None or not role.service or edit.kind not in FROZEN:
        return ""
    return f"{role.service} has no such file to edit: change it in {role.console}"


def _impossible(documents: tuple[Document, ...], edit: Edit, placeholders: tuple[str, ...]) -> str:
    """Return why an edit can't be made, empty if it can."""
    target = _target(documents, edit)
    if edit.value is None or target is None or target.format.quote is None:
        return ""
    if any(placeholder in edit.value for placeholder in placeholders):
        return "the new value would hold a hidden secret: make this change by hand"
    try:
        # Where the line decides how a value is written, only writing it tells.
        target.apply([edit]) if target.format.splice or target.format.insert else target.format.quote(edit.value, "")
    except ValueError as refusal:
        return str(refusal)
    return ""


def _target(documents: tuple[Document, ...], edit: Edit) -> Document | None:
    """Return the document that an edit sets its key in: the last that has it, else the first of its kind."""
    candidates = [each for each in Documents(documents).of(edit.kind) if each.format.quote]
    holding = [each for each in candidates if each.written(edit.key)]
    if holding:
        return holding[-1]
    return candidates[0] if candidates and edit.value is not None else None


def _edited(documents: tuple[Document, ...], edits: tuple[Edit, ...]) -> tuple[Document, ...]:
    """Return the documents after the edits; one that nothing changes is the same object."""
    own: dict[str, list[Edit]] = {each.name: [] for each in documents}
    for edit in edits:
        for name in _places(documents, edit):
            own[name].append(edit)
    return tuple(each.apply(own[each.name]) if own[each.name] else each for each in documents)


def _places(documents: tuple[Document, ...], edit: Edit) -> Iterator[str]:
    """Yield the names of the documents that an edit touches: a removal touches all that have the key."""
    if edit.value is None:
        yield from (each.name for each in documents if each.kind == edit.kind and each.written(edit.key))
    else:
        target = _target(documents, edit)
        if target:
            yield target.name
