"""tcp_tw_recycle drops clients behind a NAT gateway, and newer kernels do not have it.

Up to Linux 4.11 net.ipv4.tcp_tw_recycle = 1 made the kernel refuse connections whose timestamp is older than the last
one of the same address. Behind NAT or a load balancer many hosts share an address and have clocks of their own, so some
of them get no answer, at random. 4.12 removed the key: there the line is an error message at boot and nothing else.

There is no network on which it is safe and useful. The change: the line goes; on an old kernel `sysctl -w
net.ipv4.tcp_tw_recycle=0` makes it so at once. To undo it, put the line back.
"""

from collections.abc import Iterator

from confmend.facts.kernel import FILE, Kernel, evidence
from confmend.model import Example, Finding, Rule, Severity

KEY = "net.ipv4.tcp_tw_recycle"
REMOVED = (4, 12)


def check(kernel: Kernel) -> Iterator[Finding]:
    """Look for anything but 0; where the kernel does not have the key, another rule says so."""
    if kernel.version and kernel.version >= REMOVED:
        return
    for values, found in kernel.numbers(KEY):
        if found[0]:
            only_file = all(value.origin and value.origin.kind == FILE for value in values)
            newer = " From Linux 4.12 on the key is gone and the line does nothing." if only_file else ""
            yield Finding(
                f"tcp_tw_recycle is {found[0]}: clients that share an address (NAT, load balancer) get no answer, at "
                f"random.{newer} Remove the line; the default is 0.",
                evidence(*values),
                kernel.undone(KEY, "0", values),
            )


RULE = Rule(
    check,
    Severity.ERROR,
    sources=(
        "https://github.com/torvalds/linux/commit/4396e46187ca5070219b81773c4e65088dac50cc",
        "https://www.kernel.org/doc/Documentation/networking/ip-sysctl.txt",
    ),
    examples=(
        Example({"sysctl_conf": "net.ipv4.tcp_tw_recycle = 1\n"}, {"sysctl_conf": ""}),
        Example(
            {"sysctl_dump": "kernel.osrelease = 3.10.0-957.el7\nnet.ipv4.tcp_tw_recycle = 1\n"},
            {"sysctl_dump": "kernel.osrelease = 3.10.0-957.el7\nnet.ipv4.tcp_tw_recycle = 0\n"},
        ),
        Example({"sysctl_conf": "net.ipv4.tcp_tw_recycle = 0\n"}),
    ),
    side_effect="More connections stay in TIME_WAIT, a minute each; that costs some hundred bytes apiece.",
)
