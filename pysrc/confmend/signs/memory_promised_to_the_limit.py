"""The kernel counts memory strictly (vm.overcommit_memory = 2) and has promised nearly all that it may."""

from confmend import units
from confmend.facts.commitment import Commitment
from confmend.facts.kernel import Kernel, evidence
from confmend.model import Shown, Sign

MODE, STRICT = "vm.overcommit_memory", 2
# Of the limit. What is pasted was seen some time after the error, when the process that asked has given back its share.
_NEAR, _FAR = 0.9, 0.5


def check(kernel: Kernel, commitment: Commitment | None) -> Shown | None:
    """Look at the mode; in the strict one compare Committed_AS with CommitLimit."""
    mode, written = kernel.number(MODE), evidence(kernel.effective(MODE))
    if mode is None:
        return None
    if mode != STRICT:
        return Shown(False, f"{MODE} is {mode}: the limit does not count", written)
    if commitment is None or commitment.limit is None or commitment.promised is None:
        return None
    share = commitment.promised / commitment.limit if commitment.limit else 1.0
    because = f"{units.gib(commitment.promised)} of {units.gib(commitment.limit)} is promised, {share:.0%}"
    if share >= _NEAR:
        return Shown(True, because, (*written, *commitment.origins))
    return Shown(False, because, (*written, *commitment.origins)) if share < _FAR else None


_DUMP = "kernel.osrelease = 6.1.0-28-amd64\nvm.overcommit_memory = {}\nvm.swappiness = 60\n"
_MEMINFO = "MemTotal: 16384000 kB\nCommitLimit: 8192000 kB\nCommitted_AS: {} kB\n"
SIGN = Sign(
    "The kernel has promised nearly all memory that it may",
    check,
    examples=(
        ({"sysctl_dump": _DUMP.format(2), "meminfo": _MEMINFO.format(8100000)}, True),
        ({"sysctl_dump": _DUMP.format(2), "meminfo": _MEMINFO.format(2100000)}, False),
        ({"sysctl_dump": _DUMP.format(0), "meminfo": _MEMINFO.format(8100000)}, False),
        ({"sysctl_dump": _DUMP.format(2), "meminfo": _MEMINFO.format(6100000)}, None),
        ({"sysctl_dump": _DUMP.format(2)}, None),
    ),
    paste="sysctl vm.overcommit_memory; grep -i commit /proc/meminfo",
)
