"""What ``systemctl show UNIT`` prints: ``Name=value``, one property a line, units apart by an empty line.

Source: systemctl(1), org.freedesktop.systemd1(5). Sizes are in bytes, ``infinity`` is no limit. A line that does not
start with a property's name goes on with the value of the line above.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from confmend.document import Format, split_lines
from confmend.model import Line

_PROPERTY = re.compile(r"([A-Z][A-Za-z0-9]*)=(.*?)[\r]*\n?")
_TELLING = re.compile(
    r"^(?:Id|Names|LoadState|ActiveState|SubState|UnitFileState|FragmentPath|MainPID|ControlGroup|ExecMainPID|"
    r"Limit[A-Z]+Soft|MemoryCurrent|TasksCurrent|EffectiveMemoryMax|MemoryAvailable|CPUQuotaPerSecUSec|"
    r"DefaultMemoryAccounting)=",
    re.MULTILINE,
)
# Nobody writes these limits outside a [Service] section but systemctl show.
_LIMITS = re.compile(r"^(?:Limit[A-Z]+|(?:Memory|Tasks)(?:Max|High)|OOMScoreAdjust)=", re.MULTILINE)


def read(text: str) -> Iterator[Line]:
    """Yield the lines; which unit one is of stands beside it."""
    raws = list(split_lines(text))
    units = _units(raws)
    for raw, unit in zip(raws, units, strict=True):
        match = _PROPERTY.fullmatch(raw)
        if match:
            columns = {"unit": unit} if unit else {}
            yield Line(raw, match[1], match[2], 0, match.start(2), match.end(2), columns=columns)
        else:
            yield Line(raw)


def _units(raws: list[str]) -> list[str]:
    """Return for each line the ``Id`` of its record, which may stand anywhere in it."""
    units, start = [""] * len(raws), 0
    for index in range(len(raws) + 1):
        if index == len(raws) or not raws[index].strip():
            own = next((raw[3:].strip() for raw in raws[start:index] if raw.startswith("Id=")), "")
            units[start:index] = [own] * (index - start)
            start = index + 1
    return units


def detect(name: str, text: str) -> float:
    """Return the share of lines that are properties, if some are systemd's own and no section stands above them."""
    start = text[:50_000]
    asked = name.startswith("systemctl show")
    if not _LIMITS.search(start) and not _TELLING.search(start):
        return 0.0
    lines = [raw for raw in split_lines(start) if raw.strip()]
    if any(raw.lstrip().startswith(("[", "#")) for raw in lines[:20]):
        return 0.0
    found = sum(bool(_PROPERTY.fullmatch(raw)) for raw in lines) / len(lines)
    return max(found, 0.6) if asked else found * 0.95


FORMAT = Format("systemd_show", "systemctl show", "systemctl show", detect, read, printed=True)
