"""A compression method is set that not every build of PostgreSQL has.

lz4 and zstd are there only if the server was built with them. A server without refuses the value and does not start:
`invalid value for parameter "wal_compression": "lz4"`. The packages of Debian, of postgresql.org and the official
containers have both (Alpine too, for 15 and later); own builds, some of Windows and of embedded ones do not.

Nothing is known to be wrong, so there is no edit. `pg_config --configure` shows --with-lz4 and --with-zstd;
wal_compression = pglz and default_toast_compression = pglz work everywhere.
"""

from collections.abc import Iterator

from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

_NEEDS = {"wal_compression": ("lz4", "zstd"), "default_toast_compression": ("lz4",)}


def check(pg: Postgres) -> Iterator[Finding]:
    """Look for methods that depend on the build, unless the server runs with them."""
    for name, methods in _NEEDS.items():
        written = pg.written(name)
        if not written or written.value.lower() not in methods or not pg.has(name):
            continue
        running = pg.running(name)
        if running and running.value.lower() == written.value.lower():
            continue
        method = written.value.lower()
        yield Finding(
            f"{name} is {method}: a server that was not built --with-{method} does not start. pg_config --configure "
            "tells.",
            pg.origins(name),
        )


RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-WAL-COMPRESSION",
        "https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-DEFAULT-TOAST-COMPRESSION",
    ),
    examples=(
        Example(
            {"postgresql_conf": "wal_compression = lz4\n", "answers": "postgresql = 16\n"},
            {"postgresql_conf": "wal_compression = lz4\n"},
        ),
        Example(
            {
                "postgresql_conf": "wal_compression = lz4\n",
                "show_all": " wal_compression \n-----------------\n lz4\n(1 row)\n",
                "answers": "postgresql = 16\n",
            }
        ),
        Example({"postgresql_conf": "wal_compression = pglz\n", "answers": "postgresql = 16\n"}),
    ),
)
