"""The rules of pg_hba.conf, one object each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from confmend.document import Document
from confmend.model import Origin

_OWN_HOST = ("::1", "::1/128", "localhost", "samehost")
_EVERYWHERE = ("all", "0.0.0.0/0", "::/0", "::0/0")


@dataclass(frozen=True, slots=True)
class HbaRule:
    """The fields of a rule, as they are written; ``mask`` is empty where the address has its own."""

    kind: str
    database: str
    user: str
    address: str
    mask: str
    method: str
    origin: Origin

    @property
    def is_remote(self) -> bool:
        """Whether it is for connections over a network, from more than the host itself."""
        return self.kind != "local" and not self.address.startswith("127.") and self.address not in _OWN_HOST

    @property
    def is_everywhere(self) -> bool:
        """Whether any address fits."""
        return self.address in _EVERYWHERE or (self.address in ("0.0.0.0", "::") and self.mask in ("0.0.0.0", "::"))


def rules_of(document: Document) -> Iterator[HbaRule]:
    """Yield the rules of a file in their order; a refused one is none."""
    refused = {document.numbers[index] for index, line in enumerate(document.lines) if line.problem}
    found: dict[str, dict[str, str]] = {}
    places: dict[str, int] = {}
    for key, indices in document.settings.items():
        number, _, name = key.partition("/")
        if name and number.isdecimal():
            found.setdefault(number, {})[name] = document.lines[indices[-1]].value
            places.setdefault(number, indices[0])
    for number, fields in found.items():
        if document.numbers[places[number]] not in refused:
            yield HbaRule(
                fields.get("type", ""),
                fields.get("database", ""),
                fields.get("user", ""),
                fields.get("address", ""),
                fields.get("mask", ""),
                fields.get("method", ""),
                document.origin(places[number]),
            )
