"""A line of postgresql.conf has no effect, because the server is started with another value.

What stands on the command line (`postgres -c max_connections=500`, in a Compose file's `command`, a manifest's `args`,
`docker run` or a unit's `ExecStart`) wins over postgresql.conf, over ALTER SYSTEM and over a reload. Whoever changes
the file changes nothing, and the log says nothing.

There is no edit: which of the two is meant is for their owner to say. The change of a command line takes a new
container, or a restart of the unit; the option taken out, the file's line is in force.
"""

from collections.abc import Iterator

from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity


def check(pg: Postgres) -> Iterator[Finding]:
    """Look for names that are set in both, with other values."""
    for name, value in pg.command.settings.items() if pg.command else ():
        theirs = pg.written(name)
        if theirs and theirs.value != value.value and theirs.origin and value.origin:
            yield Finding(
                f"{name} is {theirs.value} in {theirs.origin.name}, but the server is started with {name} = "
                f"{value.value}, which wins, also over ALTER SYSTEM. Change it there, or take it out.",
                (theirs.origin, value.origin),
            )


_COMPOSE = "services:\n  db:\n    image: postgres:16\n    command: postgres -c max_connections={}\n    mem_limit: 2g\n"
RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://www.postgresql.org/docs/current/config-setting.html#CONFIG-SETTING-SHELL",
        "https://github.com/postgres/postgres/blob/REL_18_STABLE/src/include/utils/guc.h",
    ),
    examples=(
        Example(
            {"container_yaml": _COMPOSE.format(500), "postgresql_conf": "max_connections = 100\n"},
            {"postgresql_conf": "max_connections = 100\n"},
        ),
        Example({"container_yaml": _COMPOSE.format(100), "postgresql_conf": "max_connections = 100\n"}),
        Example({"container_yaml": _COMPOSE.format(500), "postgresql_conf": "shared_buffers = 512MB\n"}),
    ),
)
