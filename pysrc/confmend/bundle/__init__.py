"""One paste may hold several files and what copying put around them. This cuts it and takes the noise off.

It is cut where a heading, a prompt with a command, a Markdown fence, a here-document, ``grep -r`` or a diff says so. A
text that nothing cuts and that holds no noise comes back to the byte.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from confmend.bundle import copied, headings, letters, several, terminal
from confmend.bundle.cleaning import Cleaning, clean, notes
from confmend.bundle.cuts import stretches
from confmend.document import split_lines

# What may hide the lines that separate comes off the whole paste, the rest off each part.
_OF_ALL = (terminal.CODES, terminal.SUDO, copied.MAIL)
_OF_PARTS = (copied.MAIL, copied.ENTITIES, copied.NUMBERS)
_OF_LETTERS = (letters.WIDE, letters.UNSEEN, letters.CURLY)
_BOM = "\ufeff"
_BOM_LEFT = (
    "it starts with a byte order mark (U+FEFF). A program that does not expect one takes it for part of the first word:"
    " PostgreSQL does not start with one in postgresql.conf. Save the file as UTF-8 without it"
)
_BOM_OFF = "a byte order mark (U+FEFF) was taken off the start of the paste"


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a paste: ``name`` is what the heading, prompt or fence calls it, empty without one.

    An ``aside`` stands around the files: what people say of them, what other commands print. It need not be of a kind
    that is read. ``cleaned`` says what was taken off the text; it quotes nothing.
    """

    text: str
    name: str = ""
    separator: bool = False
    aside: bool = False
    cleaned: tuple[str, ...] = ()


def parts(text: str, name: str = "") -> tuple[Part, ...]:
    """Cut a paste; what nothing names has the paste's own ``name``."""
    marked = text.startswith(_BOM)
    marks: dict[int, list[Cleaning]] = {}
    lines = clean(list(split_lines(text[marked:])), _OF_ALL, marks)
    found: list[Part] = []
    quoted = {index for index, done in marks.items() if copied.MAIL in done}
    for stretch in stretches(lines, name, quoted):
        own = lines[stretch.first : stretch.end]
        part = Part("".join(own), stretch.name, stretch.separator, stretch.aside, notes(own, marks, stretch.first))
        found += [part] if part.separator else _files(part, own)
    if not marked:
        return tuple(found)
    if len(found) == 1:
        return (replace(found[0], text=_BOM + found[0].text, cleaned=(*found[0].cleaned, _BOM_LEFT)),)
    return tuple(replace(part, cleaned=(*part.cleaned, _BOM_OFF)) if part is found[0] else part for part in found)


def _files(part: Part, lines: Sequence[str]) -> list[Part]:
    """Return a part without its noise, or the files of which each of its lines says one."""
    text, lines, done = _cleaned(part.text, lines, _OF_PARTS)
    files = several.by_diff(text, lines) or several.by_prefix(text, lines)
    if not files:
        files = [several.File(part.name, text, "")]
    found = []
    for file in files:
        own = lines if file.text is text else list(split_lines(file.text))
        plain, _, more = _cleaned(file.text, own, _OF_LETTERS)
        said = (*part.cleaned, *done, *((file.note,) if file.note else ()), *more)
        if plain.startswith(_BOM):
            said = (*said, _BOM_LEFT)
        around = not file.name and len(files) > 1
        called = file.name or part.name or _first_comment(plain)
        found.append(Part(plain, called, aside=part.aside or around, cleaned=said))
    return found


def _cleaned(
    text: str, lines: Sequence[str], cleanings: Sequence[Cleaning]
) -> tuple[str, Sequence[str], tuple[str, ...]]:
    """Return a text without noise, its lines, and what was done to it."""
    marks: dict[int, list[Cleaning]] = {}
    new = clean(list(lines), cleanings, marks)
    return ("".join(new), new, notes(new, marks)) if marks else (text, lines, ())


def _first_comment(text: str) -> str:
    """Return the file that the first line says it is, empty if it says nothing of the kind."""
    start = text[:1_000].lstrip()
    return headings.in_comment(start.partition("\n")[0]) if start.startswith("#") else ""
