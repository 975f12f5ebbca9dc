"""Transaction pooling breaks what a session is relied on for.

In pool_mode = transaction a client keeps a server connection only until it commits; the next transaction may run on
another one. What was said to the session stays with the connection and meets a stranger. Nothing reports that: a SET
of one client changes the queries of another, two clients both hold the same advisory lock.

It is the right mode for most web applications, and this is a list to go through, not a mistake. There is nothing to
edit. A database or user that needs its session can have pool_mode = session in its own entry; a reload sets it.
"""

from collections.abc import Iterator

from confmend.facts.pooler import Pooler
from confmend.model import Example, Finding, Rule, Severity

CHECKLIST = (
    "SET and RESET of session settings reach the next client: use SET LOCAL, or ALTER ROLE ... SET",
    "temporary tables are seen by others: only with ON COMMIT DROP, in one transaction",
    "session advisory locks are held by several at once: use pg_advisory_xact_lock",
    "PREPARE and EXECUTE as SQL collide (42P05, 26000); a driver's own prepared statements work from PgBouncer 1.21 "
    "with max_prepared_statements above 0 (the default from 1.24), before that the driver must not prepare",
    "LISTEN does not work (NOTIFY does); nor do WITH HOLD cursors, LOAD and a session's SET ROLE or search_path",
    "options in the connection string (-c statement_timeout=...) are refused unless tracked or ignored, in any mode",
    "extra_float_digits, which JDBC sends, must be in ignore_startup_parameters, in any mode",
    "pg_dump, migrations and what takes session locks (Rails, Flyway, Prisma migrate) must connect directly",
    "a client that is idle in a transaction keeps its server connection: idle_transaction_timeout",
)


def check(pooler: Pooler) -> Iterator[Finding]:
    """Say what to check, where a mode below session is set for all or for single databases."""
    modes = {pooler.text("pool_mode").lower()}
    entries = [pool for pool in pooler.pools if pool.parts.get("pool_mode", "").lower() in ("transaction", "statement")]
    if not modes & {"transaction", "statement"} and not entries:
        return
    mode = next(iter(modes & {"transaction", "statement"}), "") or entries[0].parts["pool_mode"].lower()
    where = "" if modes & {"transaction", "statement"} else f" for {', '.join(pool.name for pool in entries)}"
    more = " Statement mode also refuses transactions of several statements." if mode == "statement" else ""
    yield Finding(
        f"pool_mode is {mode}{where}: a client may get another server connection for its next {mode}. Check that no "
        f"application relies on its session; the list is below.{more}",
        (*pooler.origins("pool_mode"), *(pool.origin for pool in entries[:3])),
        arithmetic=CHECKLIST,
    )


RULE = Rule(
    check,
    Severity.INFO,
    sources=("https://www.pgbouncer.org/features.html", "https://www.pgbouncer.org/config.html#pool_mode"),
    examples=(
        Example(
            {"pgbouncer_ini": "[databases]\napp = host=10.0.0.5\n[pgbouncer]\npool_mode = Transaction\n"},
            {"pgbouncer_ini": "[databases]\napp = host=10.0.0.5\n[pgbouncer]\npool_mode = Transaction\n"},
        ),
        Example(
            {"pgbouncer_ini": "[databases]\napp = host=10.0.0.5 pool_mode=transaction\n[pgbouncer]\n"},
            {"pgbouncer_ini": "[databases]\napp = host=10.0.0.5 pool_mode=transaction\n[pgbouncer]\n"},
        ),
        Example({"pgbouncer_ini": "[databases]\napp = host=10.0.0.5\n[pgbouncer]\n;pool_mode = transaction\n"}),
    ),
)
