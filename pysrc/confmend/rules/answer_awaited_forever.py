"""The driver waits for an answer without end.

pgjdbc reads from the socket with no limit unless socketTimeout is set (0). If the server's host vanishes while a query
runs, the thread stays in that read until keepalive or retransmission gives up: hours, or never with keepalive off.

socketTimeout must exceed the longest query that is legitimate, migrations and reports too, for it ends those as well,
and the statement goes on in the server. Only the owner knows that time, so there is no edit. statement_timeout in the
server limits queries better; socketTimeout a little above it is for a network that fails.
"""

from collections.abc import Iterator

from confmend.facts.clients import Clients
from confmend.model import Example, Finding, Rule, Severity


def check(clients: Clients) -> Iterator[Finding]:
    """Look for JDBC strings without a limit of reading, to another host."""
    for client in clients.all:
        found = client.time_us("read_timeout")
        if client.family != "jdbc" or client.local or (found and found.value):
            continue
        yield Finding(
            "pgjdbc waits for an answer without end (socketTimeout is 0). If the server's host vanishes, the thread "
            "hangs. Set it, in seconds, to more than the longest query takes.",
            ((found and found.origin) or client.origin,),
        )


RULE = Rule(
    check,
    Severity.INFO,
    sources=("https://jdbc.postgresql.org/documentation/use/#connection-parameters",),
    examples=(
        Example(
            {"connection_strings": "url=jdbc:postgresql://db/orders?tcpKeepAlive=true\n"},
            {"connection_strings": "url=jdbc:postgresql://db/orders?tcpKeepAlive=true\n"},
        ),
        Example({"connection_strings": "url=jdbc:postgresql://db/orders?socketTimeout=120\n"}),
        Example({"connection_strings": "DB=postgres://app@db/orders\n"}),
    ),
)
