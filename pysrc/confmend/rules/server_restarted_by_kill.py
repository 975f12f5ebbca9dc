"""A process of the server was killed, and the whole server started anew.

The log has `was terminated by signal 9: Killed`, then `terminating any other active server processes` and recovery:
one backend was killed from outside, and because it may have damaged shared memory, all sessions end. Nearly always it
is the kernel, out of memory: its log says `Out of memory: Killed process`, or in a container `Memory cgroup out of
memory`. An administrator's kill -9 does the same; PostgreSQL has pg_terminate_backend for that.

What to do about memory is for the rules of memory to say, from the settings. Here is the proof, and nothing to edit.
"""

import re
from collections.abc import Iterator

from confmend.facts.kernel_messages import KernelLog
from confmend.facts.log import ServerLog
from confmend.model import Example, Finding, Rule, Severity

KILLED = re.compile(r"\(PID [0-9]+\) was terminated by signal 9\b")
RESTARTED = re.compile("terminating any other active server processes|all server processes terminated; reinitializing")
OUT_OF_MEMORY = re.compile(
    r"(?:Out of memory|Memory cgroup out of memory): Kill(?:ed)? process [0-9]+ \((?:postgres|postmaster)"
)
CONTAINER = re.compile("Memory cgroup out of memory|CONSTRAINT_MEMCG")


def check(log: ServerLog, kernel: KernelLog | None) -> Iterator[Finding]:
    """Look for the kill and what followed; the kernel's own words say who did it."""
    killed = tuple(log.matching(KILLED))
    if not killed:
        return
    restarted = tuple(log.matching(RESTARTED))
    reasons = tuple(kernel.matching(OUT_OF_MEMORY)) if kernel else ()
    limited = any(CONTAINER.search(line.text) for line in reasons)
    if reasons:
        where = "its container or service reached its memory limit" if limited else "the host was out of memory"
        who = f"The kernel's log says why: {where}."
    else:
        who = "Look in the kernel's log (dmesg -T, journalctl -k) for Out of memory: Killed process."
    times = f"{len(killed):,} times a process" if len(killed) > 1 else "A process"
    ended = " Every session was ended and the server went through recovery." if restarted else ""
    yield Finding(f"{times} of the server was killed with signal 9.{ended} {who}", (*killed[:2], *reasons[:2]))


RULE = Rule(
    check,
    Severity.ERROR,
    sources=(
        "https://www.postgresql.org/docs/current/kernel-resources.html#LINUX-MEMORY-OVERCOMMIT",
        "https://github.com/torvalds/linux/blob/v6.1/mm/oom_kill.c",
    ),
    examples=(
        Example(
            {
                "pg_log": "2024-05-01 10:00:00 UTC [1] LOG:  client backend (PID 4711) was terminated by signal 9: "
                "Killed\n2024-05-01 10:00:00 UTC [1] LOG:  terminating any other active server processes\n",
                "kernel_log": "[ 1234.5] Out of memory: Killed process 4711 (postgres) total-vm:9kB, anon-rss:9kB\n",
            },
            {},
        ),
        Example(
            {
                "pg_log": "2024-05-01 10:00:00 UTC [1] LOG:  client backend (PID 4711) was terminated by signal 11: "
                "Segmentation fault\n"
            }
        ),
    ),
)
