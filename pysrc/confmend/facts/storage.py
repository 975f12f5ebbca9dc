"""The disks that the data lies on. Only the reader knows: what a kernel prints of them may be a virtual disk's word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from confmend.facts import Documents
from confmend.model import Fact, Origin, Question

KINDS = ("nvme", "ssd", "san", "network", "hdd")
_WORDS = {
    **{kind: kind for kind in KINDS},
    "disk": "hdd",
    "spinning": "hdd",
    "flash": "ssd",
    "ebs": "network",
    "cloud": "network",
}


@dataclass(frozen=True, slots=True)
class Storage:
    """``kind`` is nvme, ssd, san, network (a cloud's block storage, which is solid state) or hdd."""

    kind: str
    origin: Origin | None

    @property
    def seeks(self) -> bool:
        """Whether a random read waits for an arm that moves."""
        return self.kind == "hdd"


def gather(documents: Documents) -> Storage | None:
    """Return the answer."""
    answer = documents.answer("storage")
    kind = read_storage(answer.value) if answer else None
    return Storage(kind, answer.origin) if answer and kind else None


def read_storage(text: str) -> str | None:
    """Return the kind that an answer means."""
    return _WORDS.get(text.strip().lower())


def describe(storage: Storage) -> Iterator[tuple[str, str, str]]:
    """Say which kind."""
    yield "storage", storage.kind, "your answer"


FACT = Fact(
    gather,
    f"the storage of the data directory (the answer storage = {', '.join(KINDS[:-1])} or {KINDS[-1]})",
    describe,
    (Question("storage", "Storage of the data directory: nvme, ssd, san, network or hdd", "ssd", read_storage),),
)
