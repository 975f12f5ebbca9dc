"""min_wal_size is above max_wal_size.

The server starts and says nothing. Between checkpoints old segments are kept for the next ones: at least min_wal_size,
but never more than max_wal_size allows, so the larger minimum does nothing. One of the two numbers is not what its
owner thinks, and most often max_wal_size is the forgotten one: it decides how often checkpoints come.

There is no edit, for only the owner knows which of them is meant. A reload sets both.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity


def check(pg: Postgres) -> Iterator[Finding]:
    """Compare the two sizes."""
    least, most = pg.size("min_wal_size"), pg.size("max_wal_size")
    if least > most:
        yield Finding(
            f"min_wal_size is {units.human(least)}, above max_wal_size, {units.human(most)}"
            f"{'' if pg.effective('max_wal_size') else ' (its default)'}. The minimum does nothing beyond the maximum, "
            f"and a checkpoint comes for every {units.human(most)} of WAL at the latest. Raise max_wal_size if "
            f"{units.human(least)} was meant to be kept.",
            pg.origins("min_wal_size", "max_wal_size"),
        )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-MIN-WAL-SIZE",
        "https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/access/transam/xlog.c",
    ),
    examples=(
        Example({"postgresql_conf": "min_wal_size = 2GB\n"}, {"postgresql_conf": "min_wal_size = 2GB\n"}),
        Example({"postgresql_conf": "min_wal_size = 1GB\nmax_wal_size = 1GB\n"}),
    ),
)
