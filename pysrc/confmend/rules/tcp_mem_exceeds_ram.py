"""tcp_mem lets TCP take more than half of the RAM.

The three numbers of net.ipv4.tcp_mem are pages of the kernel's memory, usually 4096 bytes, not bytes and not kB. A
value copied as if it were bytes is 4096 times too large. The limit protects the host: socket buffers can't be swapped,
so a limit above the RAM lets a few thousand stalled clients push everything else out until the OOM killer comes.

Nothing is gained by raising it on a host whose sockets use a fraction of the default; /proc/net/sockstat tells.
An application's buffers are not set here but by tcp_rmem and tcp_wmem, in bytes.

The change: the line goes, `sysctl -w net.ipv4.tcp_mem="..."` with the default makes it so at once, for every socket
and without a restart. To undo it, write the old numbers the same way.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.kernel import Kernel, evidence, integers
from confmend.facts.memory import Memory, default_tcp_mem
from confmend.facts.page import PageSize
from confmend.model import Example, Finding, Rule, Severity

KEY = "net.ipv4.tcp_mem"
# The kernel's own default is 9.4 % of RAM; beyond half of it the limit protects nothing.
SHARE = 0.5


def check(kernel: Kernel, memory: Memory, page: PageSize) -> Iterator[Finding]:
    """Compare the third number with RAM, in each layer that sets it."""
    for values in kernel.alike(KEY):
        pages = integers(values[0], 3)
        if not pages or pages[2] * page.bytes <= SHARE * memory.ram:
            continue
        limit = pages[2] * page.bytes
        default = default_tcp_mem(memory, page, kernel)
        yield Finding(
            f"The numbers of tcp_mem are pages, not bytes: {pages[2]:,} pages are {units.gib(limit)}, on a host with "
            f"{units.gib(memory.ram)} of RAM. So TCP may take {limit / memory.ram:.0%} of the RAM before anything "
            f"stops it. Remove the line; the kernel's own default here is {' '.join(map(str, default))} "
            f"(at most {units.gib(default[2] * page.bytes)}).",
            evidence(*values) + memory.origins,
            kernel.undone(KEY, " ".join(map(str, default)), values),
            (
                f"{pages[2]:,} pages × {page.bytes:,} bytes = {limit:,} bytes = {units.gib(limit)}",
                f"{units.gib(limit)} ÷ {units.gib(memory.ram)} RAM = {limit / memory.ram:.2f}",
                f"default: RAM ÷ {page.bytes:,} ÷ 16 = {default[1]:,} pages; ×¾ {default[0]:,}; ×1½ {default[2]:,}",
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
                "sysctl_conf": "net.ipv4.tcp_mem = 786432 1048576 26777216\nvm.swappiness = 10\n",
                "answers": "memory = 16090752 kB\n",
            },
            {"sysctl_conf": "vm.swappiness = 10\n"},
        ),
        Example({"sysctl_conf": "net.ipv4.tcp_mem = 1 2 2097152\n", "answers": "memory = 16GB\n"}),
    ),
    side_effect="TCP slows down and drops at the kernel's own limit, where it took all memory before.",
)
