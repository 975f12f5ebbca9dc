"""Whole pages fill the WAL, and they are not compressed.

After each checkpoint the first change of a page writes the whole page to the WAL. Where checkpoints follow each other
closely, as the log complains, most of the WAL is such pages. wal_compression packs them, often to a third, for some
CPU time.

`on` is PostgreSQL's own pglz, in every build; lz4 and zstd (from 15) are faster where the build has them. It is wrong
where the CPUs are the bottleneck: with pgbench on two busy CPUs `on` wrote a sixth of the WAL, and an eighth fewer
transactions went through (docs/does-it-help.md). So it is an edit only where there are eight CPUs or more; with fewer,
or where nobody says how many, it is for the owner to weigh. A reload sets it, off undoes it.
"""

from collections.abc import Iterator

from confmend.facts.cores import Cores
from confmend.facts.frequent_checkpoints import FrequentCheckpoints
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity
from confmend.rules.checkpoints_forced_by_wal import MANY

_SPARE = 8
_OFF = ("off", "false", "no", "0")


def check(pg: Postgres, frequent: FrequentCheckpoints, cores: Cores | None) -> Iterator[Finding]:
    """Look for wal_compression where checkpoints are frequent."""
    if len(frequent.seconds) < MANY or pg.text("wal_compression").value.lower() not in _OFF:
        return
    if not pg.flag("full_page_writes"):
        return
    faster = " (lz4 is faster, if pg_config --configure shows --with-lz4)" if (pg.version or 0) >= 15 else ""
    spare = cores is not None and cores.count >= _SPARE
    weigh = (
        "" if spare else " It costs CPU time: worth it where replicas, archive or disk are short, not where CPUs are."
    )
    yield Finding(
        f"The log complains {len(frequent.seconds):,} times of frequent checkpoints, after which pages go to the WAL "
        f"whole, and wal_compression is off. With on they take a fraction{faster}.{weigh}",
        (*frequent.origins[:3], *pg.origins("wal_compression")),
        (pg.edit("wal_compression", "on"),) if spare else (),
    )


_LOG = "2025-01-01 10:00:00.000 UTC [7] LOG:  checkpoints are occurring too frequently (12 seconds apart)\n"
RULE = Rule(
    check,
    Severity.INFO,
    sources=("https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-WAL-COMPRESSION",),
    examples=(
        Example(
            {
                "postgresql_conf": "wal_compression = off\n",
                "pg_log": _LOG * MANY,
                "answers": "postgresql = 14\ncpus = 8\n",
            },
            {"postgresql_conf": "wal_compression = on\n"},
        ),
        Example(
            {
                "postgresql_conf": "wal_compression = off\n",
                "pg_log": _LOG * MANY,
                "answers": "postgresql = 14\ncpus = 7\n",
            },
            {"postgresql_conf": "wal_compression = off\n"},
        ),
        Example({"postgresql_conf": "wal_compression = lz4\n", "pg_log": _LOG * MANY, "answers": "postgresql = 16\n"}),
        Example({"postgresql_conf": "wal_compression = off\n", "pg_log": _LOG, "answers": "postgresql = 16\n"}),
    ),
    side_effect="Writing takes more CPU time, replay on a standby a little too.",
)
