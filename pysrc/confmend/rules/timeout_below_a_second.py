"""A timeout is below a second, most likely seconds taken for milliseconds.

The timeouts of statements, locks, sessions and connections are in milliseconds where no unit is given:
`statement_timeout = 30` cancels everything after 0.03 s, `client_connection_check_interval = 10` looks at the
connection a hundred times a second. Others (checkpoint_timeout, authentication_timeout, archive_timeout) are in
seconds, which is how the mistake begins.

There is no edit, because some mean it: a lock_timeout of half a second is a good idea. With a unit the line says what
it means: `30s`, `500ms`. deadlock_timeout is left alone, its default is one second. A reload applies a change.
"""

import re
from collections.abc import Iterator

from confmend import units
from confmend.catalog import postgres as catalog
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

SECOND = 1_000_000
_CHECK = "client_connection_check_interval"
_BARE = re.compile(r"\s*[+]?[1-9][0-9]*(?:\.[0-9]*)?\s*")
_FINE = ("deadlock_timeout",)


def check(pg: Postgres) -> Iterator[Finding]:
    """Look at the timeouts that the files give without a unit, and at the interval of the connection check."""
    for name, value in pg.settings.items():
        bare = _BARE.fullmatch(value.value) is not None
        if name in _FINE or not (name == _CHECK or (bare and name.endswith("_timeout"))):
            continue
        versions = catalog.known_in(name)
        row = catalog.settings(versions[-1])[name] if versions else None
        if row is None or row.unit != "ms":
            continue
        try:
            time = round(row.number(value.value) * row.per_unit)
        except ValueError:
            continue
        if 0 < time < SECOND:
            cost = " It costs a system call that often in every running query." if name == _CHECK else ""
            meant = f" If seconds were meant, write {value.value.strip()}s." if bare else ""
            yield Finding(
                f"{name} = {value.value} is {units.seconds(time)}{': without a unit it counts milliseconds' * bare}."
                f"{cost}{meant}",
                (value.origin,) if value.origin else (),
            )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://www.postgresql.org/docs/current/config-setting.html#CONFIG-SETTING-NAMES-VALUES",
        "https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-STATEMENT-TIMEOUT",
    ),
    examples=(
        Example(
            {"postgresql_conf": "statement_timeout = 30\nclient_connection_check_interval = 10\n"},
            {"postgresql_conf": "statement_timeout = 30\nclient_connection_check_interval = 10\n"},
        ),
        Example(
            {"postgresql_conf": "client_connection_check_interval = 200ms\n"},
            {"postgresql_conf": "client_connection_check_interval = 200ms\n"},
        ),
        Example(
            {
                "postgresql_conf": "statement_timeout = 1000\nlock_timeout = 500ms\ndeadlock_timeout = 200\n"
                "checkpoint_timeout = 300\nauthentication_timeout = 60\nidle_session_timeout = 0\n"
                "client_connection_check_interval = 1s\n"
            }
        ),
    ),
)
