"""Replaces every secret by a placeholder, the same wherever the secret is the same, in all its writings."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from confmend.discover import declared
from confmend.redact.choices import Choices
from confmend.redact.forms import Finder, finder, spreads
from confmend.redact.hexadecimal import in_hexadecimal
from confmend.redact.lines import Lines, lines
from confmend.redact.moved import LINE_BREAK, Hidden, changed, original, placed
from confmend.redact.placeholders import CLOSING, outside_issued, placeholder, taken
from confmend.redact.readings import Changed, readings
from confmend.redact.scanner import Scanner, Span
from confmend.redact.stretches import NAME, RENAMED, SECRET, Found, merged

OWN_WORD, OWN_REASON = "word", "a word that you asked to hide"
# Something other than blanks and the signs between placeholders.
_WORTH = re.compile(r"[^\s,;:|]")
_NO_CHOICES = Choices()
# Each round hides more, so there is an end; nothing was seen that needs more than two.
_ROUNDS = 4
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
class Redacted:
    """The texts without their secrets, in the order given, what was hidden, by first appearance, and where."""

    texts: tuple[str, ...]
    redactions: tuple[Redaction, ...]
    hidden: tuple[tuple[Hidden, ...], ...]


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
    seen = [lines(text) for text in texts]
    found = [merged(_scanned(known, text, choices), text.text) for text in seen]
    own = {word: Found(0, 0, word, "", OWN_WORD) for word in choices.hide}
    spreading: dict[str, Found] = {}
    for each in chain.from_iterable(found):
        if known[each.scanner].spread:
            spreading.setdefault(each.secret, each)
    again = own | {secret: each for secret, each in spreading.items() if secret not in own and spreads(secret)}
    spread = _spread(seen, found, again, choices)
    all_found = [merged([*a, *b], text) if b else a for text, a, b in zip(texts, found, spread, strict=True)]
    used = taken(each.text for each in seen if CLOSING.lower() in each.low)
    result = _replaced(texts, all_found, known, used)
    for _ in range(_ROUNDS):
        more = [[*_left(known, *each, choices)] for each in zip(texts, result.texts, result.hidden, strict=True)]
        if not any(more):
            break
        all_found = [merged([*a, *b], text) if b else a for text, a, b in zip(texts, all_found, more, strict=True)]
        before, result = result, _replaced(texts, all_found, known, used)
        if result == before:
            break
    return result


def _left(
    known: Mapping[str, Scanner], text: str, clean: str, hidden: Sequence[Hidden], choices: Choices
) -> Iterator[Found]:
    """Yield what is found once more in a text where something was hidden, by its place in the text as it was.

    A placeholder may end a value elsewhere than the secret did. Looking again closes that gap, and it makes a redacted
    text one in which nothing more is found. What is found can differ only in what is read together with changed lines.
    """
    if not hidden:
        return
    moved = [*placed(text, hidden)]
    seen = lines(clean)
    for each in _scanned(known, seen, choices, changed(clean, moved)):
        first, last = original(moved, each.start, False), original(moved, each.end, True)
        yield each._replace(start=first, end=min(last, len(text)), secret=text[first:last])


def _scanned(
    known: Mapping[str, Scanner], seen: Lines, choices: Choices, changes: Changed | None = None
) -> Iterator[Found]:
    """Yield what the scanners find, without what the reader keeps and what we hid before."""
    for name, scanner, read in readings(known, seen, changes):
        rank = RENAMED if scanner.rename else NAME if scanner.level else SECRET
        for span, secret in _spans(scanner, read.text):
            written = read.text[span.start : span.end]
            if not {secret, written} & choices.keep and _WORTH.search(outside_issued(read.text, span.start, span.end)):
                label = span.label or scanner.label
                for start, end in read.originals(span.start, span.end):
                    yield Found(start, end, secret, name, label, rank)


def _spans(scanner: Scanner, text: str) -> list[tuple[Span, str]]:
    """Return a scanner's spans with their secrets; one that breaks stops everything and its message quotes nothing."""
    try:
        return [(span, scanner.meaning(text[span.start : span.end])) for span in scanner.find(text)]
    except Exception:
        failed = scanner.label
    # Raised outside the handler: a chained exception would carry the text in its message.
    raise RuntimeError(f"redaction failed while looking for: {failed}")


def _spread(
    seen: Iterable[Lines], found: Iterable[Sequence[Found]], by_secret: Mapping[str, Found], choices: Choices
) -> list[list[Found]]:
    """Return the places in each text where a secret that was found stands again, in whatever writing."""
    again = finder(by_secret)
    return [[*_again(*each, again, by_secret, choices)] for each in zip(seen, found, strict=True)]


def _again(
    seen: Lines, found: Sequence[Found], again: Finder, by_secret: Mapping[str, Found], choices: Choices
) -> Iterator[Found]:
    text = seen.text
    hidden = [(each.start, each.end) for each in found if each.rank == SECRET]
    for place in chain(again.places(seen, hidden), in_hexadecimal(seen, by_secret)):
        if text[place.start : place.end] in choices.keep:
            continue
        first = by_secret[place.secret]
        around = text[max(0, place.start - 1) : place.start], text[place.end : place.end + 1]
        if first.rank == SECRET or not any(map(_IN_WORDS.match, around)):
            yield first._replace(start=place.start, end=place.end)


def _replaced(
    texts: Sequence[str], found: Sequence[Sequence[Found]], known: Mapping[str, Scanner], used: Collection[int]
) -> Redacted:
    names = _names(chain.from_iterable(found), used, known)
    firsts: dict[str, Found] = {}
    clean, hidden = [], []
    for text, stretches in zip(texts, found, strict=True):
        pieces: list[str] = []
        places: list[Hidden] = []
        done = 0
        for each in stretches:
            start, end, secret, scanner, label, rank = each
            name = names[scanner if rank == RENAMED else rank, secret]
            if name is None:
                continue
            firsts.setdefault(name, each)
            places.append(Hidden(start, end, name, label))
            pieces += (text[done:start], name)
            if text.find("\n", start, end) >= 0:
                # The line breaks stay, so that a line number means the same before and after.
                pieces += LINE_BREAK.findall(text, start, end)
            done = end
        pieces.append(text[done:])
        clean.append("".join(pieces))
        hidden.append(tuple(places))
    counts = Counter(each.placeholder for places in hidden for each in places)
    redactions = tuple(
        Redaction(name, each.label, known[each.scanner].reason if each.scanner else OWN_REASON, counts[name])
        for name, each in firsts.items()
    )
    return Redacted(tuple(clean), redactions, tuple(hidden))


def _names(
    found: Iterable[Found], used: Collection[int], known: Mapping[str, Scanner]
) -> Mapping[tuple[str | int, str], str | None]:
    """Return what stands in place of each secret, in the order of first appearance."""
    last: dict[str, int] = {}
    names: dict[tuple[str | int, str], str | None] = {}
    renamed: dict[str, list[str]] = {}
    for _, _, secret, scanner, label, rank in found:
        # What two stretches have in common that get the same name: a user's name that is a password gets two.
        identity = (scanner if rank == RENAMED else rank, secret)
        if identity in names:
            continue
        if rank == RENAMED:
            names[identity] = None
            renamed.setdefault(scanner, []).append(secret)
            continue
        number = last.get(label, 0) + 1
        while number in used:
            number += 1
        last[label] = number
        names[identity] = placeholder(label, number)
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
