"""A client takes a short break of the network for the end of the server.

tcp_user_timeout in a connection string is how long the client's kernel sends data again that the server does not
acknowledge. With a few seconds every failover of a switch, a pause of a virtual machine while it is moved, or a full
host ends the connection, and all clients reconnect at once.

30 s and more are usual. It is right to be strict where a failover must be noticed within seconds and the application
retries. There is no edit, for only the owner knows which. The value counts milliseconds.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.clients import Clients
from confmend.model import Example, Finding, Rule, Severity
from confmend.units import SECOND

# A live migration of a virtual machine and a spanning tree's new way take about as long.
SHORTEST = 5 * SECOND


def check(clients: Clients) -> Iterator[Finding]:
    """Look for less than five seconds; 0 is off."""
    for client in clients.all:
        found = client.time_us("user_timeout")
        if not found or not 0 < found.value < SHORTEST or client.local:
            continue
        raw = client.text("tcp_user_timeout")
        yield Finding(
            f"tcp_user_timeout={raw.value if raw else ''} is {units.seconds(found.value)}: it counts milliseconds. Any "
            "break of the network that is longer ends the connection.",
            (found.origin or client.origin,),
        )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-TCP-USER-TIMEOUT",),
    examples=(
        Example(
            {"connection_strings": "DB=postgres://app@db/orders?tcp_user_timeout=30\n"},
            {"connection_strings": "DB=postgres://app@db/orders?tcp_user_timeout=30\n"},
        ),
        Example({"connection_strings": "DB=postgres://app@db/orders?tcp_user_timeout=5000\n"}),
        Example({"connection_strings": "DB=postgres://app@db/orders?tcp_user_timeout=0\n"}),
    ),
)
