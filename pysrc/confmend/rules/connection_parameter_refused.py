"""The client library refuses a parameter of a connection string.

libpq checks a connection string before it connects: an unknown name (`invalid connection option "keepalive_idle"`,
`invalid URI query parameter`) or a number with a unit (`invalid integer value "60s"`) ends it there. It shows when the
application starts, and with a string that only a fallback uses, in the middle of an outage.

The line is mended where only a unit of seconds is wrong. What libpq refuses others may take: the rule speaks only of
strings that libpq reads. To undo it, put the old text back.
"""

import re
from collections.abc import Iterator

from confmend.facts.clients import Client, Clients
from confmend.model import Edit, Example, Finding, Rule, Severity

# libpq-connect: the parameters that are whole numbers, in seconds but for tcp_user_timeout.
_NUMBERS = {
    "connect_timeout": 1,
    "keepalives_idle": 1,
    "keepalives_interval": 1,
    "keepalives_count": 0,
    "keepalives": 0,
    "tcp_user_timeout": 1000,
}
_INTEGER = re.compile(r"\s*[-+]?[0-9]+\s*")
_AMOUNT = re.compile(r"([0-9]{1,6})\s*(ms|s|min|h)")
_MS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000}
# What people write for libpq's own names.
_MEANT = {
    "keepalive": "keepalives",
    "keepalive_idle": "keepalives_idle",
    "keepalive_interval": "keepalives_interval",
    "keepalive_count": "keepalives_count",
    "tcp_keepalives_idle": "keepalives_idle",
    "tcp_keepalives_interval": "keepalives_interval",
    "tcp_keepalives_count": "keepalives_count",
    "user_timeout": "tcp_user_timeout",
}


def check(clients: Clients) -> Iterator[Finding]:
    """Look at the names and numbers of every string that libpq reads."""
    for client in clients.all:
        if client.family != "libpq" or client.dialect not in ("uri", "conninfo", "pdo"):
            continue
        for name, value in client.values.items():
            complaint, edits, better = _judged(client, name, value.value)
            if complaint:
                yield Finding(
                    f"libpq refuses {name}={value.value}: {complaint}.{better} The connection is not even tried.",
                    (value.origin,) if value.origin else (client.origin,),
                    edits,
                )


def _judged(client: Client, name: str, value: str) -> tuple[str, tuple[Edit, ...], str]:
    if name in _MEANT:
        meant = _MEANT[name]
        edits = (client.edit(name, None), client.edit(meant, value)) if meant not in client.values else ()
        return f'invalid connection option "{name}"', edits, f" Its name is {meant}."
    if name not in _NUMBERS or _INTEGER.fullmatch(value) or not value or not value[0].isdigit():
        return "", (), ""
    complaint, amount = f'invalid integer value "{value}" for connection option "{name}"', _AMOUNT.fullmatch(value)
    scale = _NUMBERS[name]
    if not amount or not scale:
        return complaint, (), ""
    milliseconds = int(amount[1]) * _MS[amount[2]]
    number = str(milliseconds if scale == 1000 else -(-milliseconds // 1000))
    return complaint, (client.edit(name, number),), f" Write {number}."


RULE = Rule(
    check,
    Severity.ERROR,
    sources=("https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS",),
    examples=(
        Example(
            {"connection_strings": "DB=postgres://app@db/orders?keepalives_idle=60s&tcp_user_timeout=30s\n"},
            {"connection_strings": "DB=postgres://app@db/orders?keepalives_idle=60&tcp_user_timeout=30000\n"},
        ),
        Example(
            {"connection_strings": "host=db user=app keepalive_idle=60\n"},
            {"connection_strings": "host=db user=app  keepalives_idle=60\n"},
        ),
        Example({"connection_strings": "DB=postgres://app@db/orders?keepalives_idle=60\n"}),
        Example({"connection_strings": "url=jdbc:postgresql://db/orders?connectTimeout=10\n"}),
    ),
    side_effect="None: until now the string could not be used at all.",
)
