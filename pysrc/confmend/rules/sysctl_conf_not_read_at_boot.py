"""This distribution does not read /etc/sysctl.conf at boot.

systemd reads /etc/sysctl.d at boot, and /etc/sysctl.conf only through a link of that directory, which Debian shipped up
to 12 and no longer does from 13 on. `sysctl -p` reads the file and `sysctl --system` reads it last, so everything works
until the next boot, and then it is gone.

Move the lines to /etc/sysctl.d/60-postgresql.conf: after the vendors' files (10 to 50), before 99-. There is no edit,
for a file can't be moved by one.
"""

from collections.abc import Iterator

from confmend.facts.distribution import Distribution
from confmend.facts.kernel import Kernel
from confmend.model import Example, Finding, Rule, Severity

# The first without the link 99-sysctl.conf (changelog of procps in Debian 13).
FIRST = {"debian": 13}
# What a paste without a name is called.
UNNAMED = "sysctl.conf"


def check(kernel: Kernel, distribution: Distribution) -> Iterator[Finding]:
    """Look for the file by its name, on a distribution that is known not to read it."""
    first = FIRST.get(distribution.id)
    if first is None or distribution.major is None or distribution.major < first:
        return
    for document in kernel.files:
        named = document.name.endswith("etc/sysctl.conf")
        if document.settings and (named or document.name == UNNAMED):
            subject = "its" if named else "if these lines stand there, their"
            yield Finding(
                f"{distribution.name} does not read /etc/sysctl.conf at boot: {subject} {len(document.settings):,} "
                "settings are gone then. The place for them is /etc/sysctl.d/60-postgresql.conf.",
                (document.origin(next(iter(document.settings.values()))[0]), distribution.origin),
                severity=None if named else Severity.INFO,
            )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://www.freedesktop.org/software/systemd/man/latest/sysctl.d.html",
        "https://www.debian.org/releases/trixie/release-notes/issues.html",
    ),
    examples=(
        Example(
            {
                "os_release": 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nVERSION_ID="13"\nID=debian\n',
                "sysctl_conf": "vm.swappiness = 10\n",
            },
            {"sysctl_conf": "vm.swappiness = 10\n"},
        ),
        Example(
            {
                "os_release": 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n',
                "sysctl_conf": "vm.swappiness = 10\n",
            }
        ),
    ),
)
