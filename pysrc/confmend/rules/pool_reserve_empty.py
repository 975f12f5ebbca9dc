"""reserve_pool_timeout says when a reserve is used, but there is no reserve.

After reserve_pool_timeout seconds of waiting PgBouncer may open reserve_pool_size more connections for a pool. With the
reserve at 0, its default, the time does nothing. Whether more connections are wanted under load, and whether PostgreSQL
has them, its owner knows; as it is the line can stay or go.
"""

from collections.abc import Iterator

from confmend.facts.pooler import KIND, Pooler
from confmend.model import Example, Finding, Rule, Severity


def check(pooler: Pooler) -> Iterator[Finding]:
    """Look for a time that is written out while no pool has a reserve."""
    has = pooler.count("reserve_pool_size") or any(
        {"reserve_pool", "reserve_pool_size"} & pool.parts.keys() for pool in pooler.pools
    )
    if pooler.file.kind != KIND or not pooler.written("reserve_pool_timeout") or has:
        return
    if pooler.seconds("reserve_pool_timeout") <= 0:
        return
    yield Finding(
        f"reserve_pool_timeout = {pooler.text('reserve_pool_timeout')} has no effect: reserve_pool_size is 0.",
        pooler.origins("reserve_pool_timeout", "reserve_pool_size"),
    )


RULE = Rule(
    check,
    Severity.INFO,
    sources=("https://www.pgbouncer.org/config.html#reserve_pool_size",),
    examples=(
        Example(
            {"pgbouncer_ini": "[pgbouncer]\nreserve_pool_timeout = 3\n"},
            {"pgbouncer_ini": "[pgbouncer]\nreserve_pool_timeout = 3\n"},
        ),
        Example({"pgbouncer_ini": "[pgbouncer]\nreserve_pool_timeout = 3\nreserve_pool_size = 5\n"}),
        Example({"pgbouncer_ini": "[pgbouncer]\n;reserve_pool_timeout = 3\n"}),
    ),
)
