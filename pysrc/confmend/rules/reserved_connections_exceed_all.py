"""The reserved connections leave none for anybody else.

superuser_reserved_connections, and from PostgreSQL 16 reserved_connections, are taken from max_connections. If nothing
is left the server does not start. It says so in one line without a level and exits, so that the log looks empty:
`superuser_reserved_connections (10) must be less than max_connections (10)`.

A test server with very few connections may need fewer reserved ones; 3 is the default. Where only
superuser_reserved_connections is too high, its line goes. Which of the numbers is wrong otherwise, its owner knows: no
edit then. All three need a restart; to undo it, put the line back.
"""

from collections.abc import Iterator

from confmend.facts.postgres import Postgres
from confmend.model import Edit, Example, Finding, Rule, Severity

# The default of superuser_reserved_connections in every version.
DEFAULT = 3


def check(pg: Postgres) -> Iterator[Finding]:
    """Compare the sum of the reserved connections with max_connections."""
    most, own = pg.count("max_connections"), pg.count("superuser_reserved_connections")
    others = pg.count("reserved_connections") if pg.has("reserved_connections") else 0
    if own + others < most:
        return
    names = ("max_connections", "superuser_reserved_connections", *(("reserved_connections",) if others else ()))
    mends = own > DEFAULT and DEFAULT + others < most and pg.written("superuser_reserved_connections") is not None
    advice = f"Remove its line: the default is {DEFAULT}." if mends else "Raise max_connections, or reserve fewer."
    plus = f" and {others:,} by reserved_connections" if others else ""
    yield Finding(
        f"Of {most:,} connections {own:,} are taken by superuser_reserved_connections{plus}; at least one must be "
        f"left, and the server does not start. {advice}",
        pg.origins(*names),
        (Edit("postgresql_conf", "superuser_reserved_connections", None),) if mends else (),
        (f"{own:,} + {others:,} = {own + others:,} ≥ {most:,}",),
    )


RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-SUPERUSER-RESERVED-CONNECTIONS",
        "https://github.com/postgres/postgres/blob/REL_16_STABLE/src/backend/postmaster/postmaster.c",
    ),
    examples=(
        Example(
            {"postgresql_conf": "max_connections = 10\nsuperuser_reserved_connections = 10\n"},
            {"postgresql_conf": "max_connections = 10\n"},
        ),
        Example(
            {
                "postgresql_conf": "max_connections = 8\nsuperuser_reserved_connections = 3\nreserved_connections = "
                "5\n",
                "answers": "postgresql = 16\n",
            },
            {"postgresql_conf": "max_connections = 8\nsuperuser_reserved_connections = 3\nreserved_connections = 5\n"},
        ),
        Example(
            {
                "postgresql_conf": "max_connections = 8\nsuperuser_reserved_connections = 3\nreserved_connections = "
                "2\n",
                "answers": "postgresql = 16\n",
            }
        ),
        Example({"postgresql_conf": "max_connections = 4\n"}),
    ),
    side_effect="None beyond the restart: the server did not start with the old values.",
)
