"""The kernel's keys and other settings that a profile of TuneD gives, tuned.conf(5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from confmend.facts import Documents
from confmend.formats.sysctl_conf import canonical
from confmend.model import Fact, Value


@dataclass(frozen=True, slots=True)
class TunedProfile:
    """``sysctl`` by key, ``others`` by ``section/name``. A value with ``<`` or ``>`` is only a bound, and left out."""

    sysctl: Mapping[str, Value[str]]
    others: Mapping[str, Value[str]]


def gather(documents: Documents) -> TunedProfile | None:
    """Return what the profiles set, the last one winning."""
    sysctl: dict[str, Value[str]] = {}
    others: dict[str, Value[str]] = {}
    for document in documents.of("tuned_conf"):
        for key, indices in document.settings.items():
            value = Value(document.lines[indices[-1]].value.strip(), document.origin(indices[-1]))
            section, _, name = key.partition("/")
            # ${...} and calc are expanded by TuneD itself, from what is not here.
            if not name or not value.value or value.value[0] in "<>=" or "${" in value.value:
                continue
            if section == "sysctl":
                sysctl[canonical(name)] = value
            else:
                others[key] = value
    return TunedProfile(sysctl, others) if sysctl or others else None


def describe(profile: TunedProfile) -> Iterator[tuple[str, str, str]]:
    """Say how many keys of the kernel it sets."""
    if profile.sysctl:
        yield "sysctl values set by TuneD", f"{len(profile.sysctl):,}", "the profile"


FACT = Fact(gather, "the TuneD profile in use (tuned.conf; tuned-adm active names it)", describe, of_host=True)
