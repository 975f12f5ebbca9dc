"""PgBouncer ends a query before PostgreSQL's own limit does.

query_timeout makes PgBouncer close the connection to the server and to the client; the backend notices that late and
may go on. statement_timeout cancels the statement, and the session lives on with an error that the application can
handle. If PgBouncer's limit comes first, the gentler one never acts.

PgBouncer's own manual asks for a query_timeout that is a little longer than statement_timeout, for a network that
fails. Which of the two is the wrong one its owner knows: there is no edit.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.pooler import Pooler
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity
from confmend.units import SECOND


def check(pooler: Pooler, pg: Postgres) -> Iterator[Finding]:
    """Compare the two, where both are set."""
    own, statement = pooler.seconds("query_timeout"), pg.time_us("statement_timeout")
    if own <= 0 or statement <= 0 or own * SECOND > statement:
        return
    yield Finding(
        f"query_timeout = {own:g} s in PgBouncer, statement_timeout = {units.seconds(statement)} in PostgreSQL: "
        "PgBouncer closes the connection before the server would cancel the statement. Make query_timeout longer.",
        (*pooler.origins("query_timeout"), *pg.origins("statement_timeout")),
    )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://www.pgbouncer.org/config.html#query_timeout",),
    examples=(
        Example(
            {"pgbouncer_ini": "[pgbouncer]\nquery_timeout = 30\n", "postgresql_conf": "statement_timeout = 30s\n"},
            {"pgbouncer_ini": "[pgbouncer]\nquery_timeout = 30\n"},
        ),
        Example({"pgbouncer_ini": "[pgbouncer]\nquery_timeout = 31\n", "postgresql_conf": "statement_timeout = 30s\n"}),
        Example({"pgbouncer_ini": "[pgbouncer]\nquery_timeout = 0\n", "postgresql_conf": "statement_timeout = 30s\n"}),
    ),
)
