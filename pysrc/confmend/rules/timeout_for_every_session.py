"""A timeout that is meant for an application ends maintenance too.

statement_timeout, lock_timeout and transaction_timeout (17 and later) in postgresql.conf hold for every session: a
migration, CREATE INDEX, VACUUM, a report. PostgreSQL's manual advises against each of them there. pg_dump and
autovacuum switch off for themselves those that they know; nobody does for the others.

A bare number below 1000 is another mistake, seconds taken for milliseconds, and has a rule of its own.

There is no edit, for the applications may rely on it: `ALTER ROLE app SET statement_timeout = '30s'` first, then take
the line out with a reload. RESET undoes the first, the line the second.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

SECOND = 1_000_000
NAMES = ("statement_timeout", "lock_timeout", "transaction_timeout")


def check(pg: Postgres) -> Iterator[Finding]:
    """Look for the timeouts in the files."""
    for name in NAMES:
        written = pg.written(name)
        if not written or not pg.has(name) or not pg.time_us(name):
            continue
        if written.value.strip().isdecimal() and pg.time_us(name) < SECOND:
            continue
        yield Finding(
            f"{name} is {units.seconds(pg.time_us(name))} for every session, also for migrations, index builds and "
            f"reports. Set it for the application's role instead: ALTER ROLE ... SET {name}.",
            pg.origins(name),
        )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-STATEMENT-TIMEOUT",
        "https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-TRANSACTION-TIMEOUT",
    ),
    examples=(
        Example(
            {"postgresql_conf": "statement_timeout = 30s\n"},
            {"postgresql_conf": "statement_timeout = 30s\n"},
        ),
        Example(
            {"postgresql_conf": "transaction_timeout = 10min\n", "answers": "postgresql = 17\n"},
            {"postgresql_conf": "transaction_timeout = 10min\n"},
        ),
        Example(
            {"postgresql_conf": "lock_timeout = 500ms\n"},
            {"postgresql_conf": "lock_timeout = 500ms\n"},
        ),
        Example({"postgresql_conf": "statement_timeout = 30\n"}),
        Example({"postgresql_conf": "statement_timeout = 0\nidle_in_transaction_session_timeout = 10min\n"}),
    ),
)
