"""What is to be changed, key by key: also where no file that was pasted can take it.

The edits of an analysis are those that a pasted file takes. Somebody who pasted ``SHOW ALL`` or uses a managed service
has no such file, and still wants ``ALTER SYSTEM`` or the service's own parameters.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from confmend.catalog.applies import applies
from confmend.engine import Analysis
from confmend.facts import Documents
from confmend.facts.role import Role
from confmend.model import Edit, Severity
from confmend.rules import title


@dataclass(frozen=True, slots=True)
class Change:
    """One key that is to change. ``value`` None: it is to be removed. ``old`` None: nothing pasted sets it.

    ``rules`` are those that want it, the gravest first, and ``why`` says what the first of them is about. ``applies``
    says when the change takes effect. ``where`` names what was pasted that sets the key, the last one last.
    """

    key: str
    value: str | None
    old: str | None
    where: tuple[str, ...]
    rules: tuple[str, ...]
    why: str
    applies: str


def changes(analysis: Analysis, kinds: Collection[str], printed: Collection[str] = ()) -> tuple[Change, ...]:
    """Return what is to change in documents of these kinds, each key once, by the earlier of the kinds.

    The old values stand in documents of the kinds, else in those of the kinds ``printed``.
    """
    found: dict[str, Edit] = {}
    for kind in kinds:
        for edit in _wanted(analysis, kind):
            found.setdefault(edit.key, edit)
    return tuple(_change(analysis, edit, (*kinds, *printed)) for edit in found.values())


def _wanted(analysis: Analysis, kind: str) -> Iterator[Edit]:
    """Yield the edits that hold, then the gravest ones that only no pasted document takes."""
    yield from (edit for edit in analysis.edits if edit.kind == kind)
    role = analysis.facts.get(Role)
    managed = role is not None and bool(role.service)
    # What gave way or holds a secret no other file could take either; what a service's files can't take, others can.
    refused = {each.edit for each in analysis.conflicts if not managed or each.winner}
    taken = {edit.key for edit in analysis.edits if edit.kind == kind}
    hidden = tuple(each.placeholder for each in analysis.redactions)
    others = [
        (-(finding.severity or Severity.INFO), edit)
        for result in analysis.results
        for finding in result.findings
        for edit in finding.edits
        if edit.kind == kind and edit.key not in taken and edit not in refused
    ]
    others.sort(key=lambda each: each[0])
    for _, edit in others:
        if edit.key not in taken and not any(word in (edit.value or "") for word in hidden):
            taken.add(edit.key)
            yield edit


def _change(analysis: Analysis, edit: Edit, kinds: Collection[str]) -> Change:
    wanted = [
        (-(finding.severity or Severity.INFO), result.rule)
        for result in analysis.results
        for finding in result.findings
        if any(each.key == edit.key and each.value == edit.value and each.kind in kinds for each in finding.edits)
    ]
    names = tuple(dict.fromkeys(rule for _, rule in sorted(wanted)))
    old, where = None, []
    for kind in reversed(tuple(kinds)):
        for document in Documents(analysis.documents).of(kind):
            line = document.get(edit.key)
            if line:
                old = line.value
                where.append(document.name)
    when = applies(edit.kind, edit.key, edit.value is None)
    return Change(edit.key, edit.value, old, tuple(where), names, title(names[0]) if names else "", when)
