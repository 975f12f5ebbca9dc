"""Most connections are reserved, and few are left for applications.

superuser_reserved_connections and, from 16 on, reserved_connections are taken out of max_connections. What is left is
for everybody else; the next client gets `remaining connection slots are reserved for roles with ...`, although
pg_stat_activity shows fewer sessions than max_connections.

On a server for a test or an embedded one few may be enough. There is no edit: which of the numbers is wrong its owner
knows. All of them need a restart, and max_connections goes up on standbys first.
"""

from collections.abc import Iterator

from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity


def check(pg: Postgres) -> Iterator[Finding]:
    """Compare what is reserved with what is left."""
    most, own = pg.count("max_connections"), pg.count("superuser_reserved_connections")
    others = pg.count("reserved_connections") if pg.has("reserved_connections") else 0
    left = most - own - others
    if not 0 < left < own + others:
        return
    plus = f" and {others:,} by reserved_connections" if others else ""
    are = "is" if left == 1 else "are"
    yield Finding(
        f"Of {most:,} connections {own:,} are reserved by superuser_reserved_connections{plus}: {left:,} {are} left "
        f"for applications, and client number {left + 1:,} is refused.",
        pg.origins("max_connections", "superuser_reserved_connections", "reserved_connections"),
        arithmetic=(f"{most:,} − {own:,} − {others:,} = {left:,}",),
    )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-RESERVED-CONNECTIONS",
        "https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/init/postinit.c",
    ),
    examples=(
        Example(
            {
                "postgresql_conf": "max_connections = 8\nsuperuser_reserved_connections = 3\nreserved_connections = "
                "2\n",
                "answers": "postgresql = 16\n",
            },
            {"postgresql_conf": "max_connections = 8\nsuperuser_reserved_connections = 3\nreserved_connections = 2\n"},
        ),
        Example({"postgresql_conf": "max_connections = 6\nsuperuser_reserved_connections = 3\n"}),
    ),
)
