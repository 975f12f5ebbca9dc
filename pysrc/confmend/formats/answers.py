"""Answers to confmend's own questions, as the form, ``--set`` and the tests give them: ``memory = 16GB``."""

import re
from collections.abc import Iterator

from confmend.document import Format, split_lines
from confmend.model import Line

_ASSIGNMENT = re.compile(r"[ \t]*([a-z][a-z0-9_]*)[ \t]*=[ \t]*(.*?)[ \t\r]*\n?")


def read(text: str) -> Iterator[Line]:
    """Yield the lines; ``key = value``, ``#`` starts a comment line."""
    for raw in split_lines(text):
        match = _ASSIGNMENT.fullmatch(raw)
        if match:
            yield Line(raw, match[1], match[2], match.start(1), match.start(2), match.end(2))
        elif raw.strip() and not raw.lstrip().startswith("#"):
            yield Line(raw, problem="not of the form: question = answer")
        else:
            yield Line(raw)


def detect(name: str, _text: str) -> float:
    """Answers are never guessed from the content: any ``key = value`` text would look like them."""
    return 1.0 if name == "answers" else 0.0


def quote(new: str, _old: str) -> str:
    """Return the value as it is."""
    return new


def assign(key: str, value: str) -> str:
    """Return one answer as a line."""
    return f"{key} = {value}"


FORMAT = Format("answers", "answers", "answers", detect, read, quote, assign)
