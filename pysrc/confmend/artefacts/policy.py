"""What a policy can hold a server to: for each change a check that what was pasted fails and what is wanted passes.

A check that can't fail is none: it is made only where the pasted value is known, be it a default, and breaks it. A
number is held to the side of the new value that the old one was not on, so that somebody may go further; where the
order of the numbers means nothing, or a line is only to go, the pasted value alone is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from confmend.artefacts.base_units import in_base_unit, row
from confmend.artefacts.kernel import Key, kernel
from confmend.artefacts.settings import Setting, settings
from confmend.artefacts.source import Source, Topic
from confmend.facts.postgres import Postgres
from confmend.units import TIMES_US

SERVER, HOST = "postgresql", "kernel"
_WHOLE = re.compile(r"[0-9]{1,18}")
# Kernel keys of so few values are switches: which of them is wanted has no more and less.
_SWITCH = 3


@dataclass(frozen=True, slots=True)
class Check:
    """One key and what its value must be: as text, or within a number or several, each None where any will do.

    ``refused`` is a value that it must not be. ``pasted`` fails the check; ``corrected`` passes, None: it is not set.
    """

    where: str
    key: str
    pasted: str
    corrected: str | None
    unit: str
    rules: tuple[str, ...]
    why: str
    exactly: str | None = None
    refused: str | None = None
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()

    @property
    def rule(self) -> Mapping[str, object]:
        """The check as the policy has it."""
        low, high = (tuple(int(each) if each == int(each) else each for each in side) for side in (self.low, self.high))
        held = {"exactly": self.exactly, "refused": self.refused, "low": low, "high": high}
        told = {"where": self.where, "key": self.key, "unit": self.unit, "why": self.why, "rules": self.rules}
        return {**told, **{name: each for name, each in held.items() if each not in (None, ())}}


def checks(source: Source) -> tuple[Check, ...]:
    """Return the checks that tell what was pasted from what is wanted."""
    return (*_of_server(source), *_of_kernel(source))


def _of_server(source: Source) -> Iterator[Check]:
    known = source.analysis.facts.get(Postgres)
    for each in settings(source):
        check = _setting(each, known.version if known else None)
        if check:
            yield check


def _setting(setting: Setting, version: int | None) -> Check | None:
    known = row(setting.name, version)
    if not known:
        return None
    try:
        pasted = in_base_unit(known, known.default if setting.old is None else setting.old)
        corrected = in_base_unit(known, known.default if setting.value is None else setting.value)
    except ValueError:
        return None
    if pasted == corrected:
        return None
    told = (SERVER, known.name, pasted, corrected, known.unit, setting.rules, setting.why)
    if setting.value is None:
        return Check(*told, refused=pasted)
    if known.type not in ("integer", "real"):
        return Check(*told, exactly=corrected)
    old, new = float(pasted), float(corrected)
    time = known.unit.lstrip("0123456789") in TIMES_US
    if new <= 0:
        low, high = new, new
    elif old <= 0 and time:
        # 0 or -1 is no time but none at all: any up to the new one is stricter.
        low, high = 1 if known.type == "integer" else 0, new
    elif old < new:
        return Check(*told, low=(new,))
    else:
        return Check(*told, high=(new,)) if (known.low or 0) >= 0 else Check(*told, low=(0,), high=(new,))
    return Check(*told, low=(low,), high=(high,))


def _of_kernel(source: Source) -> Iterator[Check]:
    for each in kernel(source):
        if each.old is not None and (each.value is None or each.value.split() != each.old.split()):
            yield _kernel(each, each.old)


def _kernel(key: Key, pasted: str) -> Check:
    told = (HOST, key.key, _spaced(pasted), _spaced(key.value), "", key.rules, key.why)
    old, new = _numbers(pasted), _numbers(key.value or "")
    if not new or len(old) != len(new) or max(*old, *new) < _SWITCH:
        return Check(*told, refused=_spaced(pasted))
    pairs = list(zip(old, new, strict=True))
    if all(before <= after for before, after in pairs):
        return Check(*told, low=tuple(after for _, after in pairs))
    if all(before >= after for before, after in pairs):
        return Check(*told, high=tuple(after for _, after in pairs))
    return Check(*told, refused=_spaced(pasted))


def _spaced(value: str | None) -> str:
    return " ".join((value or "").split())


def _numbers(value: str) -> Sequence[float]:
    words = value.split()
    return [float(word) for word in words] if all(map(_WHOLE.fullmatch, words)) else []


def _asked(where: str, source: Source) -> tuple[str, ...]:
    return tuple(each.key for each in checks(source) if each.where == where)


def _input(source: Source, pasted: bool) -> Mapping[str, Mapping[str, str]]:
    """Return the policy's input as it is for what was pasted, or for what is wanted."""
    found: dict[str, dict[str, str]] = {SERVER: {}, HOST: {}}
    for each in checks(source):
        value = each.pasted if pasted else each.corrected
        if value:
            found[each.where][each.key] = value
    return found


TOPIC = Topic(
    {
        "policy_checks": checks,
        "policy_settings": lambda source: _asked(SERVER, source),
        "policy_keys": lambda source: _asked(HOST, source),
        "policy_pasted": lambda source: _input(source, pasted=True),
        "policy_corrected": lambda source: _input(source, pasted=False),
    }
)
