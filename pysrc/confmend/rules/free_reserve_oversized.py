"""The kernel keeps more memory free than it can use.

vm.min_free_kbytes is a reserve that only the kernel's own urgent requests may touch. Beyond some percent of RAM it
brings forward what it is meant to prevent: programs meet the end of memory earlier, reclaim runs all the time, and the
OOM killer comes while the reserve is untouched.

Up to 1 % of RAM or 1 GiB may be right after "page allocation failure" of a fast network card. The change: the line goes
and the kernel's own reserve holds from the next boot. To undo it, put the line back.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.kernel import Kernel, evidence
from confmend.facts.memory import Memory
from confmend.model import Example, Finding, Rule, Severity

KEY = "vm.min_free_kbytes"
# The kernel raises it for transparent huge pages to 5 % at most, whatever the host.
SHARE, LEAST = 0.05, 64 * 1024


def check(kernel: Kernel, memory: Memory) -> Iterator[Finding]:
    """Compare the reserve with the RAM, in each layer."""
    for values, found in kernel.numbers(KEY):
        if found[0] >= LEAST and found[0] * 1024 > SHARE * memory.ram:
            yield Finding(
                f"vm.min_free_kbytes keeps {units.human(found[0] * 1024)} free, {found[0] * 1024 / memory.ram:.0%} of "
                f"{units.gib(memory.ram)}; programs run out of memory that much earlier. Remove the line: the kernel "
                "computes its own.",
                (*evidence(*values), *memory.origins),
                kernel.undone(KEY, None, values),
                (f"{found[0]:,} kB > {SHARE:.0%} of {units.gib(memory.ram)}",),
            )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://docs.kernel.org/admin-guide/sysctl/vm.html#min-free-kbytes",
        "https://github.com/torvalds/linux/blob/v6.1/mm/khugepaged.c",
    ),
    examples=(
        Example({"sysctl_conf": "vm.min_free_kbytes = 1048576\n", "answers": "memory = 16GB\n"}, {"sysctl_conf": ""}),
        Example({"sysctl_conf": "vm.min_free_kbytes = 838860\n", "answers": "memory = 16GB\n"}),
    ),
    side_effect="A burst of network packets finds a smaller reserve; look for page allocation failures afterwards.",
)
