"""The kernel resets connections that are still being closed.

A connection whose process has closed it, or died, while data is on its way is an orphan; the kernel keeps it until the
peer has taken the rest. At tcp_max_orphans it resets them instead ("too many orphaned sockets"), and clients lose the
end of an answer. Thousands of orphans are a process that was killed with all its connections, or peers that stopped
reading.

A limit that was lowered by hand is the usual cause; another rule looks at it. There is no edit here: find out which
process left them.
"""

import re
from collections.abc import Iterator

from confmend.facts.kernel import Kernel, evidence
from confmend.facts.kernel_messages import KernelLog
from confmend.facts.sockets import SocketMemory
from confmend.model import Example, Finding, Rule, Severity

KEY = "net.ipv4.tcp_max_orphans"
MANY = 0.8
TOO_MANY = re.compile("too many (?:of )?orphaned sockets")
SHOWN = 3


def check(sockets: SocketMemory | None, kernel: Kernel | None, messages: KernelLog | None) -> Iterator[Finding]:
    """Compare the orphans with their limit, and look for the message."""
    lines = tuple(messages.matching(TOO_MANY)) if messages else ()
    most = kernel.number(KEY) if kernel else None
    near = sockets is not None and bool(most) and sockets.orphan > MANY * (most or 0)
    if not lines and not near:
        return
    said = f"The kernel reset orphaned connections {len(lines):,} ×. " if lines else ""
    if sockets and near:
        said += f"{sockets.orphan:,} orphaned connections of at most {most:,} are held. "
    yield Finding(
        f"{said}Beyond the limit (tcp_max_orphans) clients lose the end of an answer. Find the process that left "
        f"them: one "
        "that was killed, or one whose peers stopped reading.",
        (
            *lines[:SHOWN],
            *((sockets.origin,) if sockets and near else ()),
            *(evidence(kernel.effective(KEY)) if kernel else ()),
        ),
    )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://docs.kernel.org/networking/ip-sysctl.html#tcp-variables",
        "https://github.com/torvalds/linux/blob/v6.1/net/ipv4/tcp.c",
    ),
    examples=(
        Example({"kernel_log": "[12345.678901] TCP: too many orphaned sockets\n"}, {}),
        Example(
            {
                "sockstat": "sockets: used 5120\nTCP: inuse 800 orphan 6553 tw 210 alloc 7400 mem 2600\n",
                "sysctl_dump": "net.ipv4.tcp_max_orphans = 8192\nkernel.osrelease = 6.1.0\n",
            }
        ),
    ),
)
