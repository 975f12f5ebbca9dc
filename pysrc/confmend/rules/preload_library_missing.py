"""A library that is to be preloaded is not there, and the server does not start.

shared_preload_libraries is read before anything else, and one library that can't be loaded ends the start: `could not
access file "pg_stat_statement": No such file or directory`. It is a slip of the pen, or a package that was not
installed for the new version after an upgrade.

A name that is one letter away from a known library is mended. Elsewhere there is no edit: install the package of the
same major version, or take the name out; its extension's functions fail then. A restart applies either.
"""

import difflib
import re
from collections.abc import Iterator

from confmend.facts.log import ServerLog
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Origin, Rule, Severity

NAME = "shared_preload_libraries"
_ABSENT = re.compile('could not access file "([^"]+)": No such file or directory')
# What is preloaded most: contrib's own, and extensions of others by the names of their libraries.
KNOWN = (
    *("pg_stat_statements", "auto_explain", "auth_delay", "pg_prewarm", "passwordcheck", "basic_archive", "sepgsql"),
    *("timescaledb", "pg_cron", "pgaudit", "pglogical", "pg_stat_kcache", "pg_qualstats", "pg_wait_sampling"),
    *("pg_hint_plan", "citus", "pg_partman_bgw", "repmgr", "pg_stat_monitor", "set_user", "pg_squeeze", "decoderbufs"),
    *("wal2json", "pgsodium", "pg_net", "supautils", "plpgsql_check", "bg_mon", "vectors", "age", "pg_failover_slots"),
)
# One letter of a usual name.
CLOSE = 0.93


def check(pg: Postgres, log: ServerLog | None) -> Iterator[Finding]:
    """Look for libraries that the log says are absent, and for names close to known ones."""
    value = pg.text(NAME).value
    named = [name.strip().strip('"') for name in value.split(",") if name.strip()]
    absent: dict[str, Origin] = {}
    for origin in log.matching(_ABSENT) if log else ():
        match = _ABSENT.search(origin.text)
        if match and match[1] in named:
            absent[match[1]] = origin
    for name in dict.fromkeys(named):
        bare = name.removeprefix("$libdir/")
        close = difflib.get_close_matches(bare, KNOWN, 1, CLOSE) if bare not in KNOWN else []
        if name not in absent and not close:
            continue
        said = (absent[name],) if name in absent else ()
        mended = ", ".join(each.replace(bare, close[0]) if each == name else each for each in named) if close else ""
        yield Finding(
            f"{NAME} has {name}, "
            + ("which is not installed: the server does not start." if said else "which is no library that is known.")
            + (f" {close[0]} is meant." if close else " Install it, or take it out."),
            (*said, *pg.origins(NAME)),
            (pg.edit(NAME, mended),) if close and close[0] not in named and pg.written(NAME) else (),
            severity=Severity.CRITICAL if said else Severity.WARNING,
        )


RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=("https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-SHARED-PRELOAD-LIBRARIES",),
    examples=(
        Example(
            {
                "postgresql_conf": "shared_preload_libraries = 'pg_stat_statement, auto_explain'\n",
                "pg_log": '2024-05-01 10:00:00 UTC [1] FATAL:  could not access file "pg_stat_statement": No such file '
                "or directory\n",
            },
            {"postgresql_conf": "shared_preload_libraries = 'pg_stat_statements, auto_explain'\n"},
        ),
        Example(
            {
                "postgresql_conf": "shared_preload_libraries = 'timescaledb'\n",
                "pg_log": '2024-05-01 10:00:00 UTC [1] FATAL:  could not access file "timescaledb": No such file or '
                "directory\n",
            },
            {"postgresql_conf": "shared_preload_libraries = 'timescaledb'\n"},
        ),
        Example({"postgresql_conf": "shared_preload_libraries = 'pg_stat_statements,my_own'\n"}),
    ),
    side_effect="The library is loaded at the next start; its own settings are checked then.",
)
