"""The check for lost clients relies on a keepalive that takes two hours.

client_connection_check_interval asks the kernel whether the connection of a running query still stands. The kernel
knows at once of a client that closed or crashed. Of one that vanished without a word it knows when keepalive has given
up, and with the system's defaults that is after 2 h 11 min.

There is no edit here: the keepalive settings belong to what lies on the path (answer idle_limit).
tcp_keepalives_idle = 60, tcp_keepalives_interval = 10 and tcp_keepalives_count = 6 are usual. A reload sets them for
new connections.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.dead_peers import DeadPeers
from confmend.facts.keepalive import Keepalive
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity
from confmend.models.dead_peer import idle
from confmend.units import SECOND

# From here on keepalive is as good as not set: the system's default is two hours.
LATE = 3600 * SECOND


def check(pg: Postgres, keepalive: Keepalive, peers: DeadPeers | None) -> Iterator[Finding]:
    """Look for the interval without a keepalive of its own."""
    name = "client_connection_check_interval"
    if pg.only_local or not pg.effective(name) or not pg.has(name) or not pg.time_us(name):
        return
    dead = idle(keepalive.idle_us, keepalive.interval_us, keepalive.count, keepalive.user_timeout_us)
    if keepalive.idle_us < LATE:
        return
    # A pooler alone is no proof that clients vanish.
    certain = peers is not None and (peers.path is not None or peers.lost > 0)
    yield Finding(
        f"{name} is {pg.text(name).value}, but a client that vanished silently is only noticed after "
        f"{units.seconds(dead)}, when keepalive gives up."
        + (f" Here {peers.why}." if certain and peers else " One that closed or crashed is noticed in time."),
        (*pg.origins(name), *keepalive.origins, *(peers.lines if certain and peers else ())),
        arithmetic=(_step(keepalive, dead),),
        severity=Severity.WARNING if certain else Severity.INFO,
    )


def _step(keepalive: Keepalive, dead: int) -> str:
    """Return the sum; with a tcp_user_timeout the probe after it decides, not their number."""
    probes = f"{keepalive.count} × {units.seconds(keepalive.interval_us)}"
    if keepalive.user_timeout_us:
        probes = f"{units.seconds(dead - keepalive.idle_us)} until the first probe past tcp_user_timeout"
    return f"{units.seconds(keepalive.idle_us)} + {probes} = {units.seconds(dead)}"


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-CLIENT-CONNECTION-CHECK-INTERVAL",
        "https://docs.kernel.org/networking/ip-sysctl.html#tcp-variables",
    ),
    examples=(
        Example(
            {"postgresql_conf": "client_connection_check_interval = 10s\n", "answers": "idle_limit = 350s\n"},
            {"postgresql_conf": "client_connection_check_interval = 10s\n"},
        ),
        # 7,200 + 75 s, whatever the number of probes.
        Example(
            {"postgresql_conf": "client_connection_check_interval = 10s\ntcp_user_timeout = 60s\n"},
            {"postgresql_conf": "client_connection_check_interval = 10s\ntcp_user_timeout = 60s\n"},
        ),
        Example({"postgresql_conf": "client_connection_check_interval = 10s\ntcp_keepalives_idle = 60\n"}),
        Example({"postgresql_conf": "client_connection_check_interval = 0\n", "answers": "postgresql = 16\n"}),
    ),
)
