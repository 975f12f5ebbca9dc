"""A connection over a public network may be read on the way.

sslmode=disable sends everything in the clear, the password too unless SCRAM protects it; allow and prefer fall back to
that without a word, and whoever stands between can make them fall back. require encrypts but asks nobody who he is.
Only verify-full, with the authority's certificate in sslrootcert, keeps out whoever stands between.

Within one host or a private network it is the owner's choice, so the rule speaks only of hosts with a public name or
address. There is no edit: the server must have a certificate first. libpq's default is prefer.
"""

import ipaddress
from collections.abc import Iterator

from confmend.facts.clients import Client, Clients
from confmend.model import Example, Finding, Rule, Severity

WEAK = ("disable", "allow", "prefer")
# Names that are resolved inside a network only, and those that stand for something in documentation.
_INSIDE = (".local", ".internal", ".lan", ".svc", ".cluster.local", ".home", ".corp", ".intranet", ".private")
_EXAMPLES = (".example", ".test", ".invalid", "example.com", "example.org", "example.net")


def check(clients: Clients) -> Iterator[Finding]:
    """Look for a weak mode that is written out, to a host outside."""
    for client in clients.all:
        mode = client.sslmode
        outside = [host for host, _ in client.hosts if _public(host)]
        if mode and mode.value in WEAK and outside and _known(client):
            yield Finding(
                f"sslmode={mode.value} to {outside[0]}: what goes over this connection may be read, and changed, on "
                "the way. Use verify-full with the authority's certificate (sslrootcert); require at least encrypts.",
                (mode.origin or client.origin,),
            )


def _known(client: Client) -> bool:
    return client.family in ("libpq", "npgsql", "jdbc", "pgx", "asyncpg")


def _public(host: str) -> bool:
    """Whether a host is known to be reached over a public network."""
    name = host.strip("[]").lower()
    try:
        return ipaddress.ip_address(name).is_global
    except ValueError:
        plain = name.replace(".", "").replace("-", "").isalnum() and "_" not in name
        return plain and "." in name and not name.endswith((*_INSIDE, *_EXAMPLES)) and name.rpartition(".")[2].isalpha()


RULE = Rule(
    check,
    Severity.WARNING,
    sources=("https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION",),
    examples=(
        Example(
            {"connection_strings": "DB=postgres://app@8.8.8.8/orders?sslmode=disable\n"},
            {"connection_strings": "DB=postgres://app@8.8.8.8/orders?sslmode=disable\n"},
        ),
        Example({"connection_strings": "DB=postgres://app@10.0.0.5/orders?sslmode=disable\n"}),
        Example({"connection_strings": "DB=postgres://app@db.prod.internal/orders?sslmode=disable\n"}),
        Example({"connection_strings": "DB=postgres://app@8.8.8.8/orders?sslmode=verify-full\n"}),
    ),
)
