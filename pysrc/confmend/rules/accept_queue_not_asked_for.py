"""somaxconn allows a longer queue of new connections than any server asks for.

net.core.somaxconn is a cap on what a server gives to listen(): PostgreSQL up to 15 asks for at most 10,000, from 16 on
for twice max_connections; PgBouncer for listen_backlog, 128 unless it is set. Whatever the cap allows beyond that
nobody uses, so raising it alone changes nothing, and it has no part in "no buffer space available".

To let PgBouncer take larger bursts set listen_backlog and restart it. The line may stay, it does no harm; it is removed
where the kernel's own default (4096 since Linux 5.4) is enough for every server that was pasted. Leave it if another
program on the host needs it. Listeners keep the length that they were opened with; to undo it, put the line back.
"""

from collections.abc import Iterator

from confmend.facts.accept_queue import AcceptQueues
from confmend.facts.kernel import Kernel, evidence, integers
from confmend.model import Example, Finding, Rule, Severity

KEY = "net.core.somaxconn"
# include/linux/socket.h, SOMAXCONN, from 5.4 on; 128 before.
DEFAULT, SINCE = 4096, (5, 4)


def check(kernel: Kernel, queues: AcceptQueues) -> Iterator[Finding]:
    """Compare the cap in each layer with the longest queue that is asked for."""
    longest = max(each.length for each in queues.asked)
    shown = ", ".join(f"{each.server} asks for {each.length:,}" for each in queues.asked)
    enough = longest <= DEFAULT and kernel.version is not None and kernel.version >= SINCE
    for values in kernel.alike(KEY):
        cap = integers(values[0], 1)
        if not cap or cap[0] <= max(DEFAULT, longest):
            continue
        yield Finding(
            f"somaxconn is {cap[0]:,}, but it is only a cap: {shown}. The rest is never used, and a longer queue of "
            "new connections has nothing to do with buffers."
            + (f" Remove the line; the kernel's default, {DEFAULT:,}, is enough." if enough else ""),
            (*evidence(*values), *(origin for each in queues.asked for origin in each.origins)),
            kernel.undone(KEY, str(DEFAULT), values) if enough else (),
            tuple(f"{each.server}: {each.how} = {each.length:,} ≤ {cap[0]:,}" for each in queues.asked),
        )


RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://docs.kernel.org/networking/ip-sysctl.html",
        "https://github.com/torvalds/linux/blob/v6.1/net/socket.c",
        "https://www.pgbouncer.org/config.html#listen_backlog",
    ),
    examples=(
        Example(
            {
                "sysctl_conf": "net.core.somaxconn = 65535\nvm.swappiness = 10\n",
                "sysctl_dump": "kernel.osrelease = 6.1.0-18-amd64\nnet.core.somaxconn = 4096\n",
                "postgresql_conf": "max_connections = 500\n",
                "answers": "postgresql = 15\n",
            },
            {
                "sysctl_conf": "vm.swappiness = 10\n",
                "sysctl_dump": "kernel.osrelease = 6.1.0-18-amd64\nnet.core.somaxconn = 4096\n",
            },
        ),
        # The kernel's version is not known: its default may be 128.
        Example(
            {"sysctl_conf": "net.core.somaxconn = 65535\n", "pgbouncer_ini": "[pgbouncer]\nlisten_port = 6432\n"},
            {"sysctl_conf": "net.core.somaxconn = 65535\n"},
        ),
        Example({"sysctl_conf": "net.core.somaxconn = 4096\n", "pgbouncer_ini": "[pgbouncer]\nlisten_port = 6432\n"}),
    ),
    side_effect="None for healthy clients: the queue takes no memory before connections wait in it.",
)
