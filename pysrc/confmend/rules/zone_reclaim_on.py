"""The kernel throws cached files away while other memory is free.

With vm.zone_reclaim_mode above 0 a CPU whose own memory node is full drops cached pages, or writes out dirty ones,
before it takes free memory of the next node. A database's cache is larger than one node, so it is dropped again and
again, and statements stall in the middle of a request for memory.

It is made for many small programs that each fit into a node. The change holds at once; to undo it, put the line back.
"""

from collections.abc import Iterator

from confmend.facts.kernel import Kernel, evidence
from confmend.model import Example, Finding, Rule, Severity

KEY = "vm.zone_reclaim_mode"


def check(kernel: Kernel) -> Iterator[Finding]:
    """Look for anything but 0 in each layer."""
    for values, found in kernel.numbers(KEY):
        if found[0]:
            yield Finding(
                f"vm.zone_reclaim_mode is {found[0]}: cached files are thrown away while other nodes have free memory. "
                "Remove the line; the kernel's default is 0.",
                evidence(*values),
                kernel.undone(KEY, "0", values),
            )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://docs.kernel.org/admin-guide/sysctl/vm.html#zone-reclaim-mode",),
    examples=(
        Example({"sysctl_conf": "vm.zone_reclaim_mode = 1\n"}, {"sysctl_conf": ""}),
        Example({"sysctl_conf": "vm.zone_reclaim_mode = 0\n"}),
    ),
    side_effect="Some memory comes from a farther node, which is a little slower than the near one.",
)
