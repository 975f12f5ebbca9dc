"""A connection attempt has no limit of its own.

libpq and pgx wait for a silent address as long as the kernel repeats its SYN, about 130 s, and then go on with the next
address. With several hosts for a failover, each that is gone costs that long. Once TCP is connected, a server that is
too busy to answer is waited for without end.

connect_timeout is in seconds and counts for each host and address. A few seconds are enough in one data centre; TLS and
name resolution on a slow path need more. 2 is the least that older versions of libpq keep to. psycopg 3 has 130 s of
its own. There is no edit: PGCONNECT_TIMEOUT in the environment may set it.
"""

from collections.abc import Iterator

from confmend.facts.clients import Clients
from confmend.model import Example, Finding, Rule, Severity

# psycopg 3 sets one by itself; what SQLAlchemy is told stands in its connect_args.
_DIALECTS = ("uri", "conninfo", "pdo")


def check(clients: Clients) -> Iterator[Finding]:
    """Look for strings of libpq and pgx to another host without the parameter; several hosts make it matter."""
    for client in clients.all:
        if client.family not in ("libpq", "pgx") or client.dialect not in _DIALECTS or client.local:
            continue
        if client.text("connect_timeout") or len(client.hosts) < 2:
            continue
        yield Finding(
            f"{len(client.hosts)} hosts and no connect_timeout: each that does not answer is waited for about 130 s "
            "before the next is tried. Unless PGCONNECT_TIMEOUT is set, write connect_timeout=5 or so.",
            (client.origin,),
            arithmetic=("SYN after 1, 3, 7, 15, 31, 63 s and up to 127 s: about 130 s (tcp_syn_retries = 6)",),
        )


RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-CONNECT-TIMEOUT",
        "https://docs.kernel.org/networking/ip-sysctl.html",
    ),
    examples=(
        Example(
            {"connection_strings": "DB=postgres://app@db1,db2/orders\n"},
            {"connection_strings": "DB=postgres://app@db1,db2/orders\n"},
        ),
        Example({"connection_strings": "DB=postgres://app@db1,db2/orders?connect_timeout=5\n"}),
        Example({"connection_strings": "DB=postgres://app@db1/orders\n"}),
    ),
)
