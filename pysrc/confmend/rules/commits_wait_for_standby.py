"""Commits hang, because no synchronous standby answers.

With synchronous_standby_names a commit waits until a standby has its WAL. If none is connected under such a name every
commit waits for ever; sessions show wait_event SyncRep. A cancelled one is committed all the same, only not replicated.

There is no edit: taking the names out gives up the guarantee that somebody asked for. If the standby is gone,
`ALTER SYSTEM SET synchronous_standby_names = ''` and a reload free the waiting sessions at once; put the names back
when `select * from pg_stat_replication` shows the standby again.
"""

from collections.abc import Iterator

from confmend.facts import Documents
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

EVENT = "SyncRep"
# synchronous_commit below these does not wait for a standby.
_ALONE = ("off", "local")
_SHOWN = 3


def check(pg: Postgres, documents: Documents) -> Iterator[Finding]:
    """Look for sessions that wait for a standby."""
    names = pg.text("synchronous_standby_names").value.strip()
    if not names or pg.choice("synchronous_commit") in _ALONE:
        return
    waiting = [
        document.origin(index)
        for document in documents.of("pg_stat_activity")
        for index, line in enumerate(document.lines)
        if line.key and line.columns.get("wait_event") == EVENT
    ]
    if waiting:
        yield Finding(
            f"{len(waiting):,} sessions wait for a synchronous standby (wait_event {EVENT}); "
            f"synchronous_standby_names is '{names}'. If no such standby is connected they wait for ever: look at "
            "pg_stat_replication.",
            (*waiting[:_SHOWN], *pg.origins("synchronous_standby_names")),
        )


_WAITING = (
    " pid  | state  | wait_event_type | wait_event \n"
    "------+--------+-----------------+------------\n"
    " 4711 | active | IPC             | SyncRep\n"
    "(1 row)\n"
)
RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://www.postgresql.org/docs/current/warm-standby.html#SYNCHRONOUS-REPLICATION",
        "https://www.postgresql.org/docs/current/runtime-config-replication.html#GUC-SYNCHRONOUS-STANDBY-NAMES",
    ),
    examples=(
        Example(
            {"postgresql_conf": "synchronous_standby_names = '*'\n", "pg_stat_activity": _WAITING},
            {"postgresql_conf": "synchronous_standby_names = '*'\n"},
        ),
        Example(
            {
                "postgresql_conf": "synchronous_standby_names = '*'\n",
                "pg_stat_activity": _WAITING.replace("SyncRep", "ClientRead"),
            }
        ),
        Example({"postgresql_conf": "port = 5432\n", "pg_stat_activity": _WAITING}),
    ),
)
