"""rmem_max or wmem_max lets any program pin a huge buffer for one socket.

net.core.rmem_max and wmem_max are ceilings for programs that ask for a buffer (SO_RCVBUF, SO_SNDBUF). PostgreSQL never
asks on Unix, PgBouncer only with tcp_socket_buffer, and TCP's own tuning has its limits in tcp_rmem and tcp_wmem. So
raising them does nothing for either; it lets every local program pin that much unswappable memory for each socket.

A larger ceiling is right for a program that is known to ask, such as a UDP receiver at high rates: then it is what that
program asks for, and the line should say which. The change: the line goes and the kernel's own ceiling holds from the
next boot, for new requests only, without a restart. To undo it, put the line back.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.kernel import Kernel, evidence, integers
from confmend.model import Example, Finding, Rule, Severity

ASKED_WITH = {"net.core.rmem_max": ("SO_RCVBUF", "tcp_rmem"), "net.core.wmem_max": ("SO_SNDBUF", "tcp_wmem")}
# Twice the product of 10 Gbit/s and 25 ms, rounded up: more than one connection of a database needs.
MOST = 64 * 1024**2
# What the kernels have whose text was read (6.1); newer ones have more, 4 MiB on 6.18.
DEFAULT, READ_UP_TO = 212_992, (6, 1)


def check(kernel: Kernel) -> Iterator[Finding]:
    """Look at the ceilings in each layer."""
    default = str(DEFAULT) if kernel.version and kernel.version <= READ_UP_TO else None
    for key, (option, of_tcp) in ASKED_WITH.items():
        for values in kernel.alike(key):
            ceiling = integers(values[0], 1)
            if not ceiling or ceiling[0] <= MOST:
                continue
            yield Finding(
                f"{key.rpartition('.')[2]} is {units.human(ceiling[0])}. It is only the ceiling for a program that "
                f"asks for a buffer ({option}); PostgreSQL does not ask, and TCP's own tuning ends at {of_tcp}. So the "
                "line does nothing for the database and lets any local program pin that much for one socket. Remove "
                "it, unless a program here is known to ask for so much.",
                evidence(*values),
                kernel.undone(key, default, values),
                (f"{ceiling[0]:,} bytes = {units.human(ceiling[0])} for each socket that asks; limit here {MOST:,}",),
            )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://docs.kernel.org/admin-guide/sysctl/net.html#rmem-max",
        "https://github.com/torvalds/linux/blob/v6.1/net/core/sock.c",
        "https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/libpq/pqcomm.c",
    ),
    examples=(
        Example(
            {"sysctl_conf": "net.core.rmem_max = 134217728\nnet.core.wmem_max=134217728\nvm.swappiness = 10\n"},
            {"sysctl_conf": "vm.swappiness = 10\n"},
        ),
        Example(
            {"sysctl_dump": "kernel.osrelease = 6.1.0\nnet.core.rmem_max = 134217728\n"},
            {"sysctl_dump": "kernel.osrelease = 6.1.0\nnet.core.rmem_max = 212992\n"},
        ),
        Example(
            {"sysctl_dump": "kernel.osrelease = 6.18.0\nnet.core.rmem_max = 134217728\n"},
            {"sysctl_dump": "kernel.osrelease = 6.18.0\nnet.core.rmem_max = 134217728\n"},
        ),
        Example({"sysctl_conf": "net.core.rmem_max = 67108864\nnet.core.wmem_max = 67108864\n"}),
    ),
    side_effect=(
        "New sockets are limited to the kernel's own ceiling: bulk transfers over long distances may need more, "
        "UDP receivers with bursts too."
    ),
)
