"""PgBouncer may open fewer files than its connections need.

Every client and every server connection is an open file. At the process's limit PgBouncer accepts nobody more:
`accept() failed: Too many open files`, also for the administrator. At its start it only writes the number that it
expects into its log, without the reserve pools, and goes on.

The limit is not set in pgbouncer.ini but by what starts it: LimitNOFILE in the systemd unit, or ulimit -n in a script.
The change needs a restart of PgBouncer, which drops its clients; `so_reuseport` or a second process avoids that. It has
no side effect, and the old limit undoes it.
"""

from collections.abc import Iterator

from confmend.facts import what_to_paste
from confmend.facts.descriptors import Descriptors
from confmend.facts.pooler import Pooler
from confmend.model import Example, Finding, MissingFactError, Rule, Severity
from confmend.models.connections import DESCRIPTORS, files_limit, most_clients, pooler_files

# Up to so many clients the usual soft limit of 1,024 is enough.
SMALL = 900


def check(pooler: Pooler, limit: Descriptors | None) -> Iterator[Finding]:
    """Compare the files that one process needs with its limit, which is asked for only where it may be too low."""
    clients = pooler.count("max_client_conn")
    needed, servers = pooler_files(pooler)
    if limit is None:
        if clients > SMALL:
            raise MissingFactError(what_to_paste(Descriptors))
        return
    if needed <= limit.limit:
        return
    better = files_limit(needed)
    yield Finding(
        f"PgBouncer needs {needed:,} open files for {clients:,} clients and {servers:,} server connections, and may "
        f"open {limit.limit:,}. At about {most_clients(limit.limit, servers):,} clients it refuses everybody: too many "
        f"open files. Set LimitNOFILE={better} (systemctl edit pgbouncer, section [Service]) and restart it.",
        (*pooler.origins("max_client_conn", "default_pool_size"), *((limit.origin,) if limit.origin else ())),
        arithmetic=(
            f"{clients:,} max_client_conn + {servers:,} server connections + {DESCRIPTORS} others = {needed:,} > "
            f"{limit.limit:,}",
        ),
    )


RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=(
        "https://www.pgbouncer.org/config.html#max_client_conn",
        "https://github.com/pgbouncer/pgbouncer/blob/pgbouncer_1_24_1/src/main.c",
    ),
    examples=(
        Example(
            {
                "pgbouncer_ini": "[databases]\napp = host=10.0.0.5\n[pgbouncer]\nmax_client_conn = 5000\n",
                "answers": "open_files = 1024\n",
            },
            {"pgbouncer_ini": "[databases]\napp = host=10.0.0.5\n[pgbouncer]\nmax_client_conn = 5000\n"},
        ),
        # The servers alone are too many; the first clients come in all the same.
        Example(
            {
                "pgbouncer_ini": "[databases]\napp = host=10.0.0.5\n[pgbouncer]\nmax_client_conn = 5000\n"
                "default_pool_size = 2000\n",
                "answers": "open_files = 1024\n",
            },
            {
                "pgbouncer_ini": "[databases]\napp = host=10.0.0.5\n[pgbouncer]\nmax_client_conn = 5000\n"
                "default_pool_size = 2000\n",
            },
        ),
        Example(
            {
                "pgbouncer_ini": "[databases]\napp = host=10.0.0.5\n[pgbouncer]\nmax_client_conn = 5000\n",
                "answers": "open_files = 5070\n",
            }
        ),
        Example({"pgbouncer_ini": "[databases]\napp = host=10.0.0.5\n[pgbouncer]\nmax_client_conn = 900\n"}),
    ),
    side_effect=(
        "PgBouncer has to be restarted for a new limit, which drops its clients; a second process on the same "
        "port (so_reuseport) avoids that."
    ),
)
