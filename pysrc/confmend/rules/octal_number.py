"""A number with a leading zero is read in base eight.

The server reads whole numbers as C does: `port = 05432` is 2842, `max_connections = 0100` is 64, in quotes as well. It
starts and says nothing. With an 8 or a 9 in it the value is refused instead.

There is no edit: the server may have run with the octal value for years, and its clients with it. Write the number
that is meant without the zero. Modes of files, which are octal by custom, are left alone.
"""

import re
from collections.abc import Iterator

from confmend.catalog import postgres as catalog
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

_OCTAL = re.compile(r"[-+]?0([0-9]+)([A-Za-z]*)")
_MODES = re.compile("_mode$|_permissions$")


def check(pg: Postgres) -> Iterator[Finding]:
    """Look for whole numbers with a leading zero that the server accepts."""
    for name, value in pg.settings.items():
        match = _OCTAL.fullmatch(value.value.strip())
        versions = catalog.known_in(name)
        if not match or not versions or _MODES.search(name):
            continue
        row = catalog.settings(pg.version if pg.version in versions and pg.version else versions[-1])[name]
        if row.type != "integer":
            continue
        try:
            read = row.number(value.value)
        except ValueError:
            continue
        meant = int(match[1])
        if match[2] or read != meant:
            unit = f" × {row.unit}" if row.unit else ""
            yield Finding(
                f"{name} = {value.value} starts with a zero, so the server reads it in base eight: {read:,}{unit}. "
                f"Write {meant}{match[2]} if that is meant.",
                (value.origin,) if value.origin else (),
            )


RULE = Rule(
    check,
    Severity.ERROR,
    sources=(
        "https://www.postgresql.org/docs/current/config-setting.html#CONFIG-SETTING-NAMES-VALUES",
        "https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/misc/guc.c",
    ),
    examples=(
        Example({"postgresql_conf": "port = 05432\n"}, {"postgresql_conf": "port = 05432\n"}),
        Example({"postgresql_conf": "max_connections = '0100'\n"}, {"postgresql_conf": "max_connections = '0100'\n"}),
        Example(
            {
                "postgresql_conf": "log_file_mode = 0640\nunix_socket_permissions = 0777\nport = 5432\n"
                "max_wal_senders = 07\nwork_mem = 0\nseq_page_cost = 0.5\n"
            }
        ),
    ),
)
