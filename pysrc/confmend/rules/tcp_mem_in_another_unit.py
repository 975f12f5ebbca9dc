"""The numbers of tcp_mem look like bytes, but they are pages.

net.ipv4.tcp_mem counts pages of memory, usually 4 KiB. A number from 16,777,216 on would be 64 GiB of socket buffers,
which no database needs; it is nearly always a number of bytes or kB. Such a limit protects nothing.

How bad it is depends on the RAM, which nobody told: with it, another rule says exactly what is wrong. A host with a
terabyte may have such a default. There is no edit before that is known.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.kernel import Kernel, evidence
from confmend.facts.memory import Memory, is_boot_default
from confmend.facts.page import PageSize
from confmend.model import Example, Finding, Rule, Severity

KEY = "net.ipv4.tcp_mem"
MANY = 16_777_216


def check(kernel: Kernel, page: PageSize, memory: Memory | None) -> Iterator[Finding]:
    """Look for numbers that are too large for pages, while the RAM is unknown."""
    if memory:
        return
    for values, pages in kernel.numbers(KEY, 3):
        if max(pages[1:]) < MANY or is_boot_default(pages):
            continue
        yield Finding(
            f"The numbers of tcp_mem are pages: {pages[2]:,} pages are {units.human(pages[2] * page.bytes)} of socket "
            "buffers. That looks like bytes or kB. Paste /proc/meminfo, so that the right numbers can be named; the "
            "kernel computes its own where no line sets them.",
            evidence(*values),
            arithmetic=(f"{pages[2]:,} × {page.bytes:,} bytes = {units.human(pages[2] * page.bytes)}",),
        )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://docs.kernel.org/networking/ip-sysctl.html#tcp-variables",),
    examples=(
        Example(
            {"sysctl_conf": "net.ipv4.tcp_mem = 786432 1048576 26777216\n"},
            {"sysctl_conf": "net.ipv4.tcp_mem = 786432 1048576 26777216\n"},
        ),
        Example({"sysctl_conf": "net.ipv4.tcp_mem = 786432 1048576 16777215\n"}),
        Example({"sysctl_conf": "net.ipv4.tcp_mem = 786432 1048576 26777216\n", "answers": "memory = 16GB\n"}),
    ),
)
