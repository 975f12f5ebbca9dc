"""Connections that were closed are forgotten before the other side has answered.

net.ipv4.tcp_fin_timeout is how long an orphaned connection waits for the other side's end (FIN-WAIT-2). Below a few
seconds a slow peer's last packets meet no connection and are answered with a reset; data that it still had to read may
be lost. The kernel also accepts negative numbers. The key does not shorten TIME_WAIT, which is 60 s in the kernel's
source, so the usual reason to lower it does not hold.

Values from 15 s on are harmless. The change holds at once for connections that are closed from then on; to undo it, put
the line back.
"""

import re
from collections.abc import Iterator

from confmend.facts.kernel import Kernel, evidence
from confmend.model import Example, Finding, Rule, Severity

KEY, DEFAULT = "net.ipv4.tcp_fin_timeout", 60
LEAST = 5


def check(kernel: Kernel) -> Iterator[Finding]:
    """Compare with a few seconds; the kernel takes negative numbers too."""
    for values in kernel.alike(KEY):
        written = values[0].value.strip()
        if re.fullmatch("-?[0-9]{1,10}", written) and int(written) < LEAST:
            yield Finding(
                f"tcp_fin_timeout is {written}: a closed connection is forgotten before a slow peer has answered, and "
                f"its last packets are reset. It does not shorten TIME_WAIT. Remove the line; the default "
                f"is {DEFAULT}.",
                evidence(*values),
                kernel.undone(KEY, str(DEFAULT), values),
            )


RULE = Rule(
    check,
    Severity.ERROR,
    sources=(
        "https://docs.kernel.org/networking/ip-sysctl.html#tcp-variables",
        "https://github.com/torvalds/linux/blob/v6.1/include/net/tcp.h",
    ),
    examples=(
        Example({"sysctl_conf": "net.ipv4.tcp_fin_timeout = 1\n"}, {"sysctl_conf": ""}),
        Example({"sysctl_conf": "net.ipv4.tcp_fin_timeout = -5\n"}, {"sysctl_conf": ""}),
        Example({"sysctl_conf": "net.ipv4.tcp_fin_timeout = 5\n"}),
    ),
    side_effect="Closed connections stay in FIN-WAIT-2 for up to a minute.",
)
