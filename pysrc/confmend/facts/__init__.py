"""What is true of the host, by the documents that say so. One file a fact; each gathers itself, best source first."""

from __future__ import annotations

import functools
import inspect
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from confmend.discover import declared
from confmend.document import Document
from confmend.model import Fact, Facts, MissingFactError, Origin, Question, Value

# What a form begins with; the other questions follow as their files come.
_FIRST = ("memory", "cpus", "postgresql", "workload", "storage", "clients", "middlebox", "idle_limit", "role")
T = TypeVar("T")
F = TypeVar("F")


@dataclass(frozen=True)
class Documents:
    """Everything that was pasted and recognised, in the order in which it came."""

    all: tuple[Document, ...]

    def of(self, kind: str) -> tuple[Document, ...]:
        """Return the documents of one kind in the order in which their program reads them."""
        found = (document for document in self.all if document.kind == kind)
        return tuple(sorted(found, key=lambda document: document.format.rank(document.name)))

    def answer(self, question: Question[T]) -> Value[T] | None:
        """Return the reader's own answer to a question; the last one counts, and None if that can't be read."""
        for document in reversed(self.of("answers")):
            line = document.get(question.key)
            if line and line.value:
                meant = question.read(line.value)
                return None if meant is None else Value(meant, document.origins(question.key)[-1])
        return None


def stated(
    kind: Callable[[T, Origin | None], F], name: str, question: Question[T], paste: str, shown: Callable[[F], str]
) -> Fact[F]:
    """Return a fact that only the reader can tell: a ``kind`` of the answer and of the line that it stands in.

    The report calls it ``name`` and shows what ``shown`` makes of it; ``paste`` says what to answer.
    """

    def gather(documents: Documents) -> F | None:
        answer = documents.answer(question)
        return kind(answer.value, answer.origin) if answer else None

    def describe(fact: F) -> Iterator[tuple[str, str, str]]:
        yield name, shown(fact), "your answer"

    # What tells which fact this is, as in a gather that is written out; a type variable would say nothing.
    gather.__annotations__["return"] = kind
    return Fact(gather, paste, describe, (question,))


def facts() -> Mapping[str, Fact[Any]]:
    """Return how each fact is gathered, by the name of its file."""
    return declared("confmend.facts", "FACT", Fact)


def questions() -> tuple[Question[Any], ...]:
    """Return everything that a reader may answer, what most depends on first."""
    every = (question for fact in facts().values() for question in fact.questions)
    return tuple(sorted(every, key=lambda each: _FIRST.index(each.key) if each.key in _FIRST else len(_FIRST)))


@dataclass(frozen=True)
class Need:
    """One thing that a function is called with: a type of fact, and whether it can do without."""

    fact: type[Any]
    optional: bool


@functools.cache
def needs(function: Callable[..., object]) -> tuple[Need, ...]:
    """Return what a rule's check or a fact's gather is called with, from its annotations.

    ``memory: Memory`` is needed; ``memory: Memory | None`` may be absent.
    """
    hints = typing.get_type_hints(function)
    found = []
    for name in inspect.signature(function).parameters:
        hint = hints[name]
        if typing.get_origin(hint) in (typing.Union, types.UnionType):
            found.append(Need(_plain(hint), optional=True))
        else:
            found.append(Need(hint, optional=False))
    return tuple(found)


def gathered(documents: tuple[Document, ...], wanted: Iterable[type[Any]] = (), known: Facts | None = None) -> Facts:
    """Return every fact that the documents supply, by its type; only those ``wanted``, and theirs, where some are.

    ``known`` are facts that are not gathered again; None for one that the documents don't supply.
    """
    makers = _by_type()
    found: Facts = {**(known or {}), Documents: Documents(documents)}

    def supply(kind: type[Any]) -> Any:
        if kind not in found:
            found[kind] = _called(makers[kind].gather, supply)
        return found[kind]

    for kind in wanted or makers:
        supply(kind)
    return {kind: fact for kind, fact in found.items() if fact is not None}


def _called(gather: Callable[..., Any], supply: Callable[[type[Any]], Any]) -> Any:
    given = [(need, supply(need.fact)) for need in needs(gather)]
    if any(value is None and not need.optional for need, value in given):
        return None
    try:
        return gather(*(value for _, value in given))
    except MissingFactError:  # what was pasted supplies the half of it
        return None


@functools.cache
def _by_type() -> Mapping[type[Any], Fact[Any]]:
    """Return how each fact is gathered, by the type that holds it: what its gather returns."""
    return {_plain(typing.get_type_hints(fact.gather)["return"]): fact for fact in facts().values()}


def _plain(hint: Any) -> type[Any]:
    """Return ``Memory`` of ``Memory | None``."""
    kinds: tuple[type[Any], ...] = typing.get_args(hint) or (hint,)
    return next(kind for kind in kinds if kind is not type(None))


def arguments(check: Callable[..., object], known: Facts) -> list[Any]:
    """Return what to call a check with. MissingFactError names what to paste when a fact that it needs is absent."""
    missing = tuple(need.fact for need in needs(check) if not need.optional and need.fact not in known)
    if missing:
        raise MissingFactError(*(what_to_paste(fact) for fact in missing))
    return [known.get(need.fact) for need in needs(check)]


def what_to_paste(kind: type[Any]) -> str:
    """Return what supplies a fact of this type."""
    return _by_type()[kind].paste


def of_host() -> frozenset[str]:
    """Return what there is to paste from the host alone."""
    return frozenset(fact.paste for fact in facts().values() if fact.of_host)


def described(known: Facts) -> Iterator[tuple[str, str, str]]:
    """Yield what is known as the report shows it: (fact, value, source)."""
    for kind, fact in _by_type().items():
        if kind in known:
            yield from fact.describe(known[kind])
