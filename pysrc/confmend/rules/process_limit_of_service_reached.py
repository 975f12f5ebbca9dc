"""The container or service may not start another process.

"cgroup: fork rejected by pids controller" is the limit on tasks of a systemd unit (TasksMax) or a container (pids.max,
--pids-limit). Each connection of PostgreSQL and each worker is a process; at the limit it logs "could not fork new
process for connection: Resource temporarily unavailable" and refuses the client.

Set TasksMax (systemctl edit) or the container's limit above max_connections with all workers; it takes effect with the
next start. There is no edit, for the unit's file was not what showed it.
"""

import re
from collections.abc import Iterator

from confmend.facts.kernel_messages import KernelLog
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

REJECTED = re.compile(r"cgroup: fork rejected by pids controller in (\S+)")
SHOWN = 3


def check(messages: KernelLog, pg: Postgres | None) -> Iterator[Finding]:
    """Look for the kernel's message."""
    lines = tuple(messages.matching(REJECTED))
    if lines:
        match = REJECTED.search(lines[-1].text)
        needs = f" PostgreSQL alone may have {pg.count('max_connections'):,} sessions and its workers." if pg else ""
        yield Finding(
            f"{len(lines):,} × a process was refused by the limit on tasks of "
            f"{match[1] if match else 'a unit'}.{needs} "
            "Raise TasksMax of the unit, or pids.max of the container.",
            (*lines[:SHOWN], *(pg.origins("max_connections") if pg else ())),
        )


RULE = Rule(
    check,
    Severity.ERROR,
    sources=(
        "https://docs.kernel.org/admin-guide/cgroup-v2.html#pid",
        "https://www.freedesktop.org/software/systemd/man/latest/systemd.resource-control.html",
    ),
    examples=(
        Example(
            {
                "kernel_log": "[12345.678901] cgroup: fork rejected by pids controller in "
                "/system.slice/postgresql.service\n"
            },
            {},
        ),
        Example({"kernel_log": "[    0.123456] cgroup: Disabling memory control group subsystem\n"}),
    ),
)
