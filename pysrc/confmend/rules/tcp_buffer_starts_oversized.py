"""Every TCP connection begins with a buffer of megabytes.

The middle number of tcp_rmem and tcp_wmem is what each new connection may fill before the kernel's tuning has measured
anything. Tuning grows the buffer of the few connections that need it, up to the third number; a large middle number
gives every stalled client that much at once. With 500 sessions and 16 MiB that is 8 GiB of memory that can't be
swapped.

Up to 1 MiB is harmless. Leave it on a host with a few connections over a long line that are measured to start too
slowly. The change: the line goes, and new connections begin with the kernel's own 128 KiB and 16 KiB; raise only the
third number for long lines. To undo it, put the line back.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.kernel import Kernel, evidence
from confmend.facts.memory import Memory
from confmend.facts.postgres import Postgres
from confmend.model import Edit, Example, Finding, Rule, Severity
from confmend.models.tcp_buffers import LARGEST_START, STARTS, mended


def check(kernel: Kernel, pg: Postgres | None, memory: Memory | None) -> Iterator[Finding]:
    """Look at the middle number in each layer; the number of sessions only makes the arithmetic plainer."""
    sessions = pg.count("max_connections") if pg else 0
    for key, default in STARTS.items():
        for values, sizes in kernel.numbers(key, 3):
            _, start, most = sizes
            if not LARGEST_START < start <= most:
                continue
            together = f"; {sessions:,} stalled sessions pin {units.gib(sessions * start)}" if sessions else ""
            kinds = dict.fromkeys(value.origin.kind for value in values if value.origin)
            new = mended(key, sizes, memory.ram if memory else None)
            yield Finding(
                f"Every connection may fill {units.human(start)} before the kernel has tuned anything (middle number "
                f"of {key.rpartition('.')[2]}){together}. The kernel's own is {units.human(default)}; what a long line "
                f"needs is the third number. Write {new}.",
                (*evidence(*values), *(pg.origins("max_connections") if pg else ())),
                tuple(Edit(kind, key, new) for kind in kinds),
                (f"{sessions:,} × {units.human(start)} = {units.gib(sessions * start)}",) if sessions else (),
            )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://docs.kernel.org/networking/ip-sysctl.html#tcp-variables",
        "https://github.com/torvalds/linux/blob/v6.1/net/ipv4/tcp.c",
    ),
    examples=(
        Example(
            {"sysctl_conf": "net.ipv4.tcp_rmem = 4096 16777216 33554432\n"},
            {"sysctl_conf": "net.ipv4.tcp_rmem = 4096 131072 33554432\n"},
        ),
        Example({"sysctl_conf": "net.ipv4.tcp_wmem = 4096 1048576 4194304\n"}),
    ),
    side_effect="A new connection over a long line takes a few round trips more until its buffer has grown.",
)
