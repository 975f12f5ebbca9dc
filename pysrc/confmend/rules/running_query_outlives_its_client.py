"""A running query goes on after its client has gone.

A backend that computes does not look at its connection. If the client closes or crashes, the query runs to its end,
holds its locks, and finds nobody to answer. After a deployment or a timeout in the application the abandoned queries
pile up beside their own repetitions.

client_connection_check_interval (from PostgreSQL 14) looks every so often; one system call each time. It sees a closed
connection at once, and a silently vanished client only when keepalive has found out. It needs Linux, from 15 also
macOS and the BSDs; on Windows only 0 is accepted. A reload sets it; 0 undoes it.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.dead_peers import DeadPeers
from confmend.facts.keepalive import Keepalive
from confmend.facts.platform import Platform
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity
from confmend.models.dead_peer import idle, running
from confmend.units import SECOND

FIRST = 14
# Often enough to end a lost query soon, seldom enough to cost nothing.
INTERVAL = 10


def check(pg: Postgres, peers: DeadPeers, keepalive: Keepalive, platform: Platform | None) -> Iterator[Finding]:
    """Look for client_connection_check_interval, where there is evidence that clients vanish."""
    if pg.only_local or pg.known_version < FIRST or pg.time_us("client_connection_check_interval"):
        return
    if platform and platform.name == "Windows":
        return
    dead = idle(keepalive.idle_us, keepalive.interval_us, keepalive.count, keepalive.user_timeout_us)
    noticed = running(dead, INTERVAL * SECOND)
    # On an unknown system the server might refuse the value, and a pooler alone is no proof that queries are lost.
    edits = (
        (pg.edit("client_connection_check_interval", f"{INTERVAL}s"),)
        if platform and platform.name == "Linux" and (peers.lost or peers.path)
        else ()
    )
    yield Finding(
        f"client_connection_check_interval is off, and {peers.why}. A query whose client is gone runs to its end, with "
        f"its locks. With {INTERVAL}s it ends within {INTERVAL} s of a client that closed or crashed, and within "
        f"{units.seconds(noticed or dead)} of one that vanished silently.",
        (*peers.lines, *pg.origins("client_connection_check_interval")),
        edits,
        (
            f"silent client: {units.seconds(dead)} until keepalive knows + {INTERVAL} s = "
            f"{units.seconds(noticed or dead)}",
        ),
    )


RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-CLIENT-CONNECTION-CHECK-INTERVAL",
        "https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/tcop/postgres.c",
    ),
    examples=(
        Example(
            {
                "postgresql_conf": "listen_addresses = '*'\n",
                "pg_log": "2024-05-01 10:00:00 UTC [1] LOG:  starting PostgreSQL 15.6 on x86_64-pc-linux-gnu, compiled "
                "by gcc\n2024-05-01 10:00:00 UTC [4711] FATAL:  connection to client lost\n",
            },
            {"postgresql_conf": "listen_addresses = '*'\nclient_connection_check_interval = 10s\n"},
        ),
        Example(
            {"postgresql_conf": "listen_addresses = '*'\n", "answers": "postgresql = 16\nidle_limit = 350s\n"},
            {"postgresql_conf": "listen_addresses = '*'\n"},
        ),
        Example({"postgresql_conf": "listen_addresses = '*'\n", "answers": "postgresql = 13\nidle_limit = 350s\n"}),
        Example(
            {
                "postgresql_conf": "client_connection_check_interval = 1s\n",
                "answers": "postgresql = 16\nidle_limit = 350s\n",
            }
        ),
    ),
    side_effect=(
        "A poll of the socket for each running query and interval; a query whose client has gone is cancelled, "
        "also one whose result nobody was to read."
    ),
)
