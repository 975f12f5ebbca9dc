"""The kernel swaps programs out to keep files cached.

vm.swappiness weighs swapping out a program's memory against dropping cached file pages; 60 is the default, 100 treats
both alike. Above it a backup that reads every file once pushes backends out, which then wait for the disk. On a
database's host 1 to 30 is usual: swap only what nobody uses. With 0 nothing is swapped until memory is all but gone,
and then the OOM killer is near; the default of 60 is no mistake either.

Above 100 is right with compressed swap in RAM (zram, zswap). The change holds at once; to undo it, write the old value.
"""

from collections.abc import Iterator

from confmend.facts.commitment import Commitment
from confmend.facts.kernel import Kernel, evidence
from confmend.model import Example, Finding, Rule, Severity

KEY, BETTER = "vm.swappiness", 10
DEFAULT, USUAL = 60, 30


def check(kernel: Kernel, commitment: Commitment | None) -> Iterator[Finding]:
    """Compare with the kernel's default and with what is usual for a database."""
    for values, found in kernel.numbers(KEY):
        shown = evidence(*values)
        if found[0] > DEFAULT:
            yield Finding(
                f"vm.swappiness is {found[0]}, above the kernel's {DEFAULT}: programs are swapped out to keep files "
                f"cached. Set it to {BETTER}, unless the swap is compressed memory (zram, zswap).",
                shown,
                kernel.changed(KEY, str(BETTER), values),
            )
        elif found[0] > USUAL and commitment and commitment.swap:
            yield Finding(
                f"vm.swappiness is {found[0]}; on a database's host 1 to {USUAL} is usual, so that the host swaps only "
                "what nobody uses.",
                (*shown, *commitment.origins[-1:]),
                severity=Severity.INFO,
            )
        elif found[0] == 0:
            yield Finding(
                "vm.swappiness is 0: nothing is swapped until memory is all but gone, and then the OOM killer is near. "
                "1 says nearly the same and leaves a way out.",
                shown,
                severity=Severity.INFO,
            )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://docs.kernel.org/admin-guide/sysctl/vm.html#swappiness",),
    examples=(
        Example({"sysctl_conf": "vm.swappiness = 100\n"}, {"sysctl_conf": "vm.swappiness = 10\n"}),
        Example({"sysctl_conf": "vm.swappiness = 60\n"}),
        Example({"sysctl_conf": "vm.swappiness = 1\n"}),
    ),
    side_effect="Under pressure the kernel drops cached file pages sooner.",
)
