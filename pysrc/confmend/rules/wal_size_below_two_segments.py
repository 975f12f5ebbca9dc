"""min_wal_size or max_wal_size is below two WAL segments, and the server does not start.

`"max_wal_size" must be at least twice "wal_segment_size"`: a segment is 16 MB unless initdb was told another size, so
32 MB is the least. A number without a unit is in megabytes, so that `max_wal_size = 16` (segments, as somebody may
have meant who knew checkpoint_segments) is 16 MB.

max_wal_size goes to its default of 1 GB, min_wal_size to two segments. With --wal-segsize at initdb the bound is
another: paste SHOW ALL, which has wal_segment_size. A reload sets both; the old values undo it.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

# What initdb makes (DEFAULT_XLOG_SEG_SIZE).
SEGMENT = 16 * 1024**2
LEAST = 2
# max_wal_size of every version: the least that starts would be a checkpoint for every 32 MB.
DEFAULT_MOST = 1024**3


def check(pg: Postgres) -> Iterator[Finding]:
    """Compare both sizes with two segments."""
    segment = pg.size("wal_segment_size") if pg.running("wal_segment_size") else SEGMENT
    for name in ("min_wal_size", "max_wal_size"):
        size = pg.size(name)
        if size < LEAST * segment:
            least = units.postgres_size(LEAST * segment)
            better = max(LEAST * segment, DEFAULT_MOST) if name == "max_wal_size" else LEAST * segment
            yield Finding(
                f"{name} is {units.human(size)}, less than two WAL segments of {units.human(segment)}: the server does "
                f"not start. {least} is the least; set it to {units.postgres_size(better)}.",
                pg.origins(name, "wal_segment_size"),
                (pg.edit(name, units.postgres_size(better)),),
                (f"{LEAST} × {units.human(segment)} = {least} > {units.human(size)}",),
            )


RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-MAX-WAL-SIZE",
        "https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/access/transam/xlog.c",
    ),
    examples=(
        Example(
            {"postgresql_conf": "max_wal_size = 16\nmin_wal_size = 16MB\n"},
            {"postgresql_conf": "max_wal_size = 1GB\nmin_wal_size = 32MB\n"},
        ),
        Example({"postgresql_conf": "max_wal_size = 32MB\nmin_wal_size = 32\n"}),
        Example(
            {
                "postgresql_conf": "min_wal_size = 2MB\n",
                "show_all": " wal_segment_size \n------------------\n 1MB\n(1 row)\n",
            }
        ),
    ),
    side_effect="Up to 1 GB of WAL may lie on disk between two checkpoints, and after a crash that much is replayed.",
)
