"""The kernel killed a process of the server because the host had no memory left, not because of a limit."""

from confmend.facts.kernel_messages import KernelLog
from confmend.model import Shown, Sign
from confmend.signs.server_killed_at_memory_limit import HOST, LIMIT

_SHOWN = 2


def check(messages: KernelLog) -> Shown | None:
    """Look whom the kernel killed, and for which shortage."""
    limit, host = tuple(messages.matching(LIMIT)), tuple(messages.matching(HOST))
    if host:
        return Shown(True, "the kernel's log says: Out of memory", host[:_SHOWN])
    return Shown(False, "the kernel's log names the limit of a container or service", limit[:_SHOWN]) if limit else None


_KILLED = "ut of memory: Killed process 4711 (postgres) total-vm:9kB, anon-rss:9kB, file-rss:0kB, shmem-rss:9kB\n"
SIGN = Sign(
    "The kernel killed it because the host ran out of memory",
    check,
    examples=(
        ({"kernel_log": f"[ 1234.5] O{_KILLED}"}, True),
        ({"kernel_log": f"[ 1234.5] Memory cgroup o{_KILLED}"}, False),
        ({"kernel_log": "[ 1234.5] oom_reaper: nothing to do\n"}, None),
    ),
    paste="dmesg -T | grep -i 'killed process'",
)
