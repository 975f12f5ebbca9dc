"""tcp_mem gives TCP less than half of the kernel's own limit.

At the third number of net.ipv4.tcp_mem the kernel stops charging memory to TCP: what arrives is dropped and sent again,
writers wait, and orphaned connections are reset ("TCP: out of memory -- consider tuning tcp_mem"). The default is 9.4 %
of RAM; less than half of that is usually a line that was copied from a smaller host.

It is wanted on a host that must never give TCP more, for instance a router; then leave it. The change: the line goes;
`sysctl -w` with the default makes it so at once, for all sockets, without a restart. To undo it, put the line back.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.kernel import Kernel, evidence, integers
from confmend.facts.memory import Memory, default_tcp_mem, is_boot_default
from confmend.facts.page import PageSize
from confmend.model import Example, Finding, Rule, Severity

KEY = "net.ipv4.tcp_mem"
# Half: the default itself is within 1 % of what is computed, and huge pages reserved at boot lower it somewhat.
SHARE = 0.5


def check(kernel: Kernel, memory: Memory, page: PageSize) -> Iterator[Finding]:
    """Compare the third number with the default for this RAM, unless the triple is a default of the kernel's own."""
    default = default_tcp_mem(memory, page, kernel)
    for values in kernel.alike(KEY):
        pages = integers(values[0], 3)
        if not pages or is_boot_default(pages) or pages[2] >= SHARE * default[2]:
            continue
        yield Finding(
            f"tcp_mem lets TCP have {pages[2]:,} pages, {units.mib(pages[2] * page.bytes)}; the kernel itself would "
            f"give it {default[2]:,} pages, {units.mib(default[2] * page.bytes)}, on a host with "
            f"{units.gib(memory.ram)}. At the limit packets are dropped and connections reset. Remove the line; the "
            f"default here is {' '.join(map(str, default))}.",
            evidence(*values) + memory.origins,
            kernel.undone(KEY, " ".join(map(str, default)), values),
            (
                f"{pages[2]:,} pages × {page.bytes:,} bytes = {units.mib(pages[2] * page.bytes)}",
                f"default: RAM ÷ {page.bytes:,} ÷ 16 = {default[1]:,} pages; ×1½ = {default[2]:,} pages",
                f"{pages[2]:,} ÷ {default[2]:,} = {pages[2] / default[2]:.0%}",
            ),
        )


RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=(
        "https://docs.kernel.org/networking/ip-sysctl.html#tcp-variables",
        "https://github.com/torvalds/linux/blob/v6.1/net/ipv4/tcp.c#L4718",
    ),
    examples=(
        Example(
            {
                "sysctl_conf": "net.ipv4.tcp_mem = 50576 64768 98152\nvm.swappiness = 10\n",
                "answers": "memory = 16GB\n",
            },
            {"sysctl_conf": "vm.swappiness = 10\n"},
        ),
        # The default of 16 GB ends in 393,216; half of it is 196,608.
        Example({"sysctl_conf": "net.ipv4.tcp_mem = 98304 131072 196608\n", "answers": "memory = 16GB\n"}),
        # A kernel's own triple, smaller because of huge pages that were reserved at boot.
        Example(
            {
                "sysctl_dump": "net.ipv4.tcp_mem = 48906\t65208\t97812\nkernel.osrelease = 6.1.0\n",
                "answers": "memory = 16GB\n",
            }
        ),
    ),
    side_effect="TCP may take more of the memory under load, as the kernel's own default allows.",
)
