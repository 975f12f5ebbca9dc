"""A cap makes the pools smaller than their size says.

max_db_connections and max_user_connections limit what all pools of a database, or of a user, have together. If the cap
is below default_pool_size, that size is never reached, and raising it changes nothing. It may be meant so: the cap
protects PostgreSQL. This only says which number counts; there is nothing to edit.
"""

from collections.abc import Iterator

from confmend.facts.pooler import Pooler
from confmend.model import Example, Finding, Rule, Severity

CAPS = ("max_db_connections", "max_user_connections")


def check(pooler: Pooler) -> Iterator[Finding]:
    """Compare each cap that is set with the size of a pool."""
    size = pooler.count("default_pool_size")
    for name in CAPS:
        cap = pooler.count(name)
        if 0 < cap < size:
            yield Finding(
                f"{name} = {cap:,} is below default_pool_size = {size:,}: no pool has more than {cap:,} connections.",
                pooler.origins(name, "default_pool_size"),
                arithmetic=(f"min({cap:,}, {size:,}) = {cap:,}",),
            )


RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://www.pgbouncer.org/config.html#max_db_connections",
        "https://www.pgbouncer.org/config.html#max_user_connections",
    ),
    examples=(
        Example(
            {"pgbouncer_ini": "[pgbouncer]\nmax_db_connections = 19\n"},
            {"pgbouncer_ini": "[pgbouncer]\nmax_db_connections = 19\n"},
        ),
        Example({"pgbouncer_ini": "[pgbouncer]\nmax_db_connections = 20\n"}),
        Example({"pgbouncer_ini": "[pgbouncer]\nmax_user_connections = 0\n"}),
    ),
)
