"""TuneD and a sysctl file set the same key to different values.

TuneD writes its profile's keys when it starts, after systemd has applied the files. With reapply_sysctl = 1, its
default (/etc/tuned/tuned-main.conf), it then writes the files' values again, so the files win; with 0, or while the
file is not in a directory that it reads, the profile wins. Either way one of the two lines does nothing, and which one
changes with a setting in a third file.

Set the key in one place: in a profile of your own that includes the other, or in /etc/sysctl.d. There is no edit, for
which of the two is meant is not known; `sysctl KEY` says which one holds.
"""

from collections.abc import Iterator

from confmend.facts.kernel import Kernel, evidence
from confmend.facts.tuned_profile import TunedProfile
from confmend.model import Example, Finding, Rule, Severity


def check(kernel: Kernel, tuned: TunedProfile) -> Iterator[Finding]:
    """Compare the profile's keys with the files', and both with what runs."""
    for key, given in tuned.sysctl.items():
        written, running = kernel.at_boot(key), kernel.running(key)
        if not written or written.value.split() == given.value.split():
            continue
        holds = running.value.split() if running else None
        lost = holds == given.value.split()
        now = f" Now {key} is {running.value}." if running else ""
        yield Finding(
            f"The profile sets {key} to {given.value}, a file sets it to {written.value}.{now} "
            + ("The file's line has no effect." if lost else "Which one wins depends on reapply_sysctl of TuneD."),
            evidence(given, written, running),
            severity=Severity.WARNING if lost else Severity.INFO,
        )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://github.com/redhat-performance/tuned/blob/master/tuned-main.conf",
        "https://github.com/redhat-performance/tuned/blob/master/tuned/plugins/plugin_sysctl.py",
    ),
    examples=(
        Example(
            {
                "tuned_conf": "[main]\nsummary=database\n[sysctl]\nvm.swappiness=3\n",
                "sysctl_conf": "vm.swappiness = 10\n",
                "sysctl_dump": "kernel.osrelease = 6.1.0\nvm.swappiness = 3\n",
            },
            {"sysctl_conf": "vm.swappiness = 10\n"},
        ),
        Example(
            {
                "tuned_conf": "[main]\nsummary=database\n[sysctl]\nvm.swappiness=3\n",
                "sysctl_conf": "vm.swappiness = 3\n",
            }
        ),
    ),
)
