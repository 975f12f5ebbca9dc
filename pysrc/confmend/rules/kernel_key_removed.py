"""A file sets a key that this kernel does not have.

Keys leave the kernel: net.ipv4.tcp_tw_recycle with 4.12, the scheduler's kernel.sched_*_ns with 5.13, the old
ip_conntrack names long before. sysctl prints "No such file or directory" at boot, where nobody reads it, and ends with
an error, which fails the unit or the playbook that runs it. What the line was meant to do does not happen.

There is no key of the same meaning for most of them; what the scheduler had is in debugfs now. A line that begins with
- may fail, so there it is only said. The change: the line goes; nothing needs a restart. To undo it, put it back.
"""

from collections.abc import Iterator

from confmend.catalog import sysctl as catalog
from confmend.facts.kernel import FILE, Kernel
from confmend.model import Edit, Example, Finding, Rule, Severity


def check(kernel: Kernel) -> Iterator[Finding]:
    """Look every key of the files up for the kernel that runs."""
    if kernel.version is None:
        return
    known = catalog.settings()
    for document in kernel.files:
        for key, indices in document.settings.items():
            setting = known.get(key)
            if not setting or not setting.removed or kernel.version < setting.removed or kernel.running(key):
                continue
            line = document.lines[indices[-1]]
            since, now = (".".join(map(str, each)) for each in (setting.removed, kernel.version))
            instead = (
                f" {setting.formula[:1].upper()}{setting.formula[1:]}." if setting.formula.startswith("now ") else ""
            )
            allowed = line.raw[: line.key_at].rstrip().endswith("-")
            yield Finding(
                f"{key} left the kernel with {since}; this one is {now}. sysctl reports an error and the line does "
                f"nothing.{instead} Remove it.",
                tuple(document.origin(index) for index in indices),
                (Edit(FILE, key, None),),
                severity=Severity.INFO if allowed else None,
            )


RULE = Rule(
    check,
    Severity.ERROR,
    sources=(
        "https://github.com/torvalds/linux/commit/4396e46187ca5070219b81773c4e65088dac50cc",
        "https://github.com/torvalds/linux/commit/8a99b6833c884fa0e7919030d93fecedc69fc625",
        "https://docs.kernel.org/networking/ip-sysctl.html",
    ),
    examples=(
        Example(
            {
                "sysctl_conf": "net.ipv4.tcp_tw_recycle = 0\nkernel.sched_migration_cost_ns = 5000000\n",
                "sysctl_dump": "kernel.osrelease = 6.1.0-18-amd64\nvm.swappiness = 60\n",
            },
            {"sysctl_conf": ""},
        ),
        Example(
            {
                "sysctl_conf": "kernel.sched_migration_cost_ns = 5000000\n",
                "sysctl_dump": "kernel.osrelease = 5.10.0-28-amd64\nvm.swappiness = 60\n",
            }
        ),
        Example({"sysctl_conf": "net.ipv4.tcp_tw_recycle = 0\n"}),
    ),
    side_effect="None on this kernel; a file that is shared with hosts of older kernels loses the line there too.",
)
