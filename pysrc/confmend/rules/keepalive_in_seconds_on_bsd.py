"""A keepalive time on FreeBSD or macOS was written in seconds, but it is milliseconds.

net.inet.tcp.keepidle, keepintvl and keepinit are milliseconds there; Linux and PostgreSQL say seconds. A keepidle of 60
means that every idle connection is probed after 0.06 s, without end: a flood of packets, and connections that end with
the first hiccup of the network.

OpenBSD counts half-seconds, where such numbers are right; it is left alone. The change: a thousand times the number. It
holds for new connections; to undo it, write the old number.
"""

from collections.abc import Iterator

from confmend.facts import what_to_paste
from confmend.facts.kernel import Kernel, evidence
from confmend.facts.platform import Platform
from confmend.model import Example, Finding, MissingFactError, Rule, Severity

KEYS = ("net.inet.tcp.keepidle", "net.inet.tcp.keepintvl", "net.inet.tcp.keepinit")
SYSTEMS = ("Darwin", "macOS", "FreeBSD")
# Nobody probes an idle connection every second.
LEAST = 1000


def check(kernel: Kernel, platform: Platform | None) -> Iterator[Finding]:
    """Look for numbers below a second, on a system that counts milliseconds."""
    small = [(key, each) for key in KEYS for each in kernel.numbers(key) if 0 < each[1][0] < LEAST]
    if not small:
        return
    own = kernel.effective("kern.ostype")
    system = own.value if own else platform.name if platform else ""
    if not system:
        raise MissingFactError(what_to_paste(Platform))
    for key, (values, found) in small if system in SYSTEMS else ():
        yield Finding(
            f"{key} is {found[0]} milliseconds on {system}, {found[0] / 1000:g} s. Linux counts seconds here. If "
            f"{found[0]} s was meant, write {found[0] * 1000}.",
            evidence(*values, own),
            kernel.changed(key, str(found[0] * 1000), values),
            (f"{found[0]} s × 1000 = {found[0] * 1000} ms",),
        )


RULE = Rule(
    check,
    Severity.ERROR,
    sources=(
        "https://man.freebsd.org/cgi/man.cgi?query=tcp&sektion=4",
        "https://github.com/apple-oss-distributions/xnu/blob/main/bsd/netinet/tcp_timer.c",
    ),
    examples=(
        Example(
            {"sysctl_dump": "kern.ostype: Darwin\nnet.inet.tcp.keepidle: 60\nnet.inet.tcp.keepintvl: 75000\n"},
            {"sysctl_dump": "kern.ostype: Darwin\nnet.inet.tcp.keepidle: 60000\nnet.inet.tcp.keepintvl: 75000\n"},
        ),
        Example({"sysctl_dump": "kern.ostype: FreeBSD\nnet.inet.tcp.keepidle: 1000\n"}),
        Example({"sysctl_dump": "kern.ostype=OpenBSD\nnet.inet.tcp.keepidle=120\n"}),
    ),
    side_effect="Dead connections are found after the time that was meant, later than with the small number.",
)
