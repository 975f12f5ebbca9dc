"""Clients are lost, and the log doesn't say whose connections they were.

The log shows lost connections. With log_connections and log_disconnections it also shows when each began and ended,
from which address and for which user, so that a session's length points at a device's idle limit, and its address at
one host.

A server with many short connections writes two or three lines for each: then switch both off again when it is known. A
reload sets them, for new connections.
"""

from collections.abc import Iterator

from confmend.facts.dead_peers import DeadPeers
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

_OFF = ("", "off", "false", "no", "0")


def check(pg: Postgres, peers: DeadPeers) -> Iterator[Finding]:
    """Look at both where the log lost connections."""
    if not peers.lost:
        return
    off = [name for name in ("log_connections", "log_disconnections") if pg.text(name).value.lower() in _OFF]
    if "log_disconnections" in off:
        are, they = ("are", "they tell") if len(off) > 1 else ("is", "it tells")
        yield Finding(
            f"The log shows {peers.lost:,} lost connections, and {' and '.join(off)} {are} off. Switched on, {they} "
            "how long each session lasted, and from where it came.",
            (*peers.lines, *pg.origins(*off)),
            tuple(pg.edit(name, "on") for name in off),
        )


_LOG = "2025-01-01 10:00:00.000 UTC [7] LOG:  could not receive data from client: Connection timed out\n"
RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-logging.html#GUC-LOG-DISCONNECTIONS",
        "https://www.postgresql.org/docs/current/runtime-config-logging.html#GUC-LOG-CONNECTIONS",
    ),
    examples=(
        Example(
            {
                "postgresql_conf": "log_connections = off\nlog_disconnections = off\n",
                "pg_log": _LOG,
                "answers": "postgresql = 16\n",
            },
            {"postgresql_conf": "log_connections = on\nlog_disconnections = on\n"},
        ),
        Example(
            {
                "postgresql_conf": "log_connections = off\nlog_disconnections = on\n",
                "pg_log": _LOG,
                "answers": "postgresql = 16\n",
            }
        ),
    ),
    side_effect="The log grows by two or three lines for each connection.",
)
