"""A pool's minimum is larger than the pool.

min_pool_size asks PgBouncer to keep so many server connections open; it never opens more than default_pool_size, so the
rest of the number does nothing. One of the two is not what its owner thinks. There is no edit, for which one is meant
can't be told.
"""

from collections.abc import Iterator

from confmend.facts.pooler import Pooler
from confmend.model import Example, Finding, Rule, Severity


def check(pooler: Pooler) -> Iterator[Finding]:
    """Compare the minimum with the size, where the size is a number and not "without limit"."""
    least, size = pooler.count("min_pool_size"), pooler.count("default_pool_size")
    if size <= 0 or least <= size:
        return
    yield Finding(
        f"min_pool_size = {least:,}, but a pool has {size:,} connections at most (default_pool_size).",
        pooler.origins("min_pool_size", "default_pool_size"),
        arithmetic=(f"min({least:,}, {size:,}) = {size:,}",),
    )


RULE = Rule(
    check,
    Severity.INFO,
    sources=("https://www.pgbouncer.org/config.html#min_pool_size",),
    examples=(
        Example(
            {"pgbouncer_ini": "[pgbouncer]\nmin_pool_size = 21\n"},
            {"pgbouncer_ini": "[pgbouncer]\nmin_pool_size = 21\n"},
        ),
        Example({"pgbouncer_ini": "[pgbouncer]\nmin_pool_size = 20\n"}),
        Example({"pgbouncer_ini": "[pgbouncer]\nmin_pool_size = 5\ndefault_pool_size = 0\n"}),
    ),
)
