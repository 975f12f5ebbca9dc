"""New connections did not fit into a server's queue.

A connection that is established waits in the listener's queue until the server accepts it. The kernel counts each time
the queue was full (ListenOverflows), says so once in its log ("Possible SYN flooding on port 5432. Sending cookies"),
and ss shows it at the moment (Recv-Q above Send-Q). Nearly always that is no attack but a burst: an application that
starts all its connections at once, after a deploy or a fail-over. The clients try again after 1, 3, 7 seconds.

The queue's length is the smaller of what the server asks for (PostgreSQL: twice its connections; PgBouncer:
listen_backlog) and net.core.somaxconn when it began to listen. A pooler before PostgreSQL, retries with a random wait
and a longer queue help, in this order. There is no edit: which of the two limits binds depends on the listener. The
counters run since the host started.
"""

import re
from collections.abc import Iterator

from confmend.facts.accept_queue import AcceptQueues
from confmend.facts.counters import Counters
from confmend.facts.kernel import Kernel
from confmend.facts.kernel_messages import KernelLog
from confmend.facts.listeners import Listeners
from confmend.model import Example, Finding, Origin, Rule, Severity

COUNTER, KEY = "TcpExt/ListenOverflows", "net.core.somaxconn"
FLOOD = re.compile(r"Possible SYN flooding on port (\S+?)\.? (?:Sending cookies|Dropping request)")
SHOWN = 3


def check(
    counters: Counters | None,
    messages: KernelLog | None,
    listeners: Listeners | None,
    queues: AcceptQueues | None,
    kernel: Kernel | None,
) -> Iterator[Finding]:
    """Look for the counter, the message and a queue that is full now."""
    counted = counters.get(COUNTER) if counters else None
    lines = tuple(messages.matching(FLOOD)) if messages else ()
    full = [each for each in listeners.all if each.full] if listeners else []
    said, origins = [], list[Origin]()
    if counted and counted.value > 0:
        said.append(f"{counted.value:,} × since the host started a new connection found its server's queue full.")
        origins += [counted.origin] if counted.origin else []
    if lines:
        said.append(f"The kernel says {len(lines):,} × that a queue was full, as if it were a SYN flood.")
        origins += lines[:SHOWN]
    for each in full:
        said.append(f"Now {each.waiting:,} wait for {each.server or each.address} in a queue of {each.length:,}.")
        origins.append(each.origin)
    if not said:
        return
    cap = kernel.number(KEY) if kernel else None
    steps = tuple(
        f"{each.server}: min({each.how} = {each.length:,}, somaxconn {cap:,}) = {min(each.length, cap):,}"
        for each in (queues.asked if queues else ())
        if cap is not None
    )
    yield Finding(
        " ".join(said)
        + " A burst of connects is the usual cause: spread it (retries with a random wait, a pooler), then "
        "lengthen the queue: listen_backlog of PgBouncer, or somaxconn where it is the smaller, and restart the "
        "server.",
        tuple(origins),
        arithmetic=steps,
    )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://docs.kernel.org/networking/snmp_counter.html",
        "https://github.com/torvalds/linux/blob/v6.1/net/ipv4/tcp_input.c",
        "https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/libpq/pqcomm.c",
    ),
    examples=(
        Example({"nstat": "#kernel\nTcpExtListenOverflows           1532               0.0\n"}, {}),
        Example(
            {
                "kernel_log": "[12345.678901] TCP: request_sock_TCP: Possible SYN flooding on port 5432. Sending "
                "cookies.  Check SNMP counters.\n",
                "ss_sockets": "State  Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
                'LISTEN 129    128    0.0.0.0:6432       0.0.0.0:*         users:(("pgbouncer",pid=99,fd=7))\n',
            },
            {},
        ),
        Example(
            {
                "nstat": "#kernel\nTcpExtListenOverflows           0                  0.0\n",
                "ss_sockets": "State  Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
                'LISTEN 128    128    0.0.0.0:6432       0.0.0.0:*         users:(("pgbouncer",pid=99,fd=7))\n',
            }
        ),
    ),
)
