"""Huge pages leave too little memory for everything else.

What vm.nr_hugepages sets aside serves only programs that ask for huge pages: of PostgreSQL its shared memory, but no
backend, no sort, no page cache and no other process. With more than three quarters of the RAM in them the rest of the
host works in the last quarter, and the OOM killer comes while gigabytes are free.

There is no case for it on a database's host: shared_buffers beyond half of the RAM gains nothing. There is no edit,
for how many pages the server needs only the server says (15 and later: postgres -C shared_memory_size_in_huge_pages).
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.huge_pages import HugePages
from confmend.facts.kernel import Kernel, evidence
from confmend.facts.memory import Memory
from confmend.model import Example, Finding, Rule, Severity

KEY = "vm.nr_hugepages"
USUAL = 2 * 1024**2
SHARE = 0.75


def check(kernel: Kernel, memory: Memory, pages: HugePages | None) -> Iterator[Finding]:
    """Compare what is set aside with the RAM, in each layer."""
    size = pages.size if pages else USUAL
    for values, found in kernel.numbers(KEY):
        aside = found[0] * size
        if aside > SHARE * memory.ram:
            yield Finding(
                f"{found[0]:,} huge pages of {units.human(size)} are {units.gib(aside)}, {aside / memory.ram:.0%} of "
                f"{units.gib(memory.ram)}: backends, page cache and every other program share what is left. Set aside "
                "what PostgreSQL's shared memory needs, and 1 %.",
                (*evidence(*values), *memory.origins),
                arithmetic=(f"{found[0]:,} × {units.human(size)} = {units.gib(aside)} > {SHARE:.0%} of the RAM",),
            )


RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=("https://docs.kernel.org/admin-guide/mm/hugetlbpage.html",),
    examples=(
        Example(
            {"sysctl_conf": "vm.nr_hugepages = 7000\n", "answers": "memory = 16GB\n"},
            {"sysctl_conf": "vm.nr_hugepages = 7000\n"},
        ),
        Example({"sysctl_conf": "vm.nr_hugepages = 6144\n", "answers": "memory = 16GB\n"}),
    ),
)
