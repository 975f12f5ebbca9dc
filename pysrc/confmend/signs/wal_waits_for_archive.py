"""Finished WAL stays on the disk because nothing archives it: archiving is on, and it fails or is not configured."""

import re

from confmend.facts.log import ServerLog
from confmend.facts.postgres import Postgres
from confmend.model import Shown, Sign

# shell_archive.c, pgarch.c
_FAILS = re.compile(
    "archive command failed with exit code|archive command was terminated by|failed too many times, will try again|"
    'archive_mode"? enabled, yet arch'
)
_WAYS = ("archive_command", "archive_library")
_SHOWN = 3


def check(postgres: Postgres, log: ServerLog | None) -> Shown | None:
    """Look for failures in the log, else whether anything is to be archived at all."""
    lines = tuple(log.matching(_FAILS)) if log else ()
    if lines:
        return Shown(True, f"the log has {len(lines):,} lines that say archiving does not work", lines[:_SHOWN])
    if postgres.choice("archive_mode") == "off":
        return Shown(False, "archive_mode is off: no segment waits for the archive", postgres.origins("archive_mode"))
    ways = [name for name in _WAYS if postgres.has(name)]
    if postgres.choice("archive_mode") == "always" and not any(postgres.text(name).value.strip() for name in ways):
        return Shown(True, "archive_mode is always, and nothing says how", postgres.origins("archive_mode", *ways))
    return None


_LINE = "2024-05-01 10:00:00 UTC [9] LOG:  archive command failed with exit code 1\n"
SIGN = Sign(
    "Finished WAL waits for an archive that does not take it",
    check,
    examples=(
        ({"postgresql_conf": "archive_mode = on\n", "pg_log": _LINE, "answers": "postgresql = 16\n"}, True),
        ({"postgresql_conf": "archive_mode = always\n", "answers": "postgresql = 16\n"}, True),
        ({"postgresql_conf": "max_connections = 100\n", "answers": "postgresql = 16\n"}, False),
        ({"postgresql_conf": "archive_mode = on\narchive_command = 'a %p'\n", "answers": "postgresql = 16\n"}, None),
    ),
    paste="select * from pg_stat_archiver",
)
