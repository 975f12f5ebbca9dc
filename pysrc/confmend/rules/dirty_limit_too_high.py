"""Gigabytes of written data may wait in memory, and a checkpoint then waits for all of it.

vm.dirty_ratio is the share of memory that may hold data which is not yet on disk before programs that write are made to
wait. On a host with much RAM that is many gigabytes; an fsync, as every checkpoint and commit needs it, queues behind
them, and statements stall for seconds. vm.dirty_bytes says it in bytes, independent of the RAM.

Up to the kernel's 20 percent it is a hint; more only pays for batch jobs that write temporary files once. The change
holds at once. Setting one of the two zeroes the other, so the line with the ratio goes. To undo it, write the ratio.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.kernel import Kernel, evidence
from confmend.facts.memory import Memory
from confmend.model import Edit, Example, Finding, Rule, Severity

RATIO, BYTES = "vm.dirty_ratio", "vm.dirty_bytes"
BACKGROUND_RATIO, BACKGROUND_BYTES = "vm.dirty_background_ratio", "vm.dirty_background_bytes"
DEFAULT, MUCH = 20, 40
# What the postgresql profile of TuneD sets: 512 MiB, and 64 MiB for the background.
BETTER = 512 * 1024**2
LEAST = 4 * 1024**3


def check(kernel: Kernel, memory: Memory) -> Iterator[Finding]:
    """Compare the share with gigabytes; the kernel takes it of free and cached memory, which is at most the RAM."""
    if kernel.number(BYTES):
        return
    for values, found in kernel.numbers(RATIO):
        waiting = memory.ram * found[0] // 100
        if waiting <= LEAST:
            continue
        much = found[0] > MUCH
        background = kernel.number(BACKGROUND_BYTES)
        keeps = background is None or background < BETTER
        edits = list(kernel.undone(RATIO, "0", values)) if much and keeps else []
        edits += [Edit(edit.kind, BYTES, str(BETTER)) for edit in edits]
        yield Finding(
            f"Up to {found[0]} % of free memory, {units.gib(waiting)} of {units.gib(memory.ram)}, may be written but "
            f"not on disk before writers wait; an fsync then queues behind it. vm.dirty_bytes = {BETTER} "
            f"({units.human(BETTER)}) bounds it whatever the RAM is.",
            (*evidence(*values), *memory.origins),
            tuple(edits),
            (f"{found[0]} % × {units.gib(memory.ram)} = {units.gib(waiting)} > {units.human(LEAST)}",),
            Severity.WARNING if much else Severity.INFO,
        )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://docs.kernel.org/admin-guide/sysctl/vm.html#dirty-ratio",
        "https://github.com/redhat-performance/tuned/blob/master/profiles/postgresql/tuned.conf",
    ),
    examples=(
        Example(
            {"sysctl_conf": "vm.dirty_ratio = 80\n", "answers": "memory = 64GB\n"},
            {"sysctl_conf": "vm.dirty_bytes = 536870912\n"},
        ),
        Example(
            {"sysctl_conf": "vm.dirty_ratio = 20\n", "answers": "memory = 64GB\n"},
            {"sysctl_conf": "vm.dirty_ratio = 20\n"},
        ),
        Example({"sysctl_conf": "vm.dirty_ratio = 25\n", "answers": "memory = 16GB\n"}),
    ),
    side_effect="Programs that write large temporary files wait for the disk sooner.",
)
