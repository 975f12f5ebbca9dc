"""The kernel begins to write in the background only when writers already wait.

Written data goes to disk in the background from vm.dirty_background_ratio (or _bytes) on; at vm.dirty_ratio (or _bytes)
programs that write are made to wait. If the first is not below the second, the kernel takes half of the second instead
and says nothing: the number in the file is not the one in use.

There is no case in which this is wanted. The change: the background line goes, and the kernel's own share holds from
the next boot. To undo it, put the line back.
"""

from collections.abc import Iterator

from confmend.facts.kernel import Kernel, evidence
from confmend.model import Example, Finding, Rule, Severity

PAIRS = {"vm.dirty_background_ratio": "vm.dirty_ratio", "vm.dirty_background_bytes": "vm.dirty_bytes"}
# In percent, and none in bytes (mm/page-writeback.c).
DEFAULTS = {"vm.dirty_background_ratio": 10, "vm.dirty_ratio": 20}


def check(kernel: Kernel) -> Iterator[Finding]:
    """Compare the two of each unit; a 0 is not in use."""
    for background, limit in PAIRS.items():
        first, last = kernel.number(background), kernel.number(limit)
        bytes_ = kernel.number("vm.dirty_bytes")
        if last is None and not bytes_:
            last = DEFAULTS.get(limit)
        if not first or not last or first < last:
            continue
        values = tuple(value for value in kernel.assigned(background) if value)
        half = DEFAULTS.get(background, 0) if DEFAULTS.get(background, 0) < last else last // 2
        yield Finding(
            f"{background} = {first:,} is not below {limit} = {last:,}, so the kernel silently begins at half of that, "
            f"{last // 2:,}. Remove the line or set it below.",
            evidence(kernel.effective(background), kernel.effective(limit)),
            kernel.undone(background, str(half), values) if half or background.endswith("ratio") else (),
        )


RULE = Rule(
    check,
    Severity.ERROR,
    sources=(
        "https://docs.kernel.org/admin-guide/sysctl/vm.html#dirty-background-ratio",
        "https://github.com/torvalds/linux/blob/v6.1/mm/page-writeback.c",
    ),
    examples=(
        Example(
            {"sysctl_conf": "vm.dirty_background_ratio = 40\nvm.dirty_ratio = 30\n"},
            {"sysctl_conf": "vm.dirty_ratio = 30\n"},
        ),
        Example({"sysctl_conf": "vm.dirty_background_ratio = 10\nvm.dirty_ratio = 11\n"}),
        # What sysctl -a shows on every host.
        Example(
            {
                "sysctl_dump": "kernel.osrelease = 6.1.0\nvm.dirty_background_bytes = 0\nvm.dirty_bytes = 0\n"
                "vm.dirty_background_ratio = 10\nvm.dirty_ratio = 20\n"
            }
        ),
    ),
    side_effect="The disk begins to write earlier, in smaller portions.",
)
