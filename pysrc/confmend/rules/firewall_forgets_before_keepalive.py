"""The host's own firewall forgets idle connections before the first keepalive probe.

Connection tracking drops an idle TCP connection after net.netfilter.nf_conntrack_tcp_timeout_established, five days by
default. Where that was lowered to save table space below the keepalive time, a session that is merely idle is forgotten
first: its next packet belongs to no known connection, and a stateful rule set drops it without a word.

It does nothing on a host without firewall rules or NAT, though the table is kept there too. Either number may be
changed: keepalive below half of the timeout is the better way, for it finds dead clients as well. There is no edit,
for which of the two was meant is not known. Both take effect at once for packets that come from then on.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.keepalive import Keepalive
from confmend.facts.kernel import Kernel, evidence
from confmend.model import Example, Finding, Rule, Severity
from confmend.units import SECOND

TIMEOUT, TIME = "net.netfilter.nf_conntrack_tcp_timeout_established", "net.ipv4.tcp_keepalive_time"
# Documentation/networking/ip-sysctl.rst.
DEFAULT_TIME = 7200


def check(kernel: Kernel, keepalive: Keepalive | None) -> Iterator[Finding]:
    """Compare the two times; PostgreSQL's own keepalive counts where it is known."""
    timeout, set_ = kernel.number(TIMEOUT), kernel.number(TIME)
    if timeout is None:
        return
    first = keepalive.idle_us // SECOND if keepalive else DEFAULT_TIME if set_ is None else set_
    if timeout > first:
        return
    yield Finding(
        f"The firewall forgets an idle connection after {timeout:,} s, and the first keepalive probe is sent after "
        f"{first:,} s. Idle sessions hang at their next statement. Set tcp_keepalives_idle to "
        f"{max(10, timeout // 2):,} or less in PostgreSQL (or tcp_keepalive_time for all programs), or remove the "
        f"shorter timeout.",
        (*evidence(kernel.effective(TIMEOUT), kernel.effective(TIME)), *(keepalive.origins if keepalive else ())),
        arithmetic=(f"{units.seconds(first * SECOND)} ≥ {units.seconds(timeout * SECOND)}",),
    )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://docs.kernel.org/networking/nf_conntrack-sysctl.html",
        "https://docs.kernel.org/networking/ip-sysctl.html#tcp-variables",
    ),
    examples=(
        Example(
            {"sysctl_conf": "net.netfilter.nf_conntrack_tcp_timeout_established = 1200\n"},
            {"sysctl_conf": "net.netfilter.nf_conntrack_tcp_timeout_established = 1200\n"},
        ),
        Example(
            {
                "sysctl_conf": "net.netfilter.nf_conntrack_tcp_timeout_established = 1200\n",
                "postgresql_conf": "tcp_keepalives_idle = 300\n",
            }
        ),
        Example({"sysctl_conf": "net.netfilter.nf_conntrack_tcp_timeout_established = 7201\n"}),
    ),
)
