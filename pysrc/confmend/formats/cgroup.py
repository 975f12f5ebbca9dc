"""Limits and counts of a control group, from the files under /sys/fs/cgroup.

Source: Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst of the Linux kernel. Three shapes:
``grep -r . /sys/fs/cgroup/`` prints ``path:value``; memory.stat, memory.events and cpu.stat are lines of a name and a
number; the other files are one value, whose meaning is in the file's name alone: its key here is ``VALUE``.
Otherwise a key is the path below /sys/fs/cgroup, without the directory of a v1 controller.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from confmend.document import Format, split_lines
from confmend.model import Line

VALUE = "value"
FILES = (
    *("memory.max", "memory.high", "memory.low", "memory.min", "memory.current", "memory.peak", "memory.swap.max"),
    *("memory.swap.current", "memory.oom.group", "cpu.max", "cpu.weight", "cpuset.cpus", "cpuset.cpus.effective"),
    *("pids.max", "pids.current", "pids.peak", "memory.stat", "memory.events", "memory.events.local", "cpu.stat"),
    *("memory.limit_in_bytes", "memory.usage_in_bytes", "memory.max_usage_in_bytes", "memory.failcnt"),
    *("memory.soft_limit_in_bytes", "memory.memsw.limit_in_bytes", "cpu.cfs_quota_us", "cpu.cfs_period_us"),
    *("cpu.shares", "memory.oom_control"),
)
_EVENTS = ("low", "high", "max", "oom", "oom_kill", "oom_group_kill")
_CPU = (
    *("usage_usec", "user_usec", "system_usec", "nice_usec", "core_sched.force_idle_usec", "nr_periods"),
    *("nr_throttled", "throttled_usec", "nr_bursts", "burst_usec"),
)
# Names that only memory.stat has, v2 and v1.
_STAT = ("anon", "file", "kernel_stack", "pagetables", "slab_reclaimable", "pgmajfault", "rss", "total_rss")
_FILE = "|".join(re.escape(name) for name in sorted(FILES, key=len, reverse=True))
_PRINTED = re.compile(rf"((?:/sys/fs/cgroup/|\./)?((?:[^\s:/]+/)*)({_FILE})):(.*?)[ \t\r]*\n?")
_COUNT = re.compile(r"([a-z][a-z0-9_.()]*)[ \t]+([0-9]+)[ \t\r]*\n?")
_VALUE = re.compile(r"[ \t]*((?:max|-?[0-9]+)(?:[ \t]+[0-9]+)?|[0-9]+(?:[-,][0-9]+)+)[ \t\r]*\n?")
_CONTROLLER = re.compile(r"(?:unified|memory|cpu|cpuacct|cpu,cpuacct|cpuset|pids)/")


def read(text: str) -> Iterator[Line]:
    """Yield the lines."""
    for raw in split_lines(text):
        match = _PRINTED.fullmatch(raw)
        if match:
            yield _printed(raw, match)
            continue
        match = _COUNT.fullmatch(raw)
        if match:
            file = "memory.events" if match[1] in _EVENTS else "cpu.stat" if match[1] in _CPU else "memory.stat"
            yield Line(raw, f"{file}/{match[1]}", match[2], match.start(1), match.start(2), match.end(2))
            continue
        match = _VALUE.fullmatch(raw)
        if match:
            yield Line(raw, VALUE, match[1], match.start(1), match.start(1), match.end(1))
        else:
            shown = not raw.strip() or raw.startswith(("cat: ", "grep: ", "head: ", "tail: "))
            yield Line(raw, problem="" if shown else "not a line of a file of a control group")


def _printed(raw: str, match: re.Match[str]) -> Line:
    path = _CONTROLLER.sub("", match[2], count=1) if match[1].startswith("/") else match[2]
    count = _COUNT.fullmatch(match[4])
    if count:
        span = (match.start(1), match.start(4) + count.start(2), match.start(4) + count.end(2))
        return Line(raw, f"{path}{match[3]}/{count[1]}", count[2], *span)
    return Line(raw, f"{path}{match[3]}", match[4], match.start(1), match.start(4), match.end(4))


def file_of(name: str) -> str:
    """Return which of the files a text called ``name`` is, empty if none."""
    last = name.rpartition("/")[2]
    return last if last in FILES else ""


def detect(name: str, text: str) -> float:
    """Return the share of lines that are of one of the shapes; for a lone value the name decides."""
    lines = [raw for raw in split_lines(text[:50_000]) if raw.strip()]
    if not lines or len(lines[0]) > 4_000:
        return 0.0
    printed = sum(bool(_PRINTED.fullmatch(raw)) for raw in lines)
    if printed:
        return printed / len(lines)
    counts = {match[1] for match in map(_COUNT.fullmatch, lines) if match}
    telling = len(counts.intersection(_STAT)) > 1 or "oom_kill" in counts or "nr_throttled" in counts
    if telling:
        return len(counts) / len(lines)
    return 0.95 if file_of(name) and len(lines) == 1 and _VALUE.fullmatch(lines[0]) else 0.0


FORMAT = Format("cgroup", "files of /sys/fs/cgroup", "grep -r . /sys/fs/cgroup", detect, read, printed=True)
