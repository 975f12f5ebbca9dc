"""Replaces every secret by a placeholder, the same wherever the secret is the same, in all its writings."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from confmend.discover import declared
from confmend.redact.choices import Choices
from confmend.redact.forms import finder, spreads
from confmend.redact.placeholders import placeholder, taken, without_issued
from confmend.redact.scanner import Scanner, Span

OWN_WORD, OWN_REASON = "word", "a word that you asked to hide"
_LINE_BREAK = re.compile(r"\r?\n")
# Something other than blanks and the signs between placeholders.
_WORTH = re.compile(r"[^\s,;:|]")
_NO_CHOICES = Choices()
# Each round hides more, so there is an end; nothing was seen that needs more than two.
_ROUNDS = 4
# Whose name a stretch gets that several kinds found: a secret's before a level's, a word's before another host's.
_SECRET, _NAME, _RENAMED = range(3)
# Of a name that the reader wants hidden: it is not looked for inside a longer word.
_IN_WORDS = re.compile(r"[\w-]")


@dataclass(frozen=True, slots=True)
class Redaction:
    """One secret: what stands in its place, what kind it is and why it is hidden, and how many times it was found."""

    placeholder: str
    label: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class Hidden:
    """One stretch of a text that was hidden, and what stands there now."""

    start: int
    end: int
    placeholder: str
    label: str


@dataclass(frozen=True, slots=True)
class Redacted:
    """The texts without their secrets, in the order given, what was hidden, by first appearance, and where."""

    texts: tuple[str, ...]
    redactions: tuple[Redaction, ...]
    hidden: tuple[tuple[Hidden, ...], ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """A stretch to hide; ``secret`` is what it means, whatever the writing, ``rank`` whose name it gets."""

    start: int
    end: int
    secret: str
    scanner: str
    label: str
    rank: int = _SECRET


def scanners() -> Mapping[str, Scanner]:
    """Return every kind of secret by the name of its file."""
    return declared("confmend.redact.scanners", "SCANNER", Scanner)


def levels() -> tuple[str, ...]:
    """Return the names of the levels that a reader can switch on."""
    return tuple(sorted({scanner.level for scanner in scanners().values() if scanner.level}))


def redact(texts: Sequence[str], choices: Choices = _NO_CHOICES) -> Redacted:
    """Hide every secret of the texts; the same secret gets the same placeholder in all of them.

    RuntimeError if a scanner breaks: then nothing must be shown.
    """
    known = {name: each for name, each in scanners().items() if not each.level or each.level in choices.levels}
    found = [_merged(_scanned(known, text, choices), text) for text in texts]
    own = [_Found(0, 0, word, "", OWN_WORD) for word in choices.hide]
    spreading = [
        each for stretches in found for each in stretches if known[each.scanner].spread and spreads(each.secret)
    ]
    spread = [_spread(text, [*own, *spreading], choices) for text in texts]
    whole = [_merged([*a, *b], text) for text, a, b in zip(texts, found, spread, strict=True)]
    result = _replaced(texts, whole, known)
    for _ in range(_ROUNDS):
        more = [[*_left(known, *each, choices)] for each in zip(texts, result.texts, result.hidden, strict=True)]
        if not any(more):
            break
        whole = [_merged([*a, *b], text) for text, a, b in zip(texts, whole, more, strict=True)]
        before, result = result, _replaced(texts, whole, known)
        if result == before:
            break
    return result


def _left(
    known: Mapping[str, Scanner], text: str, clean: str, hidden: Sequence[Hidden], choices: Choices
) -> Iterator[_Found]:
    """Yield what is found once more in the lines where something was hidden, by its place in the text as it was.

    A placeholder may end a value elsewhere than the secret did. Looking again closes that gap, and it makes a redacted
    text one in which nothing more is found.
    """
    if not hidden:
        return
    moved = [*_moved(text, hidden)]
    starts, pieces, size = [], [], 0
    end = -1
    for place in moved:
        if place.now <= end:
            continue
        start, end = clean.rfind("\n", 0, place.now) + 1, clean.find("\n", place.now + place.length)
        end = len(clean) if end < 0 else end
        starts.append((size, start))
        pieces.append(clean[start:end])
        size += end - start + 1
    for each in _scanned(known, "\n".join(pieces), choices):
        at = starts[bisect_right(starts, (each.start, len(clean))) - 1]
        first = _original(moved, each.start - at[0] + at[1], False)
        last = _original(moved, each.end - at[0] + at[1], True)
        yield replace(each, start=first, end=min(last, len(text)), secret=text[first:last])


@dataclass(frozen=True, slots=True, order=True)
class _Moved:
    """A hidden stretch: where its placeholder stands ``now``, how long that is, and where the secret was."""

    now: int
    length: int
    start: int
    end: int


def _moved(text: str, hidden: Sequence[Hidden]) -> Iterator[_Moved]:
    shift = 0
    for each in hidden:
        length = len(each.placeholder) + sum(map(len, _LINE_BREAK.findall(text, each.start, each.end)))
        yield _Moved(each.start + shift, length, each.start, each.end)
        shift += length - (each.end - each.start)


def _original(moved: Sequence[_Moved], at: int, is_end: bool) -> int:
    """Return the place in the text as it was of place ``at`` in the redacted one."""
    index = bisect_right(moved, at, key=lambda each: each.now) - 1
    if index < 0:
        return at
    place = moved[index]
    if at >= place.now + place.length:
        return at - place.now - place.length + place.end
    return place.end if is_end and at > place.now else place.start


def _scanned(known: Mapping[str, Scanner], text: str, choices: Choices) -> Iterator[_Found]:
    """Yield what the scanners find, without what the reader keeps and what we hid before."""
    for name, scanner in known.items():
        rank = _RENAMED if scanner.rename else _NAME if scanner.level else _SECRET
        for span, secret in _spans(scanner, text):
            written = text[span.start : span.end]
            if not {secret, written} & choices.keep and _WORTH.search(without_issued(written)):
                yield _Found(span.start, span.end, secret, name, span.label or scanner.label, rank)


def _spans(scanner: Scanner, text: str) -> list[tuple[Span, str]]:
    """Return a scanner's spans with their secrets; one that breaks stops everything and its message quotes nothing."""
    try:
        return [(span, scanner.meaning(text[span.start : span.end])) for span in scanner.find(text)]
    except Exception:
        failed = scanner.label
    # Raised outside the handler: a chained exception would carry the text in its message.
    raise RuntimeError(f"redaction failed while looking for: {failed}")


