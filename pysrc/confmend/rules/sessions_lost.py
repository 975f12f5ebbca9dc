"""Many sessions end without saying goodbye.

PostgreSQL counts (from 14 on) how its sessions end. sessions_abandoned: the client was gone, by a crash, a network that
forgot the connection, or a program that does not close it. sessions_fatal: an error ended it. sessions_killed: an
operator or a timeout did. The counters start with the last reset of the statistics.

Counters say that, not why, so there is no edit. Abandoned sessions call for the log around them (`could not receive
data from client`), for the idle limit of what is on the path, and for tcp_keepalives_idle.
"""

from collections.abc import Iterator

from confmend.facts.database_counters import DatabaseCounters
from confmend.model import Example, Finding, Rule, Severity

# Below this a deployment or two explain it.
LEAST = 100
SHARE = 0.01
_MEANING = {
    "sessions_abandoned": "the client vanished",
    "sessions_fatal": "an error ended them",
    "sessions_killed": "an operator or a timeout ended them",
}


def check(counted: DatabaseCounters) -> Iterator[Finding]:
    """Compare each counter with all sessions of its database."""
    for database, counters in counted.counters.items():
        total = counters.get("sessions", 0)
        for name, meaning in _MEANING.items():
            lost = counters.get(name, 0)
            if total and lost >= LEAST and lost / total >= SHARE:
                yield Finding(
                    f"{name} of the database {database}: {lost:,.0f} of {total:,.0f} sessions since the last reset, "
                    f"{lost / total:.1%}; {meaning}.",
                    (counted.origins[database],),
                    arithmetic=(f"{lost:,.0f} ÷ {total:,.0f} = {lost / total:.1%}",),
                )


def _table(abandoned: int) -> str:
    return (
        " datname | numbackends | sessions | sessions_abandoned | sessions_fatal | sessions_killed | deadlocks \n"
        "---------+-------------+----------+--------------------+----------------+-----------------+-----------\n"
        f" app     |          12 |    20000 | {abandoned:>18} |              0 |               0 |         0\n"
        "(1 row)\n"
    )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-DATABASE-VIEW",
        "https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/activity/pgstat_database.c",
    ),
    examples=(
        Example(
            {"pg_stat_database": _table(900), "postgresql_conf": "port = 5432\n"},
            {"postgresql_conf": "port = 5432\n"},
        ),
        Example({"pg_stat_database": _table(199)}),
    ),
)
