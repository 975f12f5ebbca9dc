"""connect_timeout=1 is taken for 2 by older versions of libpq.

Up to PostgreSQL 16's libpq a timeout of one second is rounded up to two, because its clock counted whole seconds and
one could have meant next to nothing. Who reckons with one second for each of several hosts is wrong by a half. It does
no harm: 2 says what happens. There is no edit, for newer versions do wait for one second.
"""

from collections.abc import Iterator

from confmend.facts.clients import Clients
from confmend.model import Example, Finding, Rule, Severity
from confmend.units import SECOND


def check(clients: Clients) -> Iterator[Finding]:
    """Look for one second."""
    for client in clients.all:
        found = client.time_us("connect_timeout") if client.family == "libpq" else None
        if found and found.value == SECOND and not client.local:
            yield Finding(
                "connect_timeout=1: libpq up to 16 waits for 2 s all the same.",
                (found.origin or client.origin,),
            )


RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNECT-CONNECT-TIMEOUT",
        "https://github.com/postgres/postgres/blob/REL_15_STABLE/src/interfaces/libpq/fe-connect.c",
    ),
    examples=(
        Example(
            {"connection_strings": "DB=postgres://app@db/orders?connect_timeout=1\n"},
            {"connection_strings": "DB=postgres://app@db/orders?connect_timeout=1\n"},
        ),
        Example({"connection_strings": "DB=postgres://app@db/orders?connect_timeout=2\n"}),
    ),
)
