"""The three numbers of tcp_rmem or tcp_wmem do not rise.

They are min, default and max of one connection's buffer, in bytes. The kernel takes any order and says nothing. With
default above max, connections begin larger than they may ever be tuned; with min above default, the guarantee under
memory pressure is more than the connection gets without it.

There is no case in which this is wanted; it is a slip of a digit. The change: the line goes, and the kernel's own
numbers hold for new connections from the next boot. To undo it, put the line back.
"""

from collections.abc import Iterator

from confmend.facts.kernel import Kernel, evidence
from confmend.model import Example, Finding, Rule, Severity

KEYS = ("net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem")


def check(kernel: Kernel) -> Iterator[Finding]:
    """Compare the numbers with each other, in each layer."""
    for key in KEYS:
        for values, (least, default, most) in kernel.numbers(key, 3):
            if least <= default <= most:
                continue
            wrong = "default is above max" if default > most else "min is above default"
            yield Finding(
                f"{key.rpartition('.')[2]} is min, default and max and must rise; {least:,} {default:,} {most:,} does "
                f"not: {wrong}. The kernel takes it without a word. Remove the line; the kernel has its own numbers.",
                evidence(*values),
                kernel.undone(key, None, values),
            )


RULE = Rule(
    check,
    Severity.ERROR,
    sources=("https://docs.kernel.org/networking/ip-sysctl.html#tcp-variables",),
    examples=(
        Example({"sysctl_conf": "net.ipv4.tcp_rmem = 4096 16777216 6291456\n"}, {"sysctl_conf": ""}),
        Example({"sysctl_conf": "net.ipv4.tcp_wmem = 4096 4194304 4194304\n"}),
    ),
    side_effect="New connections begin and end with the kernel's own buffer sizes.",
)
