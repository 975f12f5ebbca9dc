r"""What ``reg query`` and PowerShell's ``Get-ItemProperty`` print of registry values; read only.

    HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters
        KeepAliveTime    REG_DWORD    0x493e0

A key here is ``section/name`` as in a .reg file. PowerShell prints names and numbers without the section; of them only
the parameters of TCP/IP are taken, which have names of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from confmend.document import Format, split_lines
from confmend.formats.windows_reg import NAMES as TCPIP_NAMES
from confmend.formats.windows_reg import PARAMETERS, canonical, spelling
from confmend.model import Line

_SECTION = re.compile(r"[ \t]*(HK(?:EY_[A-Z_]+|LM|CU)\\[^\r\n]*?)[ \t\r]*\n?", re.IGNORECASE)
_VALUE = re.compile(r"[ \t]+(\S(?:[^\t\n]*?\S)?)[ \t]+(REG_[A-Z_]+)(?:[ \t]+([^\r\n]*?))?[ \t\r]*\n?")
_PROPERTY = re.compile(r"[ \t]*([A-Za-z][A-Za-z0-9]*)[ \t]*:[ \t]*([^\r\n]*?)[ \t\r]*\n?")


def read(text: str) -> Iterator[Line]:
    """Yield the lines; a number is given in decimal."""
    section = PARAMETERS
    for raw in split_lines(text):
        match = _SECTION.fullmatch(raw)
        if match:
            section = canonical(match[1])
            yield Line(raw)
            continue
        match = _VALUE.fullmatch(raw)
        if match and match[3] is not None:
            value = _number(match[3]) if match[2] in ("REG_DWORD", "REG_QWORD") else match[3]
            span = (match.start(1), match.start(3), match.end(3))
            yield Line(raw, f"{section}/{spelling(match[1])}", value, *span, columns={"type": match[2]})
            continue
        match = _PROPERTY.fullmatch(raw)
        if match and spelling(match[1]) in TCPIP_NAMES and match[2]:
            span = (match.start(1), match.start(2), match.end(2))
            yield Line(raw, f"{PARAMETERS}/{spelling(match[1])}", match[2], *span)
        else:
            yield Line(raw)


def _number(written: str) -> str:
    return str(int(written, 16)) if re.fullmatch("0x[0-9a-fA-F]{1,16}", written) else written


def detect(_name: str, text: str) -> float:
    """``REG_DWORD`` between a name and a number, or PowerShell's own properties beside a TCP/IP parameter, decide."""
    start = text[:50_000]
    if "REG_" in start:
        lines = [raw for raw in split_lines(start) if raw.strip()]
        there = sum(bool(_VALUE.fullmatch(raw)) for raw in lines)
        return 0.9 if there and there + sum(bool(_SECTION.fullmatch(raw)) for raw in lines) > len(lines) / 2 else 0.0
    if "PSPath" not in start and "KeepAlive" not in start:
        return 0.0
    lines = [raw for raw in split_lines(start) if raw.strip()]
    properties = [match for match in map(_PROPERTY.fullmatch, lines) if match]
    own = any(spelling(match[1]) in TCPIP_NAMES for match in properties)
    return 0.9 if own and len(properties) > len(lines) / 2 else 0.0


FORMAT = Format("windows_reg_query", "reg query or Get-ItemProperty", "reg query", detect, read, printed=True)
