"""The kernel could not find free memory when it had to have it at once.

"page allocation failure" means that a driver or the network stack needed pages without waiting and got none; packets
are dropped or a request fails. order:0 is a lack of free pages, higher orders a lack of memory in one piece. Now and
then after a burst it is harmless.

If it repeats, raise vm.min_free_kbytes step by step, to 1 % of RAM or 1 GiB at most; it takes effect at once. There is
no edit, for a single message is no reason for it.
"""

import re
from collections.abc import Iterator

from confmend.facts.kernel import Kernel, evidence
from confmend.facts.kernel_messages import KernelLog
from confmend.model import Example, Finding, Rule, Severity

FAILED = re.compile(r"page allocation failure: order:([0-9]+)")
KEY = "vm.min_free_kbytes"
SHOWN = 3


def check(messages: KernelLog, kernel: Kernel | None) -> Iterator[Finding]:
    """Look for the kernel's message."""
    lines = tuple(messages.matching(FAILED))
    if lines:
        now = kernel.effective(KEY) if kernel else None
        reserve = f" (vm.min_free_kbytes is {now.value})" if now else ""
        yield Finding(
            f"{len(lines):,} × the kernel needed pages at once and found none{reserve}: packets are dropped or a "
            f"request "
            "fails. If it repeats, raise vm.min_free_kbytes, to 1 % of RAM or 1 GiB at most.",
            (*lines[:SHOWN], *evidence(now)),
        )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://docs.kernel.org/admin-guide/sysctl/vm.html#min-free-kbytes",
        "https://github.com/torvalds/linux/blob/v6.1/mm/page_alloc.c",
    ),
    examples=(
        Example(
            {"kernel_log": "[12345.678901] swapper/0: page allocation failure: order:0, mode:0x20(GFP_ATOMIC)\n"}, {}
        ),
        Example({"kernel_log": "[    0.123456] page allocation: on\n"}),
    ),
)
