"""sysctl skips a line of its file.

A line of sysctl.conf is `key = value` or a comment. What has no = or no key is skipped with a warning at boot, where
nobody reads it, and so is a `sysctl -w` command that was pasted from a how-to. What it was meant to set stays as it
was.

There is no edit, for what was meant is not certain. Write `key = value`, then `sysctl -p FILE` must print it.
"""

from collections.abc import Iterator

from confmend.facts.kernel import Kernel
from confmend.model import Example, Finding, Rule, Severity

# More of them are no slips: the file is something else.
MOST = 20


def check(kernel: Kernel) -> Iterator[Finding]:
    """Report the lines that the format refuses, each with its reason."""
    for document in kernel.files:
        refused = [index for index, line in enumerate(document.lines) if line.problem]
        for index in refused if len(refused) <= MOST else ():
            yield Finding(f"This line sets nothing: {document.lines[index].problem}.", (document.origin(index),))


RULE = Rule(
    check,
    Severity.ERROR,
    sources=(
        "https://man7.org/linux/man-pages/man5/sysctl.conf.5.html",
        "https://gitlab.com/procps-ng/procps/-/blob/v4.0.4/src/sysctl.c",
    ),
    examples=(
        Example(
            {"sysctl_conf": "vm.swappiness = 10\nnet.ipv4.tcp_syncookies 1\n"},
            {"sysctl_conf": "vm.swappiness = 10\nnet.ipv4.tcp_syncookies 1\n"},
        ),
        Example({"sysctl_conf": "# vm.swappiness 10\n; more\n\nvm.swappiness = 10\n-kernel.sched_latency_ns = 1\n"}),
    ),
)
