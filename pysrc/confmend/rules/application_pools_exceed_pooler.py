"""The applications' own pools may open more connections than PgBouncer takes.

Each process of an application opens up to the size of its pool. PgBouncer counts them all against max_client_conn,
100 unless it is set, and refuses the rest: `no more connections allowed (max_client_conn)`. A deployment at which old
and new processes run side by side brings it out.

A client costs PgBouncer an open file and a few kB, so max_client_conn may be generous: the sum and a fifth more. It
takes a RELOAD; LimitNOFILE must allow it. Smaller pools in the application do the same. The old number undoes it.
"""

from collections.abc import Iterator

from confmend.facts.pooled_clients import PooledClients
from confmend.model import Example, Finding, Rule, Severity
from confmend.models.connections import BURST


def check(through: PooledClients) -> Iterator[Finding]:
    """Compare the sum of the pools with max_client_conn; of one process each where nobody said how many run."""
    pooler = through.pooler
    most, instances = pooler.count("max_client_conn") * (pooler.processes or 1), through.instances or 1
    pools = [(client, client.pool_size) for client in through.all]
    sizes = [size.value for _, size in pools if size]
    total = instances * sum(sizes)
    if total <= most:
        return
    better = -(-int(total * BURST) // (pooler.processes or 1))
    sums = " + ".join(f"{size:,}" for size in sizes)
    yield Finding(
        f"The pools of the applications may open {total:,} connections; PgBouncer takes {most:,}. The rest gets: no "
        f"more connections allowed. max_client_conn = {better:,} leaves room for a deployment.",
        (*pooler.origins("max_client_conn"), *(client.origin for client, size in pools[:3] if size)),
        (pooler.edit("max_client_conn", str(better)),),
        (
            f"{instances:,} × ({sums}) = {total:,} > {most:,}"
            + ("" if through.instances else " (one process each, nobody said how many run)"),
            f"{total:,} × {BURST} = {int(total * BURST):,}",
        ),
    )


RULE = Rule(
    check,
    Severity.ERROR,
    sources=("https://www.pgbouncer.org/config.html#max_client_conn",),
    examples=(
        Example(
            {
                "pgbouncer_ini": "[databases]\napp = host=10.0.0.5\n[pgbouncer]\nmax_client_conn = 100\n",
                "connection_strings": "DB=Host=pool;Port=6432;Database=app;Maximum Pool Size=30\n",
                "answers": "instances = 4\n",
            },
            {"pgbouncer_ini": "[databases]\napp = host=10.0.0.5\n[pgbouncer]\nmax_client_conn = 144\n"},
        ),
        Example(
            {
                "pgbouncer_ini": "[databases]\napp = host=10.0.0.5\n[pgbouncer]\nmax_client_conn = 100\n",
                "connection_strings": "DB=Host=pool;Port=6432;Database=app;Maximum Pool Size=25\n",
                "answers": "instances = 4\n",
            }
        ),
    ),
    side_effect="Each client is an open file of PgBouncer's: LimitNOFILE must allow for it, or it refuses everybody.",
)
