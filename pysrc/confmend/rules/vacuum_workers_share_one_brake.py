"""More autovacuum workers were allowed, but they share the same brake.

The cost limit counts for all workers together: with twice as many each is half as fast. More workers help only where
many tables wait, and with the old limit large tables take longer than before.

The edit raises the limit with the number of workers, so that each keeps the pace that it has with three. It is wrong
where the disk is at its limit. A reload sets it, the old value undoes it.
"""

from collections.abc import Iterator

from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

DEFAULT_WORKERS, DEFAULT_LIMIT, MOST = 3, 200, 10_000


def check(pg: Postgres) -> Iterator[Finding]:
    """Look for more workers at the default limit."""
    workers, own, common = (
        pg.count(name) for name in ("autovacuum_max_workers", "autovacuum_vacuum_cost_limit", "vacuum_cost_limit")
    )
    limit = own if own > 0 else common
    # One more is not worth a line; with no delay there is no brake.
    if workers < 2 * DEFAULT_WORKERS or limit > DEFAULT_LIMIT:
        return
    delay = pg.number("autovacuum_vacuum_cost_delay").value
    if not delay or (delay < 0 and not pg.number("vacuum_cost_delay").value):
        return
    better = min(MOST, DEFAULT_LIMIT * workers // DEFAULT_WORKERS)
    yield Finding(
        f"{workers} autovacuum workers share a cost limit of {limit}: each has {limit / workers:.0f}, where three had "
        f"{DEFAULT_LIMIT / DEFAULT_WORKERS:.0f}. With {better} each keeps its pace.",
        pg.origins("autovacuum_max_workers", "autovacuum_vacuum_cost_limit", "vacuum_cost_limit"),
        (pg.edit("autovacuum_vacuum_cost_limit", str(better)),),
        (f"{DEFAULT_LIMIT} × {workers} ÷ {DEFAULT_WORKERS} = {better}",),
    )


RULE = Rule(
    check,
    Severity.INFO,
    sources=("https://www.postgresql.org/docs/current/runtime-config-vacuum.html#GUC-AUTOVACUUM-VACUUM-COST-LIMIT",),
    examples=(
        Example(
            {"postgresql_conf": "autovacuum_max_workers = 6\nautovacuum_vacuum_cost_limit = -1\n"},
            {"postgresql_conf": "autovacuum_max_workers = 6\nautovacuum_vacuum_cost_limit = 400\n"},
        ),
        Example({"postgresql_conf": "autovacuum_max_workers = 6\nautovacuum_vacuum_cost_limit = 1000\n"}),
        Example({"postgresql_conf": "autovacuum_max_workers = 5\n"}),
    ),
    side_effect="All vacuums together may read and write more at once.",
)
