"""Queries write much to temporary files, and nothing says which.

pg_stat_database counts the files and their bytes since its last reset, not the queries. With log_temp_files the log
names each large file together with its statement, so that work_mem can be raised for the role that needs it.

It costs a line for each file of 10 MB and more. A reload sets it, -1 undoes it.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.database_counters import DatabaseCounters
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

# Less than that nobody looks for.
MUCH = 1024**3
LARGE = "10MB"


def check(pg: Postgres, counters: DatabaseCounters) -> Iterator[Finding]:
    """Look at the bytes, where no file is logged."""
    if pg.count("log_temp_files") >= 0:
        return
    written, files = counters.total("temp_bytes"), counters.total("temp_files")
    if not written or written < MUCH:
        return
    yield Finding(
        f"Queries wrote {units.human(int(written))} to {files or 0:,.0f} temporary files since the counters' last "
        f"reset, and log_temp_files is off. With {LARGE} the log names the statements of the large ones.",
        (*tuple(counters.origins.values())[:3], *pg.origins("log_temp_files")),
        (pg.edit("log_temp_files", LARGE),),
    )


_HEAD = " datname | temp_files | temp_bytes \n---------+------------+------------\n"
RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-logging.html#GUC-LOG-TEMP-FILES",
        "https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-DATABASE-VIEW",
    ),
    examples=(
        Example(
            {
                "postgresql_conf": "log_temp_files = -1\n",
                "pg_stat_database": f"{_HEAD} shop    |        812 | 9876543210\n(1 row)\n",
            },
            {"postgresql_conf": "log_temp_files = 10MB\n"},
        ),
        Example(
            {
                "postgresql_conf": "log_temp_files = -1\n",
                "pg_stat_database": f"{_HEAD} shop    |        812 | 1073741823\n(1 row)\n",
            }
        ),
    ),
    side_effect="The log grows by a line, with its statement, for each temporary file of 10 MB and more.",
)
