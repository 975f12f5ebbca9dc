"""The kinds of text that confmend reads: one file each, syntax only."""

from collections.abc import Mapping

from confmend.discover import declared
from confmend.document import Format

# Below this a guess is worth less than saying that the text was not recognised.
SURE = 0.5


def formats() -> Mapping[str, Format]:
    """Return every format by its kind."""
    return declared("confmend.formats", "FORMAT", Format)


def detect(name: str, text: str, kind: str = "") -> Format | None:
    """Return the format of a text: the kind that was said, else the one that its content speaks for most.

    ValueError if ``kind`` is no kind of ours.
    """
    known = formats()
    if kind:
        if kind not in known:
            raise ValueError(f"there is no kind {kind!r}; there are {', '.join(known)}")
        return known[kind]
    scores = {key: form.detect(name, text) for key, form in known.items()}
    best = max(scores, key=lambda key: scores[key])
    return known[best] if scores[best] >= SURE else None


def beside(found: Format, name: str, text: str) -> tuple[Format, ...]:
    """Return the kinds that stand in a text as well which is of the kind ``found``: it is read as each of them."""
    others = (form for form in formats().values() if found.kind in form.beside)
    return tuple(form for form in others if form.detect(name, text) >= SURE)
