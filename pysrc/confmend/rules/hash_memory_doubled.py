"""The file comes from an older PostgreSQL, and hashes may take twice the memory that it was made for.

hash_mem_multiplier is 2.0 from 15 on; in 13 and 14 it was 1.0, before that there was none. A work_mem that was tuned
there allows each hash join and hash aggregate twice as much now. A file that still speaks of settings which 15 dropped
was carried over.

It mostly helps, for hashes spill less. Only where memory was tight before does it matter: then set hash_mem_multiplier
= 1.0, which is the old behaviour, with a reload.
"""

from collections.abc import Iterator

from confmend import units
from confmend.catalog import postgres as catalog
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Origin, Rule, Severity

DOUBLED_IN = 15


def check(pg: Postgres) -> Iterator[Finding]:
    """Look for a raised work_mem in a file that older versions' settings stand in."""
    if pg.version is None or pg.version < DOUBLED_IN or pg.effective("hash_mem_multiplier"):
        return
    tuned = pg.written("work_mem")
    old = _older(pg)
    if not tuned or old is None or pg.size("work_mem") <= catalog.settings(pg.version)["work_mem"].per_unit * 4096:
        return
    size = pg.size("work_mem")
    yield Finding(
        f"work_mem is {units.human(size)}, in a file of a version before {DOUBLED_IN}: since then a hash may take "
        f"{pg.number('hash_mem_multiplier').value:g} times that.",
        (*pg.origins("work_mem"), old),
        arithmetic=(
            f"{units.human(size)} × {pg.number('hash_mem_multiplier').value:g} = "
            f"{units.human(round(size * pg.number('hash_mem_multiplier').value))} for each hash, before: "
            f"{units.human(size)}",
        ),
    )


def _older(pg: Postgres) -> Origin | None:
    """Return a line, active or not, of a setting that only versions before 15 have."""
    for document in pg.files:
        for index, line in enumerate(document.lines):
            known = catalog.known_in(line.key) if line.key else ()
            if known and known[-1] < DOUBLED_IN:
                return document.origin(index)
    return None


RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-resource.html#GUC-HASH-MEM-MULTIPLIER",
        "https://www.postgresql.org/docs/release/15.0/",
    ),
    examples=(
        Example(
            {
                "postgresql_conf": "work_mem = 64MB\n#stats_temp_directory = 'pg_stat_tmp'\n",
                "answers": "postgresql = 16\n",
            },
            {"postgresql_conf": "work_mem = 64MB\n#stats_temp_directory = 'pg_stat_tmp'\n"},
        ),
        Example({"postgresql_conf": "work_mem = 64MB\n", "answers": "postgresql = 16\n"}),
        Example(
            {
                "postgresql_conf": "work_mem = 4MB\n#stats_temp_directory = 'pg_stat_tmp'\n",
                "answers": "postgresql = 16\n",
            }
        ),
    ),
)
