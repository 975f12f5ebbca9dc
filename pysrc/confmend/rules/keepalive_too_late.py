"""The server's keepalive comes later than a device on the path forgets the connection.

Load balancers, NAT gateways and firewalls drop what they know of an idle connection after minutes; Linux sends its
first keepalive probe after two hours. The client then waits for an answer that never comes, and the server keeps the
session, its locks and its slot until the probes have failed.

Probes at half of the idle limit keep the device's memory fresh and find dead clients in minutes. They cost a packet for
an idle connection and minute, and end no healthy session. A proxy that ends the TCP connection (HAProxy, PgBouncer)
needs its own keepalive towards the client. The change takes a reload and holds for new sessions; tcp_keepalives_idle =
0 undoes it.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.dead_peers import DeadPeers
from confmend.facts.keepalive import Keepalive
from confmend.facts.platform import Platform
from confmend.facts.postgres import Postgres
from confmend.model import Edit, Example, Finding, Rule, Severity
from confmend.models.dead_peer import idle
from confmend.units import SECOND

# The usual set for a path of unknown devices: 60 s, then 6 probes 10 s apart, so a dead client is found in 2 minutes.
USUAL_IDLE, INTERVAL, PROBES = 60, 10, 6
LEAST_IDLE = 10
# Where nobody knows the limit, an hour is the longest that is common (enterprise firewalls).
LONGEST_LIMIT = 3600


def check(pg: Postgres, peers: DeadPeers, keepalive: Keepalive, platform: Platform | None) -> Iterator[Finding]:
    """Compare the first probe with half of the idle limit, or with an hour where no limit is known."""
    limit = peers.path.idle_limit_us if peers.path else None
    latest = limit // 2 if limit else LONGEST_LIMIT * SECOND
    if pg.only_local or keepalive.idle_us <= latest:
        return
    better = max(LEAST_IDLE, min(USUAL_IDLE, latest // SECOND))
    interval = INTERVAL * SECOND if _sets_interval(pg) else keepalive.interval_us
    probes = PROBES if _sets_probes(pg, platform) else keepalive.count
    dead = idle(keepalive.idle_us, keepalive.interval_us, keepalive.count, keepalive.user_timeout_us)
    then = idle(better * SECOND, interval, probes, keepalive.user_timeout_us)
    certain = peers.path is not None or peers.lost > 0
    shown = f", but a device on the path forgets idle connections after {units.seconds(limit)}" if limit else ""
    why = "" if limit else f" Here {peers.why}."
    yield Finding(
        f"The first keepalive probe is sent after {units.seconds(keepalive.idle_us)}{shown}.{why} A client that "
        f"vanished keeps its session and its locks for {units.seconds(dead)}. With tcp_keepalives_idle = {better} and "
        f"{probes} probes {units.seconds(interval)} apart it is found after {units.seconds(then)}.",
        (*peers.lines, *keepalive.origins),
        tuple(_edits(pg, better, platform)) if certain else (),
        (
            f"now: {_sum(keepalive.idle_us, keepalive.count, keepalive.interval_us, keepalive.user_timeout_us)}",
            *((f"limit {units.seconds(limit)} ÷ 2 = {units.seconds(limit // 2)} ≥ {better} s",) if limit else ()),
            f"then: {_sum(better * SECOND, probes, interval, keepalive.user_timeout_us)}",
        ),
        Severity.WARNING if certain else Severity.INFO,
    )


def _edits(pg: Postgres, better: int, platform: Platform | None) -> Iterator[Edit]:
    yield pg.edit("tcp_keepalives_idle", str(better))
    if _sets_interval(pg):
        yield pg.edit("tcp_keepalives_interval", str(INTERVAL))
    if _sets_probes(pg, platform):
        yield pg.edit("tcp_keepalives_count", str(PROBES))


def _sum(first: int, probes: int, interval: int, user_timeout: int) -> str:
    """Write down when a silent client is found, with all times in microseconds."""
    found = units.seconds(idle(first, interval, probes, user_timeout))
    if user_timeout:
        return f"first probe from {units.seconds(user_timeout)} (tcp_user_timeout) on that fails: {found}"
    return f"{units.seconds(first)} + {probes} × {units.seconds(interval)} = {found}"


def _sets_interval(pg: Postgres) -> bool:
    """Whether the interval is set too: one that somebody chose stays."""
    return pg.time_us("tcp_keepalives_interval") == 0


def _sets_probes(pg: Postgres, platform: Platform | None) -> bool:
    """Whether the number of probes is set too: Windows knows none, there only 0 is accepted."""
    return platform is not None and platform.name == "Linux" and pg.count("tcp_keepalives_count") == 0


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-TCP-KEEPALIVES-IDLE",
        "https://docs.kernel.org/networking/ip-sysctl.html#tcp-variables",
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html",
    ),
    examples=(
        Example(
            {"postgresql_conf": "listen_addresses = '*'\n#tcp_keepalives_idle = 0\n", "answers": "idle_limit = 350s\n"},
            {"postgresql_conf": "listen_addresses = '*'\ntcp_keepalives_idle = 60\ntcp_keepalives_interval = 10\n"},
        ),
        Example(
            {
                "postgresql_conf": "listen_addresses = '*'\n",
                "sysctl_dump": "net.ipv4.tcp_keepalive_time = 7200\nkernel.osrelease = 6.1.0\n",
                "pg_log": "2024-05-01 10:00:00 UTC [4711] LOG:  could not receive data from client: Connection timed "
                "out\n",
            },
            {
                "postgresql_conf": "listen_addresses = '*'\ntcp_keepalives_idle = 60\ntcp_keepalives_interval = 10\n"
                "tcp_keepalives_count = 6\n"
            },
        ),
        Example(
            {"postgresql_conf": "port = 5432\n", "pgbouncer_ini": "[databases]\napp = host=10.0.0.5\n[pgbouncer]\n"},
            {"postgresql_conf": "port = 5432\n"},
        ),
        Example({"postgresql_conf": "tcp_keepalives_idle = 175\n", "answers": "idle_limit = 350s\n"}),
        Example(
            {
                "postgresql_conf": "listen_addresses = '*'\n",
                "sysctl_conf": "net.ipv4.tcp_keepalive_time = 120\n",
                "answers": "idle_limit = 350s\n",
            }
        ),
        Example({"postgresql_conf": "listen_addresses = 'localhost'\n", "answers": "idle_limit = 350s\n"}),
    ),
    side_effect=(
        "One packet for each idle connection and minute; sessions whose client is gone end, with their open "
        "transactions rolled back."
    ),
)
