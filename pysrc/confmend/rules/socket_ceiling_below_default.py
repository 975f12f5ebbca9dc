"""rmem_max or wmem_max is below the kernel's own.

net.core.rmem_max and wmem_max are ceilings for programs that ask for a buffer. A value below the kernel's 212,992 is
left over from guides that raised the smaller default of older kernels, and now takes away: what asks (UDP receivers,
replication tools, a PgBouncer with tcp_socket_buffer) gets less than it would on an untouched host.

Leave it where memory for local users' sockets is meant to be short. The change: the line goes, and the kernel's own
ceiling holds from the next boot, for new requests; to undo it, put the line back.
"""

from collections.abc import Iterator

from confmend.catalog import sysctl as catalog
from confmend.facts.kernel import Kernel, evidence
from confmend.model import Example, Finding, Rule, Severity

KEYS = ("net.core.rmem_max", "net.core.wmem_max")
# Older kernels, and those built for other pages, have smaller ones.
FIRST = (3, 10)
LEAST = 212_992


def check(kernel: Kernel) -> Iterator[Finding]:
    """Compare the ceilings with the default of a kernel whose version is known."""
    if kernel.version is None or kernel.version < FIRST:
        return
    for key in KEYS:
        default = catalog.settings()[key].default_in(kernel.version)
        for values, found in kernel.numbers(key):
            if found[0] < LEAST:
                yield Finding(
                    f"{key.rpartition('.')[2]} is {found[0]:,}, less than this kernel's own {int(default or 0):,}: "
                    "programs that ask for a buffer get less than on an untouched host. Remove the line.",
                    evidence(*values),
                    kernel.undone(key, default, values),
                )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://docs.kernel.org/admin-guide/sysctl/net.html#rmem-max",),
    examples=(
        Example(
            {"sysctl_dump": "kernel.osrelease = 6.1.0\nnet.core.rmem_max = 131071\n"},
            {"sysctl_dump": "kernel.osrelease = 6.1.0\nnet.core.rmem_max = 212992\n"},
        ),
        Example({"sysctl_dump": "kernel.osrelease = 6.1.0\nnet.core.rmem_max = 212992\n"}),
    ),
    side_effect="Any local program may pin up to the kernel's own ceiling for one socket.",
)
