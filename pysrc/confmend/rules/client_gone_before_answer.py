"""Clients are gone before their queries end, and the queries run on.

The log has, for one process, `could not send data to client` and then `connection to client lost`: the server worked
on a statement, and when it had the answer nobody was there. Usually the client's own timeout is shorter than the query,
so it gave up, and often asked again while the first still ran.

client_connection_check_interval (from PostgreSQL 14) ends such a statement soon after its client has closed; a
statement_timeout a little below the client's own limit ends it in order, with an error. There is nothing to edit here:
the setting has a rule of its own, and the client's limit stands in the application.
"""

import itertools
import re
from collections.abc import Iterator

from confmend.facts.log import ServerLog
from confmend.model import Example, Finding, Rule, Severity

UNSENT = re.compile("could not send data to client: (?:[Bb]roken pipe|[Cc]onnection (?:reset by peer|timed out))")
LOST = re.compile("^connection to client lost")
# One may be a person's Ctrl-C in the middle of a download.
SEVERAL = 2


def check(log: ServerLog) -> Iterator[Finding]:
    """Look for the two messages of one process, in several processes."""
    if not any(True for _ in log.matching(UNSENT)):
        return
    pairs = [
        (first.origin, second.origin)
        for records in log.processes().values()
        for first, second in itertools.pairwise(records)
        if UNSENT.search(first.message) and LOST.search(second.message)
    ]
    if len(pairs) >= SEVERAL:
        yield Finding(
            f"{len(pairs):,} times the server had an answer for a client that was gone. A timeout of the client is "
            "shorter than the query: give the server a shorter one (statement_timeout), and let it look for its "
            "client while it works (client_connection_check_interval).",
            (*pairs[0], *pairs[1]),
        )


_LINE = "2024-05-01 10:00:0{} UTC [{}] {}\n"
_PAIR = ("LOG:  could not send data to client: Broken pipe", "FATAL:  connection to client lost")
RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-CLIENT-CONNECTION-CHECK-INTERVAL",
    ),
    examples=(
        Example({"pg_log": "".join(_LINE.format(n, n, text) for n in (1, 2) for text in _PAIR)}, {}),
        Example({"pg_log": "".join(_LINE.format(1, 1, text) for text in _PAIR)}),
    ),
)
