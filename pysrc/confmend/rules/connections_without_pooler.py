"""Hundreds of connections without a pooler.

Every connection is a process: 2.8 MB of its own memory, a place in every snapshot that is taken, and a share of the
CPUs when they all wake up at once. Beyond a few for each CPU they make each other slower. max_connections is a number
of slots, nothing more: it has no part in socket buffers or their errors.

PgBouncer in front keeps thousands of clients on a few server connections: 2 × CPUs + 1, but not fewer than its default
of 20. With a pool of 5 on 2 CPUs, 500 clients of pgbench that wrote got half the throughput, for sessions that wait for
their commits share a write of the log; with 20 they got as much as without a pooler. The plan is wrong for clients that
each hold a transaction open for long, and for session features (SET, LISTEN, temporary tables, advisory locks), which
need session pooling or a direct connection.

Nothing is edited: max_connections may be lowered only when it is known who connects. That needs a restart, on the
primary first, because a standby must not have fewer than its primary had. To undo it, raise it on the standbys first.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.cores import Cores
from confmend.facts.pooler import Pooler
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity
from confmend.models.connections import BURST, USUAL_POOL, Budget, budget, descriptors, starting_pool
from confmend.models.postgres_memory import BACKEND

# Three times the default; guides begin to speak of a pooler between 200 and 500.
MANY = 300
# What max_connections may come down to: PostgreSQL's default, if the plan needs no more.
USUAL = 100


def check(pg: Postgres, pooler: Pooler | None, cores: Cores | None) -> Iterator[Finding]:
    """Look at max_connections where no pgbouncer.ini was pasted, and work out a budget."""
    now = budget(pg)
    if pooler is not None or now.max_connections <= MANY:
        return
    pool = starting_pool(cores.count) if cores else USUAL_POOL
    source = "its default; 2 × CPUs + 1 is a common start"
    if cores:
        source = f"2 × {cores.count} CPUs + 1" + (", a heuristic" if pool > USUAL_POOL else " is less than its default")
    overhead = now.superuser_reserved + now.reserved + now.administration
    if pool + overhead >= now.max_connections:
        return
    then = Budget(max(USUAL, pool + overhead), now.superuser_reserved, now.reserved)
    clients = round(now.max_connections * BURST)
    reserved = " + ".join(
        [f"{now.superuser_reserved} superuser_reserved_connections"]
        + ([f"{now.reserved} reserved_connections"] if now.reserved else [])
        + [f"{now.administration} for administration"]
    )
    yield Finding(
        f"max_connections is {now.max_connections:,} and no pooler was pasted. These are slots, not buffers: each one "
        "in use is a process of about 2.8 MB. Put PgBouncer in front and let fewer backends do the work: (1) go "
        "through what transaction pooling breaks (SET, LISTEN, temporary tables, session advisory locks, prepared "
        "statements), application by application; (2) those that pass share pool_mode = transaction with "
        f"default_pool_size = {pool} ({source}) and max_client_conn = {clients:,}; the others stay direct, for in "
        "session mode each connected client still holds a backend; (3) count what is left in pg_stat_activity; (4) "
        f"only then lower max_connections to {then.max_connections:,} and restart, on the primary first, on standbys "
        f"after it. {pool} for the pool + {overhead} reserved leave {then.available - pool:,} for what connects "
        "directly and for further pools; if more stays direct, max_connections stays higher by as much.",
        pg.origins("max_connections", "superuser_reserved_connections", "reserved_connections"),
        arithmetic=(
            f"now: {now.step}",
            f"{now.max_connections:,} backends × 2.8 MiB = {units.human(now.max_connections * BACKEND)} before any "
            "query",
            f"then: {then.step}",
            f"{pool} pool + {reserved} = {pool + overhead} ≤ {then.max_connections:,}; left: {then.available - pool:,}",
            f"max_client_conn: {now.max_connections:,} clients × {BURST} = {clients:,}; "
            f"LimitNOFILE ≥ {clients:,} + {pool} + 50 = {descriptors(clients, pool):,}",
        ),
    )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-MAX-CONNECTIONS",
        "https://www.postgresql.org/docs/current/hot-standby.html#HOT-STANDBY-ADMIN",
        "https://www.pgbouncer.org/config.html#default_pool_size",
        "https://wiki.postgresql.org/wiki/Number_Of_Database_Connections",
    ),
    examples=(
        Example({"postgresql_conf": "max_connections = 500\n"}, {"postgresql_conf": "max_connections = 500\n"}),
        Example(
            {
                "postgresql_conf": "max_connections = 500\nreserved_connections = 4\n",
                "answers": "cpus = 64\npostgresql = 16\n",
            },
            {"postgresql_conf": "max_connections = 500\nreserved_connections = 4\n"},
        ),
        Example({"postgresql_conf": "max_connections = 300\n"}),
        Example({"postgresql_conf": "max_connections = 500\n", "answers": "cpus = 256\n"}),
        Example(
            {
                "postgresql_conf": "max_connections = 500\n",
                "pgbouncer_ini": "[databases]\napp = host=10.0.0.5\n[pgbouncer]\nmax_client_conn = 600\n",
            }
        ),
    ),
)
