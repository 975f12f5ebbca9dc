"""A health check opens the port and leaves, and the log takes it for an error.

`incomplete startup packet` and `invalid length of startup packet` again and again at a fixed distance come from a load
balancer or monitor that only opens the port. They are harmless, but each starts a process, and they hide others.

pg_isready, or a check that speaks PostgreSQL's protocol (HAProxy: option pgsql-check), leaves no such lines. If the
distance is not fixed it is a port scan or a program that speaks another protocol, and worth a look at its address with
log_connections. There is nothing to edit.
"""

import re
from collections.abc import Iterator

from confmend.facts.log import ServerLog
from confmend.facts.moments import gaps, seconds
from confmend.model import Example, Finding, Rule, Severity

PACKET = re.compile("in(?:complete|valid length of) startup packet")
# So many, and most of them at the same distance within half a second.
FEWEST, EXACT = 5, 0.5


def check(log: ServerLog) -> Iterator[Finding]:
    """Look for many at one distance."""
    lines = tuple(log.matching(PACKET))
    if len(lines) < FEWEST:
        return
    distances = sorted(gaps([time for line in lines if (time := seconds(line.text)) is not None]))
    middle = distances[len(distances) // 2] if distances else 0.0
    alike = sum(abs(each - middle) <= EXACT for each in distances)
    if middle <= EXACT or alike < 0.7 * len(distances):
        return
    yield Finding(
        f"{len(lines):,} connections opened the port and did not finish a word, every {middle:,.0f} s: a health check. "
        "It is harmless; pg_isready does not leave such lines.",
        lines[:3],
    )


_LINES = "".join(f"2024-05-01 10:00:{at:02} UTC [{at}] LOG:  incomplete startup packet\n" for at in range(0, 50, 10))
RULE = Rule(
    check,
    Severity.INFO,
    sources=("https://www.postgresql.org/docs/current/app-pg-isready.html",),
    examples=(
        Example({"pg_log": _LINES}, {}),
        Example({"pg_log": "".join(_LINES.splitlines(keepends=True)[:4])}),
    ),
)
