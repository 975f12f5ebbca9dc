"""How much memory the host has promised to programs, how much it may promise, and its swap, from /proc/meminfo."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from confmend import units
from confmend.document import Document
from confmend.facts import Documents
from confmend.model import Fact, Origin


@dataclass(frozen=True, slots=True)
class Commitment:
    """Bytes. ``limit`` binds only where vm.overcommit_memory is 2; None where the text does not show a number."""

    limit: int | None
    promised: int | None
    swap: int | None
    origins: tuple[Origin, ...]


def gather(documents: Documents) -> Commitment | None:
    """Return the numbers of the last meminfo that shows one of them."""
    for document in reversed(documents.of("meminfo")):
        keys = ("CommitLimit", "Committed_AS", "SwapTotal")
        limit, promised, swap = (_bytes(document, key) for key in keys)
        if any(each is not None for each in (limit, promised, swap)):
            return Commitment(limit, promised, swap, tuple(o for key in keys for o in document.origins(key)[-1:]))
    return None


def _bytes(document: Document, key: str) -> int | None:
    line = document.get(key)
    match = re.fullmatch(r"([0-9]{1,15}) kB", line.value) if line else None
    return int(match[1]) * 1024 if match else None


def describe(commitment: Commitment) -> Iterator[tuple[str, str, str]]:
    """Say the swap; the rest matters only in one mode, and the rules say it there."""
    if commitment.swap is not None:
        yield "swap", units.gib(commitment.swap), commitment.origins[-1].name


FACT = Fact(gather, "/proc/meminfo (cat it)", describe, of_host=True)
