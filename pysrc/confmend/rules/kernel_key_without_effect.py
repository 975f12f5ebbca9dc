"""A file sets a key that the kernel keeps but no longer looks at.

Some keys still exist so that old files do not fail: tcp_fack and tcp_low_latency since 4.15 and 4.14, the routing
cache's route.max_size since 3.6, udp_wmem_min and net.core.warnings always. Reading and writing them works, and nothing
comes of it. They only make a file longer, and make its reader think that something was tuned.

They do no harm. The change: the line goes; nothing needs a restart, and nothing changes. To undo it, put it back.
"""

from collections.abc import Iterator

from confmend.facts.kernel import FILE, Kernel
from confmend.model import Edit, Example, Finding, Rule, Severity

# From which kernel on nobody looks at it (Documentation/networking/ip-sysctl.rst, admin-guide/sysctl/net.rst).
SINCE: dict[str, tuple[int, int]] = {
    "net.ipv4.tcp_fack": (4, 15),
    "net.ipv4.tcp_low_latency": (4, 14),
    "net.ipv4.tcp_adv_win_scale": (6, 6),
    "net.ipv4.route.max_size": (3, 6),
    "net.ipv4.udp_wmem_min": (0, 0),
    "net.core.warnings": (0, 0),
}


def check(kernel: Kernel) -> Iterator[Finding]:
    """Look for them in the files; where it depends on the version, that must be known."""
    for key, since in SINCE.items():
        written = kernel.at_boot(key)
        known = since == (0, 0) or (kernel.version is not None and kernel.version >= since)
        if written and known and any(key in document.settings for document in kernel.files):
            yield Finding(
                f"{key} is kept for old files only; the kernel does not look at it. Remove the line.",
                tuple(value.origin for value in kernel.writes(key) if value.origin),
                (Edit(FILE, key, None),),
            )


RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://docs.kernel.org/networking/ip-sysctl.html",
        "https://docs.kernel.org/admin-guide/sysctl/net.html#warnings",
    ),
    examples=(
        Example(
            {
                "sysctl_conf": "net.ipv4.tcp_low_latency = 1\nvm.swappiness = 10\n",
                "sysctl_dump": "kernel.osrelease = 6.1.0\nnet.ipv4.tcp_low_latency = 0\n",
            },
            {"sysctl_conf": "vm.swappiness = 10\n"},
        ),
        Example({"sysctl_dump": "kernel.osrelease = 6.1.0\nnet.ipv4.tcp_low_latency = 0\n"}),
        Example({"sysctl_conf": "net.ipv4.tcp_adv_win_scale = 2\n"}),
    ),
    side_effect="None.",
)
