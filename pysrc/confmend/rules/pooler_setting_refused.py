"""PgBouncer refuses a line of pgbouncer.ini.

One line that it can't take stops a start: `cannot load config file`. On RELOAD it keeps its old configuration, says so
in its log only, and the mistake waits for the next restart. PgBouncer's grammar is not PostgreSQL's: times are seconds
without a unit, switches are 0 and 1, names are case-sensitive, nothing may stand behind a value, no comment either.

A line is mended where only one meaning is possible: a unit is worked out, on becomes 1, PostgreSQL's names of the
keepalive settings become PgBouncer's. What is left needs its owner, or is a fork's. A RELOAD applies it; to undo it,
put the line back.
"""

import re
from collections.abc import Iterator

from confmend.catalog import pgbouncer as catalog
from confmend.document import Document
from confmend.facts.pooler import KIND, Pooler
from confmend.model import Edit, Example, Finding, Line, Rule, Severity

# Behind so many refused lines a file is none of PgBouncer's.
MOST = 30
# Such a line is read and does nothing; another line counts.
HARMLESS = "without effect"
# The entry * is read only when somebody connects through it.
LATE = "PgBouncer starts, but"
_NAMES = {
    "tcp_keepalives_idle": "tcp_keepidle",
    "tcp_keepalives_interval": "tcp_keepintvl",
    "tcp_keepalives_count": "tcp_keepcnt",
    "tcp_keepalive_idle": "tcp_keepidle",
    "idle_in_transaction_timeout": "idle_transaction_timeout",
    "max_connections": "max_client_conn",
    "pool_size": "default_pool_size",
}
_SWITCHES = {"on": "1", "true": "1", "yes": "1", "off": "0", "false": "0", "no": "0"}
_UNITS = {"s": 1, "sec": 1, "secs": 1, "second": 1, "seconds": 1, "min": 60, "mins": 60, "minutes": 60, "h": 3600}
_TIME = re.compile(r"([0-9]+)\s*([a-z]+)")
_TRAILING = re.compile(r"([^;#]*?)\s+[;#].*")


def check(pooler: Pooler) -> Iterator[Finding]:
    """Report the lines that the program refuses, mended where the meaning is plain."""
    document = pooler.file
    refused = [
        index
        for index, line in enumerate(document.lines)
        if line.problem and not line.problem.startswith(HARMLESS) and not line.commented
    ]
    for index in refused[:MOST]:
        line = document.lines[index]
        edits, advice = _mended(document, index, line)
        starts = LATE in line.problem
        then = "" if starts else " It does not start with it, and a RELOAD keeps the old configuration."
        yield Finding(
            f"PgBouncer refuses this line: {line.problem}.{advice}{then}",
            (document.origin(index),),
            edits,
            severity=Severity.ERROR if starts else Severity.CRITICAL,
        )


def _mended(document: Document, index: int, line: Line) -> tuple[tuple[Edit, ...], str]:
    section, _, name = line.key.partition("/")
    if section != catalog.MAIN or document.kind != KIND or document.written(line.key)[-1] != index:
        return (), ""
    row = catalog.settings().get(name)
    if row is None:
        meant = _NAMES.get(name) or next((each for each in catalog.settings() if each == name.lower()), "")
        if not meant:
            return (), ""
        free = not document.written(f"{section}/{meant}") and not catalog.settings()[meant].refusal(line.value)
        edits = (Edit(KIND, line.key, None), Edit(KIND, f"{section}/{meant}", line.value)) if free else ()
        return edits, f" Its name is {meant}."
    value = _value(line.value, row)
    if value is None or row.refusal(value):
        return (), ""
    return (Edit(KIND, line.key, value),), f" Write {name} = {value}."


def _value(written: str, row: catalog.Setting) -> str | None:
    """Return the value that is certainly meant."""
    trailing = _TRAILING.fullmatch(written)
    value = trailing[1] if trailing else written
    if row.type == "bool":
        return _SWITCHES.get(value.lower(), value)
    time = _TIME.fullmatch(value.lower())
    # A number with a unit is a time of seconds, and that only; tcp_user_timeout counts milliseconds.
    if time and row.unit == "s" and time[2] in _UNITS:
        return str(int(time[1]) * _UNITS[time[2]])
    if row.type in ("int", "uint") and re.fullmatch("[1-9][0-9]{0,2}(?:,[0-9]{3})+", value):
        return value.replace(",", "")
    return value if trailing else None


RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=(
        "https://www.pgbouncer.org/config.html",
        "https://github.com/pgbouncer/pgbouncer/blob/pgbouncer_1_24_1/src/main.c",
    ),
    examples=(
        Example(
            {"pgbouncer_ini": "[pgbouncer]\ntcp_keepalive = 1 ; on\nserver_idle_timeout = 10min\n"},
            {"pgbouncer_ini": "[pgbouncer]\ntcp_keepalive = 1\nserver_idle_timeout = 600\n"},
        ),
        Example(
            {"pgbouncer_ini": "[pgbouncer]\ntcp_keepalives_idle = 60\nlog_connections = on\nPool_Mode = session\n"},
            {"pgbouncer_ini": "[pgbouncer]\nlog_connections = 1\ntcp_keepidle = 60\npool_mode = session\n"},
        ),
        Example(
            {"pgbouncer_ini": "[pgbouncer]\nmax_client_conn = 5k\n"},
            {"pgbouncer_ini": "[pgbouncer]\nmax_client_conn = 5k\n"},
        ),
        Example({"pgbouncer_ini": "[pgbouncer]\n; tcp_keepalive = on\nserver_idle_timeout = 0.5\n"}),
    ),
    side_effect="None beyond what the line was meant to set: until now PgBouncer could not start, or kept what it had.",
)
