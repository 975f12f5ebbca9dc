"""TCP gives up on a connection after an outage of seconds.

net.ipv4.tcp_retries2 caps how often unacknowledged data is sent again before the connection is ended. The waits double
from 0.2 s, so a small number is not a few tries but a few seconds: 3 is about 3 s, 5 about 13 s. A switch that restarts
or a live migration then ends every session of the host, replication included. RFC 1122 wants at least 100 s, which is
8.

To have single dead peers found sooner, use tcp_user_timeout in PostgreSQL or the connection string: it holds for one
server's connections and says milliseconds. Values up to 7 are at times chosen for a cluster's heartbeat network; then
leave them on that host. Above 15 a dead peer is kept for a quarter of an hour and more. The change holds at once for
all connections; to undo it, put the line back.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.kernel import Kernel, evidence
from confmend.model import Example, Finding, Rule, Severity
from confmend.models.dead_peer import unacknowledged

KEY, DEFAULT = "net.ipv4.tcp_retries2", 15
# RFC 1122, 4.2.3.5: R2 should correspond to at least 100 seconds; 5 is 12.6 s.
LEAST, FEW = 8, 5


def check(kernel: Kernel) -> Iterator[Finding]:
    """Compare the retries with what the RFC asks for, in each layer."""
    for values, found in kernel.numbers(KEY):
        retries = found[0]
        if LEAST <= retries <= DEFAULT:
            continue
        lasts = units.seconds(unacknowledged(retries))
        if retries > DEFAULT:
            text = f"tcp_retries2 is {retries}: data that nobody acknowledges is sent again for {lasts} and longer"
        else:
            text = f"tcp_retries2 is {retries}: an outage of {lasts} ends every connection that has data on its way"
        yield Finding(
            f"{text}. Remove the line (the default is {DEFAULT}, {units.seconds(unacknowledged(DEFAULT))}); for single "
            "dead peers use tcp_user_timeout.",
            evidence(*values),
            kernel.undone(KEY, str(DEFAULT), values),
            (f"(2^({retries} + 1) − 1) × 0.2 s = {lasts}",) if retries <= 9 else (),
            Severity.INFO if retries > DEFAULT else Severity.CRITICAL if retries < FEW else Severity.WARNING,
        )


RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=(
        "https://docs.kernel.org/networking/ip-sysctl.html#tcp-variables",
        "https://github.com/torvalds/linux/blob/v6.1/net/ipv4/tcp_timer.c",
        "https://www.rfc-editor.org/rfc/rfc1122",
    ),
    examples=(
        Example({"sysctl_conf": "net.ipv4.tcp_retries2 = 3\n"}, {"sysctl_conf": ""}),
        Example({"sysctl_conf": "net.ipv4.tcp_retries2 = 7\n"}, {"sysctl_conf": ""}),
        Example({"sysctl_conf": "net.ipv4.tcp_retries2 = 8\n"}),
    ),
    side_effect="Connections to a peer that vanished with data on its way are kept for up to a quarter of an hour.",
)
