"""somaxconn cuts the queue of new connections below what the server asks for.

A server asks the kernel for a queue of connections that are established and wait to be accepted: PostgreSQL for twice
its connections, PgBouncer for listen_backlog. net.core.somaxconn caps it when the server starts to listen. A full queue
drops what comes, and the client tries again after 1, 3, 7 seconds: slow connects in a burst, no error anywhere.

It only matters with bursts of new connections. Nothing is wrong while `nstat -az TcpExtListenOverflows` stays 0, so
there is no edit. If it grows, raise somaxconn to the number here (no memory is set aside for it) and restart the
server: a queue keeps the length that it had when it was opened.
"""

from collections.abc import Iterator

from confmend.facts.accept_queue import AcceptQueues
from confmend.facts.kernel import Kernel, evidence, integers
from confmend.model import Example, Finding, Rule, Severity

KEY = "net.core.somaxconn"


def check(kernel: Kernel, queues: AcceptQueues) -> Iterator[Finding]:
    """Compare the cap with what each server asks for."""
    cap = kernel.effective(KEY)
    most = integers(cap, 1)
    for each in queues.asked:
        if most and most[0] < each.length:
            yield Finding(
                f"{each.server} asks for a queue of {each.length:,} new connections; somaxconn cuts it to {most[0]:,}. "
                "That is harmless unless connections come in bursts: nstat -az TcpExtListenOverflows above 0 shows it. "
                f"Then set somaxconn to {each.length:,} or more and restart {each.server}.",
                evidence(cap) + each.origins,
                arithmetic=(f"{each.how} = {each.length:,} > {most[0]:,}",),
            )


RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://docs.kernel.org/networking/ip-sysctl.html",
        "https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/libpq/pqcomm.c",
        "https://www.pgbouncer.org/config.html#listen_backlog",
    ),
    examples=(
        Example(
            {
                "sysctl_conf": "net.core.somaxconn = 128\n",
                "postgresql_conf": "max_connections = 100\n",
                "answers": "postgresql = 16\n",
            },
            {"sysctl_conf": "net.core.somaxconn = 128\n", "postgresql_conf": "max_connections = 100\n"},
        ),
        Example(
            {
                "sysctl_conf": "net.core.somaxconn = 200\n",
                "postgresql_conf": "max_connections = 100\n",
                "answers": "postgresql = 16\n",
            }
        ),
        Example({"sysctl_conf": "net.core.somaxconn = 128\n", "pgbouncer_ini": "[pgbouncer]\nlisten_port = 6432\n"}),
    ),
)
