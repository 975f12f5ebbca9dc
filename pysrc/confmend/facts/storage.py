"""The disks that the data lies on. Only the reader knows: what a kernel prints of them may be a virtual disk's word."""

from dataclasses import dataclass

from confmend.facts import stated
from confmend.model import Origin, Question

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


def read_storage(text: str) -> str | None:
    """Return the kind that an answer means."""
    return _WORDS.get(text.strip().lower())


FACT = stated(
    Storage,
    "storage",
    Question("storage", "Storage of the data directory: nvme, ssd, san, network or hdd", "ssd", read_storage),
    f"the storage of the data directory (the answer storage = {', '.join(KINDS[:-1])} or {KINDS[-1]})",
    lambda storage: storage.kind,
)
