"""A client that was gone held its transaction until keepalive found out.

The log has, for one process, `could not receive data from client: Connection timed out` and then `unexpected EOF on
client connection with an open transaction`. The session was idle in a transaction when its client vanished without a
word; its locks, and the rows that vacuum may not clear, stayed for as long as keepalive takes.

Shorter keepalive times find such a client sooner, idle_in_transaction_session_timeout ends the session whether or not
the client is there. What made the client vanish is on the network or its host; there is nothing to edit here.
"""

import itertools
import re
from collections.abc import Iterator

from confmend import units
from confmend.facts.keepalive import Keepalive
from confmend.facts.log import ServerLog
from confmend.model import Example, Finding, Rule, Severity
from confmend.models.dead_peer import idle

TIMED_OUT = re.compile(
    "could not receive data from client: (?:[Cc]onnection timed out|[Nn]o route to host|[Hh]ost is unreach)"
)
OPEN = re.compile("unexpected EOF on client connection with an open transaction")


def check(log: ServerLog, keepalive: Keepalive | None) -> Iterator[Finding]:
    """Look for the two messages of one process."""
    if not any(True for _ in log.matching(TIMED_OUT)):
        return
    pairs = []
    for records in log.processes().values():
        for first, second in itertools.pairwise(records):
            if TIMED_OUT.search(first.message) and OPEN.search(second.message):
                pairs.append((first.origin, second.origin))
    if not pairs:
        return
    for_how_long = ""
    if keepalive:
        dead = idle(keepalive.idle_us, keepalive.interval_us, keepalive.count, keepalive.user_timeout_us)
        for_how_long = f" With these settings that takes {units.seconds(dead)}."
    yield Finding(
        f"{len(pairs):,} sessions were in a transaction when their clients vanished, and kept their locks until "
        f"keepalive found out.{for_how_long}",
        pairs[0],
    )


_LINE = "2024-05-01 10:00:0{} UTC [{}] LOG:  {}\n"
RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/libpq/pqcomm.c",
        "https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/tcop/postgres.c",
    ),
    examples=(
        Example(
            {
                "pg_log": _LINE.format(0, 4711, "could not receive data from client: Connection timed out")
                + _LINE.format(0, 4711, "unexpected EOF on client connection with an open transaction")
            },
            {},
        ),
        Example(
            {
                "pg_log": _LINE.format(0, 4711, "could not receive data from client: Connection timed out")
                + _LINE.format(1, 4712, "unexpected EOF on client connection with an open transaction")
            }
        ),
    ),
)
