"""One value for each key: what the findings want, settled by severity, and the documents with it."""

from __future__ import annotations

from collections.abc import Iterator

from confmend.document import Document
from confmend.facts import Documents
from confmend.facts.hosts import Hosts
from confmend.facts.role import FROZEN, Role
from confmend.model import Conflict, Edit, Facts, Result, Severity


def settled(
    documents: tuple[Document, ...], results: tuple[Result, ...], placeholders: tuple[str, ...], known: Facts
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
        impossible = (
            _frozen(edit, known.get(Role)) or _mixed(known.get(Hosts)) or _impossible(documents, edit, placeholders)
        )
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


def _mixed(hosts: Hosts | None) -> str:
    """Return why nothing is changed where the pastes are of several hosts."""
    if hosts is None:
        return ""
    return f"the pastes are of several {' and '.join(hosts.signs)}: analyse each host by itself"


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


def edited(documents: tuple[Document, ...], edits: tuple[Edit, ...]) -> tuple[Document, ...]:
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
