"""A keepalive setting is larger than Linux takes, and is ignored.

Linux takes at most 32,767 s for the idle time and the interval, and 127 probes. The server accepts more, the kernel
refuses it for every connection (`setsockopt(TCP_KEEPIDLE) failed: Invalid argument` in the log), and the system's own
default stays: 2 hours, 75 s, 9 probes. Often milliseconds were meant, which is what tcp_user_timeout counts.

There is no edit, for what was meant is unknown: 60000 may be a minute in milliseconds or the wish for no probes. A
reload sets it for new connections.
"""

from collections.abc import Iterator

from confmend.facts.platform import Platform
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

# net/ipv4/tcp.c: MAX_TCP_KEEPIDLE, MAX_TCP_KEEPINTVL, MAX_TCP_KEEPCNT.
MOST = {"tcp_keepalives_idle": 32_767, "tcp_keepalives_interval": 32_767, "tcp_keepalives_count": 127}


def check(pg: Postgres, platform: Platform | None) -> Iterator[Finding]:
    """Compare with what the kernel takes."""
    if platform and platform.name != "Linux":
        return
    for name, most in MOST.items():
        value = pg.count(name)
        if value > most:
            yield Finding(
                f"{name} is {value:,}, and Linux takes {most:,} at most: it is ignored, and the kernel's own value "
                "stays.",
                pg.origins(name),
            )


RULE = Rule(
    check,
    Severity.ERROR,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-TCP-KEEPALIVES-IDLE",
        "https://github.com/torvalds/linux/blob/v6.1/include/net/tcp.h",
    ),
    examples=(
        Example(
            {"postgresql_conf": "tcp_keepalives_idle = 60000\n"}, {"postgresql_conf": "tcp_keepalives_idle = 60000\n"}
        ),
        Example(
            {
                "postgresql_conf": "tcp_keepalives_idle = 32767\ntcp_keepalives_interval = 9h\n"
                "tcp_keepalives_count = 127\n"
            }
        ),
    ),
)
