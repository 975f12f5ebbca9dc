"""A process waited for the storage for minutes.

"INFO: task postgres:4711 blocked for more than 120 seconds" means that the kernel waited for a disk, or for a file
system over the network, all that time. Statements and checkpoints stood still with it, and clients ran into their
time-outs.

Look at the storage first: a failing disk, a cloud volume at its limit, an NFS server that was away. If gigabytes of
written data had to go out at once, vm.dirty_bytes bounds them. There is no edit.
"""

import re
from collections.abc import Iterator

from confmend.facts.kernel_messages import KernelLog
from confmend.model import Example, Finding, Rule, Severity

BLOCKED = re.compile(r"task ([^:\s]+):[0-9]+ blocked for more than ([0-9]+) seconds")
SHOWN = 3


def check(messages: KernelLog) -> Iterator[Finding]:
    """Look for the kernel's message, and whom it names."""
    lines = tuple(messages.matching(BLOCKED))
    matches = [match for match in (BLOCKED.search(line.text) for line in lines) if match]
    if matches:
        names = ", ".join(list(dict.fromkeys(match[1] for match in matches))[:5])
        yield Finding(
            f"{len(lines):,} × a process ({names}) waited {matches[0][2]} seconds or longer inside the kernel, "
            f"usually for "
            "the storage. Look for disk errors near these lines, and at the volume's limits.",
            lines[:SHOWN],
        )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://docs.kernel.org/admin-guide/sysctl/kernel.html#hung-task-timeout-secs",
        "https://github.com/torvalds/linux/blob/v6.1/kernel/hung_task.c",
    ),
    examples=(
        Example({"kernel_log": "[12345.678901] INFO: task postgres:4711 blocked for more than 120 seconds.\n"}, {}),
        Example({"kernel_log": "[12345.678901] INFO: NMI handler took too long to run\n"}),
    ),
)
