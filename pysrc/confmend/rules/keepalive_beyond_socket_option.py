"""A keepalive value is larger than a program could ask for itself.

setsockopt() takes at most 32767 seconds for the keepalive times and 127 probes; net.ipv4.tcp_keepalive_* takes more,
and connections inherit it. It works, but PostgreSQL, PgBouncer and libpq can't be given the same number, and a first
probe after nine hours and more finds nobody.

It is harmless, so there is no edit.
"""

from collections.abc import Iterator

from confmend.facts.kernel import Kernel, evidence
from confmend.model import Example, Finding, Rule, Severity

# include/net/tcp.h: MAX_TCP_KEEPIDLE, MAX_TCP_KEEPINTVL, MAX_TCP_KEEPCNT.
MOST = {
    "net.ipv4.tcp_keepalive_time": 32_767,
    "net.ipv4.tcp_keepalive_intvl": 32_767,
    "net.ipv4.tcp_keepalive_probes": 127,
}


def check(kernel: Kernel) -> Iterator[Finding]:
    """Compare each with the largest that setsockopt takes."""
    for key, most in MOST.items():
        for values, found in kernel.numbers(key):
            if found[0] > most:
                yield Finding(
                    f"{key.rpartition('.')[2]} is {found[0]:,}, more than the {most:,} that a program can ask for; "
                    "connections inherit it all the same.",
                    evidence(*values),
                )


RULE = Rule(
    check,
    Severity.INFO,
    sources=("https://github.com/torvalds/linux/blob/v6.1/include/net/tcp.h",),
    examples=(
        Example(
            {"sysctl_conf": "net.ipv4.tcp_keepalive_time = 86400\n"},
            {"sysctl_conf": "net.ipv4.tcp_keepalive_time = 86400\n"},
        ),
        Example({"sysctl_conf": "net.ipv4.tcp_keepalive_time = 32767\n"}),
    ),
)
