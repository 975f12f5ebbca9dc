"""Autovacuum is braked as it was before PostgreSQL 12.

Up to 11 a worker rested 20 ms after each 200 points of work, about 8 MB/s of reads; since 12 it rests 2 ms. Guides
and files that were carried along still say 20 ms or more. Tables that are updated much then grow faster than they
are vacuumed, and the forced freeze comes late.

It is right on slow shared disks. The edit sets the default of 2 ms; a reload sets it, the old value undoes it.
"""

from collections.abc import Iterator

from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

# The default up to 11, in ms.
OLD = 20
DEFAULT = 2
LIMIT = 200


def check(pg: Postgres) -> Iterator[Finding]:
    """Look at the delay with the limit that goes with it."""
    if not pg.effective("autovacuum_vacuum_cost_delay"):
        return
    delay = pg.number("autovacuum_vacuum_cost_delay").value
    own = pg.count("autovacuum_vacuum_cost_limit")
    limit = own if own > 0 else pg.count("vacuum_cost_limit")
    # A larger limit may make up for the delay.
    if delay < OLD or limit * DEFAULT >= LIMIT * delay:
        return
    yield Finding(
        f"autovacuum_vacuum_cost_delay is {delay:g} ms with a cost limit of {limit:,}: all workers together work "
        f"{limit / delay * 1000:,.0f} points a second. The default since 12, {DEFAULT} ms, allows "
        f"{limit / DEFAULT * 1000:,.0f}.",
        pg.origins("autovacuum_vacuum_cost_delay", "autovacuum_vacuum_cost_limit", "vacuum_cost_limit"),
        (pg.edit("autovacuum_vacuum_cost_delay", f"{DEFAULT}ms"),),
        (f"{limit:,} points ÷ {delay:g} ms; {limit:,} points ÷ {DEFAULT} ms is {delay / DEFAULT:g} times as much",),
    )


RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-vacuum.html#GUC-AUTOVACUUM-VACUUM-COST-DELAY",
        "https://www.postgresql.org/docs/release/12.0/",
    ),
    examples=(
        Example(
            {"postgresql_conf": "autovacuum_vacuum_cost_delay = 20ms\n"},
            {"postgresql_conf": "autovacuum_vacuum_cost_delay = 2ms\n"},
        ),
        Example(
            {"postgresql_conf": "autovacuum_vacuum_cost_delay = 20ms\nautovacuum_vacuum_cost_limit = 2000\n"},
        ),
        Example({"postgresql_conf": "autovacuum_vacuum_cost_delay = 10ms\n"}),
    ),
    side_effect="Vacuums read and write up to ten times as fast while they run.",
)
