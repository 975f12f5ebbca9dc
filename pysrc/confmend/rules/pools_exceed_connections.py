"""PgBouncer's pools can ask for more connections than PostgreSQL has.

A pool is made for each pair of database and user, and each may grow to its size: eight databases, five users and a
default_pool_size of 20 are 800 connections, though the file says 20. Under load PostgreSQL answers `sorry, too many
clients already` and PgBouncer passes the error on; the superuser's slots go as well if it connects as one.

max_db_connections caps a database for all its users together; idle connections of one user are closed for another. The
edit sets it so that all databases together fit. It takes a reload. Throughput falls where a database really needs more
at once; then max_connections is too small, or the users should share one (user= in the entry). The line removed, and a
reload, undo it.
"""

from collections.abc import Iterator, Mapping

from confmend.facts.pooler import Pooler
from confmend.facts.postgres import Postgres
from confmend.model import Edit, Example, Finding, Rule, Severity
from confmend.models.connections import Pool, budget, by_server, least_demand

FALLBACK = "*"


def check(pooler: Pooler, pg: Postgres) -> Iterator[Finding]:
    """Compare what the pools can open with what PostgreSQL has left for them."""
    servers = by_server(pooler)
    if not servers:
        return
    # With several servers nobody said which of them this postgresql.conf is of: the one that is asked for least.
    where = min(servers, key=lambda each: (least_demand(pooler, servers[each]), each))
    direct, slots = pooler.direct or 0, budget(pg)
    demand = least_demand(pooler, servers[where])
    if demand + direct <= slots.available:
        return
    processes = pooler.processes or 1
    cap = (slots.available - direct) // (processes * len(servers[where]))
    edits = _edits(pooler, servers, cap)
    known = "" if pooler.users is not None else " at least, with one user in each database,"
    beside = f", and {direct:,} connect directly" if direct else ""
    capped = f" max_db_connections = {cap} for each database makes it add up." if edits else ""
    yield Finding(
        f"PgBouncer's pools may open{known} {demand:,} connections{beside}; PostgreSQL has {slots.available:,} for "
        f"them. Under load the rest gets: too many clients already.{capped} Fewer users by user= in the entries, "
        "smaller pools or a larger max_connections are the other ways.",
        (
            *pooler.origins("default_pool_size", "reserve_pool_size", "max_db_connections", "max_user_connections"),
            *(pool.origin for pool in pooler.pools[:3]),
            *pg.origins("max_connections", "superuser_reserved_connections", "reserved_connections"),
        ),
        edits,
        (
            *_steps(pooler, servers, where, demand),
            slots.step,
            f"{demand:,} + {direct:,} direct > {slots.available:,}",
            *((f"({slots.available:,} − {direct:,}) ÷ {processes * len(servers[where])} = {cap}",) if edits else ()),
        ),
    )


def _steps(pooler: Pooler, servers: Mapping[str, tuple[Pool, ...]], where: str, demand: int) -> Iterator[str]:
    pools, users, processes = servers[where], pooler.users, pooler.processes or 1
    count = f"{users} users" if users is not None else "1 user (nobody said how many: the least)"
    if len(servers) > 1:
        yield f"the entries lead to {len(servers)} servers; counted are those to {where}, the fewest"
    sizes = {pool.size for pool in pools}
    if len(sizes) == 1 and not any(pool.user or pool.cap for pool in pools):
        times = f"{processes} processes × " if processes > 1 else ""
        yield f"{times}{len(pools)} databases × {count} × {sizes.pop()} connections = {demand:,}"
    else:
        yield f"{processes} × the sum over {len(pools)} databases, {count} each, under their caps = {demand:,}"


def _edits(pooler: Pooler, servers: Mapping[str, tuple[Pool, ...]], cap: int) -> tuple[Edit, ...]:
    """Return the cap for each database, if it can be the same for all and nobody has thought of one."""
    own = any("max_db_connections" in pool.parts or pool.name == FALLBACK for pool in pooler.pools)
    if len(servers) > 1 or own or cap < 1 or pooler.count("max_db_connections"):
        return ()
    return (pooler.edit("max_db_connections", str(cap)),)


_EIGHT = "[databases]\n" + "".join(f"db{number} = host=10.0.0.5\n" for number in range(1, 9))

RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=(
        "https://www.pgbouncer.org/config.html#default_pool_size",
        "https://www.pgbouncer.org/config.html#max_db_connections",
        "https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-MAX-CONNECTIONS",
    ),
    examples=(
        Example(
            {
                "pgbouncer_ini": f"{_EIGHT}[pgbouncer]\ndefault_pool_size = 20\n",
                "postgresql_conf": "max_connections = 150\n",
                "answers": "pool_users = 5\n",
            },
            {"pgbouncer_ini": f"{_EIGHT}[pgbouncer]\ndefault_pool_size = 20\nmax_db_connections = 17\n"},
        ),
        # Nobody said how many users there are: with one in each database 160 are too many for 142, 136 are not.
        Example(
            {
                "pgbouncer_ini": f"{_EIGHT}[pgbouncer]\ndefault_pool_size = 20\n",
                "postgresql_conf": "max_connections = 150\n",
            },
            {"pgbouncer_ini": f"{_EIGHT}[pgbouncer]\ndefault_pool_size = 20\nmax_db_connections = 17\n"},
        ),
        Example(
            {
                "pgbouncer_ini": f"{_EIGHT}[pgbouncer]\ndefault_pool_size = 17\n",
                "postgresql_conf": "max_connections = 150\n",
            }
        ),
        Example(
            {
                "pgbouncer_ini": "[databases]\na = host=10.0.0.5 pool_size=200\nb = host=10.0.0.6\n[pgbouncer]\n",
                "postgresql_conf": "max_connections = 100\n",
            }
        ),
    ),
    side_effect=(
        "Smaller pools make clients wait in PgBouncer for a free server connection, where they failed before: "
        "watch maxwait in SHOW POOLS."
    ),
)
