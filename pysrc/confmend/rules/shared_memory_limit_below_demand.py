"""System V shared memory is limited to less than PostgreSQL asks for.

With shared_memory_type = sysv the server takes all of its shared memory as one segment of at most kernel.shmmax bytes,
and all segments together have at most kernel.shmall pages. Below that it does not start: could not create shared memory
segment: Invalid argument, or No space left on device. The kernel's own limits are next to infinite; a smaller number
comes from an old guide.

The change: the line goes (from Linux 3.16 on the default is no limit) and holds from the next boot; `sysctl -w` makes
it so at once. To undo it, put the line back.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.kernel import Kernel, evidence
from confmend.facts.page import PageSize
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity
from confmend.models.postgres_memory import server, shared

BYTES, PAGES = "kernel.shmmax", "kernel.shmall"
DEFAULT = "18446744073692774399"
CERTAIN = 0.98


def check(kernel: Kernel, pg: Postgres, page: PageSize) -> Iterator[Finding]:
    """Compare both limits with the least that the estimate allows for, where System V memory is used."""
    if not pg.has("shared_memory_type") or pg.choice("shared_memory_type") != "sysv":
        return
    needed = int(shared(server(pg)) * CERTAIN)
    for key, unit in ((BYTES, 1), (PAGES, page.bytes)):
        for values, found in kernel.numbers(key):
            if found[0] * unit < needed:
                yield Finding(
                    f"{key} allows {units.human(found[0] * unit)} of System V memory; PostgreSQL asks for at least "
                    f"{units.human(needed)} of it (shared_memory_type = sysv) and does not start. Remove the line.",
                    (*evidence(*values), *pg.origins("shared_memory_type", "shared_buffers")),
                    kernel.undone(key, DEFAULT, values),
                )


RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=("https://www.postgresql.org/docs/current/kernel-resources.html#SYSVIPC",),
    examples=(
        Example(
            {
                "sysctl_conf": "kernel.shmmax = 1073741824\n",
                "postgresql_conf": "shared_buffers = 4GB\nshared_memory_type = sysv\n",
                "answers": "postgresql = 16\n",
            },
            {"sysctl_conf": ""},
        ),
        Example(
            {
                "sysctl_conf": "kernel.shmmax = 4429185024\n",
                "postgresql_conf": "shared_buffers = 4GB\nshared_memory_type = sysv\n",
                "answers": "postgresql = 16\n",
            }
        ),
    ),
    side_effect="Any program may take as much System V memory as there is.",
)
