"""Connections are reset in time with a device on the path.

`could not receive data from client: Connection reset by peer` again and again at the same distance, and that distance
is the idle limit of a well-known load balancer or gateway: 350 s at AWS, 240 s at Azure, 50 s at many an HAProxy.
An application's pool opens connections, leaves them idle, the device forgets them, and somebody resets them.

The distance is a hint, no proof, and limits of ten minutes or an hour are left aside: jobs keep to those too. To make
sure, tcpdump shows where the resets come from. Keepalive below the limit, at half of it, keeps the connections; say
which device it is (middlebox = aws-nlb), and the rules for it name the values. There is nothing to edit here.
"""

import re
from collections.abc import Iterator

from confmend.facts.log import ServerLog
from confmend.facts.moments import gaps, seconds
from confmend.facts.path import MIDDLEBOXES
from confmend.model import Example, Finding, Rule, Severity

RESET = re.compile("could not receive data from client: [Cc]onnection reset by peer")
# So many distances in a row agree with a limit to a hundredth; jobs of a clock have whole minutes, these do not all.
MOST_OFTEN, EXACT = 4, 0.01
# A job that runs every ten minutes or every hour looks the same.
CLOCKS = frozenset((60, 300, 600, 900, 1200, 1800, 3600))


def check(log: ServerLog) -> Iterator[Finding]:
    """Compare the distances of the resets with the limits."""
    lines = tuple(log.matching(RESET))
    times = sorted(time for line in lines if (time := seconds(line.text)) is not None)
    distances = gaps(times)
    for limit in sorted({box.idle_limit for box in MIDDLEBOXES.values()} - CLOCKS):
        agreeing = [each for each in distances if abs(each - limit) <= EXACT * limit + 0.5]
        if len(agreeing) >= MOST_OFTEN and 2 * len(agreeing) >= len(distances):
            names = ", ".join(box.name for box in MIDDLEBOXES.values() if box.idle_limit == limit)
            yield Finding(
                f"{len(agreeing)} of {len(distances)} resets came {limit} s after the one before. That is the idle "
                f"limit of {names}. Keepalive every {limit // 2} s or less keeps such connections.",
                lines[:3],
                arithmetic=(f"{limit} s ÷ 2 = {limit // 2} s",),
            )


_LINES = "".join(
    f"2024-05-01 1{at // 3600}:{at % 3600 // 60:02}:{at % 60:02} UTC [{at}] LOG:  could not receive data from client: "
    "Connection reset by peer\n"
    for at in range(0, 5 * 350, 350)
)
RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html",
        "https://learn.microsoft.com/en-us/azure/load-balancer/load-balancer-tcp-reset",
    ),
    examples=(
        Example({"pg_log": _LINES}, {}),
        Example({"pg_log": "".join(_LINES.splitlines(keepends=True)[:4])}),
    ),
)
