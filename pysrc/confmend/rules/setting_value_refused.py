"""The server refuses the value of a setting.

A value out of its range, with a wrong unit or of a wrong kind stops a start. Units are case-sensitive: kB, MB, GB, TB
for sizes, us, ms, s, min, h, d for times; `16mb`, `512M` and `30sec` are errors, not sixteen of something. On a reload
the other lines are applied and this one keeps its old value, with one line in the server log.

The value is mended where only the writing of its unit is wrong. A number out of range is left for its owner. After the
change `select * from pg_file_settings where error is not null` must be empty. To undo it, put the old value back.
"""

import re
from collections.abc import Iterator

from confmend.catalog import postgres as catalog
from confmend.facts.postgres import VERSION_PASTE, Postgres
from confmend.model import Example, Finding, MissingFactError, Rule, Severity

_AMOUNT = re.compile(r"([-+]?[0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]+)")
# What people write for units. A bare m of a time could be minutes or milli-, so it is not here.
_SIZES = {"k": "kB", "kb": "kB", "kib": "kB", "m": "MB", "mb": "MB", "mib": "MB", "g": "GB", "gb": "GB", "gib": "GB"}
_TIMES = {
    **dict.fromkeys(("msec", "msecs", "millisecond", "milliseconds"), "ms"),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), "min"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("d", "day", "days"), "d"),
}
_SWITCHES = {"enabled": "on", "enable": "on", "disabled": "off", "disable": "off"}


def check(pg: Postgres) -> Iterator[Finding]:
    """Try every value that a start checks as a server of the version would; of an unknown version all must agree."""
    unsure = False
    for name, value in pg.judged:
        rows = _rows(name, pg.version)
        complaints = [complaint for row in rows if (complaint := _complaint(row, value.value))]
        unsure = unsure or 0 < len(complaints) < len(rows)
        if not complaints or len(complaints) < len(rows):
            continue
        # An edit changes the line that wins; an earlier one, of the same name in another case, is mended by hand.
        wins = pg.written(name) == value
        meant = _meant(rows[-1], value.value) if wins else None
        better = f" Write {meant}." if meant else ""
        yield Finding(
            f"The server refuses the value of {name}: "
            f"{complaints[-1]}{'' if complaints[-1].endswith('.') else '.'}{better} It does not start with this line.",
            (value.origin,) if value.origin else (),
            (pg.edit(name, meant),) if meant else (),
        )
    if unsure:
        raise MissingFactError(VERSION_PASTE)


def _rows(name: str, version: int | None) -> list[catalog.Setting]:
    name = catalog.ALIASES.get(name, name)
    known = catalog.known_in(name)
    return [catalog.settings(each)[name] for each in known if version is None or each == version]


def _complaint(row: catalog.Setting, value: str) -> str:
    if row.context == "internal":
        return f'parameter "{row.name}" cannot be changed'
    try:
        row.check(value)
    except ValueError as refusal:
        return str(refusal)
    return ""


def _meant(row: catalog.Setting, value: str) -> str | None:
    """Return the value with its unit as the server writes it, None if that is not all that is wrong."""
    match = _AMOUNT.fullmatch(value.strip())
    if row.type == "bool":
        meant = _SWITCHES.get(value.lower())
    elif match and row.unit:
        unit = (_SIZES if row.unit in ("B", "kB", "MB", "8kB") else _TIMES).get(match[2].lower())
        meant = f"{match[1]}{unit}" if unit else None
    else:
        meant = None
    return meant if meant and not _complaint(row, meant) else None


RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=(
        "https://www.postgresql.org/docs/current/config-setting.html#CONFIG-SETTING-NAMES-VALUES",
        "https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/misc/guc.c",
    ),
    examples=(
        Example(
            {"postgresql_conf": "work_mem = 16mb\nshared_buffers = '512 M'\nautovacuum = enabled\n"},
            {"postgresql_conf": "work_mem = 16MB\nshared_buffers = '512MB'\nautovacuum = on\n"},
        ),
        Example(
            {"postgresql_conf": "checkpoint_timeout = 5s\nstatement_timeout = 30sec\n"},
            {"postgresql_conf": "checkpoint_timeout = 5s\nstatement_timeout = 30s\n"},
        ),
        # A later line hides a bad one only if it spells the name the same way.
        Example(
            {"postgresql_conf": "work_mem = 16mb\nWORK_MEM = 16MB\n"},
            {"postgresql_conf": "work_mem = 16mb\nWORK_MEM = 16MB\n"},
        ),
        Example(
            {"postgresql_conf": "data_checksums = on\nwork_mem = 3TB\n"},
            {"postgresql_conf": "data_checksums = on\nwork_mem = 3TB\n"},
        ),
        Example(
            {
                "postgresql_conf": "work_mem = 64kB\ncheckpoint_timeout = 30\nautovacuum = of\nwal_level = "
                "hot_standby\nhuge_pages = yes\nmax_stack_depth = '2 MB'\nwork_mem = 16mb\nwork_mem = 16MB\n"
            }
        ),
    ),
    side_effect=("The server reloads again, and with that takes every other change that the file gathered meanwhile."),
)
