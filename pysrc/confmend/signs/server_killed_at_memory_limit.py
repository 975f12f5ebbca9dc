"""The kernel killed a process of the server because its container or service had reached its memory limit."""

import re

from confmend.facts.kernel_messages import KernelLog
from confmend.model import Shown, Sign

# mm/oom_kill.c; up to 4.18 "Kill process". The numbers of a container's processes are others in its own log.
LIMIT = re.compile(r"Memory cgroup out of memory: Kill(?:ed)? process [0-9]+ \((?:postgres|postmaster)")
HOST = re.compile(r"(?<!cgroup )[Oo]ut of memory: Kill(?:ed)? process [0-9]+ \((?:postgres|postmaster)")
_SHOWN = 2


def check(messages: KernelLog) -> Shown | None:
    """Look whom the kernel killed, and for which shortage."""
    limit, host = tuple(messages.matching(LIMIT)), tuple(messages.matching(HOST))
    if limit:
        return Shown(True, "the kernel's log says: Memory cgroup out of memory", limit[:_SHOWN])
    return Shown(False, "the kernel's log says that the host itself ran out", host[:_SHOWN]) if host else None


_KILLED = "ut of memory: Killed process 4711 (postgres) total-vm:9kB, anon-rss:9kB, file-rss:0kB, shmem-rss:9kB\n"
SIGN = Sign(
    "The kernel killed it at the memory limit of its container or service",
    check,
    examples=(
        ({"kernel_log": f"[ 1234.5] Memory cgroup o{_KILLED}"}, True),
        ({"kernel_log": f"[ 1234.5] O{_KILLED}"}, False),
        ({"kernel_log": "[ 1234.5] oom_reaper: nothing to do\n"}, None),
    ),
    paste="dmesg -T | grep -i 'killed process'",
)
