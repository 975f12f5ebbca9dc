"""A crash of the host may destroy the whole cluster: fsync or full_page_writes is off.

With fsync = off nothing is forced to disk: after a power cut or a kernel crash the files are in a state that no
recovery can mend. With full_page_writes = off a page of which only half was written is not repaired from the WAL. Both
end with a restore from backup, often noticed long after.

Right only where the data can be made again: a test, a first load before the switch is put back. On ZFS, which never
overwrites a block, full_page_writes = off is sound; where the file has other marks of ZFS this is a question, without
an edit. A reload switches both on; then run `sync` once, for what was written before. Setting them off again undoes it.
"""

from collections.abc import Iterator

from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

# What guides for ZFS switch off as well, from 12 on.
_ZFS = ("wal_init_zero", "wal_recycle")


def check(pg: Postgres) -> Iterator[Finding]:
    """Look at both switches."""
    if not pg.flag("fsync"):
        yield Finding(
            "fsync is off: after a crash of the host the cluster may be beyond repair. Switch it on unless all of the "
            "data can be made again.",
            pg.origins("fsync"),
            (pg.edit("fsync", "on"),),
        )
    if pg.flag("full_page_writes"):
        return
    marks = [name for name in _ZFS if pg.has(name) and not pg.flag(name)]
    if marks:
        yield Finding(
            f"full_page_writes is off. That is sound on ZFS, for which {' and '.join(marks)} speak; on any other file "
            "system a half-written page stays broken after a crash: switch it on there.",
            pg.origins("full_page_writes", *marks),
            severity=Severity.WARNING,
        )
        return
    yield Finding(
        "full_page_writes is off: a page that was half written when the host crashed stays broken. Switch it on, "
        "unless the file system never overwrites a block (ZFS).",
        pg.origins("full_page_writes"),
        (pg.edit("full_page_writes", "on"),),
    )


RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-FSYNC",
        "https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-FULL-PAGE-WRITES",
    ),
    examples=(
        Example(
            {"postgresql_conf": "fsync = off\nfull_page_writes = off\n"},
            {"postgresql_conf": "fsync = on\nfull_page_writes = on\n"},
        ),
        Example(
            {"postgresql_conf": "full_page_writes = off\nwal_recycle = off\n"},
            {"postgresql_conf": "full_page_writes = off\nwal_recycle = off\n"},
        ),
        Example({"postgresql_conf": "fsync = on\nsynchronous_commit = off\n"}),
    ),
    side_effect="Commits wait for the disk and checkpoints write more WAL: many small commits become slower.",
)
