"""Replaces every secret by a placeholder: a typed, numbered, bare word, the same wherever the secret is the same.

A placeholder is letters, digits and `_` because anything else changes meaning somewhere: `<X>` is a tag in a ticket,
`[X]` is percent-encoded in a URL, `***` is eaten by Markdown. The closing word keeps `_1` from being a prefix of `_12`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from confmend.discover import declared
from confmend.redact.scanner import Scanner, Span

CLOSING = "HIDDEN"
LOOK_ALIKE = re.compile(rf"_0*([0-9]{{1,9}})_{CLOSING}", re.IGNORECASE)
NOT_WORD = re.compile(r"[^A-Z0-9]+")
LINE_BREAK = re.compile(r"\r?\n")


@dataclass(frozen=True, slots=True)
class Redaction:
    """One secret: what stands in its place, what kind it is, and how many times it was found."""

    placeholder: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Redacted:
    """The texts without their secrets, in the order given, and what was hidden, by first appearance."""

    texts: tuple[str, ...]
    redactions: tuple[Redaction, ...]


def scanners() -> Iterable[Scanner]:
    """Every kind of secret there is a file for."""
    return declared("confmend.redact.scanners", "SCANNER", Scanner).values()


def _found(scanner: Scanner, text: str) -> list[Span]:
    """Give the scanner's spans; a scanner that breaks stops everything, by a message that cannot quote the text."""
    try:
        return [Span(span.start, span.end, span.label or scanner.label) for span in scanner.find(text)]
    except Exception:
        failed = scanner.label
    # Raised outside the handler: a chained exception would carry the text in its message.
    raise RuntimeError(f"redaction failed while looking for: {failed}")


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Make one span of those that overlap: the earlier, then the longer, names it."""
    merged: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if span.end <= span.start:
            continue
        if merged and span.start < merged[-1].end:
            last = merged[-1]
            merged[-1] = Span(last.start, max(last.end, span.end), last.label)
        else:
            merged.append(span)
    return merged


def _taken(texts: Iterable[str]) -> set[int]:
    """Numbers that a placeholder look-alike in the input uses: never issued, for any label and in any case."""
    return {int(match[1]) for text in texts for match in LOOK_ALIKE.finditer(text)}


def redact(texts: Sequence[str]) -> Redacted:
    """Hide every secret of the texts; the same secret gets the same placeholder in all of them."""
    taken = _taken(texts)
    placeholders: dict[tuple[str, str], str] = {}
    counts: dict[tuple[str, str], int] = {}
    last: dict[str, int] = {}
    clean: list[str] = []
    for text in texts:
        pieces: list[str] = []
        done = 0
        for span in _merged(span for scanner in scanners() for span in _found(scanner, text)):
            value = text[span.start : span.end]
            secret = (span.label, value)
            if secret not in placeholders:
                number = last.get(span.label, 0) + 1
                while number in taken:
                    number += 1
                last[span.label] = number
                placeholders[secret] = f"{NOT_WORD.sub('_', span.label.upper())}_{number}_{CLOSING}"
            counts[secret] = counts.get(secret, 0) + 1
            # The line breaks stay, so that a line number means the same before and after.
            pieces += (text[done : span.start], placeholders[secret], *LINE_BREAK.findall(value))
            done = span.end
        pieces.append(text[done:])
        clean.append("".join(pieces))
    return Redacted(
        tuple(clean),
        tuple(
            Redaction(placeholder, label, counts[label, value]) for (label, value), placeholder in placeholders.items()
        ),
    )
