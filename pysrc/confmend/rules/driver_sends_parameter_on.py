"""The driver sends a parameter that is meant for libpq on to the server.

pgx and other drivers that are not built on libpq take what they don't know in a connection string for a setting of the
session and send it on: the server answers `unrecognized configuration parameter "keepalives_idle"` and ends the
connection. So libpq's keepalive settings, right for psycopg or PHP, stop a Go program from connecting.

The parameters go. pgx has keepalive on by itself, every five minutes; other times are set in its DialFunc. To undo it,
put them back.
"""

from collections.abc import Iterator

from confmend.facts.clients import Clients
from confmend.model import Example, Finding, Rule, Severity

# libpq's own, which pgx does not know (pgconn/config.go, notRuntimeParams).
FOREIGN = (
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
)


def check(clients: Clients) -> Iterator[Finding]:
    """Look for libpq's parameters in strings that are pgx's for certain."""
    for client in clients.all:
        if client.family != "pgx" or not client.certain:
            continue
        found = [name for name in FOREIGN if name in client.values]
        if found:
            yield Finding(
                f"pgx sends {', '.join(found)} to the server as settings of the session, and the server refuses the "
                "connection: unrecognized configuration parameter. They are libpq's; pgx sends keepalive probes every "
                "five minutes without them.",
                tuple(origin for name in found if (origin := client.values[name].origin)),
                tuple(client.edit(name, None) for name in found),
            )


RULE = Rule(
    check,
    Severity.ERROR,
    sources=("https://github.com/jackc/pgx/blob/v5.7.2/pgconn/config.go",),
    examples=(
        Example(
            {"connection_strings": "DB=postgres://app@db/orders?pool_max_conns=20&keepalives_idle=60\n"},
            {"connection_strings": "DB=postgres://app@db/orders?pool_max_conns=20&\n"},
        ),
        Example({"connection_strings": "DB=postgres://app@db/orders?keepalives_idle=60\n"}),
        Example({"connection_strings": "DB=postgres://app@db/orders?pool_max_conns=20\n"}),
    ),
    side_effect="The times of the keepalive probes are the driver's own then.",
)
