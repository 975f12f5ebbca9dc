"""The firewall forgets connections after minutes of silence.

nf_conntrack_tcp_timeout_established below ten minutes ends every session that is idle or runs one long statement
between two packets, unless keepalive probes come often enough. It is usually lowered because the table was full;
nf_conntrack_max is what that needs.

It is sound where every connection's keepalive time is known to be less than half of it. The change holds at once for
packets that come from then on; to undo it, put the line back.
"""

from collections.abc import Iterator

from confmend.facts.keepalive import Keepalive
from confmend.facts.kernel import Kernel, evidence
from confmend.model import Example, Finding, Rule, Severity
from confmend.units import SECOND

KEY, DEFAULT = "net.netfilter.nf_conntrack_tcp_timeout_established", 432_000
LEAST = 600


def check(kernel: Kernel, keepalive: Keepalive | None) -> Iterator[Finding]:
    """Look for a short timeout whose keepalive is not known to be shorter still."""
    for values, found in kernel.numbers(KEY):
        if found[0] >= LEAST or (keepalive and keepalive.idle_us * 2 <= found[0] * SECOND):
            continue
        yield Finding(
            f"Connection tracking forgets a connection after {found[0]:,} s of silence; the kernel's default is "
            f"{DEFAULT:,} s. Sessions that idle or wait for a long statement are cut. Remove the line; if the "
            "table was full, raise nf_conntrack_max.",
            evidence(*values),
            kernel.undone(KEY, str(DEFAULT), values),
        )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://docs.kernel.org/networking/nf_conntrack-sysctl.html",),
    examples=(
        Example({"sysctl_conf": "net.netfilter.nf_conntrack_tcp_timeout_established = 300\n"}, {"sysctl_conf": ""}),
        Example({"sysctl_conf": "net.netfilter.nf_conntrack_tcp_timeout_established = 600\n"}),
    ),
    side_effect="Connections that ended without a goodbye stay in the table for days; a busy NAT host may fill it.",
)
