"""What ``free`` prints (procps, busybox; English or German): ``Mem:  16090752  9182736 ...`` under its headings.

Each number has a key of its own, ``Mem/total``. The heading does not say the unit: kB of 1024 bytes unless an option
chose another (-b -m -g), or a suffix behind each number (-h). Old versions count buffers and cache as used and correct
that in a line ``-/+ buffers/cache``. With -L (procps 4) all is one line: ``SwapUse 0 CachUse 1698012 ...``.
"""

import re
from collections.abc import Iterator, Sequence

from confmend.document import Format, split_lines
from confmend.formats.printed import HEAD, ran, share, words
from confmend.model import Line

_COLUMNS = {
    "total": "total", "gesamt": "total",
    "used": "used", "benutzt": "used", "belegt": "used",
    "free": "free", "frei": "free",
    "shared": "shared", "gemns.": "shared", "gemeins.": "shared", "gemeinsam": "shared",
    "buff/cache": "buff/cache", "Puffer/Cache": "buff/cache",
    "buffers": "buffers", "Puffer": "buffers",
    "cache": "cache", "Cache": "cache", "cached": "cached",
    "available": "available", "verfügbar": "available",
}  # fmt: skip
_ROWS = {
    "Mem:": "Mem", "Speicher:": "Mem",
    "Swap:": "Swap",
    "Total:": "Total", "Gesamt:": "Total",
    "Low:": "Low", "Niedrig:": "Low",
    "High:": "High", "Hoch:": "High",
    "Comm:": "Comm",
    "-/+": "-/+ buffers/cache",
}  # fmt: skip
_AT_LEAST = ("total", "used", "free")
_ON_A_LINE = ("SwapUse", "CachUse", "MemUse", "MemFree")
_AMOUNT = re.compile(r"[0-9]+(?:[.,][0-9]+)?(?:[KMGTPE]i?|B)?")


def read(text: str) -> Iterator[Line]:
    """Yield the headings, and each number as a piece of its line."""
    columns: Sequence[str] = _AT_LEAST
    for raw in split_lines(text):
        found = words(raw)
        first = found[0][0] if found else ""
        if first in _COLUMNS and all(word[0] in _COLUMNS for word in found):
            columns = [_COLUMNS[word[0]] for word in found]
            yield Line(raw)
        elif first in _ROWS:
            numbers = found[2:] if first == "-/+" else found[1:]
            names = ("used", "free") if first == "-/+" else columns
            yield from _pieces(raw, numbers, [f"{_ROWS[first]}/{name}" for name in names])
        elif first in _ON_A_LINE:
            yield from _pieces(raw, found[1::2], [word[0] for word in found[::2]])
        else:
            yield Line(raw, problem="" if not first or ran(raw, "free") else "not a line that free prints")


def _pieces(raw: str, numbers: Sequence[re.Match[str]], keys: Sequence[str]) -> Iterator[Line]:
    if not numbers or len(numbers) > len(keys) or not all(_AMOUNT.fullmatch(number[0]) for number in numbers):
        yield Line(raw, problem="not a line that free prints")
        return
    last = 0
    for number, key in zip(numbers, keys, strict=False):
        start, end = number.start() - last, number.end() - last
        yield Line(raw[last : number.end()], key, number[0].replace(",", "."), start, start, end)
        last = number.end()
    yield Line(raw[last:])


def detect(_name: str, text: str) -> float:
    """Return the share of lines that free prints, if the memory's is one of them."""
    head = text[:HEAD]
    if not any(word in head for word in ("Mem:", "Speicher:", "CachUse")):
        return 0.0
    return share(read, text)


FORMAT = Format("free", "free", "free", detect, read)
