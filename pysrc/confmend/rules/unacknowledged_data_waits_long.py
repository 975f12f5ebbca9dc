"""A session that sends to a client which is gone waits for a quarter of an hour.

Keepalive only watches idle connections. Once the server has sent data that nobody acknowledges, the kernel sends it
again and again, 15 times by default, and gives up after 924 s at the earliest. All that time the session keeps its
transaction, its locks and its slot. tcp_user_timeout is the only setting of PostgreSQL's that shortens it.

It also ends sessions of healthy clients that stop reading for longer: a paused pg_dump, a COPY or FETCH behind a slow
program, a stalled replica or logical subscriber. So the value must not be below the longest pause that is legitimate,
which only its owner knows, and there is no edit. A reload sets it, for new sessions; 0 undoes it. Not on Windows.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.dead_peers import DeadPeers
from confmend.facts.keepalive import Keepalive
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity
from confmend.models.dead_peer import unacknowledged

# Linux's kernel gives up after 100 s with this many retries (RFC 1122's floor), which is soon enough.
FEW_RETRIES = 8


def check(pg: Postgres, peers: DeadPeers, keepalive: Keepalive) -> Iterator[Finding]:
    """Look for tcp_user_timeout, where there is evidence that clients vanish."""
    if pg.only_local or keepalive.user_timeout_us or keepalive.retries <= FEW_RETRIES:
        return
    least = units.seconds(unacknowledged(keepalive.retries))
    yield Finding(
        f"tcp_user_timeout is off, and {peers.why}. A session that has sent data to a client which is gone waits at "
        f"least {least}, with its locks. tcp_user_timeout = 60s to 120s ends it sooner, but ends a healthy client too "
        "that stops reading for longer: not below the longest pause of a pg_dump, COPY or replica.",
        (*peers.lines, *keepalive.origins),
        arithmetic=(
            f"tcp_retries2 = {keepalive.retries}: 0.2 s + 0.4 s + 0.8 s + ... , each at most 120 s, = {least} at the "
            "earliest",
        ),
    )


RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-TCP-USER-TIMEOUT",
        "https://github.com/torvalds/linux/blob/v6.1/net/ipv4/tcp_timer.c",
    ),
    examples=(
        Example(
            {
                "postgresql_conf": "listen_addresses = '*'\n",
                "pg_log": "2024-05-01 10:00:00 UTC [4711] LOG:  could not send data to client: Connection timed out\n",
            },
            {"postgresql_conf": "listen_addresses = '*'\n"},
        ),
        Example({"postgresql_conf": "tcp_user_timeout = 120s\n", "answers": "idle_limit = 350s\n"}),
        Example(
            {
                "postgresql_conf": "listen_addresses = '*'\n",
                "sysctl_conf": "net.ipv4.tcp_retries2 = 8\n",
                "answers": "idle_limit = 350s\n",
            }
        ),
    ),
    side_effect=(
        "A connection whose peer acknowledges nothing for that time is cut, also over a network that recovers "
        "later, or to a client that was suspended."
    ),
)
