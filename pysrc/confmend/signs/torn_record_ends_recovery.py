"""A torn WAL record was met once, where crash recovery ended: that is where the WAL stops, and no damage."""

import re

from confmend.facts.log import ServerLog
from confmend.model import Shown, Sign

# xlogreader.c
_TORN = re.compile("invalid contrecord length|there is no contrecord flag at")
# The line behind it. A standby that can't go on repeats the first one instead.
_DONE = "redo done at"
_SHOWN = 3


def check(log: ServerLog) -> Shown | None:
    """Look how often the line stands there, and what follows it."""
    lines = tuple(log.matching(_TORN))
    if len(lines) > 1:
        return Shown(False, f"the log has it {len(lines):,} times", lines[:_SHOWN])
    torn = False
    for record in log.records():
        if torn and record.message.startswith(_DONE):
            return Shown(True, "the log has it once, and recovery was done right behind it", (*lines, record.origin))
        torn = bool(_TORN.search(record.message))
    return None


_LINE = "2024-05-01 10:00:00 UTC [9] LOG:  invalid contrecord length 1913 (expected 5200) at 2A/C4FFF8F8\n"
_END = "2024-05-01 10:00:00 UTC [9] LOG:  redo done at 2A/C4FFF8C0 system usage: CPU: user: 0.00 s\n"
SIGN = Sign(
    "The torn record is where the WAL ends",
    check,
    examples=(
        ({"pg_log": _LINE + _END}, True),
        ({"pg_log": _LINE * 3}, False),
        ({"pg_log": _LINE}, None),
    ),
    paste="the lines of the log behind the message",
)
