"""A pool lets more queries work at once than the server has CPUs for.

Queries that compute share the CPUs; beyond a few for each CPU they only wait for each other, and for locks and caches,
so throughput falls while the pool grows. 2 × CPUs + 1 is where to start measuring, four times the CPUs is already much.
PgBouncer's default of 20 is never too large: sessions that wait for their commits share a write of the log.

In session mode a pool holds sessions, most of them idle, and its size says nothing of the queries at work: a smaller
one would keep clients out.

It is a heuristic: queries that wait for disks or for the application between statements justify more. There is no
edit; SHOW POOLS tells whether clients wait at all.
"""

from collections.abc import Iterator

from confmend.facts.cores import Cores
from confmend.facts.pooler import Pooler
from confmend.model import Example, Finding, Rule, Severity
from confmend.models.connections import USUAL_POOL, starting_pool

# Queries for each CPU, of which most wait for disk or network.
MOST_PER_CPU = 4


def check(pooler: Pooler, cores: Cores | None) -> Iterator[Finding]:
    """Compare the size of a pool with the CPUs, where they are known."""
    size = pooler.count("default_pool_size")
    if cores is None or not pooler.written("default_pool_size") or not pooler.pooling:
        return
    much = max(MOST_PER_CPU * cores.count, USUAL_POOL)
    if size <= much:
        return
    yield Finding(
        f"default_pool_size = {size:,} lets {size:,} queries of one user and database work at once on {cores.count} "
        f"CPUs. Measure from {starting_pool(cores.count)} up.",
        (*pooler.origins("default_pool_size"), *((cores.origin,) if cores.origin else ())),
        arithmetic=(
            f"{size:,} > {MOST_PER_CPU} × {cores.count} CPUs = {MOST_PER_CPU * cores.count}, at least {USUAL_POOL}",
            f"to start with: 2 × {cores.count} + 1, at least {USUAL_POOL}: {starting_pool(cores.count)}",
        ),
    )


_TRANSACTION = "[pgbouncer]\npool_mode = transaction\n"

RULE = Rule(
    check,
    Severity.INFO,
    sources=("https://wiki.postgresql.org/wiki/Number_Of_Database_Connections",),
    examples=(
        Example(
            {"pgbouncer_ini": f"{_TRANSACTION}default_pool_size = 100\n", "answers": "cpus = 8\n"},
            {"pgbouncer_ini": f"{_TRANSACTION}default_pool_size = 100\n"},
        ),
        Example({"pgbouncer_ini": f"{_TRANSACTION}default_pool_size = 32\n", "answers": "cpus = 8\n"}),
        Example({"pgbouncer_ini": f"{_TRANSACTION}default_pool_size = 20\n", "answers": "cpus = 2\n"}),
        Example({"pgbouncer_ini": f"{_TRANSACTION}default_pool_size = 100\n"}),
        # A hundred clients, each with its own session.
        Example({"pgbouncer_ini": "[pgbouncer]\ndefault_pool_size = 100\n", "answers": "cpus = 8\n"}),
    ),
)
