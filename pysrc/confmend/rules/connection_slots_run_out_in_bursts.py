"""Clients are turned away in bursts.

`too many clients already` and `remaining connection slots are reserved` come in groups with quiet between them. Bursts
at the same distance are something with a clock: a job, a deployment, clients that try again after a fixed time. Then
it is not the number of clients that is too large but their moment: a pool in front, or retries with a random and
growing pause, help; a larger max_connections only makes the next burst larger.

It says what the log shows; there is nothing to edit.
"""

import re
from collections.abc import Iterator

from confmend.facts.log import ServerLog
from confmend.facts.moments import bursts, gaps, seconds
from confmend.model import Example, Finding, Rule, Severity

# One at a time: a pattern that begins with fixed text is found ten times as fast.
FULL = (re.compile("sorry, too many clients already"), re.compile("remaining connection slots are reserved"))
# Errors of one burst are less far apart than this, in seconds.
QUIET = 20.0
BURSTS, EACH = 3, 3
# The distances of something with a clock differ by no more than a tenth.
REGULAR = 0.1


def check(log: ServerLog) -> Iterator[Finding]:
    """Look for at least three groups of three, at the same distance."""
    lines = tuple(line for pattern in FULL for line in log.matching(pattern))
    if len(lines) < BURSTS * EACH:
        return
    times = [time for line in lines if (time := seconds(line.text)) is not None]
    groups = [group for group in bursts(times, QUIET) if len(group) >= EACH]
    distances = gaps([group[0] for group in groups])
    if len(groups) < BURSTS or max(distances) - min(distances) > REGULAR * max(distances):
        return
    middle = sum(distances) / len(distances)
    yield Finding(
        f"Clients were turned away {len(lines):,} times, in {len(groups)} bursts {middle:,.0f} s apart: something with "
        "a clock opens many connections at once. Spread it, or put a pool in front; more connections only make the "
        "burst larger.",
        lines[:3],
        arithmetic=(f"distances: {', '.join(f'{each:,.0f} s' for each in distances[:8])}",),
    )


_LINES = "".join(
    f"2024-05-01 10:{minute:02}:0{second} UTC [{minute}{second}] FATAL:  sorry, too many clients already\n"
    for minute in (0, 5, 10)
    for second in (1, 2, 3)
)
RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-MAX-CONNECTIONS",),
    examples=(
        Example({"pg_log": _LINES}, {}),
        Example({"pg_log": _LINES.replace("10:10:", "10:12:")}),
    ),
)
