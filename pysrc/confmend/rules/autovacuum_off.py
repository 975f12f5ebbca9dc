"""Autovacuum does not run.

Dead rows are never freed, statistics grow stale, plans turn bad. When the oldest transaction is
autovacuum_freeze_max_age behind, workers start all the same, at the worst time and on the largest tables, and if they
do not finish the database stops taking writes. track_counts = off has the same effect: autovacuum does not see what
changed.

It is switched on. Right to be off only in a load that ends with its own VACUUM ANALYZE, or where a job vacuums every
table. If it was off for long, the first rounds are heavy: autovacuum_vacuum_cost_limit holds them back. A reload
applies it.
"""

from collections.abc import Iterator

from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity


def check(pg: Postgres) -> Iterator[Finding]:
    """Look at the two switches."""
    off = [name for name in ("autovacuum", "track_counts") if not pg.flag(name)]
    if off:
        yield Finding(
            f"{' and '.join(off)} {'is' if len(off) == 1 else 'are'} off: dead rows and stale statistics pile up, and "
            f"at an age of {pg.count('autovacuum_freeze_max_age'):,} transactions vacuums are forced all the same, on "
            "the largest tables. Switch it on.",
            pg.origins(*off),
            tuple(pg.edit(name, "on") for name in off),
        )


RULE = Rule(
    check,
    Severity.ERROR,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-vacuum.html#GUC-AUTOVACUUM",
        "https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-WRAPAROUND",
    ),
    examples=(
        Example({"postgresql_conf": "autovacuum = off\n"}, {"postgresql_conf": "autovacuum = on\n"}),
        Example(
            {"postgresql_conf": "track_counts = off\nautovacuum = on\n"},
            {"postgresql_conf": "track_counts = on\nautovacuum = on\n"},
        ),
        Example({"postgresql_conf": "autovacuum = on\nautovacuum_naptime = 5min\n"}),
    ),
    side_effect="The first rounds read every table that changed; they are throttled by autovacuum_vacuum_cost_delay.",
)
