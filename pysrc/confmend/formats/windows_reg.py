r"""A .reg file, as regedit imports it: ``"KeepAliveTime"=dword:000493e0`` under ``[HKEY_LOCAL_MACHINE\...]``.

Source: Microsoft's "How to add, modify, or delete registry subkeys and values by using a .reg file". A ``dword:`` is up
to eight hexadecimal digits; ``hex...:`` is bytes and goes on in the next line after a backslash; ``-`` in place of a
value, or before a section's name, deletes; ``@`` is the section's default value; ``;`` starts a comment.

A key here is ``section/name``. A dword's value is its decimal number, which is how documentation gives it. The registry
does not mind case; sections and names of TCP/IP are given in Microsoft's own spelling.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from confmend.document import Format, split_lines
from confmend.model import Line

SERVICES = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services"
PARAMETERS = rf"{SERVICES}\Tcpip\Parameters"
HEADERS = ("Windows Registry Editor Version 5.00", "REGEDIT4")
# The registry parameters of TCP/IP that concern long or many connections.
NAMES = (
    "KeepAliveTime",
    "KeepAliveInterval",
    "TcpMaxDataRetransmissions",
    "TcpMaxConnectRetransmissions",
    "TcpTimedWaitDelay",
    "MaxUserPort",
    "TcpNumConnections",
    "TcpInitialRTT",
    "SynAttackProtect",
    "Tcp1323Opts",
    "TcpWindowSize",
    "GlobalMaxTcpWindowSize",
    "ReservedPorts",
    "EnableDynamicBacklog",
)
_SPELLING = {name.lower(): name for name in NAMES}
_SECTIONS = {
    path.lower(): path for path in (PARAMETERS, rf"{SERVICES}\Tcpip6\Parameters", rf"{SERVICES}\AFD\Parameters")
}
_HEADING = re.compile(r"[ \t]*\[(-?)([^\n]*)\][ \t\r]*\n?")
_SETTING = re.compile(r'[ \t]*(?:"((?:[^"\\\n]|\\.)*)"|(@))[ \t]*=[ \t]*([^\r\n]*?)[ \t\r]*\n?')
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"([ \t]*;.*)?')
_DWORD = re.compile(r"(dword:[ \t]*([^;]*?))([ \t]*;.*)?", re.IGNORECASE)
_HEX = re.compile(r"(hex(?:\([0-9a-f]{1,8}\))?:)([^;\\]*?)(\\?)([ \t]*;.*)?", re.IGNORECASE)
_MORE = re.compile(r"[ \t]*([0-9a-fA-F, \t]+?)[ \t]*(\\?)[ \t\r]*\n?")
_DELETED = re.compile(r"(-)([ \t]*;.*)?")


def read(text: str) -> Iterator[Line]:
    """Yield the lines; what regedit would pass over or take for nothing carries the reason."""
    raws = list(split_lines(text))
    section, deleted, index = "", False, 0
    while index < len(raws):
        raw = raws[index]
        index += 1
        stripped = raw.strip(" \t\r\n\ufeff")
        if not stripped or stripped[0] == ";" or stripped in HEADERS:
            yield Line(raw)
            continue
        match = _HEADING.fullmatch(raw)
        if match:
            section, deleted = canonical(match[2]), bool(match[1])
            at = match.start(2)
            yield Line(raw) if deleted else Line(raw, f"{section}/", match[2], at, at, match.end(2))
            continue
        more = []
        if raw.rstrip(" \t\r\n").endswith("\\") and "hex" in raw.lower():
            while index < len(raws) and _MORE.fullmatch(raws[index]):
                more.append(raws[index])
                index += 1
                if not more[-1].rstrip().endswith("\\"):
                    break
        yield _setting(raw, section, deleted, more)
        yield from map(Line, more)


def _setting(raw: str, section: str, deleted: bool, more: Sequence[str]) -> Line:
    match = _SETTING.fullmatch(raw)
    if not match:
        return Line(raw, problem="not a line of a .reg file: regedit passes over it")
    if not section:
        return Line(raw, problem="a value before the first [section]: regedit passes over it")
    if deleted:
        return Line(raw, problem="a value in a section that the file deletes: regedit passes over it")
    name = _unescaped(match[1]) if match[1] is not None else "@"
    key = f"{section}/{_SPELLING.get(name.lower(), name) if section in _SECTIONS.values() else name}"
    value, end, problem = _value(match[3], more)
    at, key_at = match.start(3), match.start(2) if match[2] else match.start(1) - 1
    return Line(raw, key, value, key_at, at, at + end, problem=problem)


def _value(written: str, more: Sequence[str]) -> tuple[str, int, str]:
    """Return what a value means, the length of its writing without a comment, and what is wrong with it."""
    match = _STRING.fullmatch(written)
    if match:
        return _unescaped(match[1]), match.end(1) + 1, ""
    match = _DWORD.fullmatch(written)
    if match:
        if re.fullmatch(r"[0-9a-fA-F]{1,8}", match[2]):
            return str(int(match[2], 16)), match.end(1), ""
        return match[2], match.end(1), "dword: takes up to 8 hexadecimal digits; regedit passes over this"
    match = _HEX.fullmatch(written)
    if match:
        joined = match[2] + "".join(raw.strip(" \t\r\n").rstrip("\\") for raw in more)
        cut_off = (more[-1].rstrip() if more else written).endswith("\\")
        digits = re.sub(r"[ \t]", "", joined).strip(",")
        wrong = any(not re.fullmatch("[0-9a-fA-F]{1,2}", byte) for byte in digits.split(",")) if digits else False
        problem = "hex: is cut off after a backslash" if cut_off else "hex: takes bytes with commas" if wrong else ""
        return match[1] + digits, match.end(3) if match[3] else match.end(2), problem
    match = _DELETED.fullmatch(written)
    if match:
        return "-", 1, ""
    return written, len(written), 'a value is "text", dword:, hex: or -; regedit passes over this'


def canonical(section: str) -> str:
    """Return a section's path as Microsoft spells it, where it is one of TCP/IP's."""
    path = re.sub(r"^(HKLM:?|MACHINE)\\", lambda _: "HKEY_LOCAL_MACHINE\\", section, flags=re.IGNORECASE)
    current = re.sub(r"\\ControlSet00[0-9]\\", lambda _: "\\CurrentControlSet\\", path, flags=re.IGNORECASE)
    return _SECTIONS.get(current.lower(), path)


def spelling(name: str) -> str:
    """Return the name of a TCP/IP parameter as Microsoft spells it."""
    return _SPELLING.get(name.lower(), name)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def quote(new: str, old: str) -> str:
    """Write a number as a dword and anything else as text; a value that was text with letters in it stays text."""
    if old.rstrip().endswith("\\"):
        raise ValueError("a value that goes on in the next line has to be changed by hand")
    if any(ord(character) < 32 for character in new):
        raise ValueError("a value in a .reg file can't hold a line break or a control character")
    was_text = old.startswith('"') and not old.strip('"').isdigit()
    if re.fullmatch("0|[1-9][0-9]{0,9}", new) and int(new) < 2**32 and not was_text:
        return f"dword:{int(new):08x}"
    escaped = new.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def insert(lines: Sequence[Line], key: str, value: str) -> tuple[int, str]:
    """Return where a value that is not there yet goes: right behind its section's heading, else a new section."""
    newline = "\r\n" if any(line.raw.endswith("\r\n") for line in lines[:1]) else "\n"
    section, _, name = key.rpartition("/")
    written = f'"{name}"={quote(value, "")}' if name != "@" else f"@={quote(value, '')}"
    headings = [index for index, line in enumerate(lines) if line.key == f"{section}/"]
    if headings:
        before = "" if lines[headings[-1]].raw.endswith("\n") else newline
        return headings[-1] + 1, f"{before}{written}{newline}"
    if not any(line.key.endswith("/") or line.text.strip(" \t\ufeff") in HEADERS for line in lines):
        raise ValueError("there is no [section], so this is only a part of a .reg file")
    before = "" if lines[-1].raw.endswith("\n") else newline
    return len(lines), f"{before}[{section}]{newline}{written}{newline}"


def detect(name: str, text: str) -> float:
    """The first line decides, else a section of the registry with a value in it."""
    start = text[:200_000].lstrip("\ufeff \t\r\n")
    if start.startswith(HEADERS):
        return 1.0
    if not re.search(r"^[ \t]*\[-?HK(?:EY_|LM|CU)", start, re.MULTILINE | re.IGNORECASE):
        return 0.0
    setting = re.search(r'^[ \t]*(?:"[^"\n]+"|@)[ \t]*=', start, re.MULTILINE)
    return 0.9 if setting or name.lower().endswith(".reg") else 0.0


FORMAT = Format("windows_reg", "Windows .reg file", "tcpip.reg", detect, read, quote, insert=insert)
