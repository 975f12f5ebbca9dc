"""kernel.sem was set for PostgreSQL, which does not use it on Linux.

PostgreSQL's builds for Linux use POSIX semaphores; kernel.sem limits those of System V. The numbers come from guides
for Oracle and for old versions, and are smaller than the kernel's own.

Other programs may need them, so there is no edit.
"""

from collections.abc import Iterator

from confmend.facts.kernel import Kernel, evidence
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

KEY = "kernel.sem"


def check(kernel: Kernel, pg: Postgres) -> Iterator[Finding]:
    """Look for the line in the files."""
    written = kernel.at_boot(KEY)
    if written and (pg.files or pg.server):
        yield Finding(
            "kernel.sem limits System V semaphores; PostgreSQL uses POSIX ones on Linux. For it the line does nothing; "
            "remove it unless another program here needs it.",
            evidence(written),
        )


RULE = Rule(
    check,
    Severity.INFO,
    sources=("https://www.postgresql.org/docs/current/kernel-resources.html#SYSVIPC",),
    examples=(
        Example(
            {"sysctl_conf": "kernel.sem = 250 32000 100 128\n", "postgresql_conf": "max_connections = 100\n"},
            {"sysctl_conf": "kernel.sem = 250 32000 100 128\n"},
        ),
        Example(
            {
                "sysctl_dump": "kernel.sem = 32000\t1024000000\t500\t32000\n",
                "postgresql_conf": "max_connections = 100\n",
            }
        ),
    ),
)
