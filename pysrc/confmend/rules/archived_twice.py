"""archive_command and archive_library are both set, and nothing is archived.

From 16 on the archiver refuses that: `both "archive_command" and "archive_library" set`, again and again, while WAL
piles up in pg_wal. In 15 the library wins and the command does nothing.

Which one is meant only the owner knows, so there is no edit: empty the other. A reload applies it.
"""

from collections.abc import Iterator

from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

_REFUSED_FROM = 16


def check(pg: Postgres) -> Iterator[Finding]:
    """Look for both."""
    if not pg.has("archive_library") or pg.choice("archive_mode") == "off":
        return
    if not pg.text("archive_library").value or not pg.text("archive_command").value:
        return
    refused = pg.known_version >= _REFUSED_FROM
    yield Finding(
        "archive_command and archive_library are both set: "
        + (
            "the archiver refuses to work, and pg_wal grows until the disk is full."
            if refused
            else "the library wins, and the command does nothing."
        )
        + " Empty one of them.",
        pg.origins("archive_command", "archive_library"),
        severity=Severity.ERROR if refused else Severity.WARNING,
    )


RULE = Rule(
    check,
    Severity.ERROR,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-ARCHIVE-LIBRARY",
        "https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/postmaster/pgarch.c",
    ),
    examples=(
        Example(
            {
                "postgresql_conf": "archive_mode = on\narchive_command = 'cp %p /a/%f'\narchive_library = "
                "'basic_archive'\n",
                "answers": "postgresql = 16\n",
            },
            {
                "postgresql_conf": "archive_mode = on\narchive_command = 'cp %p /a/%f'\narchive_library = "
                "'basic_archive'\n"
            },
        ),
        Example(
            {
                "postgresql_conf": "archive_mode = on\narchive_command = ''\narchive_library = 'basic_archive'\n",
                "answers": "postgresql = 16\n",
            }
        ),
    ),
)
