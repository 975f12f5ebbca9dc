"""Checkpoints are too frequent, and the log doesn't say what they do.

The log complains of frequent checkpoints, but log_checkpoints is off (the default up to 14). With on each checkpoint
writes a line: what started it, how many buffers it wrote, how long it took, how much WAL lay between. That is what
max_wal_size is chosen by.

It costs a line for each checkpoint. A reload sets it, off undoes it.
"""

from collections.abc import Iterator

from confmend.facts.frequent_checkpoints import FrequentCheckpoints
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity


def check(pg: Postgres, frequent: FrequentCheckpoints) -> Iterator[Finding]:
    """Look at log_checkpoints where checkpoints are frequent."""
    if pg.flag("log_checkpoints"):
        return
    default = "" if pg.effective("log_checkpoints") else ", the default of this version"
    times = len(frequent.seconds)
    yield Finding(
        f"The log complains {times:,} {'times' if times > 1 else 'time'} of frequent checkpoints, and log_checkpoints "
        f"is off{default}. Switched on, it tells what started each checkpoint and how much it wrote.",
        (*frequent.origins[:3], *pg.origins("log_checkpoints")),
        (pg.edit("log_checkpoints", "on"),),
    )


_LOG = "2025-01-01 10:00:00.000 UTC [7] LOG:  checkpoints are occurring too frequently (12 seconds apart)\n"
RULE = Rule(
    check,
    Severity.INFO,
    sources=("https://www.postgresql.org/docs/current/runtime-config-logging.html#GUC-LOG-CHECKPOINTS",),
    examples=(
        Example(
            {"postgresql_conf": "log_checkpoints = off\n", "pg_log": _LOG},
            {"postgresql_conf": "log_checkpoints = on\n"},
        ),
        Example({"postgresql_conf": "port = 5432\n", "pg_log": _LOG, "answers": "postgresql = 15\n"}),
    ),
    side_effect="The log grows by one or two lines for each checkpoint.",
)
