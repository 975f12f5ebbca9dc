"""max_wal_size is below the default.

The default of 1 GB is small already. Below it every larger write forces a checkpoint long before checkpoint_timeout,
and after each checkpoint pages go to the WAL whole. Old guides for small disks give such values, and so do conversions
of checkpoint_segments = 3.

It is right only where the disk of pg_wal is smaller than that: then leave it and watch the log. The edit removes
nothing else; a reload sets it, the old value undoes it.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.postgres import Postgres
from confmend.facts.role import Role
from confmend.model import Example, Finding, Rule, Severity

DEFAULT = 1024**3
# Less than this is reached by seconds of bulk writes: below a quarter of the default it hurts any host that writes.
LITTLE = DEFAULT // 4


def check(pg: Postgres, role: Role | None) -> Iterator[Finding]:
    """Look at a max_wal_size that is set."""
    # Up to 9.6 pg_settings counted segments, so its bare number needs the version.
    if pg.version is None and not pg.written("max_wal_size"):
        return
    size = pg.size("max_wal_size")
    if not pg.effective("max_wal_size") or size >= DEFAULT or (role and role.service):
        return
    yield Finding(
        f"max_wal_size is {units.human(size)}; the default is 1 GB. A checkpoint comes at the latest when that much "
        "WAL is written, and each makes more WAL.",
        pg.origins("max_wal_size"),
        (pg.edit("max_wal_size", "1GB"),),
        (f"1 GB ÷ {units.human(size)} = {DEFAULT / size:,.1f} times as many forced checkpoints",),
        Severity.WARNING if size < LITTLE else Severity.INFO,
    )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-MAX-WAL-SIZE",),
    examples=(
        Example({"postgresql_conf": "max_wal_size = 64MB\n"}, {"postgresql_conf": "max_wal_size = 1GB\n"}),
        Example({"postgresql_conf": "max_wal_size = 512MB\n"}, {"postgresql_conf": "max_wal_size = 1GB\n"}),
        Example({"postgresql_conf": "max_wal_size = 1GB\n"}),
    ),
    side_effect="pg_wal may grow to 1 GB, and a recovery after a crash replays more.",
)
