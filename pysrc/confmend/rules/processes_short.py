"""The kernel allows hardly more processes than PostgreSQL has connections.

kernel.pid_max and kernel.threads-max cap the tasks of the whole host. Each connection of PostgreSQL is a process;
beside them run threads of everything else. At the cap nobody can start a process: could not fork new process for
connection: Resource temporarily unavailable.

It is theory while far fewer connections are used than max_connections allows. The change: the line goes from the files,
and the kernel's own number holds from the next boot. To undo it, put the line back.
"""

from collections.abc import Iterator

from confmend.facts.kernel import Kernel, evidence
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

KEYS = ("kernel.pid_max", "kernel.threads-max")
# A session may have parallel workers; a thousand tasks are what a usual host runs beside.
EACH, OTHERS = 2, 1000


def check(kernel: Kernel, pg: Postgres) -> Iterator[Finding]:
    """Compare the caps with twice the connections and a thousand others."""
    clients = pg.count("max_connections")
    needed = EACH * clients + OTHERS
    for key in KEYS:
        for values, found in kernel.numbers(key):
            if found[0] < needed:
                yield Finding(
                    f"{key} is {found[0]:,}, for everything on the host; {clients:,} connections with their workers "
                    f"and the rest may need {needed:,}. Then no process can be started.",
                    (*evidence(*values), *pg.origins("max_connections")),
                    kernel.undone(key, None, values),
                    (f"{EACH} × {clients:,} + {OTHERS:,} = {needed:,} > {found[0]:,}",),
                )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://docs.kernel.org/admin-guide/sysctl/kernel.html#pid-max",),
    examples=(
        Example(
            {"sysctl_conf": "kernel.pid_max = 4096\n", "postgresql_conf": "max_connections = 2000\n"},
            {"sysctl_conf": ""},
        ),
        Example({"sysctl_conf": "kernel.pid_max = 5000\n", "postgresql_conf": "max_connections = 2000\n"}),
    ),
    side_effect="A program that starts processes without end is stopped later.",
)
