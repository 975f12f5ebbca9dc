"""The parts of the pastes as documents: each of the kind that its content shows, or that the reader says."""

from __future__ import annotations

import functools
from dataclasses import replace

from confmend.document import Document, Format, document
from confmend.facts import questions
from confmend.formats import beside, detect, formats
from confmend.incidents.recognition import recognised
from confmend.model import Unread
from confmend.parts import Part, refused

# What a text of this size was read as is remembered, for so many texts: some 50 MB at the most.
_REMEMBERED_TEXT, _REMEMBERED_TEXTS = 200_000, 24
_BOM = "\ufeff"


def documents_of(
    given: tuple[Part, ...], redacted: tuple[Part, ...]
) -> tuple[tuple[Document, ...], tuple[int, ...], tuple[Unread, ...]]:
    """Return the documents, of which part each is, and the parts that are none; all of it made of redacted text."""
    documents, places, unread, asides = [], [], [], []
    taken: set[str] = set()
    for index, (raw, part) in enumerate(zip(given, redacted, strict=True)):
        why = refused(raw.text)
        form = None if why else _format(part)
        if form is None and part.aside and not why:
            asides.append((index, part))
            continue
        name = _unique(part.name or (form.file_name if form else f"paste {part.paste}"), taken)
        if form is None:
            unread.append(Unread(name, part.text, why or _unrecognised(), index))
        else:
            documents.append(_with_answers_checked(_document(form, name, _as_read(form, part.text))))
            places.append(index)
            for other in () if part.kind else beside(form, part.name, part.text):
                documents.append(_document(other, _unique(f"{name}, {other.title}", taken), part.text))
                places.append(index)
    if asides and not documents and not unread:
        unread = [
            Unread(_unique(part.name or f"paste {part.paste}", taken), part.text, _unrecognised(), index)
            for index, part in asides
        ]
    return tuple(documents), tuple(places), tuple(unread)


def _format(part: Part) -> Format | None:
    """Return the kind of a text: by its shape, else by a known error in it, such as a line from a chat."""
    text = part.text.removeprefix(_BOM)
    find = _found_again if len(text) <= _REMEMBERED_TEXT else _found
    return find(part.name, text, part.kind)


def _found(name: str, text: str, kind: str) -> Format | None:
    return detect(name, text, kind) or (formats()["error_text"] if recognised(text) else None)


def _document(form: Format, name: str, text: str) -> Document:
    """Return a document; the one of the last time where nothing has changed, as when only an answer has."""
    return (_document_again if len(text) <= _REMEMBERED_TEXT else document)(form, name, text)


_found_again = functools.lru_cache(_REMEMBERED_TEXTS)(_found)
_document_again = functools.lru_cache(_REMEMBERED_TEXTS)(document)


def _as_read(form: Format, text: str) -> str:
    """Return a text as its reader gets it: only a file has a byte order mark of its own, no command prints one."""
    return text if form.quote and not form.printed else text.removeprefix(_BOM)


def _unrecognised() -> str:
    return (
        "it is none of the kinds that are read: paste a file whole, or a command with what it printed, or say which of "
        f"the {len(formats())} kinds it is"
    )


def _unique(name: str, taken: set[str]) -> str:
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name} ({number})"
    taken.add(found)
    return found


def _with_answers_checked(read: Document) -> Document:
    """Return a document of answers with a problem where nobody asked, or where the answer can't be read."""
    if read.kind != "answers":
        return read
    asked = {question.key: question for question in questions()}
    lines = []
    for line in read.lines:
        question = asked.get(line.key)
        if line.key and not question:
            line = replace(line, problem=f"there is no question {line.key}; there are {', '.join(asked)}")
        elif question and line.value and question.read(line.value) is None:
            line = replace(line, problem=f"{line.key} can't be read from this; an example is {question.example}")
        lines.append(line)
    return replace(read, lines=tuple(lines))
