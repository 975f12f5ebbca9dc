"""The kernel's log: what dmesg prints in its many forms, ``journalctl -k``, and the kernel's lines of a syslog.

The key of a line is ``kernel``, or the facility where ``dmesg --decode`` shows it; the value is the message. Columns:
time, and level where it shows. Lines of other programs have no key. Sources: dmesg(1), journalctl(1), printk in the
kernel's Documentation/core-api.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from confmend.document import Format, split_lines
from confmend.formats.log_carriers import carrier
from confmend.model import Line

KERNEL = "kernel"
_NONE: Mapping[str, str] = MappingProxyType({})
_FACILITIES = "kern|user|mail|daemon|auth|syslog|lpr|news|uucp|cron|authpriv|ftp|local[0-7]"
_LEVELS = "emerg|alert|crit|err|warn|notice|info|debug"
_COLOUR = r"(?:\x1b\[[0-9;]*m)*"
_ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.,]\d+[+-]\d\d:\d\d"
# [12345.678901]   [12345.678901][T1]   [Mon Mar  2 03:14:55 2026]   [  +0.000005]   [Mar 2 03:14]   [1.0 <    0.1>]
_CLOCK = (
    r"\[(?P<time> *\d+\.\d+(?: <[^>\n]{1,20}>)?|<[^>\n]{1,20}>|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}"
    r"(?: <[^>\n]{1,20}>)?| *[+-]\d+\.\d+|[A-Z][a-z]{2} {0,2}\d+ \d\d:\d\d)\](?:\[ *[CT]\d+\])?"
)
_DMESG = re.compile(
    rf"(?:(?P<facility>{_FACILITIES}) *: ?(?P<level>{_LEVELS}) *: |<(?P<priority>\d+)>)?"
    rf"{_COLOUR}(?:{_CLOCK}|(?P<iso>{_ISO})(?: \[<[^>\n]{{1,20}}>\])?(?=[ \n\r]|$)) ?{_COLOUR}"
)
_DECODED = re.compile(rf"(?P<facility>{_FACILITIES}) *: ?(?P<level>{_LEVELS}) *: ")
# /dev/kmsg: priority, number, microseconds, flags.
_KMSG = re.compile(r"(?P<priority>\d+),\d+,(?P<time>\d+),[-a-z][^;\n]{0,99};")
_AFTER_SYSLOG = re.compile(r"\[ *\d+\.\d+\] ")
_JSON = re.compile(r'\s*"(?P<name>fac|pri|time|msg)":\s*(?P<value>"(?:[^"\\]|\\.)*+"|[^,\s]+),?\s*$')
# What the kernel says and nobody else does, for a log that shows no times: devices by their addresses, a start.
_OWN = re.compile(
    r"\s*(?:Command line: |KERNEL supported cpus|BIOS-(?:e820|provided)|Initializing cgroup subsys|ACPI: |PCI: |"
    r"scsi ?\d|\S+ [0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]: |pci_bus |NET: Registered|PCI-DMA|EXT[234]-fs|XFS |"
    r"SELinux: |usb(?:core|hid)?[ :]|hub \d|ata\d+(?:\.\d+)?: |EDAC |device-mapper: |bonding: |sd[a-z]: |CPU ?\d+: |"
    r"Calibrating delay|Call Trace:|\[<[0-9a-f]{8,16}>\])"
)
# What somebody pastes alone.
_KNOWN = re.compile(
    r"\s*(?:Out of memory: Kill|Memory cgroup out of memory|\S{1,80} invoked oom-killer|oom-kill:|oom_reaper: |"
    r"Mem-Info:|Killed process \d|nf_conntrack: |ip_conntrack: |neighbour: |VFS: file-max|INFO: task \S{1,80} blocked|"
    r"TCP: (?:out of memory|too many orphaned|time wait bucket|request_sock|Possible SYN)|Out of socket memory|"
    r"\S{1,80}: page allocation failure|cgroup: fork rejected|possible SYN flooding|Buffer I/O error)"
)


def read(text: str) -> Iterator[Line]:
    """Yield the lines."""
    raws = list(split_lines(text))
    if _is_json(raws):
        yield from _json(raws)
        return
    carried = carrier(raws).pattern
    syslog = carried if carried and "pid" in carried.groupindex else None
    timed = not syslog and _timed(raws) >= 0.25
    for raw in raws:
        if syslog:
            yield _syslog(raw, syslog)
        else:
            yield _printed(raw, timed)


def _syslog(raw: str, syslog: re.Pattern[str]) -> Line:
    match = syslog.match(raw)
    if not match or match["who"].partition("[")[0].split(" ")[0] != KERNEL:
        return Line(raw)
    clock = _AFTER_SYSLOG.match(raw, match.end())
    start, end = clock.end() if clock else match.end(), len(raw.rstrip("\r\n"))
    return Line(raw, KERNEL, raw[start:end], 0, min(start, end), end, columns={"time": match["time"] or ""})


def _printed(raw: str, timed: bool) -> Line:
    end = len(raw.rstrip("\r\n"))
    match = _DMESG.match(raw) or _KMSG.match(raw) or _DECODED.match(raw)
    if not match:
        # Without any times each line is a message; with them a line without one goes on with that before it.
        own = not timed and bool(raw.strip())
        return Line(raw, KERNEL, raw[:end].strip(), 0, 0, end) if own else Line(raw)
    found = match.groupdict()
    columns = {
        "time": (found.get("time") or found.get("iso") or "").strip(),
        "level": found.get("level") or _level(found.get("priority")),
    }
    start = min(match.end(), end)
    value = raw[start:end]
    if "\x1b" in value:
        value = re.sub(r"\x1b\[[0-9;]*m", "", value)
    return Line(
        raw, found.get("facility") or KERNEL, value, 0, start, end, columns={k: v for k, v in columns.items() if v}
    )


def _timed(raws: list[str]) -> float:
    """Return the share of lines with a time, among the first of them."""
    sample = [raw for raw in raws[:2000] if raw.strip()]
    return sum(bool(_DMESG.match(raw) or _KMSG.match(raw)) for raw in sample) / (len(sample) or 1)


def _level(priority: str | None) -> str:
    return _LEVELS.split("|")[int(priority) & 7] if priority and len(priority) < 6 else ""


def _is_json(raws: list[str]) -> bool:
    return any('"dmesg"' in raw for raw in raws[:5])


def _json(raws: list[str]) -> Iterator[Line]:
    """``dmesg --json``: one name and value a line, the message the last of its entry."""
    columns: dict[str, str] = {}
    for raw in raws:
        match = _JSON.match(raw)
        name = match["name"] if match else ""
        if match and name == "msg":
            start, end = match.span("value")
            value = match["value"].strip('"')
            yield Line(raw, KERNEL, value, match.start("name"), start, end, columns=columns or _NONE)
        else:
            yield Line(raw)
        if match and name in ("time", "pri"):
            value = match["value"].strip('"')
            columns[{"pri": "level"}.get(name, name)] = _level(value) if name == "pri" and value.isdigit() else value
        elif not match:
            columns = {}


def detect(_name: str, text: str) -> float:
    """Return how much of the text is the kernel's."""
    raws = [raw for raw in split_lines(text[:200_000]) if raw.strip()]
    if not raws:
        return 0.0
    if _is_json(raws):
        return 0.9 if sum(bool(_JSON.match(raw)) for raw in raws) * 3 >= len(raws) else 0.0
    timed = _timed(raws)
    if timed >= 0.25:
        return min(0.95, 0.6 + timed * 0.35)
    carried = carrier(raws).pattern
    if carried and "pid" in carried.groupindex:
        kernel = sum(line.key != "" for raw in raws for line in (_syslog(raw, carried),)) / len(raws)
        return min(0.9, 0.5 + kernel * 0.4) if kernel >= 0.02 else 0.0
    known = sum(bool(_KNOWN.match(raw)) for raw in raws)
    own = known + sum(bool(_OWN.match(raw)) for raw in raws)
    # Three, for a single line of the kind is printed by many a command.
    return min(0.7, 0.5 + own / len(raws) * 0.2) if (known or own >= 3) and own * 10 >= len(raws) else 0.0


FORMAT = Format("kernel_log", "kernel log", "dmesg.txt", detect, read)
