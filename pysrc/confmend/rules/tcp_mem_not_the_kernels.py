"""tcp_mem is not what this kernel computed at boot.

The kernel sizes tcp_mem and udp_mem from the same free memory, tcp_mem half as large (up to 3.10 as large). Where the
two do not fit each other, somebody has set tcp_mem by hand, often years ago and for another host. That is worth knowing
before anything else is concluded from it: RAM can't be inferred from it, and its limit moves no more with the RAM.

It may well be intended, so there is no edit. To have the kernel's own number again remove the line and boot, or write
it with `sysctl -w`.
"""

from collections.abc import Iterator

from confmend.facts.kernel import Kernel, evidence, integers
from confmend.facts.memory import is_boot_default
from confmend.model import Example, Finding, Rule, Severity

KEY, SIBLING = "net.ipv4.tcp_mem", "net.ipv4.udp_mem"
LAST_ALIKE = (3, 10)
# Both are rounded, and memory is taken between the two at boot: up to 3.4 % on real hosts.
AGREEMENT = 0.05


def check(kernel: Kernel) -> Iterator[Finding]:
    """Compare the running triple with its sibling."""
    tcp, udp = kernel.running(KEY), kernel.running(SIBLING)
    pages, sibling = integers(tcp, 3), integers(udp, 3)
    if not pages or not sibling or kernel.version is None or not is_boot_default(sibling):
        return
    default = sibling[1] if kernel.version <= LAST_ALIKE else sibling[1] // 2
    if is_boot_default(pages) and abs(pages[1] - default) <= AGREEMENT * default:
        return
    low = 3 * (default // 4)
    yield Finding(
        f"tcp_mem is {' '.join(map(str, pages))}; by udp_mem, which nobody has touched, this kernel computed about "
        f"{low} {default} {2 * low} at boot. Somebody has set it by hand.",
        evidence(tcp, udp),
        arithmetic=(f"udp_mem {sibling[1]:,}{'' if default == sibling[1] else ' ÷ 2'} = {default:,} ≠ {pages[1]:,}",),
    )


RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://github.com/torvalds/linux/blob/v6.1/net/ipv4/tcp.c",
        "https://github.com/torvalds/linux/blob/v6.1/net/ipv4/udp.c",
    ),
    examples=(
        # The shape is a default's; only its sibling tells that it is twice the default.
        Example(
            {
                "sysctl_dump": "kernel.osrelease = 6.18.0\nnet.ipv4.tcp_mem = 575799\t767734\t1151598\n"
                "net.ipv4.udp_mem = 575799\t767734\t1151598\n"
            },
            {
                "sysctl_dump": "kernel.osrelease = 6.18.0\nnet.ipv4.tcp_mem = 575799\t767734\t1151598\n"
                "net.ipv4.udp_mem = 575799\t767734\t1151598\n"
            },
        ),
        Example(
            {
                "sysctl_dump": "kernel.osrelease = 6.18.0\nnet.ipv4.tcp_mem = 287898\t383867\t575796\n"
                "net.ipv4.udp_mem = 575799\t767734\t1151598\n"
            }
        ),
        Example(
            {
                "sysctl_dump": "kernel.osrelease = 3.10.0\nnet.ipv4.tcp_mem = 575799\t767734\t1151598\n"
                "net.ipv4.udp_mem = 575799\t767734\t1151598\n"
            }
        ),
    ),
)
