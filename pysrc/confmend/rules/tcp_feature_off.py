"""A part of TCP that every connection needs for its speed is turned off.

Without tcp_window_scaling a connection carries at most 64 KiB a round trip; without tcp_sack one lost packet makes it
send a whole window again; without tcp_timestamps round trips are badly measured and old packets can pass for new ones
on fast links; without tcp_moderate_rcvbuf every connection stays at the size it began with. Old guides turned them off
against CPU load or fingerprinting. A backup or a replica over a long line pays for it with most of its speed.

0 is right in two cases: timestamps on a host that must not show its uptime before Linux 4.10, and SACK as the stop-gap
of 2019 on a kernel without its fix. The change holds for new connections (tcp_moderate_rcvbuf for all, at once); to
undo it, put the line back.
"""

from collections.abc import Iterator

from confmend.facts.kernel import Kernel, evidence
from confmend.model import Example, Finding, Rule, Severity

DEFAULT = "1"
COSTS = {
    "net.ipv4.tcp_window_scaling": "a connection carries at most 64 KiB a round trip",
    "net.ipv4.tcp_sack": "one lost packet makes a connection send a whole window again",
    "net.ipv4.tcp_timestamps": "round trips are badly measured, and tcp_tw_reuse is unsafe",
    "net.ipv4.tcp_moderate_rcvbuf": "every connection stays at the receive buffer that it began with",
}


def check(kernel: Kernel) -> Iterator[Finding]:
    """Look for a 0 of any of them in each layer."""
    for key, cost in COSTS.items():
        for values, found in kernel.numbers(key):
            if found[0] == 0:
                yield Finding(
                    f"{key.rpartition('.')[2]} is 0: {cost}. Remove the line; the kernel's default is {DEFAULT}.",
                    evidence(*values),
                    kernel.undone(key, DEFAULT, values),
                )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://docs.kernel.org/networking/ip-sysctl.html#tcp-variables",
        "https://www.rfc-editor.org/rfc/rfc7323",
    ),
    examples=(
        Example(
            {"sysctl_conf": "net.ipv4.tcp_timestamps = 0\nnet.ipv4.tcp_sack = 0\nnet.ipv4.tcp_window_scaling = 1\n"},
            {"sysctl_conf": "net.ipv4.tcp_window_scaling = 1\n"},
        ),
        Example({"sysctl_conf": "net.ipv4.tcp_sack = 1\nnet.ipv4.tcp_timestamps = 1\n"}),
    ),
    side_effect="Packets carry up to 12 bytes of options more; on old kernels a peer can estimate the uptime.",
)
