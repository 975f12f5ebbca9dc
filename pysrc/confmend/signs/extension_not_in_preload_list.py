"""A library that the log says must be preloaded is not in shared_preload_libraries."""

import re

from confmend.facts.log import ServerLog
from confmend.facts.postgres import Postgres
from confmend.model import Origin, Shown, Sign

NAME = "shared_preload_libraries"
# pg_stat_statements.c and others; 17 quotes the name of the setting.
_MUST = re.compile('(\\w+) must be loaded via "?shared_preload_libraries')
_SHOWN = 3


def check(pg: Postgres, log: ServerLog) -> Shown | None:
    """Compare the names in the log with the list; a file that does not name it may not be the whole configuration."""
    if pg.effective(NAME) is None:
        return None
    listed = {each.strip().strip('"').removeprefix("$libdir/") for each in pg.text(NAME).value.split(",")}
    wanted: dict[str, Origin] = {}
    for origin in log.matching(_MUST):
        match = _MUST.search(origin.text)
        if match:
            wanted.setdefault(match[1], origin)
    absent = {name: origin for name, origin in wanted.items() if name not in listed}
    if absent:
        because = f"{NAME} does not have {', '.join(absent)}"
        return Shown(True, because, (*list(absent.values())[:_SHOWN], *pg.origins(NAME)))
    return Shown(False, f"{NAME} has {', '.join(wanted)}", pg.origins(NAME)) if wanted else None


_LINE = "2024-05-01 10:00:00 UTC [9] ERROR:  pg_stat_statements must be loaded via shared_preload_libraries\n"
SIGN = Sign(
    "The library is not in shared_preload_libraries",
    check,
    examples=(
        ({"pg_log": _LINE, "postgresql_conf": f"{NAME} = ''\n"}, True),
        ({"pg_log": _LINE, "postgresql_conf": f"{NAME} = 'auto_explain, pg_stat_statements'\n"}, False),
        ({"pg_log": _LINE, "postgresql_conf": "max_connections = 100\n"}, None),
    ),
    paste=f"SHOW {NAME}",
)