def _spread(text: str, found: Sequence[_Found], choices: Choices) -> Iterator[_Found]:
    """Yield the places where a secret that was found stands again, in whatever writing."""
    by_secret: dict[str, _Found] = {}
    for each in found:
        by_secret.setdefault(each.secret, each)
    for place in finder(by_secret).places(text):
        if text[place.start : place.end] in choices.keep:
            continue
        first = by_secret[place.secret]
        around = text[max(0, place.start - 1) : place.start], text[place.end : place.end + 1]
        if first.rank == _SECRET or not any(map(_IN_WORDS.match, around)):
            yield replace(first, start=place.start, end=place.end)


def _merged(found: Iterable[_Found], text: str) -> list[_Found]:
    """Make one stretch of those that overlap or touch."""
    merged: list[_Found] = []
    for each in sorted(found, key=lambda each: (each.start, -each.end, each.rank)):
        if each.end <= each.start:
            continue
        if not merged or each.start > merged[-1].end:
            merged.append(each)
        elif each.end > merged[-1].end or each.rank < merged[-1].rank:
            merged[-1] = _joined(merged[-1], each, text)
    return merged


def _joined(one: _Found, other: _Found, text: str) -> _Found:
    """Return one stretch of two: the graver, then the earlier, then the longer names it.

    What is no host's name or address as it stands is not renamed as one.
    """
    named, end = min(one, other, key=lambda each: each.rank), max(one.end, other.end)
    if (named.start, named.end) == (one.start, end):
        return named
    return replace(named, start=one.start, end=end, secret=text[one.start : end], rank=min(named.rank, _NAME))


def _replaced(texts: Sequence[str], found: Sequence[Sequence[_Found]], known: Mapping[str, Scanner]) -> Redacted:
    names = _names([each for stretches in found for each in stretches], texts, known)
    counts: dict[str, tuple[_Found, int]] = {}
    clean, hidden = [], []
    for text, stretches in zip(texts, found, strict=True):
        pieces: list[str] = []
        places: list[Hidden] = []
        done = 0
        for each in stretches:
            name = names[_identity(each)]
            if name is None:
                continue
            first, count = counts.get(name, (each, 0))
            counts[name] = first, count + 1
            places.append(Hidden(each.start, each.end, name, each.label))
            # The line breaks stay, so that a line number means the same before and after.
            pieces += (text[done : each.start], name, *_LINE_BREAK.findall(text, each.start, each.end))
            done = each.end
        pieces.append(text[done:])
        clean.append("".join(pieces))
        hidden.append(tuple(places))
    redactions = tuple(
        Redaction(name, each.label, known[each.scanner].reason if each.scanner else OWN_REASON, count)
        for name, (each, count) in counts.items()
    )
    return Redacted(tuple(clean), redactions, tuple(hidden))


def _identity(each: _Found) -> tuple[str, str]:
    """Return what two stretches have in common that get the same name: a user's name that is a password gets two."""
    return (each.scanner if each.rank == _RENAMED else str(each.rank), each.secret)


def _names(
    found: Sequence[_Found], texts: Sequence[str], known: Mapping[str, Scanner]
) -> Mapping[tuple[str, str], str | None]:
    """Return what stands in place of each secret, in the order of first appearance."""
    used = taken(texts)
    last: dict[str, int] = {}
    names: dict[tuple[str, str], str | None] = {}
    renamed: dict[str, list[str]] = {}
    for each in found:
        identity = _identity(each)
        if identity in names:
            continue
        if each.rank == _RENAMED:
            names[identity] = None
            renamed.setdefault(each.scanner, []).append(each.secret)
            continue
        number = last.get(each.label, 0) + 1
        while number in used:
            number += 1
        last[each.label] = number
        names[identity] = placeholder(each.label, number)
    for scanner, secrets in renamed.items():
        names.update(zip([(scanner, secret) for secret in secrets], _renamed(known[scanner], secrets), strict=True))
    return names


def _renamed(scanner: Scanner, secrets: Sequence[str]) -> Sequence[str | None]:
    assert scanner.rename is not None
    try:
        return scanner.rename(secrets)
    except Exception:
        failed = scanner.label
    raise RuntimeError(f"redaction failed while renaming: {failed}")
