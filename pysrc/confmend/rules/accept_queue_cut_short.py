"""somaxconn cuts the queue of new connections below what the server asks for.

A server asks the kernel for a queue of connections that are established and wait to be accepted: PostgreSQL for twice
its connections, PgBouncer for listen_backlog. net.core.somaxconn caps it when the server starts to listen. A full queue
drops what comes, and the client tries again after 1, 3, 7 seconds: slow connects in a burst, no error anywhere.

It only matters with bursts of new connections. Nothing is wrong while `nstat -az TcpExtListenOverflows` stays 0, so
there is no edit. If it grows, raise somaxconn to the number here (no memory is set aside for it) and restart the
server: a queue keeps the length that it had when it was opened.
"""

from collections.abc import Iterator

from confmend.facts.kernel import Kernel, evidence, integers
from confmend.facts.pooler import Pooler
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, MissingFactError, Rule, Severity

KEY = "net.core.somaxconn"
# pg_config_manual.h up to 15, PG_SOMAXCONN.
LARGEST_UNTIL_15 = 10_000


def check(kernel: Kernel, pg: Postgres | None, pooler: Pooler | None) -> Iterator[Finding]:
    """Compare the cap with what each server asks for."""
    cap = kernel.effective(KEY)
    most = integers(cap, 1)
    if pg is None and pooler is None:
        raise MissingFactError("postgresql.conf or pgbouncer.ini")
    if not most:
        return
    if pg:
        asked, how = _of_postgres(pg)
        if most[0] < asked:
            yield Finding(
                f"PostgreSQL asks for a queue of {asked:,} new connections; somaxconn cuts it to {most[0]:,}. That is "
                "harmless unless connections come in bursts: nstat -az TcpExtListenOverflows above 0 shows it. Then "
                f"set somaxconn to {asked:,} or more and restart PostgreSQL.",
                evidence(cap) + pg.origins("max_connections"),
                arithmetic=(f"{how} = {asked:,} > {most[0]:,}",),
            )
    if pooler and most[0] < pooler.count("listen_backlog"):
        asked = pooler.count("listen_backlog")
        yield Finding(
            f"PgBouncer's listen_backlog asks for a queue of {asked:,} new connections; somaxconn cuts it to "
            f"{most[0]:,}. Raise somaxconn to {asked:,} if nstat -az TcpExtListenOverflows is above 0, and restart "
            "PgBouncer.",
            evidence(cap) + pooler.origins("listen_backlog"),
            arithmetic=(f"listen_backlog {asked:,} > somaxconn {most[0]:,}",),
        )


def _of_postgres(pg: Postgres) -> tuple[int, str]:
    """Return the backlog: 2 × max_connections from 16 on, 2 × MaxBackends before; the smaller one if unknown."""
    clients = pg.count("max_connections")
    if pg.version is not None and pg.version <= 15:
        workers = (
            pg.count("autovacuum_max_workers") + 1 + pg.count("max_worker_processes") + pg.count("max_wal_senders")
        )
        return min(2 * (clients + workers), LARGEST_UNTIL_15), f"2 × ({clients:,} connections + {workers:,} others)"
    return min(2 * clients, LARGEST_UNTIL_15), f"2 × {clients:,} connections"


RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://docs.kernel.org/networking/ip-sysctl.html",
        "https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/libpq/pqcomm.c",
        "https://www.pgbouncer.org/config.html#listen_backlog",
    ),
    examples=(
        Example(
            {
                "sysctl_conf": "net.core.somaxconn = 128\n",
                "postgresql_conf": "max_connections = 100\n",
                "answers": "postgresql = 16\n",
            },
            {"sysctl_conf": "net.core.somaxconn = 128\n", "postgresql_conf": "max_connections = 100\n"},
        ),
        Example(
            {
                "sysctl_conf": "net.core.somaxconn = 200\n",
                "postgresql_conf": "max_connections = 100\n",
                "answers": "postgresql = 16\n",
            }
        ),
        Example({"sysctl_conf": "net.core.somaxconn = 128\n", "pgbouncer_ini": "[pgbouncer]\nlisten_port = 6432\n"}),
    ),
)
