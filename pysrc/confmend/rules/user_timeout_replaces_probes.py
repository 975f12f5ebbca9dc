"""tcp_user_timeout decides when a silent client is given up, not the number of probes.

While tcp_user_timeout is set, Linux no longer counts probes: an idle connection is dead with the first unanswered probe
after that time. If it is shorter than tcp_keepalives_idle plus one interval, that is at idle + interval, whatever
tcp_keepalives_count says.

Nothing is wrong; the probes that somebody counted on are not sent. There is no edit.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.keepalive import Keepalive
from confmend.facts.platform import Platform
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity
from confmend.models.dead_peer import idle


def check(pg: Postgres, keepalive: Keepalive, platform: Platform | None) -> Iterator[Finding]:
    """Compare tcp_user_timeout with the time of the first two probes."""
    first = keepalive.idle_us + keepalive.interval_us
    if (platform and platform.name != "Linux") or not 0 < keepalive.user_timeout_us < first:
        return
    if pg.count("tcp_keepalives_count") <= 1:
        return
    found = idle(keepalive.idle_us, keepalive.interval_us, keepalive.count, keepalive.user_timeout_us)
    yield Finding(
        f"tcp_user_timeout is {units.seconds(keepalive.user_timeout_us)}: a silent client on an idle connection is "
        f"given up after {units.seconds(found)}, and tcp_keepalives_count = {keepalive.count} has no part in it.",
        pg.origins("tcp_user_timeout", "tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count"),
        arithmetic=(
            f"{units.seconds(keepalive.idle_us)} + {units.seconds(keepalive.interval_us)} = {units.seconds(first)}",
        ),
    )


RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-TCP-USER-TIMEOUT",
        "https://github.com/torvalds/linux/blob/v6.1/net/ipv4/tcp_timer.c",
    ),
    examples=(
        Example(
            {
                "postgresql_conf": "tcp_keepalives_idle = 60\ntcp_keepalives_interval = 10\ntcp_keepalives_count = 6\n"
                "tcp_user_timeout = 30s\n"
            },
            {
                "postgresql_conf": "tcp_keepalives_idle = 60\ntcp_keepalives_interval = 10\ntcp_keepalives_count = 6\n"
                "tcp_user_timeout = 30s\n"
            },
        ),
        Example(
            {
                "postgresql_conf": "tcp_keepalives_idle = 60\ntcp_keepalives_interval = 10\ntcp_keepalives_count = 6\n"
                "tcp_user_timeout = 70s\n"
            }
        ),
        Example({"postgresql_conf": "tcp_user_timeout = 30s\n"}),
    ),
)
