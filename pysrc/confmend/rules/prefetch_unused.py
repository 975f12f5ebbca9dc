"""The storage could serve many reads at once, and PostgreSQL asks for one.

effective_io_concurrency is how many pages a bitmap scan asks for ahead. Up to 17 it is 1 unless set, which is right for
a single disk; solid state and cloud volumes answer hundreds at once. From 18 on it is 16, and reading ahead works
differently (io_method): nothing is said there.

It needs posix_fadvise, which Linux has and Windows and macOS have not; there anything but 0 stops the server, so the
system must be known. The value of 200 is custom, within the manual's "hundreds". A reload sets it, the old value undoes
it.
"""

from collections.abc import Iterator

from confmend.facts.platform import Platform
from confmend.facts.postgres import Postgres
from confmend.facts.storage import Storage
from confmend.model import Example, Finding, Rule, Severity

UNTIL = 17
AHEAD = 200
# Up to 12 the number meant drives, of which n asked for about n·(1 + 1/2 + ... + 1/n) pages: 48 drives for 214.
AHEAD_12, DRIVES_UNTIL = 48, 12
# What somebody set to more than this, they chose.
LITTLE = 2


def check(pg: Postgres, storage: Storage, platform: Platform) -> Iterator[Finding]:
    """Look at the setting where the storage has no arm, on Linux."""
    if storage.seeks or platform.name != "Linux" or pg.known_version > UNTIL:
        return
    ahead = pg.count("effective_io_concurrency")
    if ahead > LITTLE or (ahead == 0 and pg.written("effective_io_concurrency")):
        return
    better = AHEAD_12 if pg.known_version <= DRIVES_UNTIL else AHEAD
    yield Finding(
        f"effective_io_concurrency is {ahead}: a bitmap scan asks {storage.kind} for {ahead or 'no'} page ahead. It "
        f"answers hundreds at once; {better} is the usual value.",
        (*pg.origins("effective_io_concurrency"), *((storage.origin,) if storage.origin else ())),
        (pg.edit("effective_io_concurrency", str(better)),),
    )


RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://www.postgresql.org/docs/17/runtime-config-resource.html#GUC-EFFECTIVE-IO-CONCURRENCY",
        "https://www.postgresql.org/docs/release/13.0/",
    ),
    examples=(
        Example(
            {
                "postgresql_conf": "effective_io_concurrency = 1\n",
                "answers": "storage = ssd\npostgresql = 16\n",
                "uname": "Linux db1 6.1.0-18-amd64 #1 SMP Debian 6.1.76-1 x86_64 GNU/Linux\n",
            },
            {"postgresql_conf": "effective_io_concurrency = 200\n"},
        ),
        Example(
            {
                "postgresql_conf": "effective_io_concurrency = 1\n",
                "answers": "storage = ssd\npostgresql = 16\n",
                "uname": "Darwin mac 22.4.0 Darwin Kernel Version 22.4.0 arm64\n",
            },
        ),
        Example(
            {
                "postgresql_conf": "port = 5432\n",
                "answers": "storage = nvme\npostgresql = 18\n",
                "uname": "Linux db1 6.1.0-18-amd64 #1 SMP Debian 6.1.76-1 x86_64 GNU/Linux\n",
            },
        ),
    ),
    side_effect="A bitmap scan may keep more reads in flight than a small cloud volume's limit allows at once.",
)
