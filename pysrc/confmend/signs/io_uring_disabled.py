"""The host's kernel refuses io_uring to ordinary programs (kernel.io_uring_disabled, from 6.6)."""

from confmend.facts.kernel import Kernel, evidence
from confmend.model import Shown, Sign

KEY = "kernel.io_uring_disabled"


def check(kernel: Kernel) -> Shown | None:
    """Look at the key: 0 allows it, 1 a group of users only, 2 nobody."""
    value = kernel.number(KEY)
    return None if value is None else Shown(value != 0, f"{KEY} is {value}", evidence(kernel.effective(KEY)))


SIGN = Sign(
    "The kernel refuses io_uring",
    check,
    examples=(
        ({"sysctl_conf": f"{KEY} = 2\n"}, True),
        ({"sysctl_conf": f"{KEY} = 0\n"}, False),
        ({"sysctl_conf": "vm.swappiness = 10\n"}, None),
    ),
    paste=f"sysctl {KEY}",
)
