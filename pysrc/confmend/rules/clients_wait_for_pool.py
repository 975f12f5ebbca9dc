"""Clients wait for a server connection of PgBouncer's.

SHOW POOLS counts clients that have sent a query and wait for a connection (cl_waiting), and how long the first of them
has waited (maxwait). A few for a moment are what a pool is for. A wait of seconds means that the pool is taken by long
transactions, by clients that are idle in one, or that PostgreSQL gives no more connections.

First look for transactions that do nothing (pg_stat_activity, state idle in transaction); then for errors 53300 in the
server's log; only then is a larger pool the remedy, within the server's budget. There is nothing to edit.
"""

from collections.abc import Iterator

from confmend.facts.pooler_state import PoolerState
from confmend.model import Example, Finding, Rule, Severity

# A wait that a person notices; a busy pool has shorter ones all the time.
NOTICED = 1


def check(state: PoolerState) -> Iterator[Finding]:
    """Look for pools in which somebody has waited for a second."""
    for queue in state.queues:
        if not queue.waiting or queue.longest < NOTICED:
            continue
        idle = f", {queue.idle:,} of them idle (a login that fails or a pause?)" if queue.idle else ""
        yield Finding(
            f"{queue.waiting:,} clients wait for a connection of {queue.name}, the first for {queue.longest:,} s; "
            f"{queue.active:,} are served by {queue.servers:,} server connections{idle}. Look for clients that are "
            "idle in a transaction, then for too many clients in PostgreSQL's log, before the pool is made larger.",
            (queue.origin,),
        )


_HEAD = " database | user | cl_active | cl_waiting | sv_active | sv_idle | maxwait | pool_mode \n"
_RULE = "----------+------+-----------+------------+-----------+---------+---------+-----------\n"
RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://www.pgbouncer.org/usage.html#show-pools",),
    examples=(
        Example(
            {
                "pgbouncer_show_pools": f"{_HEAD}{_RULE}"
                " app      | joe  |        20 |         57 |        20 |       0 |      14 | transaction\n"
            },
            {},
        ),
        Example(
            {
                "pgbouncer_show_pools": f"{_HEAD}{_RULE}"
                " app      | joe  |        20 |          3 |        20 |       0 |       0 | transaction\n"
            }
        ),
    ),
)
