"""PgBouncer's keepalive comes later than a device on the path forgets the connection.

PgBouncer keeps connections on both sides open for long and ends TCP: PostgreSQL's keepalive tests the way to
PgBouncer, never the client. With tcp_keepidle = 0 the first probe comes after the kernel's two hours. A load balancer
or firewall has forgotten the connection by then; the next query on it hangs, or ends with `server conn crashed?`.

Probes at half of the limit keep the device's memory fresh on both sides. server_idle_timeout below the limit helps on
the way to PostgreSQL only. A RELOAD applies it to new connections; tcp_keepidle = 0 undoes it.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.kernel import Kernel
from confmend.facts.path import NetworkPath
from confmend.facts.pooler import Pooler
from confmend.model import Example, Finding, Rule, Severity
from confmend.models.dead_peer import idle
from confmend.units import SECOND

# As in keepalive_too_late: 60 s, then 6 probes 10 s apart, so a dead peer is found in 2 minutes.
USUAL_IDLE, INTERVAL, PROBES = 60, 10, 6
LEAST_IDLE = 10
# Linux's defaults (ip-sysctl.rst).
SYSTEM_IDLE, SYSTEM_INTERVAL, SYSTEM_PROBES = 7200, 75, 9


def check(pooler: Pooler, path: NetworkPath, kernel: Kernel | None) -> Iterator[Finding]:
    """Compare the first probe with half of the idle limit; that there are none another rule says."""
    if not pooler.over_network:
        return
    first = pooler.count("tcp_keepidle") or (kernel and kernel.number("net.ipv4.tcp_keepalive_time")) or SYSTEM_IDLE
    latest = path.idle_limit_us // 2
    if first * SECOND <= latest:
        return
    better = max(LEAST_IDLE, min(USUAL_IDLE, latest // SECOND))
    interval, probes = pooler.count("tcp_keepintvl"), pooler.count("tcp_keepcnt")
    edits = [pooler.edit("tcp_keepidle", str(better))]
    if not interval:
        edits.append(pooler.edit("tcp_keepintvl", str(INTERVAL)))
    if not probes:
        edits.append(pooler.edit("tcp_keepcnt", str(PROBES)))
    then = idle(better * SECOND, (interval or INTERVAL) * SECOND, probes or PROBES)
    yield Finding(
        f"PgBouncer sends the first keepalive probe after {first:,} s, but {path.who} forgets idle connections after "
        f"{units.seconds(path.idle_limit_us)}. With tcp_keepidle = {better} it does not, and a peer that is gone is "
        f"found after {units.seconds(then)}.",
        (*pooler.origins("tcp_keepidle"), *((path.origin,) if path.origin else ())),
        tuple(edits),
        (
            f"limit {units.seconds(path.idle_limit_us)} ÷ 2 = {units.seconds(latest)} ≥ {better} s",
            f"then: {better} s + {probes or PROBES} × {interval or INTERVAL} s = {units.seconds(then)}",
        ),
    )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://www.pgbouncer.org/config.html#tcp_keepidle",
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html",
    ),
    examples=(
        Example(
            {"pgbouncer_ini": "[databases]\napp = host=10.0.0.5\n[pgbouncer]\n", "answers": "middlebox = aws-nlb\n"},
            {
                "pgbouncer_ini": "[databases]\napp = host=10.0.0.5\n[pgbouncer]\ntcp_keepidle = 60\n"
                "tcp_keepintvl = 10\ntcp_keepcnt = 6\n"
            },
        ),
        Example(
            {
                "pgbouncer_ini": "[databases]\napp = host=10.0.0.5\n[pgbouncer]\ntcp_keepidle = 120\n",
                "answers": "middlebox = azure-lb\n",
            }
        ),
    ),
    side_effect="One packet a minute for each idle connection; a peer that does not answer for two minutes is "
    "disconnected.",
)
