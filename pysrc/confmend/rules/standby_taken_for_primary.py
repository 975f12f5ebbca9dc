"""Several hosts are named, and the first that answers is taken, primary or not.

With a list of hosts libpq connects to the first that takes it. After a failover that may be a standby, where every
write fails: `cannot execute INSERT in a read-only transaction`. target_session_attrs=read-write (or primary, from 14)
makes it go on to the next.

It is right as it is where the program only reads, or where all hosts lead to the same server. There is no edit.
"""

from collections.abc import Iterator

from confmend.facts.clients import Clients
from confmend.model import Example, Finding, Rule, Severity

NAMES = ("target_session_attrs", "targetServerType", "Target Session Attributes", "load_balance_hosts")
# JDBC and Npgsql read lists of hosts too.
FAMILIES = ("libpq", "pgx", "jdbc", "npgsql")


def check(clients: Clients) -> Iterator[Finding]:
    """Look for lists of hosts without a word on which kind is wanted."""
    for client in clients.all:
        hosts = list(dict.fromkeys(client.hosts))
        if client.family not in FAMILIES or len(hosts) < 2 or client.text(*NAMES):
            continue
        name = {"jdbc": "targetServerType=primary", "npgsql": "Target Session Attributes=primary"}
        yield Finding(
            f"{len(hosts)} hosts are tried in turn, and a standby is taken as gladly as the primary: writes fail "
            f"there. Write {name.get(client.family, 'target_session_attrs=read-write')} if this program writes.",
            (client.origin,),
        )


RULE = Rule(
    check,
    Severity.INFO,
    sources=("https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-TARGET-SESSION-ATTRS",),
    examples=(
        Example(
            {"connection_strings": "DB=postgres://app@db1,db2/orders?connect_timeout=5\n"},
            {"connection_strings": "DB=postgres://app@db1,db2/orders?connect_timeout=5\n"},
        ),
        Example({"connection_strings": "DB=postgres://app@db1,db2/orders?target_session_attrs=read-write\n"}),
        Example({"connection_strings": "DB=postgres://app@db1/orders\n"}),
    ),
)
