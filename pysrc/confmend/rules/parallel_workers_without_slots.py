"""More parallel workers are allowed than there are processes for them.

max_parallel_workers counts within max_worker_processes, which logical replication and extensions (TimescaleDB, pg_cron)
draw from too. What is above it never starts: queries run with fewer workers than planned, and the log may say "too many
background workers". Nothing fails, so it is a note.

There is no edit: more processes need a restart, on standbys before the primary (a standby with fewer than its primary
does not go on), and whether more are wanted depends on the CPUs.
"""

from collections.abc import Iterator

from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity


def check(pg: Postgres) -> Iterator[Finding]:
    """Compare the two where one of them is set."""
    workers, processes = pg.count("max_parallel_workers"), pg.count("max_worker_processes")
    if workers <= processes or not pg.effective("max_parallel_workers"):
        return
    yield Finding(
        f"max_parallel_workers is {workers}, but max_worker_processes gives room for {processes} of all kinds: "
        f"{workers - processes} never start. For {workers} set max_worker_processes = {workers} or more, on standbys "
        "first, and restart.",
        pg.origins("max_parallel_workers", "max_worker_processes"),
        arithmetic=(f"{workers} − {processes} = {workers - processes}",),
    )


RULE = Rule(
    check,
    Severity.INFO,
    sources=("https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-MAX-PARALLEL-WORKERS",),
    examples=(
        Example({"postgresql_conf": "max_parallel_workers = 16\n"}, {"postgresql_conf": "max_parallel_workers = 16\n"}),
        Example({"postgresql_conf": "max_parallel_workers = 8\nmax_worker_processes = 8\n"}),
        Example({"postgresql_conf": "max_worker_processes = 4\n"}),
    ),
)
