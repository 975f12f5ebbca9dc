"""kernel.shmmax or kernel.shmall was set for PostgreSQL, which has not needed it since 9.3.

PostgreSQL maps its shared memory (shared_memory_type = mmap); of System V's it takes one segment of some bytes. The two
limits concern System V memory alone, so neither a large nor a small number in them changes anything. They come from
guides for 9.2 and older.

With shared_memory_type = sysv they count, and other programs (Oracle, SAP) may need them, so there is no edit.
"""

from collections.abc import Iterator

from confmend.facts.kernel import Kernel, evidence
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

KEYS = ("kernel.shmmax", "kernel.shmall")


def check(kernel: Kernel, pg: Postgres) -> Iterator[Finding]:
    """Look for the limits in the files, where PostgreSQL maps its memory."""
    written = tuple(value for value in map(kernel.at_boot, KEYS) if value)
    if written and pg.has("shared_memory_type") and pg.choice("shared_memory_type") != "mmap":
        return
    if written:
        names = " and ".join(key for key in KEYS if kernel.at_boot(key))
        yield Finding(
            f"{names} limit System V memory, of which PostgreSQL takes a few bytes since 9.3. For it the lines do "
            "nothing; remove them unless another program here needs them.",
            evidence(*written),
        )


RULE = Rule(
    check,
    Severity.INFO,
    sources=("https://www.postgresql.org/docs/current/kernel-resources.html#SYSVIPC",),
    examples=(
        Example(
            {"sysctl_conf": "kernel.shmmax = 17179869184\n", "postgresql_conf": "shared_buffers = 4GB\n"},
            {"sysctl_conf": "kernel.shmmax = 17179869184\n"},
        ),
        Example(
            {
                "sysctl_conf": "kernel.shmmax = 17179869184\n",
                "postgresql_conf": "shared_buffers = 4GB\nshared_memory_type = sysv\n",
            }
        ),
    ),
)
