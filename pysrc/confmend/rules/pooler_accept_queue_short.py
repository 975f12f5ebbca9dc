"""PgBouncer's queue of new connections is too short for the bursts that come.

PgBouncer asks for a queue of listen_backlog connections, 128 unless it is set, whatever net.core.somaxconn allows. The
kernel's log says that the queue of its port ran over: `Possible SYN flooding on port 6432`. What comes then is dropped,
and the client tries again after 1, 3, 7 seconds: connects that take seconds, and no error.

1024 is enough for a restart of most applications, if somaxconn allows it (4096 since Linux 5.4). It takes a restart of
PgBouncer, which drops its clients. Retries with a random pause in the application are the better half of the remedy.
"""

import re
from collections.abc import Iterator

from confmend.facts.kernel_messages import KernelLog
from confmend.facts.pooler import Pooler
from confmend.model import Example, Finding, Rule, Severity

BETTER = 1024


def check(pooler: Pooler, log: KernelLog) -> Iterator[Finding]:
    """Look for an overflow of PgBouncer's own port."""
    length, port = pooler.count("listen_backlog"), pooler.count("listen_port")
    if length >= BETTER:
        return
    overflow = re.compile(rf"Possible SYN flooding on port (?:\S*:)?{port}\b")
    lines = tuple(log.matching(overflow))
    if not lines:
        return
    yield Finding(
        f"The queue of new connections of PgBouncer's port {port} ran over; it holds {length:,} (listen_backlog). "
        f"Set it to {BETTER:,} and restart PgBouncer; net.core.somaxconn must not be below it.",
        (*lines[:3], *pooler.origins("listen_backlog")),
        (pooler.edit("listen_backlog", str(BETTER)),),
    )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://www.pgbouncer.org/config.html#listen_backlog",
        "https://github.com/torvalds/linux/blob/v6.1/net/ipv4/tcp_input.c",
    ),
    examples=(
        Example(
            {
                "pgbouncer_ini": "[pgbouncer]\nlisten_port = 6432\n",
                "kernel_log": "[ 1234.567890] TCP: request_sock_TCP: Possible SYN flooding on port 6432. Sending "
                "cookies.  Check SNMP counters.\n",
            },
            {"pgbouncer_ini": "[pgbouncer]\nlisten_port = 6432\nlisten_backlog = 1024\n"},
        ),
        Example(
            {
                "pgbouncer_ini": "[pgbouncer]\nlisten_port = 6432\n",
                "kernel_log": "[ 1234.567890] TCP: request_sock_TCP: Possible SYN flooding on port 64320. Sending "
                "cookies.  Check SNMP counters.\n",
            }
        ),
    ),
    side_effect="The restart that it takes drops every client; a longer queue lets more clients wait instead of "
    "failing at once.",
)
