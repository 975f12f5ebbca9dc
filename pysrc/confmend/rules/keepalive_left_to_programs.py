"""Keepalive was turned off for programs that do not ask for it.

On FreeBSD, macOS and OpenBSD net.inet.tcp.always_keepalive = 1 probes every connection; 0 leaves it to programs that
ask (SO_KEEPALIVE). Some hardening guides want 0. PostgreSQL, PgBouncer and libpq ask, so their connections are probed
either way; a JDBC driver without tcpKeepAlive=true and many other programs do not, and with 0 wait for ever for a peer
that is gone.

It is the default of macOS and OpenBSD, and no mistake, so there is no edit.
"""

from collections.abc import Iterator

from confmend.facts.kernel import Kernel, evidence
from confmend.model import Example, Finding, Rule, Severity

KEY = "net.inet.tcp.always_keepalive"


def check(kernel: Kernel) -> Iterator[Finding]:
    """Look for a 0 that a file sets."""
    written = kernel.at_boot(KEY)
    if written and written.value.strip() == "0":
        yield Finding(
            "always_keepalive is 0: only programs that ask for keepalive get it. PostgreSQL, PgBouncer and libpq do; "
            "give JDBC clients tcpKeepAlive=true.",
            evidence(written),
        )


RULE = Rule(
    check,
    Severity.INFO,
    sources=("https://man.freebsd.org/cgi/man.cgi?query=tcp&sektion=4",),
    examples=(
        Example(
            {"sysctl_conf": "net.inet.tcp.always_keepalive=0\n"}, {"sysctl_conf": "net.inet.tcp.always_keepalive=0\n"}
        ),
        Example({"sysctl_conf": "net.inet.tcp.always_keepalive=1\n"}),
    ),
)
