"""PgBouncer refuses clients for a parameter that they send when they connect.

PgBouncer passes on only the parameters that it tracks for each client: client_encoding, datestyle, timezone,
standard_conforming_strings, application_name and what track_extra_parameters names. Any other ends the connection:
`unsupported startup parameter: extra_float_digits`. JDBC sends that one, and `options=-c ...` in a connection string
is read as parameters too, in any pool mode.

What stands in ignore_startup_parameters is thrown away: the setting does not reach the server, so what the client asked
for must then be set for its role (ALTER ROLE ... SET). A RELOAD applies it; without the name it is as before.
"""

import re
from collections.abc import Iterator

from confmend.facts.clients import Client
from confmend.facts.pooled_clients import PooledClients
from confmend.model import Example, Finding, Rule, Severity

FLOATS = "extra_float_digits"
# src/varcache.c, what every version tracks.
TRACKED = frozenset(
    ("client_encoding", "datestyle", "timezone", "standard_conforming_strings", "application_name", "intervalstyle")
)
_OPTION = re.compile(r"(?:-c\s*|--)([A-Za-z_][\w.]*)\s*=")


def check(through: PooledClients) -> Iterator[Finding]:
    """Look for what each client sends, and whether PgBouncer takes it."""
    pooler = through.pooler
    ignored = pooler.listed("ignore_startup_parameters")
    tracked = TRACKED | {name.lower() for name in pooler.listed("track_extra_parameters")}
    if "*" in ignored:
        return
    certain: dict[str, list[Client]] = {}
    for client in through.all:
        for name in _sent(client):
            if name.lower() not in tracked and not {name, "options"} & ignored:
                certain.setdefault(name, []).append(client)
    jdbc = [client for client in through.all if client.family == "jdbc"] if FLOATS not in ignored else []
    if jdbc:
        certain[FLOATS] = jdbc
    if not certain:
        return
    new = [*(each.strip() for each in pooler.text("ignore_startup_parameters").split(",") if each.strip()), *certain]
    only_jdbc = list(certain) == [FLOATS] and not any("assumeMinServerVersion" in each.values for each in jdbc)
    whether = " (pgjdbc sends it in some versions, and whenever assumeMinServerVersion is set)" if jdbc else ""
    yield Finding(
        f"Clients of PgBouncer send {', '.join(certain)} when they connect{whether}, and it refuses what it does not "
        "know: unsupported startup parameter. What it is told to ignore does not reach the server: set that with ALTER "
        "ROLE ... SET.",
        (
            *pooler.origins("ignore_startup_parameters"),
            *dict.fromkeys(client.origin for clients in certain.values() for client in clients[:2]),
        ),
        (pooler.edit("ignore_startup_parameters", ", ".join(new)),),
        severity=Severity.WARNING if only_jdbc else Severity.ERROR,
    )


def _sent(client: Client) -> tuple[str, ...]:
    options = client.text("options", "Options")
    return tuple(dict.fromkeys(_OPTION.findall(options.value))) if options else ()


_POOL = "[databases]\napp = host=10.0.0.5\n[pgbouncer]\n"
RULE = Rule(
    check,
    Severity.ERROR,
    sources=(
        "https://www.pgbouncer.org/config.html#ignore_startup_parameters",
        "https://www.pgbouncer.org/config.html#track_extra_parameters",
    ),
    examples=(
        Example(
            {
                "pgbouncer_ini": f"{_POOL}ignore_startup_parameters = options\n",
                "connection_strings": "url=jdbc:postgresql://pool:6432/app?assumeMinServerVersion=12\n",
            },
            {"pgbouncer_ini": f"{_POOL}ignore_startup_parameters = options, extra_float_digits\n"},
        ),
        Example(
            {
                "pgbouncer_ini": _POOL,
                "connection_strings": "DB=postgres://app@pool:6432/app?options=-c%20statement_timeout%3D5s\n",
            },
            {"pgbouncer_ini": f"{_POOL}ignore_startup_parameters = statement_timeout\n"},
        ),
        Example(
            {
                "pgbouncer_ini": f"{_POOL}ignore_startup_parameters = extra_float_digits\n",
                "connection_strings": "url=jdbc:postgresql://pool:6432/app\n",
            }
        ),
        Example(
            {
                "pgbouncer_ini": _POOL,
                "connection_strings": "DB=postgres://app@pool:6432/app?options=-c%20DateStyle%3DISO\n",
            }
        ),
    ),
    side_effect="The parameter is thrown away: the server keeps its own value, so a limit such as statement_timeout "
    "must be set for the role instead.",
)
