"""The kernel could not read or write a disk.

"Buffer I/O error", "I/O error, dev sda", "EXT4-fs error" and "Remounting filesystem read-only" are not about settings:
a disk, a cable, a volume or a file system is broken. PostgreSQL stops with PANIC when it can't sync, and what was
written may be lost.

Do not restart the server on the same disk before a copy was made, take a backup from a standby if there is one, and
check data_checksums (pg_checksums) afterwards. There is no edit.
"""

import re
from collections.abc import Iterator

from confmend.facts.kernel_messages import KernelLog
from confmend.model import Example, Finding, Rule, Severity

ERRORS = re.compile(
    r"Buffer I/O error|I/O error, dev (?!loop|sr|fd)|EXT4-fs error|"
    r"XFS \([^)]*\): .*(?:[Cc]orruption|I/O error|Shutting down filesystem)|"
    r"Remounting filesystem read-only|nvme[0-9n]+: .*I/O Error"
)
SHOWN = 3


def check(messages: KernelLog) -> Iterator[Finding]:
    """Look for the kernel's messages."""
    lines = tuple(messages.matching(ERRORS))
    if lines:
        yield Finding(
            f"The kernel reports {len(lines):,} × an error of a disk or file system. No setting mends that, and data "
            f"may be "
            "lost: make a copy before anything is restarted, and look at the disk (smartctl, the volume's events).",
            lines[:SHOWN],
        )


RULE = Rule(
    check,
    Severity.ERROR,
    sources=(
        "https://github.com/torvalds/linux/blob/v6.1/fs/buffer.c",
        "https://github.com/torvalds/linux/blob/v6.1/fs/ext4/super.c",
    ),
    examples=(
        Example(
            {"kernel_log": "[12345.678901] Buffer I/O error on dev sdb1, logical block 7, lost async page write\n"}, {}
        ),
        Example({"kernel_log": "[    1.234567] EXT4-fs (sda1): mounted filesystem with ordered data mode\n"}),
    ),
)
