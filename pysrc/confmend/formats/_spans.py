"""Lines and pieces of a text whose values were found as stretches of it: JSON, YAML, XML, command lines.

A scanner says where each value stands in the whole text; this cuts the text into its lines, and a line with several
values into one piece for each.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from confmend.document import split_lines
from confmend.model import Line


@dataclass(frozen=True, slots=True)
class Span:
    """A value at ``start`` to ``end`` of a text, in one line. What belongs to it alone is ``first`` to ``last``."""

    key: str
    value: str
    first: int
    start: int
    end: int
    last: int
    columns: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""


def lines(text: str, spans: Sequence[Span], problems: Mapping[int, str]) -> Iterator[Line]:
    """Yield the lines and pieces of ``text``. ``spans`` are in order; ``problems`` are by the line's number from 0.

    A span that overlaps the one before it or crosses a line's end is left out.
    """
    at, index = 0, 0
    for number, raw in enumerate(split_lines(text)):
        end = at + len(raw.rstrip("\r\n"))
        done, problem = at, problems.get(number, "")
        while index < len(spans) and spans[index].first < at + len(raw):
            span = spans[index]
            index += 1
            if not done <= span.first <= span.start <= span.end <= span.last <= end:
                continue
            if span.problem == problem or (span.last == at + len(raw) and problem):
                # There is no piece behind it that could carry the line's problem.
                span, problem = replace(span, problem=problem), ""
            if span.first > done:
                yield Line(text[done : span.first], problem=problem)
                problem = ""
            yield _piece(text, span)
            done = span.last
        if done < at + len(raw):
            yield Line(text[done : at + len(raw)], problem=problem)
        at += len(raw)


def _piece(text: str, span: Span) -> Line:
    return Line(
        text[span.first : span.last],
        span.key,
        span.value,
        0,
        span.start - span.first,
        span.end - span.first,
        problem=span.problem,
        columns=span.columns,
    )


def line_number(text: str, at: int) -> int:
    r"""Return the number, from 0, of the line that position ``at`` is in; lines end at ``\n`` only."""
    return text.count("\n", 0, at)
