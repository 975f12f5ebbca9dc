"""What looks like a comment behind a sysctl value is part of the value.

In sysctl.conf a comment is a line of its own. `key = 32 # why` writes "32 # why": of a number the kernel takes the 32
and ignores the rest, for the moment; a name, such as a congestion control, is refused. Other tools that read the file
(Ansible, systemd, audits) see a value that is not the kernel's.

There is no edit for numbers, for it would lose the comment: move it to a line of its own.
"""

import re
from collections.abc import Iterator

from confmend.catalog import sysctl as catalog
from confmend.facts.kernel import Kernel
from confmend.model import Example, Finding, Rule, Severity

_COMMENT = re.compile(r"\s[#;]")


def check(kernel: Kernel) -> Iterator[Finding]:
    """Look for a sign of a comment in the values that files give to known keys."""
    known = catalog.settings()
    for document in kernel.files:
        for key, indices in document.settings.items():
            for index in indices:
                value = document.lines[index].value
                if key not in known or key == "kernel.core_pattern" or not _COMMENT.search(value):
                    continue
                number = value[:1].isdigit()
                effect = "the kernel reads the number and ignores the rest" if number else "the kernel refuses it"
                yield Finding(
                    f"{key}: the comment is part of the value; {effect}. Move it to a line of its own.",
                    (document.origin(index),),
                    severity=None if number else Severity.ERROR,
                )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://man7.org/linux/man-pages/man5/sysctl.conf.5.html",),
    examples=(
        Example(
            {"sysctl_conf": "net.ipv4.tcp_fin_timeout = 32 # was 60\n"},
            {"sysctl_conf": "net.ipv4.tcp_fin_timeout = 32 # was 60\n"},
        ),
        Example({"sysctl_conf": "# was 60\nnet.ipv4.tcp_fin_timeout = 32\nkernel.core_pattern = |/bin/dump %p # x\n"}),
    ),
)
