"""A line of postgresql.conf has no effect, because ALTER SYSTEM set the same name.

What ALTER SYSTEM writes stands in postgresql.auto.conf, which is read after every other file. Whoever changes
postgresql.conf and reloads changes nothing, and the log says nothing.

There is no edit: which of the two is meant is for their owner to say. `ALTER SYSTEM RESET name` and a reload bring the
line in postgresql.conf back into force; do not edit postgresql.auto.conf by hand.
"""

from collections.abc import Iterator

from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Origin, Rule, Severity

AUTO = "postgresql.auto.conf"


def check(pg: Postgres) -> Iterator[Finding]:
    """Look for names that are in both files, or that the server says it has from ALTER SYSTEM's, with other values."""
    files = [document for document in pg.files if not document.name.endswith(AUTO)]
    for name, (mine, where) in _by_alter_system(pg).items():
        holding = [document for document in files if document.get(name)]
        theirs = holding[-1].get(name) if holding else None
        # What the server prints may be the same in another unit.
        same = where.kind != "postgresql_conf" and name not in pg.not_running
        if theirs and theirs.value != mine and not same:
            yield Finding(
                f"{name} is {theirs.value} in {holding[-1].name}, but ALTER SYSTEM set it to {mine}, which wins. ALTER "
                f"SYSTEM RESET {name} brings the file's line back into force.",
                (*holding[-1].origins(name)[-1:], where),
            )


def _by_alter_system(pg: Postgres) -> dict[str, tuple[str, Origin]]:
    """Return what ALTER SYSTEM set, by name: its file says it, or sourcefile in pg_settings."""
    found = {}
    for document in pg.server.documents if pg.server else ():
        for name, indices in document.settings.items():
            line = document.lines[indices[-1]]
            if line.columns.get("sourcefile", "").endswith(AUTO):
                found[name] = line.value, document.origin(indices[-1])
    for document in pg.files:
        if document.name.endswith(AUTO):
            for name, indices in document.settings.items():
                found[name] = document.lines[indices[-1]].value, document.origin(indices[-1])
    return found


_VIEW = (
    "   name   | setting | unit |              sourcefile               \n"
    "----------+---------+------+---------------------------------------\n"
    " work_mem | 65536   | kB   | /var/lib/pg/data/{}\n"
    "(1 row)\n"
)
RULE = Rule(
    check,
    Severity.INFO,
    sources=("https://www.postgresql.org/docs/current/config-setting.html#CONFIG-SETTING-CONFIGURATION-FILE",),
    examples=(
        Example(
            {
                "postgresql_conf": "work_mem = 16MB\n",
                "pg_settings": _VIEW.format(AUTO),
                "answers": "postgresql = 16\n",
            },
            {"postgresql_conf": "work_mem = 16MB\n"},
        ),
        Example(
            {
                "postgresql_conf": "work_mem = 16MB\n",
                "pg_settings": _VIEW.format("postgresql.conf"),
                "answers": "postgresql = 16\n",
            }
        ),
        Example(
            {
                "postgresql_conf": "work_mem = 64MB\n",
                "pg_settings": _VIEW.format(AUTO),
                "answers": "postgresql = 16\n",
            }
        ),
    ),
)
