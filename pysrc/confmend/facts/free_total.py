"""How much RAM ``free`` means: its numbers have no unit, so the option that was given, a suffix or their shape says it.

The kernel counts memory in pages, so a number of kB is a multiple of 4 and one of bytes is a multiple of 4,096; whole
MiB or GiB (-m, -g) are neither but by chance.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from confmend.document import Document

KIB, MIB, GIB = 1024, 1024**2, 1024**3
_UNITS = {"": KIB, "b": 1, "k": KIB, "m": MIB, "g": GIB}
_LONG = {"--bytes": "b", "--kibi": "k", "--mebi": "m", "--gibi": "g", "--kilo": "", "--mega": "", "--giga": ""}
_SUFFIXES = {"B": 1, "K": KIB, "M": MIB, "G": GIB, "T": 1024**4, "P": 1024**5}
_WRITTEN = re.compile(r"([0-9]+(?:\.[0-9]+)?)([BKMGTP]?)i?")
_PAGE = 4096
# Less than this was no host's memory in kB for decades; from here on a number of MiB would be 4 TiB and more.
_LEAST_KIB, _MOST_MIB = 32 * 1024, 4 * 1024**2
# A host of so many MiB (-m) is usual, one of so many GiB (-g) is not.
_LEAST_MIB = 256


@dataclass(frozen=True, slots=True)
class Total:
    """RAM in bytes; ``unit`` is what the numbers were taken for, ``sure`` whether an option or a suffix said it."""

    ram: int
    unit: str
    sure: bool


def total(document: Document) -> Total | None:
    """Return the total of memory that a ``free`` shows; None if it can't be told."""
    line = document.get("Mem/total")
    match = _WRITTEN.fullmatch(line.value) if line else None
    if not match:
        return None
    if match[2]:
        return Total(int(Decimal(match[1]) * _SUFFIXES[match[2]]), "rounded by -h", True)
    if "." in match[1] or int(match[1]) == 0:
        return None
    option = _option(document)
    if option is not None:
        return Total(int(match[1]) * _UNITS[option], f"-{option}", True) if option else None
    return _by_shape(document, int(match[1]))


def _option(document: Document) -> str | None:
    """Return the letter of the unit that the text's name says free was asked for, ``""`` if it is one of 1000."""
    found = None
    # Also as support archives name their files: sos_commands/memory/free_-m.
    words = document.name.rpartition("/")[2].replace("_", " ").removeprefix("sudo ").partition("|")[0].split()
    if words[:1] != ["free"]:
        return None
    for word in words[1:]:
        if word == "--si":
            return ""
        if word in _LONG:
            found = _LONG[word]
        elif re.fullmatch("-[a-z]+", word):
            found = next((letter for letter in word if letter in "bkmg"), found)
    return found


def _by_shape(document: Document, number: int) -> Total | None:
    others = [document.get(key) for key in document.settings if key.startswith("Mem/")]
    numbers = [int(line.value) for line in others if line and line.value.isdigit()]
    if number >= _LEAST_KIB and all(each % _PAGE == 0 for each in numbers) and number > _MOST_MIB:
        return Total(number, "bytes", False)
    if number >= _MOST_MIB or (number >= _LEAST_KIB and all(each % 4 == 0 for each in numbers)):
        return Total(number * KIB, "kB", False)
    return Total(number * MIB, "MiB", False) if number >= _LEAST_MIB else Total(number * GIB, "GiB", False)
