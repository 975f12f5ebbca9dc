"""A full queue of new connections makes the kernel reset clients.

With net.ipv4.tcp_abort_on_overflow = 1 a client whose connection does not fit into the listener's queue gets a reset:
"Connection refused" or "reset by peer". With the default 0 its packets are ignored for the moment and sent again, and
most such clients are served a second later without noticing.

1 is right only where clients must fail fast and somebody else takes over, as behind a load balancer that tries the next
server. The change holds at once; to undo it, put the line back.
"""

from collections.abc import Iterator

from confmend.facts.kernel import Kernel, evidence
from confmend.model import Example, Finding, Rule, Severity

KEY, DEFAULT = "net.ipv4.tcp_abort_on_overflow", 0


def check(kernel: Kernel) -> Iterator[Finding]:
    """Look for anything but 0 in each layer."""
    for values, found in kernel.numbers(KEY):
        if found[0]:
            yield Finding(
                f"tcp_abort_on_overflow is {found[0]}: in a burst, clients beyond the queue are reset instead of "
                f"being served a second later. Remove the line; the kernel's default is {DEFAULT}.",
                evidence(*values),
                kernel.undone(KEY, str(DEFAULT), values),
            )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://docs.kernel.org/networking/ip-sysctl.html#tcp-variables",),
    examples=(
        Example({"sysctl_conf": "net.ipv4.tcp_abort_on_overflow = 1\n"}, {"sysctl_conf": ""}),
        Example({"sysctl_conf": "net.ipv4.tcp_abort_on_overflow = 0\n"}),
    ),
    side_effect="Clients of an overloaded listener wait for a second try instead of failing at once.",
)
