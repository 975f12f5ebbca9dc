"""More autovacuum workers are asked for than there are slots.

From 18 on autovacuum_max_workers takes effect with a reload, up to autovacuum_worker_slots, which is fixed at start (16
unless set). What is above does nothing; the log has one warning.

The slots are raised to the workers. That needs a restart; the old value and a restart undo it. More workers do not make
vacuum faster by themselves: they share one cost limit.
"""

from collections.abc import Iterator

from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity


def check(pg: Postgres) -> Iterator[Finding]:
    """Compare the workers with the slots."""
    if pg.version is None or not pg.has("autovacuum_worker_slots"):
        return
    workers, slots = pg.count("autovacuum_max_workers"), pg.count("autovacuum_worker_slots")
    if workers > slots:
        yield Finding(
            f"autovacuum_max_workers is {workers:,}, but there are only {slots:,} slots for them "
            f"(autovacuum_worker_slots): {workers - slots:,} of them never run.",
            pg.origins("autovacuum_max_workers", "autovacuum_worker_slots"),
            (pg.edit("autovacuum_worker_slots", str(workers)),),
        )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://www.postgresql.org/docs/18/runtime-config-vacuum.html#GUC-AUTOVACUUM-WORKER-SLOTS",),
    examples=(
        Example(
            {"postgresql_conf": "autovacuum_max_workers = 20\n", "answers": "postgresql = 18\n"},
            {"postgresql_conf": "autovacuum_max_workers = 20\nautovacuum_worker_slots = 20\n"},
        ),
        Example({"postgresql_conf": "autovacuum_max_workers = 16\n", "answers": "postgresql = 18\n"}),
        Example({"postgresql_conf": "autovacuum_max_workers = 20\n", "answers": "postgresql = 17\n"}),
    ),
    side_effect="Each slot takes a little shared memory and one of the processes that the server may have.",
)
