"""Sessions sit idle in open transactions.

A session that is idle in transaction keeps its locks, keeps VACUUM from freeing what was deleted since it began, and
behind a pooler keeps a server connection from everybody else. A few at any moment are normal, between two statements of
one transaction. When they are a large share of all sessions, the application opens transactions and goes on to
something else: a call to another service, a forgotten commit.

There is no edit: the cure is in the application. idle_in_transaction_session_timeout ends the forgotten ones, with an
error that the application must bear; for a role, `ALTER ROLE app SET idle_in_transaction_session_timeout = '5min'`,
undone by RESET.
"""

from collections.abc import Iterator

from confmend.facts.postgres import Postgres
from confmend.facts.sessions import Sessions
from confmend.model import Example, Finding, Rule, Severity

# One moment's sample has a few in any busy system.
LEAST = 5
SHARE = 0.2
_SHOWN = 3


def check(sessions: Sessions, pg: Postgres | None) -> Iterator[Finding]:
    """Compare the sessions in a transaction with all of them."""
    idle = sessions.in_transaction
    if idle < LEAST or not sessions.total or idle / sessions.total < SHARE:
        return
    limit = pg.effective("idle_in_transaction_session_timeout") if pg else None
    ends = f" idle_in_transaction_session_timeout is {limit.value}." if limit else ""
    yield Finding(
        f"{idle:,} of {sessions.total:,} sessions are idle in a transaction: they hold locks and keep VACUUM from "
        f"cleaning up.{ends} Find what they wait for: select pid, xact_start, query from pg_stat_activity where state "
        "like 'idle in transaction%' order by xact_start.",
        (*sessions.origins[:_SHOWN], *(pg.origins("idle_in_transaction_session_timeout") if pg else ())),
        arithmetic=(f"{idle:,} ÷ {sessions.total:,} = {idle / sessions.total:.0%}",),
    )


def _states(idle: int) -> str:
    head = " count |        state        \n-------+---------------------\n"
    return f"{head}    61 | idle\n {idle:>5} | idle in transaction\n(2 rows)\n"


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-IDLE-IN-TRANSACTION-SESSION-TIMEOUT",
        "https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW",
    ),
    examples=(
        Example(
            {"pg_stat_activity": _states(23), "postgresql_conf": "port = 5432\n"},
            {"postgresql_conf": "port = 5432\n"},
        ),
        Example({"pg_stat_activity": _states(14)}),
    ),
)
