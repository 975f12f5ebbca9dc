"""postgresql.conf sets a name that this version of PostgreSQL does not know.

A file that was carried over from an older or a newer server stops the start: `unrecognized configuration parameter`.
It is the commonest reason why an upgraded server does not come up. A reload refuses the whole file.

The line is removed, and where another setting took its place that one is set to the same. The advice is wrong if the
version is: check `select version()`, and mind that a fork of PostgreSQL may have kept a name. Nothing else changes; to
undo it, put the line back.
"""

from collections.abc import Iterator

from confmend import units
from confmend.catalog import postgres as catalog
from confmend.facts.postgres import VERSION_PASTE, Postgres
from confmend.model import Edit, Example, Finding, MissingFactError, Rule, Severity, Value

# A WAL segment is 16 MB unless initdb was told otherwise.
SEGMENT = 16 * 1024**2
# checkpoint_segments counted what lies between checkpoints; up to three times that was kept (release notes of 9.5).
SEGMENTS_KEPT = 3
# Since 9.5; what the old setting kept is usually less, and then the default is the better successor.
DEFAULT_MAX_WAL_SIZE = 1024**3


def check(pg: Postgres) -> Iterator[Finding]:
    """Look up every name that is set in the version's catalogue."""
    foreign = [name for name in pg.settings if _foreign(name)]
    if pg.version is None and foreign:
        raise MissingFactError(VERSION_PASTE)
    for name in foreign:
        if pg.version is None or catalog.is_accepted(name, pg.version):
            continue
        successor = _successor(name, pg.settings[name], pg.version)
        edits = [Edit("postgresql_conf", name, None)]
        advice = ""
        if successor:
            key, value, how = successor
            advice = f" {how}"
            if pg.written(key) is None:
                edits.append(pg.edit(key, value))
            else:
                advice += f" {key} is set already."
        yield Finding(
            f"PostgreSQL {pg.version} does not know {name}: {_history(name, pg.version)}. It does not start with this "
            f"line.{advice or _advice(name)}",
            pg.origins(name),
            tuple(edits),
        )


def _foreign(name: str) -> bool:
    """Whether only some versions know a name."""
    known = catalog.known_in(name)
    return "." not in name and (len(known) < len(catalog.versions()) if known else name in catalog.removed())


def _history(name: str, version: int) -> str:
    known = catalog.known_in(name)
    if known and known[0] > version:
        return f"it came with {known[0]}"
    gone = catalog.removed()[name].gone if name in catalog.removed() else str(known[-1] + 1)
    return f"it was removed in {gone}"


def _advice(name: str) -> str:
    entry = catalog.removed().get(name)
    return f" {entry.advice}" if entry and entry.advice else " Remove the line."


def _successor(name: str, value: Value[str], version: int) -> tuple[str, str, str] | None:
    """Return what takes a name's place (key, value, how), if that is certain and the server would take it."""
    segments = int(value.value) if value.value.isdecimal() else None
    if name == "wal_keep_segments" and segments is not None:
        size = units.postgres_size(segments * SEGMENT) if segments else "0"
        return "wal_keep_size", size, f"Write wal_keep_size = {size}: {segments:,} segments × 16 MB."
    if name == "checkpoint_segments" and segments and SEGMENTS_KEPT * segments * SEGMENT > DEFAULT_MAX_WAL_SIZE:
        size = units.postgres_size(SEGMENTS_KEPT * segments * SEGMENT)
        return "max_wal_size", size, f"Write max_wal_size = {size}: 3 × {segments:,} segments × 16 MB."
    instead = catalog.removed()[name].instead if name in catalog.removed() else ""
    # Nothing meant the default in the old setting; in the new one it may switch something off.
    if not instead or instead not in catalog.settings(version) or not value.value:
        return None
    try:
        catalog.settings(version)[instead].check(value.value)
    except ValueError:
        return None
    return instead, value.value, f"It is called {instead} now, with the same value."


RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=(
        "https://www.postgresql.org/docs/current/appendix-obsolete.html",
        "https://www.postgresql.org/docs/13/release-13.html",
        "https://www.postgresql.org/docs/15/release-15.html",
        "https://www.postgresql.org/docs/16/release-16.html",
        "https://www.postgresql.org/docs/release/9.5.0/",
    ),
    examples=(
        Example(
            {"postgresql_conf": "wal_keep_segments = 64\nport = 5432\n", "answers": "postgresql = 15\n"},
            {"postgresql_conf": "port = 5432\nwal_keep_size = 1GB\n"},
        ),
        Example(
            {
                "postgresql_conf": "stats_temp_directory = '/run/stats'\ncheckpoint_segments = 32\n",
                "answers": "postgresql = 15\n",
            },
            {"postgresql_conf": "max_wal_size = 1536MB\n"},
        ),
        Example(
            {
                "postgresql_conf": "client_connection_check_interval = 10s\nidle_session_timeout = 0\nport = 5432\n",
                "answers": "postgresql = 13\n",
            },
            {"postgresql_conf": "port = 5432\n"},
        ),
        Example(
            {
                "postgresql_conf": "wal_keep_segments = 64\nssl_renegotiation_limit = 0\nsort_mem = 4MB\nrds.x = 1\n"
                "plpgsql.check_asserts = off\n",
                "answers": "postgresql = 12\n",
            }
        ),
        # The old default, which was less than max_wal_size is by itself; and a default that must not become "none".
        Example(
            {
                "postgresql_conf": "checkpoint_segments = 3\nunix_socket_directory = ''\nport = 5432\n",
                "answers": "postgresql = 16\n",
            },
            {"postgresql_conf": "port = 5432\n"},
        ),
        Example({"postgresql_conf": "stats_temp_directory = '/run/stats'\n", "answers": "postgresql = 14\n"}),
    ),
    side_effect=(
        "None: the server knows nothing of a name that it does not have. What it did before has to be set by its "
        "present name."
    ),
)
