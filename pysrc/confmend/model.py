"""The shapes that every layer shares. Imports nothing of ours.

Paste -> Document -> Fact -> Rule -> Finding with Edits. What only one layer needs lives in that layer.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Generic, TypeVar

T = TypeVar("T")
_NO_COLUMNS: Mapping[str, str] = MappingProxyType({})


class Severity(enum.IntEnum):
    """How bad it is, mildest first.

    CRITICAL: the server will not start, or memory or data loss is certain. ERROR: silently wrong. WARNING: dangerous
    under load. INFO: a default restated, or a change without effect.
    """

    INFO = 1
    WARNING = 2
    ERROR = 3
    CRITICAL = 4

    @property
    def label(self) -> str:
        """The name as it is printed: ``critical``."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Paste:
    """Text that somebody gave. ``name`` and ``kind`` are theirs too; an empty ``kind`` is found out.

    Of a paste that is cut into parts, ``kinds`` says the kinds of some by their places, from 0.
    """

    text: str
    name: str = ""
    kind: str = ""
    kinds: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One line with its line end, or the piece of one that sets a key, and what the format's own program reads in it.

    ``raw[start:end]`` is the value as it is written, quotes included; ``value`` is what the program takes it for.
    ``key_at`` is where the key starts, so that a commented line can be made active. ``problem`` says why the program
    would refuse or misread the line. ``columns`` holds what stands beside the value in a table or a log, by the names
    that its program gives it.
    """

    raw: str
    key: str = ""
    value: str = ""
    key_at: int = 0
    start: int = 0
    end: int = 0
    commented: bool = False
    problem: str = ""
    columns: Mapping[str, str] = field(default_factory=lambda: _NO_COLUMNS)

    @property
    def text(self) -> str:
        """The line without its line end."""
        return self.raw.rstrip("\r\n")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value or a message stands: line ``number`` (from 1) of the document ``name``."""

    kind: str
    name: str
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Value(Generic[T]):
    """A value and where it comes from. No origin: the version's own default."""

    value: T
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """Set ``key`` to ``value`` in the documents of ``kind``; ``None`` removes every line that sets it."""

    kind: str
    key: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, in the reader's own numbers.

    ``arithmetic`` holds the steps of the calculation, one a line. ``severity`` is given where it differs from the
    rule's own.
    """

    message: str
    evidence: tuple[Origin, ...] = ()
    edits: tuple[Edit, ...] = ()
    arithmetic: tuple[str, ...] = ()
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """Texts by kind that make a rule fire and what they become, or (``fixed=None``) that must leave it silent."""

    given: Mapping[str, str]
    fixed: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A check with its worst severity, its sources, and the examples that prove it.

    ``side_effect`` says what its edits cost or may break; every rule that edits has one.
    """

    check: Callable[..., Iterator[Finding]]
    severity: Severity
    sources: tuple[str, ...]
    examples: tuple[Example, ...]
    side_effect: str = ""


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """Something the reader may answer: the key of an ``answers`` paste, what it asks, and an example.

    ``read`` takes the answer's text and returns what it means, None if it can't be read.
    """

    key: str
    ask: str
    example: str
    read: Callable[[str], T | None]


@dataclass(frozen=True, slots=True)
class Fact(Generic[T]):
    """How one meaning is gathered.

    ``gather`` returns the fact, or ``None`` when nothing pasted supplies it. ``paste`` says what to paste then.
    ``describe`` gives the rows that the report shows: (name, value, source). ``of_host``: only whoever has a shell on
    the host, or starts the server there, can supply it.
    """

    gather: Callable[..., T | None]
    paste: str
    describe: Callable[[T], Iterator[tuple[str, str, str]]]
    questions: tuple[Question[Any], ...] = ()
    of_host: bool = False


class MissingFactError(Exception):
    """A rule needs something that nothing pasted supplies. Its text says what to paste."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one rule: unchecked (``missing``), quiet, fired (``findings``) or crashed (``crash``)."""

    rule: str
    missing: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    crash: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """An edit of ``rule`` that was not made, because ``winner`` wants something else or the value is hidden."""

    edit: Edit
    rule: str
    winner: str
    reason: str


@dataclass(frozen=True, slots=True)
class Suspect:
    """A word that looks like a secret and was not hidden, and where it stands first."""

    word: str
    origin: Origin


class State(enum.StrEnum):
    """What the pasted evidence says of one cause of an incident."""

    CONFIRMED = "confirmed"
    RULED_OUT = "ruled out"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of one cause: ``because`` says why, ``missing`` what to paste to know."""

    state: State
    because: str = ""
    evidence: tuple[Origin, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """What a sign shows: that its claim holds, or that it does not, and why, in the reader's own numbers."""

    holds: bool
    because: str
    evidence: tuple[Origin, ...] = ()


@dataclass(frozen=True, slots=True)
class Sign:
    """A claim about the host that the facts confirm or rule out: ``check`` returns None where they do neither.

    ``examples`` are texts by kind with what the check must say of them: True, False or None. ``paste`` says what would
    decide it where the facts that are there do not.
    """

    claim: str
    check: Callable[..., Shown | None]
    examples: tuple[tuple[Mapping[str, str], bool | None], ...]
    paste: str = ""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A known error that was seen: ``count`` messages, the first few of them, and who got them.

    ``first`` and ``last`` are times as they are written, ``""`` where none is. ``by`` counts the users, databases and
    hosts that the messages name: ``{"user": (("app", 12),)}``, the most frequent first. ``verdicts`` has one for each
    cause of the incident.
    """

    incident: str
    count: int
    evidence: tuple[Origin, ...]
    first: str = ""
    last: str = ""
    by: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class Unread:
    """A text that no format took, with the reason. It is kept, redacted, as it is. ``part`` is its number."""

    name: str
    text: str
    reason: str
    part: int = 0


@dataclass(frozen=True, slots=True)
class File:
    """One file to hand out."""

    name: str
    text: str
    media_type: str = "text/plain"
    title: str = ""


@dataclass(frozen=True, slots=True)
class Artefact:
    """Something to deploy: one file, or a folder of them. ``goes`` says in a line what it does and where it goes.

    ``group`` says what it is for; the artefacts stand by it where they are listed.
    """

    name: str
    title: str
    group: str
    goes: str
    many: bool = False
    files: tuple[File, ...] = ()


# The facts of one analysis by the type that holds each, as rules name them in their annotations.
Facts = dict[type[Any], Any]
