"""archive_command succeeds without archiving anything.

`/bin/true`, `:`, `cd .` or `exit 0` tell the server that a segment is safe, and it is recycled. It is a known way to
leave archive_mode on, so that a real command can be set later with a reload. Until then there is no archive: no
point-in-time recovery, and a standby that fell behind can't catch up from it.

There is no edit, for it may be meant. If a backup is believed to rest on it, set a real command and take a new base
backup, for what was not archived is missing for ever.
"""

from collections.abc import Iterator

from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

_DO_NOTHING = frozenset({"/bin/true", "/usr/bin/true", "true", ":", "cd .", "exit 0", "exit", "echo", "rem"})


def check(pg: Postgres) -> Iterator[Finding]:
    """Look for commands that do nothing."""
    command = pg.text("archive_command").value.strip().lower()
    if command in _DO_NOTHING and pg.choice("archive_mode") != "off":
        yield Finding(
            f"archive_command is {command}: every segment counts as archived and none is. There is no archive to "
            "recover from.",
            pg.origins("archive_command", "archive_mode"),
        )


RULE = Rule(
    check,
    Severity.INFO,
    sources=("https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-ARCHIVING-WAL",),
    examples=(
        Example(
            {"postgresql_conf": "archive_mode = on\narchive_command = '/bin/true'\n"},
            {"postgresql_conf": "archive_mode = on\narchive_command = '/bin/true'\n"},
        ),
        Example({"postgresql_conf": "archive_mode = on\narchive_command = 'test ! -f /a/%f && cp %p /a/%f'\n"}),
        Example({"postgresql_conf": "archive_command = '/bin/true'\n"}),
    ),
)
