"""The kernel killed a process because memory ran out.

"Out of memory: Killed process ... (postgres)" ends one backend, and with it all sessions: PostgreSQL can't know what
the process left in shared memory, so it ends the others and recovers from the log. With "Memory cgroup out of memory"
the container's or service's own limit was reached while the host may have had plenty; shared_buffers and the page cache
count towards it.

What to do is a matter of numbers: RAM or limit, shared_buffers, work_mem times what runs at once. The other rules work
them out from postgresql.conf and /proc/meminfo. OOMScoreAdjust=-1000 for the postmaster with PG_OOM_ADJUST_VALUE=0
keeps it from being the one that is killed, not from running short. There is no edit.
"""

import re
from collections.abc import Iterator

from confmend.facts.kernel_messages import KernelLog
from confmend.facts.postgres import Postgres
from confmend.facts.server_memory import ServerMemory
from confmend.model import Example, Finding, Rule, Severity

KILLED = re.compile(r"ut of memory: Kill(?:ed)? process [0-9]+ \((?P<name>[^)]*)\)")
CGROUP = "Memory cgroup out of memory"
OURS = re.compile("postgres|postmaster|pgbouncer")
SHOWN = 3


def check(messages: KernelLog, pg: Postgres | None, memory: ServerMemory | None) -> Iterator[Finding]:
    """Look for the kernel's message, and whom it names."""
    lines = tuple(messages.matching(KILLED))
    matches = [match for match in (KILLED.search(line.text) for line in lines) if match]
    if not matches:
        return
    names = ", ".join(dict.fromkeys(match["name"] for match in matches))
    ours = any(OURS.search(match["name"]) for match in matches)
    limited = all(CGROUP in line.text for line in lines)
    where = "the container's or service's memory limit was reached" if limited else "the host's memory ran out"
    after = " PostgreSQL then ends all sessions and recovers." if ours else ""
    wanted = [name for name, known in (("postgresql.conf", pg), (_amount(limited), memory)) if known is None]
    ask = f" Paste {' and '.join(wanted)} to see what asks for more than there is." if wanted else ""
    yield Finding(
        f"The kernel killed {len(lines):,} × a process ({names}): {where}.{after}{ask}",
        lines[:SHOWN],
        severity=None if ours else Severity.ERROR,
    )


def _amount(limited: bool) -> str:
    """Return what tells how much memory there was."""
    return "memory.max" if limited else "/proc/meminfo"


RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=(
        "https://github.com/torvalds/linux/blob/v6.1/mm/oom_kill.c",
        "https://www.postgresql.org/docs/current/kernel-resources.html#LINUX-MEMORY-OVERCOMMIT",
    ),
    examples=(
        Example(
            {
                "kernel_log": "[12345.678901] Out of memory: Killed process 4711 (postgres) total-vm:9120004kB, "
                "anon-rss:4120004kB, file-rss:0kB, shmem-rss:81200kB, UID:105 pgtables:9120kB oom_score_adj:0\n"
            },
            {},
        ),
        # What there is to paste is there.
        Example(
            {
                "kernel_log": "[12345.678901] Out of memory: Killed process 4711 (postgres) total-vm:9120004kB\n",
                "postgresql_conf": "shared_buffers = 2GB\n",
                "answers": "memory = 8GB\n",
            },
            {"postgresql_conf": "shared_buffers = 2GB\n"},
        ),
        Example({"kernel_log": "[12345.678901] oom_reaper: nothing to do\n"}),
    ),
)
