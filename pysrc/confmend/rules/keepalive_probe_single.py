"""One lost keepalive packet is enough to end a healthy connection.

net.ipv4.tcp_keepalive_probes counts the unanswered probes after which an idle connection is given up. With 1, a single
packet that is lost on the way ends the session and whatever transaction it holds. Networks lose packets; three in a row
mean that the peer is gone.

There is no case for 1 on a network; to find dead clients sooner, shorten tcp_keepalive_time or tcp_keepalive_intvl.
The change holds at once, for all connections that do not set their own count; to undo it, put the line back.
"""

from collections.abc import Iterator

from confmend.facts.kernel import Kernel, evidence
from confmend.model import Example, Finding, Rule, Severity

KEY, DEFAULT = "net.ipv4.tcp_keepalive_probes", 9
LEAST = 2


def check(kernel: Kernel) -> Iterator[Finding]:
    """Look for a count below two in each layer."""
    for values, found in kernel.numbers(KEY):
        if found[0] < LEAST:
            yield Finding(
                f"tcp_keepalive_probes is {found[0]}: one lost packet ends an idle connection with its transaction. "
                f"Remove the line (the default is {DEFAULT}); what finds dead clients sooner is a shorter "
                "tcp_keepalive_time and tcp_keepalive_intvl.",
                evidence(*values),
                kernel.undone(KEY, str(DEFAULT), values),
            )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://docs.kernel.org/networking/ip-sysctl.html#tcp-variables",),
    examples=(
        Example(
            {"sysctl_dump": "kernel.osrelease = 6.1.0\nnet.ipv4.tcp_keepalive_probes = 1\n"},
            {"sysctl_dump": "kernel.osrelease = 6.1.0\nnet.ipv4.tcp_keepalive_probes = 9\n"},
        ),
        Example({"sysctl_conf": "net.ipv4.tcp_keepalive_probes = 2\n"}),
    ),
    side_effect="A dead idle client is found later: after tcp_keepalive_time + 9 × tcp_keepalive_intvl.",
)
