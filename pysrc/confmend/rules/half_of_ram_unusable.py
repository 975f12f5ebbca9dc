"""Strict accounting with the default ratio and no swap leaves half of the RAM unusable.

With vm.overcommit_memory = 2 programs may be promised swap + overcommit_ratio percent of RAM. Many pages advise the 2
and forget the ratio, whose default is 50: a host without swap then refuses memory when half of it is in use.

The page cache uses the other half, so it is not lost; on a host that is meant to be mostly cache the limit may be
right. The change (a ratio of 80) takes effect at once; to undo it, write 50.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.commitment import Commitment
from confmend.facts.kernel import Kernel, evidence
from confmend.facts.memory import Memory
from confmend.model import Example, Finding, Rule, Severity

MODE, RATIO, KBYTES = "vm.overcommit_memory", "vm.overcommit_ratio", "vm.overcommit_kbytes"
DEFAULT = 50
# Leaves a fifth for the kernel and the page cache, the least of what guides for mode 2 advise.
BETTER = 80


def check(kernel: Kernel, memory: Memory, commitment: Commitment) -> Iterator[Finding]:
    """Look for mode 2 with the default ratio, no absolute limit, and no swap."""
    ratio = kernel.number(RATIO)
    if kernel.number(MODE) != 2 or commitment.swap != 0 or kernel.number(KBYTES) or ratio not in (None, DEFAULT):
        return
    mode = kernel.effective(MODE)
    wrong = kernel.assigned(RATIO) or ((mode,) if mode else ())
    yield Finding(
        f"vm.overcommit_memory is 2 with a ratio of {DEFAULT} and no swap: programs get at most "
        f"{units.gib(memory.ram * DEFAULT // 100)} of {units.gib(memory.ram)}. Set vm.overcommit_ratio = {BETTER}, or "
        "add swap.",
        (*evidence(mode, kernel.effective(RATIO)), *commitment.origins),
        kernel.changed(RATIO, str(BETTER), wrong),
        (f"{units.gib(memory.ram)} × {DEFAULT} % + 0 swap = {units.gib(memory.ram * DEFAULT // 100)}",),
    )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://docs.kernel.org/mm/overcommit-accounting.html",),
    examples=(
        Example(
            {
                "sysctl_conf": "vm.overcommit_memory = 2\n",
                "meminfo": "MemTotal:       16777216 kB\nSwapTotal:             0 kB\n",
            },
            {"sysctl_conf": "vm.overcommit_memory = 2\nvm.overcommit_ratio = 80\n"},
        ),
        Example(
            {
                "sysctl_conf": "vm.overcommit_memory = 2\n",
                "meminfo": "MemTotal:       16777216 kB\nSwapTotal:       8388608 kB\n",
            }
        ),
    ),
    side_effect="More may be promised, so the OOM killer comes closer.",
)
