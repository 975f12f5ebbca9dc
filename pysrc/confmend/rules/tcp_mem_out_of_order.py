"""The three numbers of tcp_mem do not rise.

net.ipv4.tcp_mem is min, pressure and max, in pages. The kernel takes any order and says nothing. With pressure at or
above max TCP never slows down before it fails: the first sign is refused memory. With min at or above pressure it
never leaves the pressure mode once it is in it, and every connection stays slow.

There is no case in which this is wanted. The change: the line goes and the kernel's own default holds from the next
boot; `sysctl -w` with the default makes it so at once, without a restart. To undo it, put the line back.
"""

from collections.abc import Iterator

from confmend.facts.kernel import Kernel, evidence, integers
from confmend.facts.memory import Memory, default_tcp_mem
from confmend.facts.page import PageSize
from confmend.model import Example, Finding, Rule, Severity

KEY = "net.ipv4.tcp_mem"


def check(kernel: Kernel, page: PageSize, memory: Memory | None) -> Iterator[Finding]:
    """Compare the numbers with each other; the default is named where RAM is known."""
    for values in kernel.alike(KEY):
        pages = integers(values[0], 3)
        if not pages or pages[0] < pages[1] < pages[2]:
            continue
        default = " ".join(map(str, default_tcp_mem(memory, page, kernel))) if memory else None
        instead = f"the kernel's own default on this host is {default}" if default else "the kernel computes its own"
        wrong = "pressure is not below max" if pages[1] >= pages[2] else "min is not below pressure"
        yield Finding(
            f"tcp_mem is min, pressure and max, and must rise; {pages[0]:,} {pages[1]:,} {pages[2]:,} does not: "
            f"{wrong}. The kernel takes it without a word. Remove the line; {instead}.",
            evidence(*values),
            kernel.undone(KEY, default, values),
        )


RULE = Rule(
    check,
    Severity.ERROR,
    sources=(
        "https://docs.kernel.org/networking/ip-sysctl.html#tcp-variables",
        "https://github.com/torvalds/linux/blob/v6.1/net/core/sock.c",
    ),
    examples=(
        Example(
            {"sysctl_conf": "net.ipv4.tcp_mem = 786432 786432 524288\nvm.swappiness = 10\n"},
            {"sysctl_conf": "vm.swappiness = 10\n"},
        ),
        Example(
            {
                "sysctl_dump": "net.ipv4.tcp_mem = 400000\t251418\t377124\nkernel.osrelease = 6.1.0-18-amd64\n",
                "answers": "memory = 16090752 kB\n",
            },
            {"sysctl_dump": "net.ipv4.tcp_mem = 188562\t251418\t377124\nkernel.osrelease = 6.1.0-18-amd64\n"},
        ),
        Example({"sysctl_conf": "net.ipv4.tcp_mem = 786431 786432 786433\n"}),
    ),
    side_effect="None: the kernel's own limits return.",
)
