"""Autovacuum waits until half of a table is dead.

autovacuum_vacuum_scale_factor is the share of a table that may be dead before it is vacuumed; 0.2 unless set. From a
half on a table is twice as large as its rows before anything happens, every scan reads the dead ones, and the space
does not go back to the system. From 18 on autovacuum_vacuum_max_threshold caps the number for large tables.

There is no edit: a scale factor belongs to a table (ALTER TABLE ... SET), and somebody chose this one. Lowering it in
general vacuums small tables more often for nothing.
"""

from collections.abc import Iterator

from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

DEFAULT = 0.2
MUCH = 0.5


def check(pg: Postgres) -> Iterator[Finding]:
    """Look at the scale factor."""
    share = pg.number("autovacuum_vacuum_scale_factor").value
    if share < MUCH:
        return
    rows = 1_000_000
    yield Finding(
        f"autovacuum_vacuum_scale_factor is {share:g}: a table of {rows:,} rows is vacuumed after {rows * share:,.0f} "
        f"dead ones; the default, {DEFAULT}, does it after {rows * DEFAULT:,.0f}. For single tables set it with ALTER "
        "TABLE.",
        pg.origins("autovacuum_vacuum_scale_factor"),
        arithmetic=(f"{rows:,} × {share:g} = {rows * share:,.0f}",),
    )


RULE = Rule(
    check,
    Severity.INFO,
    sources=("https://www.postgresql.org/docs/current/runtime-config-vacuum.html#GUC-AUTOVACUUM-VACUUM-SCALE-FACTOR",),
    examples=(
        Example(
            {"postgresql_conf": "autovacuum_vacuum_scale_factor = 0.5\n"},
            {"postgresql_conf": "autovacuum_vacuum_scale_factor = 0.5\n"},
        ),
        Example({"postgresql_conf": "autovacuum_vacuum_scale_factor = 0.4\n"}),
    ),
)
