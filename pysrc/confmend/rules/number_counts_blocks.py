"""A size without a unit counts blocks of 8 kB.

shared_buffers, effective_cache_size, temp_buffers and wal_buffers are counted in blocks where no unit is given:
`shared_buffers = 4096` is 32 MB, not 4 GB, and `effective_cache_size = 8192` is 64 MB. work_mem and
maintenance_work_mem count kilobytes, max_wal_size megabytes, so that the same number means three sizes in one file.

Nothing is wrong where the number was worked out in blocks; old files do that. It is a warning below the version's own
default, for nobody asks for less on purpose. There is no edit: write the size with a unit.
"""

import re
from collections.abc import Iterator

from confmend import units
from confmend.catalog import postgres as catalog
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

NAMES = ("shared_buffers", "effective_cache_size", "temp_buffers", "wal_buffers")
BLOCK = 8192
_BARE = re.compile(r"\s*[+]?[1-9][0-9]*\s*")
# Less than this is none that a server of today is given on purpose: shared_buffers of initdb, a quarter of the default
# of effective_cache_size, the default of temp_buffers.
_LITTLE = {"shared_buffers": 128 * 1024**2, "effective_cache_size": 1024**3, "temp_buffers": 8 * 1024**2}


def check(pg: Postgres) -> Iterator[Finding]:
    """Look for these sizes without a unit in the files."""
    for name in NAMES:
        value = pg.settings.get(name)
        if not value or not _BARE.fullmatch(value.value):
            continue
        row = catalog.settings(pg.version or catalog.versions()[-1])[name]
        try:
            size = int(row.number(value.value)) * BLOCK
        except ValueError:
            continue
        little = size < _LITTLE.get(name, 0)
        yield Finding(
            f"{name} = {value.value} counts blocks of 8 kB: it is {units.human(size)}."
            + (f" If {value.value.strip()} MB was meant, write {value.value.strip()}MB." if little else ""),
            (value.origin,) if value.origin else (),
            arithmetic=(f"{value.value.strip()} × 8 kB = {units.human(size)}",),
            severity=Severity.WARNING if little else Severity.INFO,
        )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://www.postgresql.org/docs/current/config-setting.html#CONFIG-SETTING-NAMES-VALUES",),
    examples=(
        Example({"postgresql_conf": "shared_buffers = 4096\n"}, {"postgresql_conf": "shared_buffers = 4096\n"}),
        Example(
            {"postgresql_conf": "effective_cache_size = 1048576\n"},
            {"postgresql_conf": "effective_cache_size = 1048576\n"},
        ),
        Example({"postgresql_conf": "shared_buffers = 4096MB\nwal_buffers = -1\nwork_mem = 4096\n"}),
    ),
)
