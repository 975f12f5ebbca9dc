"""The fields of pg_hba.conf and pg_ident.conf, as the server cuts a line into them.

Source: src/backend/libpq/hba.c, next_token and next_field_expand, the same in 12 to 18; behind a backslash a line goes
on in the next one since 14. Blanks separate fields, commas the tokens of one field; ``#`` starts a comment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_BLANK = " \t\r"


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a field; a quoted one is never a keyword."""

    text: str
    quoted: bool


@dataclass(frozen=True, slots=True)
class Field:
    """The tokens of a field, and where it stands in the line: ``text[start:end]``."""

    tokens: tuple[Token, ...]
    start: int
    end: int

    @property
    def first(self) -> Token:
        """The first token, which of most fields is the only one."""
        return self.tokens[0]


def logical_lines(raws: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Yield the lines as the server joins them: the first text line, the one behind the last, and the joined text."""
    index = 0
    while index < len(raws):
        start, parts = index, []
        while True:
            part = raws[index].rstrip("\r\n")
            index += 1
            if part.endswith("\\") and index < len(raws):
                parts.append(part[:-1])
                continue
            parts.append(part)
            break
        yield start, index, "".join(parts)


def fields(text: str) -> tuple[Field, ...]:
    """Cut a line into its fields."""
    found: list[Field] = []
    at = 0
    while True:
        tokens: list[Token] = []
        first, end = -1, at
        more = True
        while more:
            token, start, stop, at, more = _token(text, at)
            if token is None:
                break
            tokens.append(token)
            first = start if first < 0 else first
            end = stop
        if not tokens:
            return tuple(found)
        found.append(Field(tuple(tokens), first, end))


def _token(text: str, at: int) -> tuple[Token | None, int, int, int, bool]:
    """Return the next token, its start and end, where to go on, and whether a comma says that the field does."""
    while at < len(text) and (text[at] in _BLANK or text[at] == ","):
        at += 1
    start, letters = at, []
    in_quote = was_quote = initial = seen = comma = False
    end = at
    while at < len(text) and (text[at] not in _BLANK or in_quote):
        char = text[at]
        if char == "#" and not in_quote:
            at = len(text)
            break
        if char == "," and not in_quote:
            comma = True
            at += 1
            break
        if char != '"' or was_quote:
            letters.append(char)
        was_quote = not was_quote if in_quote and char == '"' else False
        if char == '"':
            in_quote = not in_quote
            seen = True
            initial = initial or not letters
        at += 1
        end = at
    if not letters and not seen:
        return None, start, end, at, False
    return Token("".join(letters), initial), start, end, at, comma
