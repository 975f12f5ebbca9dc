"""SYN cookies are off, so a burst of new connections is dropped.

When more clients connect at once than the listener's queue holds, Linux answers with SYN cookies: no state is kept, and
no honest client is lost. With net.ipv4.tcp_syncookies = 0 it drops the request instead, and the client tries again
after 1, 3, 7 seconds. Some tuning scripts turn them off because cookies lose TCP options; the kernel uses them only
when the queue is full, where the choice is between a connection without options and none.

0 is right on a host whose every client is known and whose queues were measured never to overflow, and then gains
nothing. The change holds at once for new connections; to undo it, put the line back.
"""

from collections.abc import Iterator

from confmend.facts.kernel import Kernel, evidence
from confmend.model import Example, Finding, Rule, Severity

KEY, DEFAULT = "net.ipv4.tcp_syncookies", 1


def check(kernel: Kernel) -> Iterator[Finding]:
    """Look for a 0 in each layer."""
    for values, found in kernel.numbers(KEY):
        if found[0] == 0:
            yield Finding(
                "tcp_syncookies is 0: when the queue of new connections is full, requests are dropped and clients wait "
                f"1, 3, 7 seconds. Remove the line; the kernel's default is {DEFAULT}, which costs nothing until then.",
                evidence(*values),
                kernel.undone(KEY, str(DEFAULT), values),
            )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://docs.kernel.org/networking/ip-sysctl.html#tcp-variables",
        "https://github.com/torvalds/linux/blob/v6.1/net/ipv4/tcp_input.c",
    ),
    examples=(
        Example(
            {"sysctl_conf": "net.ipv4.tcp_syncookies = 0\nvm.swappiness = 10\n"},
            {"sysctl_conf": "vm.swappiness = 10\n"},
        ),
        Example({"sysctl_conf": "net.ipv4.tcp_syncookies = 1\n"}),
    ),
    side_effect="In a burst beyond the queue, connections come without window scaling if the client lacks timestamps.",
)
