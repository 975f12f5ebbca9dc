"""The container or service came up against its memory limit.

memory.events of a cgroup counts what the kernel did about its limits. oom_kill: at memory.max it killed a process; if
that was a backend, PostgreSQL ended all sessions. high: above memory.high (MemoryHigh of systemd) it slowed every
process of the group down, which looks like a slow disk and is logged nowhere. The host may have had plenty of free
memory all the time.

shared_buffers, the processes and the page cache all count. Give the limit room for shared_buffers, what the sessions
take and a cache on top, or lower those; MemoryHigh is best left off for a database. There is no edit: the other rules
work the numbers out from the limit and postgresql.conf. The count of max is no sign: a full page cache makes it.
"""

from collections.abc import Iterator

from confmend.facts.limit_events import LimitEvents
from confmend.facts.server_memory import ServerMemory
from confmend.model import Example, Finding, Rule, Severity


def check(events: LimitEvents, memory: ServerMemory | None) -> Iterator[Finding]:
    """Look for the counts."""
    limit = f" The limit is {memory.ram / 1024**3:.2f} GiB." if memory and memory.limited else ""
    if events.killed and events.killed.value:
        yield Finding(
            f"The kernel killed {events.killed.value:,} processes of this container or service at its memory "
            f"limit.{limit}"
            " If a backend was among them, PostgreSQL ended all sessions each time.",
            (events.killed.origin,) if events.killed.origin else (),
        )
    if events.slowed and events.slowed.value:
        yield Finding(
            f"{events.slowed.value:,} × the kernel slowed this group down, for it was above memory.high. "
            "Raise it, or leave MemoryHigh off: a slow database with no message is the worst of both.",
            (events.slowed.origin,) if events.slowed.origin else (),
            severity=Severity.WARNING,
        )


RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=("https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files",),
    examples=(
        Example({"cgroup": "memory.events:high 0\nmemory.events:oom_kill 3\n"}, {}),
        Example({"cgroup": "memory.events:max 1500\nmemory.events:high 0\nmemory.events:oom_kill 0\n"}),
    ),
)
