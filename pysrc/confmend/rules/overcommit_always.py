"""The kernel grants every request for memory, so a lack of it is always met by the OOM killer.

With vm.overcommit_memory = 1 malloc never fails. When memory runs out, the kernel kills a process instead; if that is a
backend, PostgreSQL ends all sessions and recovers from the log. With 0, the default, a request that is plainly too
large is refused, and a single query fails.

1 is right for Redis and required by the kubelet, which does not start without it: such hosts are left alone. 2 is
stricter still, but needs a limit that was computed for the host; switching to it below what is in use makes forks fail
at once. The change holds at once; to undo it, write 1 again.
"""

from collections.abc import Iterator

from confmend.facts.kernel import Kernel, evidence
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

KEY = "vm.overcommit_memory"
# What the kubelet sets beside it (pkg/kubelet/cm, setupKernelTunables).
KUBELET = {"kernel.panic": 10, "kernel.panic_on_oops": 1}


def check(kernel: Kernel, pg: Postgres) -> Iterator[Finding]:
    """Look for a 1 on a host of PostgreSQL that is no node of Kubernetes."""
    if all(kernel.number(key) == value for key, value in KUBELET.items()):
        return
    for values, found in kernel.numbers(KEY):
        if found[0] == 1:
            yield Finding(
                "vm.overcommit_memory is 1: no request for memory is ever refused, so when memory runs out the kernel "
                "kills a process, and PostgreSQL ends every session. Set it to 0, the default, unless another program "
                "here (Redis, the kubelet) requires 1.",
                (*evidence(*values), *pg.origins("shared_buffers")),
                kernel.changed(KEY, "0", values),
            )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://docs.kernel.org/admin-guide/sysctl/vm.html#overcommit-memory",
        "https://www.postgresql.org/docs/current/kernel-resources.html#LINUX-MEMORY-OVERCOMMIT",
    ),
    examples=(
        Example(
            {"sysctl_conf": "vm.overcommit_memory = 1\n", "postgresql_conf": "shared_buffers = 4GB\n"},
            {"sysctl_conf": "vm.overcommit_memory = 0\n", "postgresql_conf": "shared_buffers = 4GB\n"},
        ),
        # A node of Kubernetes.
        Example(
            {
                "sysctl_dump": "kernel.panic = 10\nkernel.panic_on_oops = 1\nvm.overcommit_memory = 1\n",
                "postgresql_conf": "shared_buffers = 4GB\n",
            }
        ),
        Example({"sysctl_conf": "vm.overcommit_memory = 0\n", "postgresql_conf": "shared_buffers = 4GB\n"}),
    ),
    side_effect="A program that maps far more memory than it uses may be refused it (Redis in a fork for a snapshot).",
)
