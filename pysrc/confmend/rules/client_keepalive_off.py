"""A connection string switches keepalive off.

libpq sends keepalive probes unless keepalives=0 says otherwise. Without them a client that waits for an answer of a
server whose host vanished waits for ever, and what stands on the path forgets the connection while it is idle. There
is hardly a reason for it on a TCP connection; on a Unix socket it says nothing.

The edit sets 1, the default, for new connections; 0 undoes it.
"""

from collections.abc import Iterator

from confmend.facts.clients import Clients
from confmend.model import Example, Finding, Rule, Severity


def check(clients: Clients) -> Iterator[Finding]:
    """Look for keepalives=0 to another host."""
    for client in clients.all:
        found = client.values.get("keepalives")
        on = client.keepalive
        if client.family != "libpq" or client.local or not found or on is None or on.value:
            continue
        yield Finding(
            "keepalives=0: if the server's host vanishes while this client waits for an answer, it waits for ever.",
            (found.origin or client.origin,),
            (client.edit("keepalives", "1"),),
        )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-KEEPALIVES",),
    examples=(
        Example(
            {"connection_strings": "DB=postgres://app@db/orders?keepalives=0\n"},
            {"connection_strings": "DB=postgres://app@db/orders?keepalives=1\n"},
        ),
        Example({"connection_strings": "DB=postgres://app@db/orders?keepalives=1\n"}),
        Example({"connection_strings": "DB=postgres:///orders?host=/run/postgresql&keepalives=0\n"}),
    ),
    side_effect="A packet now and then on idle connections.",
)
