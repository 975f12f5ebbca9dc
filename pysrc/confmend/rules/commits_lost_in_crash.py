"""A crash loses commits that clients were told of: synchronous_commit is off for everybody.

A commit returns before its WAL is on disk. After a crash the last of them are gone, up to three times
wal_writer_delay; the cluster itself stays sound, unlike with fsync = off. It makes small commits much faster.

It is a choice, and a good one for logs, sessions and metrics. Set for the whole server it also holds for orders and
payments. There is no edit: `ALTER ROLE ... SET synchronous_commit = off`, or SET LOCAL in the transactions that can
bear it, and on for the rest. A reload changes it.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

# The manual, section 28.4: the WAL writer is behind by at most three rounds.
ROUNDS = 3


def check(pg: Postgres) -> Iterator[Finding]:
    """Look at synchronous_commit."""
    if pg.choice("synchronous_commit") == "off":
        delay = pg.time_us("wal_writer_delay")
        lost = units.seconds(ROUNDS * delay)
        yield Finding(
            f"synchronous_commit is off for everybody: a crash loses up to the last {lost} of commits that clients "
            "believe to be safe. The cluster itself stays sound. Keep it off only for roles or transactions that can "
            "bear that.",
            pg.origins("synchronous_commit", "wal_writer_delay"),
            arithmetic=(f"{ROUNDS} × wal_writer_delay {units.seconds(delay)} = {lost}",),
        )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://www.postgresql.org/docs/current/wal-async-commit.html",),
    examples=(
        Example(
            {"postgresql_conf": "synchronous_commit = off\n"},
            {"postgresql_conf": "synchronous_commit = off\n"},
        ),
        Example({"postgresql_conf": "synchronous_commit = local\n"}),
    ),
)
