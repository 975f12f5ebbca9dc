"""Background workers were refused, because max_worker_processes is used up.

`too many background workers` in the log: an extension's or a subscription's worker does not run, and what it is for
does not happen. TimescaleDB, pg_cron, logical replication and parallel queries all draw on the same number.

Extensions' needs are added up by their owner, so there is no edit: raise max_worker_processes by what is missing (the
DETAIL says how many could be registered). It needs a restart; raise it on standbys first, for they must not have fewer
than their primary.
"""

import re
from collections.abc import Iterator

from confmend.facts.log import ServerLog
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

# bgworker.c; the second one up to 16 and behind it, in two spellings.
_REFUSED = re.compile("too many background workers|out of background worker slots")
_SHOWN = 3


def check(pg: Postgres, log: ServerLog) -> Iterator[Finding]:
    """Look for refused workers."""
    lines = tuple(log.matching(_REFUSED))
    if lines:
        yield Finding(
            f"The log has {len(lines):,} background workers that were refused; max_worker_processes is "
            f"{pg.count('max_worker_processes'):,}. Raise it, on standbys first, and restart.",
            (*lines[:_SHOWN], *pg.origins("max_worker_processes")),
        )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-MAX-WORKER-PROCESSES",
        "https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/postmaster/bgworker.c",
    ),
    examples=(
        Example(
            {
                "postgresql_conf": "max_worker_processes = 4\n",
                "pg_log": "2024-05-01 10:00:00 UTC [1] LOG:  too many background workers\n2024-05-01 10:00:00 UTC [1] "
                "DETAIL:  Up to 4 background workers can be registered with the current settings.\n",
            },
            {"postgresql_conf": "max_worker_processes = 4\n"},
        ),
        Example(
            {
                "postgresql_conf": "max_worker_processes = 4\n",
                "pg_log": "2024-05-01 10:00:00 UTC [1] LOG:  database system is ready to accept connections\n",
            }
        ),
    ),
)
