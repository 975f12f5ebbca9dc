"""One query may ask for more parallel workers than there are for all queries together.

max_parallel_workers is for the whole server. max_parallel_workers_per_gather or max_parallel_maintenance_workers above
it does nothing beyond that number: a query that was planned for eight workers runs with what is left, which may be
slower than a plan for fewer.

Nothing breaks, so there is no edit. Both can be changed with a reload.
"""

from collections.abc import Iterator

from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

ALL = "max_parallel_workers"


def check(pg: Postgres) -> Iterator[Finding]:
    """Compare what one query may have with what all may have, where somebody set one of them."""
    for name in ("max_parallel_workers_per_gather", "max_parallel_maintenance_workers"):
        one, together = pg.count(name), pg.count(ALL)
        if one > together > 0 and (pg.effective(name) or pg.effective(ALL)):
            yield Finding(
                f"{name} is {one:,}, but {ALL} is {together:,} for all queries together: no more ever run.",
                pg.origins(name, ALL),
            )


RULE = Rule(
    check,
    Severity.INFO,
    sources=("https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-MAX-PARALLEL-WORKERS",),
    examples=(
        Example(
            {"postgresql_conf": "max_parallel_workers_per_gather = 16\n"},
            {"postgresql_conf": "max_parallel_workers_per_gather = 16\n"},
        ),
        Example({"postgresql_conf": "max_parallel_workers_per_gather = 8\n"}),
        Example({"postgresql_conf": "max_parallel_workers = 0\n"}),
    ),
)
