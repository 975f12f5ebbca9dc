"""Drivers prepare statements that PgBouncer's pool does not keep apart.

In transaction and statement mode the next transaction may run on another server connection, which has never heard of
the statement that the driver prepared: `prepared statement "S_1" does not exist` (26000), or a stranger has one of that
name: `already exists` (42P05). It shows under load only, when connections change hands.

PgBouncer 1.21 and later keeps them apart itself where max_prepared_statements is above 0, the default from 1.24 on.
Before, the driver must not prepare, which costs planning time for each execution. SQL PREPARE and EXECUTE fail in any
version. A RELOAD, or a restart of the application, applies it; 0, or the parameter removed, undoes it.
"""

from collections.abc import Iterator

from confmend.facts.pooled_clients import PooledClients, prepares
from confmend.model import Edit, Example, Finding, Rule, Severity

SINCE = "1.21"
# PgBouncer's own default from 1.24 on; each costs some kB for each server connection.
KEPT = 200


def check(through: PooledClients) -> Iterator[Finding]:
    """Look for drivers that prepare by themselves behind a pool that forgets."""
    pooler = through.pooler
    if not pooler.pooling:
        return
    preparing = [(client, *prepares(client)) for client in through.all]
    found = [each for each in preparing if each[1]]
    if not found:
        return
    stated = pooler.written("max_prepared_statements") or pooler.printed("max_prepared_statements")
    version = "" if stated else pooler.known_version
    if pooler.count("max_prepared_statements") > 0 and not (version and pooler.before(SINCE)):
        return
    old = pooler.before(SINCE)
    edits = (
        tuple(client.edit(name, value) for client, _, name, value in found if name)
        if old
        else (pooler.edit("max_prepared_statements", str(KEPT)),)
    )
    better = (
        f"PgBouncer {pooler.version} can't keep them apart: the driver must not prepare, or upgrade to {SINCE}."
        if old
        else f"Set max_prepared_statements = {KEPT}."
    )
    reasons = "; ".join(dict.fromkeys(why for _, why, _, _ in found))
    yield Finding(
        f"PgBouncer hands server connections from one client to another, and {reasons}. Under load statements are "
        f"missing (26000) or exist already (42P05). {better}",
        (
            *pooler.origins("pool_mode", "max_prepared_statements"),
            *(client.origin for client, *_ in found[:3]),
        ),
        _once(edits),
    )


def _once(edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    return tuple(dict.fromkeys(edits))


_POOL = "[databases]\napp = host=10.0.0.5\n[pgbouncer]\npool_mode = transaction\n"
RULE = Rule(
    check,
    Severity.ERROR,
    sources=(
        "https://www.pgbouncer.org/config.html#max_prepared_statements",
        "https://www.pgbouncer.org/faq.html#how-to-use-prepared-statements-with-transaction-pooling",
        "https://jdbc.postgresql.org/documentation/use/",
    ),
    examples=(
        Example(
            {
                "pgbouncer_ini": _POOL,
                "connection_strings": "url=jdbc:postgresql://pool:6432/app\n",
                "answers": "pgbouncer = 1.18\n",
            },
            {"connection_strings": "url=jdbc:postgresql://pool:6432/app?prepareThreshold=0\n"},
        ),
        Example(
            {
                "pgbouncer_ini": f"{_POOL}max_prepared_statements = 0\n",
                "connection_strings": "DB=postgresql+asyncpg://app@pool:6432/app\n",
            },
            {"pgbouncer_ini": f"{_POOL}max_prepared_statements = 200\n"},
        ),
        Example(
            {
                "pgbouncer_ini": _POOL,
                "connection_strings": "url=jdbc:postgresql://pool:6432/app\n",
                "answers": "pgbouncer = 1.24\n",
            }
        ),
        Example(
            {
                "pgbouncer_ini": _POOL,
                "connection_strings": "url=jdbc:postgresql://pool:6432/app?prepareThreshold=0\n",
                "answers": "pgbouncer = 1.18\n",
            }
        ),
        Example(
            {
                "pgbouncer_ini": "[databases]\napp = host=10.0.0.5\n[pgbouncer]\n",
                "connection_strings": "url=jdbc:postgresql://pool:6432/app\n",
            }
        ),
    ),
    side_effect="PgBouncer keeps some kB for each statement and server connection; where the driver stops preparing, "
    "every execution is planned anew.",
)
