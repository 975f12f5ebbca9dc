"""A limit on unwritten data is given both as a share and in bytes, and the later line wins.

vm.dirty_ratio and vm.dirty_bytes are two spellings of one limit, as are the two of the background: a write to one sets
the other to 0. A file with both does what its last line says; the other one does nothing, whatever its comment
promises.

There is no edit, for which of the two is meant is for its owner to say. Remove the other.
"""

from collections.abc import Iterator

from confmend.facts.kernel import Kernel, evidence, integers
from confmend.model import Example, Finding, Rule, Severity

PAIRS = (("vm.dirty_ratio", "vm.dirty_bytes"), ("vm.dirty_background_ratio", "vm.dirty_background_bytes"))


def check(kernel: Kernel) -> Iterator[Finding]:
    """Look for both of a pair in the files, neither of them 0."""
    for ratio, in_bytes in PAIRS:
        both = (kernel.at_boot(ratio), kernel.at_boot(in_bytes))
        numbers = [integers(value, 1) for value in both]
        if not all(number and number[0] for number in numbers):
            continue
        one, other = (value.origin for value in both if value)
        if one is None or other is None:
            continue
        wins = (
            f"{ratio if one.number > other.number else in_bytes} wins" if one.name == other.name else "the later wins"
        )
        yield Finding(
            f"{ratio} and {in_bytes} are one limit in two units, and each write zeroes the other: {wins}. Remove the "
            "one that is not meant.",
            evidence(*both),
        )


RULE = Rule(
    check,
    Severity.ERROR,
    sources=("https://docs.kernel.org/admin-guide/sysctl/vm.html#dirty-bytes",),
    examples=(
        Example(
            {"sysctl_conf": "vm.dirty_ratio = 10\nvm.dirty_bytes = 536870912\n"},
            {"sysctl_conf": "vm.dirty_ratio = 10\nvm.dirty_bytes = 536870912\n"},
        ),
        Example({"sysctl_conf": "vm.dirty_ratio = 0\nvm.dirty_bytes = 536870912\n"}),
        Example({"sysctl_conf": "vm.dirty_background_ratio = 5\nvm.dirty_bytes = 536870912\n"}),
    ),
)
