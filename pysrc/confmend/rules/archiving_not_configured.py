"""WAL is to be archived, and nothing archives it.

With archive_mode on, every finished segment waits in pg_wal until archive_command or archive_library has taken it.
With neither set none is ever taken: pg_wal grows by 16 MB a segment until the disk is full and the server stops. From
15 on a warning in the log says so. The other way round, an archive_command without archive_mode does nothing, and the
backup that is believed in does not exist.

Which of the two is meant only the owner knows, so there is no edit. archive_command takes a reload, archive_mode a
restart. Only a server that includes other files may have the command there.
"""

from collections.abc import Iterator

from confmend.facts.postgres import Postgres
from confmend.facts.role import Role
from confmend.model import Example, Finding, Rule, Severity

# How an empty command is shown while archive_mode is off.
_DISABLED = "(disabled)"
_INCLUDES = ("include", "include_dir", "include_if_exists")


def check(pg: Postgres, role: Role | None) -> Iterator[Finding]:
    """Compare archive_mode with what is to archive."""
    if any(document.settings.get(name) for document in pg.files for name in _INCLUDES):
        return
    mode = pg.choice("archive_mode")
    ways = ["archive_command"] + (["archive_library"] if pg.has("archive_library") else [])
    configured = [name for name in ways if pg.text(name).value.strip() not in ("", _DISABLED)]
    waits = mode == "always" or (mode == "on" and not (role and role.is_standby))
    if waits and not configured:
        yield Finding(
            f"archive_mode is {mode}, but {' and '.join(ways)} {'is' if len(ways) == 1 else 'are'} empty: no segment "
            "is ever archived, and pg_wal grows until the disk is full. Set archive_command, or archive_mode to off.",
            pg.origins("archive_mode", *ways),
        )
    elif mode == "off" and configured:
        yield Finding(
            f"{configured[0]} is set, but archive_mode is off: nothing is archived. If it is meant to be, set "
            "archive_mode to on and restart.",
            pg.origins(configured[0], "archive_mode"),
            severity=Severity.INFO,
        )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-ARCHIVE-MODE",),
    examples=(
        Example({"postgresql_conf": "archive_mode = on\n"}, {"postgresql_conf": "archive_mode = on\n"}),
        Example(
            {"postgresql_conf": "archive_command = 'cp %p /archive/%f'\n"},
            {"postgresql_conf": "archive_command = 'cp %p /archive/%f'\n"},
        ),
        Example({"postgresql_conf": "archive_mode = on\narchive_command = 'cp %p /archive/%f'\n"}),
        Example({"postgresql_conf": "archive_mode = on\n", "answers": "role = standby\n"}),
        Example({"postgresql_conf": "archive_mode = on\ninclude_dir = 'conf.d'\n"}),
    ),
)
