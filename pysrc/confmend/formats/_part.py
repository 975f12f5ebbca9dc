"""One parameter of a connection string, as each dialect's grammar gives it. Positions count in the string's text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """``text[start:end]`` can be taken out as a whole; ``text[first:last]`` is the value as it is written.

    ``write`` gives the writing of another value; ValueError if the dialect can't hold it there.
    """

    name: str
    value: str
    start: int
    first: int
    last: int
    end: int
    write: Callable[[str], str]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A whole connection string: ``text[start:end]``, whose parts come after ``text[start:head]``.

    ``add`` gives what to write at the end for one more parameter. ``driver`` is the family of drivers that the string
    itself speaks for, empty where several would take it.
    """

    dialect: str
    start: int
    head: int
    end: int
    parts: tuple[Part, ...]
    add: Callable[[str, str], str]
    driver: str = ""
    problem: str = ""
