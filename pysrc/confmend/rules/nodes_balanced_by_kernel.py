"""The kernel moves memory between the nodes of a database's host.

With kernel.numa_balancing = 1, the default on hosts with several memory nodes, the kernel now and then takes pages away
from processes to see who uses them and moves them nearer. PostgreSQL's processes all use the same shared memory, so
much of that is work for nothing, at the price of extra page faults.

Whether it shows depends on the load; measure it with and without. There is no edit, for other programs on the host may
gain by it. `sysctl -w kernel.numa_balancing=0` holds at once, 1 undoes it.
"""

from collections.abc import Iterator

from confmend.facts.kernel import Kernel, evidence
from confmend.facts.numa_nodes import NumaNodes
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

KEY = "kernel.numa_balancing"


def check(kernel: Kernel, nodes: NumaNodes, pg: Postgres) -> Iterator[Finding]:
    """Look for it on a host of PostgreSQL with more than one node."""
    if nodes.count > 1 and kernel.number(KEY) == 1 and (pg.files or pg.server):
        yield Finding(
            f"The host has {nodes.count} memory nodes and kernel.numa_balancing is 1: pages of the shared memory are "
            "unmapped and moved to no use. On a host for PostgreSQL alone 0 is worth a measurement.",
            (*evidence(kernel.effective(KEY)), nodes.origin),
        )


RULE = Rule(
    check,
    Severity.INFO,
    sources=("https://docs.kernel.org/admin-guide/sysctl/kernel.html#numa-balancing",),
    examples=(
        Example(
            {
                "sysctl_dump": "kernel.osrelease = 6.1.0\nkernel.numa_balancing = 1\n",
                "lscpu": "Architecture:        x86_64\nCPU(s):              64\nNUMA node(s):        2\n",
                "postgresql_conf": "shared_buffers = 64GB\n",
            },
            {"postgresql_conf": "shared_buffers = 64GB\n"},
        ),
        Example(
            {
                "sysctl_dump": "kernel.osrelease = 6.1.0\nkernel.numa_balancing = 1\n",
                "lscpu": "Architecture:        x86_64\nCPU(s):              64\nNUMA node(s):        1\n",
                "postgresql_conf": "shared_buffers = 64GB\n",
            }
        ),
    ),
)
