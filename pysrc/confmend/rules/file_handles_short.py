"""The host has fewer file handles than PostgreSQL may open.

fs.file-max caps the open files of all processes together. Each backend keeps up to max_files_per_process open. At the
cap nobody on the host can open anything: "Too many open files in system", and the kernel logs `VFS: file-max limit
reached`. systemd sets the cap out of reach; a small number comes from a file.

It is theory while the handles in use (fs.file-nr) are far below. The change: the line goes; `sysctl -w fs.file-max=`
with a larger number holds at once. To undo it, put the line back.
"""

import re
from collections.abc import Iterator

from confmend.facts.kernel import Kernel, evidence, integers
from confmend.facts.kernel_messages import KernelLog
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity
from confmend.models.postgres_memory import server

KEY, USED = "fs.file-max", "fs.file-nr"
REACHED = re.compile(r"VFS: file-max limit [0-9]+ reached")
# From here on it is systemd's "no limit".
NO_LIMIT = 10**15
NEARLY = 0.7
SHOWN = 3


def check(kernel: Kernel | None, pg: Postgres | None, messages: KernelLog | None) -> Iterator[Finding]:
    """Compare the cap with the handles in use and with what the backends may open; look for the kernel's message."""
    lines = tuple(messages.matching(REACHED)) if messages else ()
    cap = kernel.number(KEY) if kernel else None
    if lines:
        yield Finding(
            f"The host ran out of file handles {len(lines):,} × (fs.file-max"
            + (f" = {cap:,}" if cap else "")
            + "). Find who holds them (lsof, fs.file-nr) and raise fs.file-max.",
            (*lines[:SHOWN], *(evidence(kernel.effective(KEY)) if kernel else ())),
            severity=Severity.ERROR,
        )
        return
    if not kernel or cap is None or cap >= NO_LIMIT:
        return
    used = integers(kernel.running(USED), 3)
    if used and used[0] > NEARLY * cap:
        yield Finding(
            f"{used[0]:,} of {cap:,} file handles are in use ({used[0] / cap:.0%}); at the cap nobody on the host can "
            "open a file. Raise fs.file-max, and find out who holds so many.",
            evidence(kernel.running(USED), kernel.effective(KEY)),
            arithmetic=(f"{used[0]:,} ÷ {cap:,} = {used[0] / cap:.0%}",),
        )
        return
    files = kernel.at_boot(KEY)
    if pg is None or pg.version is None or files is None:
        return
    backends, each = server(pg).max_backends, pg.count("max_files_per_process")
    if cap < backends * each:
        yield Finding(
            f"fs.file-max is {cap:,}; {backends:,} server processes may open {each:,} files each. Remove the line: the "
            "kernel's own number grows with the RAM.",
            (*evidence(files), *pg.origins("max_connections", "max_files_per_process")),
            kernel.undone(KEY, None, (files,)),
            (f"{backends:,} × {each:,} = {backends * each:,} > {cap:,}",),
            Severity.INFO,
        )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://docs.kernel.org/admin-guide/sysctl/fs.html#file-max-file-nr",
        "https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-MAX-FILES-PER-PROCESS",
    ),
    examples=(
        Example(
            {"sysctl_dump": "fs.file-max = 65536\nfs.file-nr = 50112\t0\t65536\n"},
            {"sysctl_dump": "fs.file-max = 65536\nfs.file-nr = 50112\t0\t65536\n"},
        ),
        Example(
            {
                "sysctl_conf": "fs.file-max = 65536\n",
                "postgresql_conf": "max_connections = 500\n",
                "answers": "postgresql = 16\n",
            },
            {"sysctl_conf": ""},
        ),
        Example({"sysctl_dump": "fs.file-max = 65536\nfs.file-nr = 45000\t0\t65536\n"}),
        Example({"kernel_log": "[   12.345678] VFS: Disk quotas dquot_6.6.0\n"}),
    ),
    side_effect="A program that leaks descriptors is stopped later.",
)
