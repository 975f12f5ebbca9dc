"""The applications' pools may open more connections than PostgreSQL has for them.

Each process of an application opens up to the size of its pool, so forty pods with ten connections each want four
hundred. While they are quiet nothing shows; under load, or at a deployment at which old and new ones run side by side,
the rest gets `sorry, too many clients already`, or that the remaining slots are reserved.

A pooler between takes the clients and needs a fraction of the server connections; smaller pools in the application do
without it. A larger max_connections is the last resort: each costs memory, and it takes a restart. Which of them its
owner must decide: there is no edit. Pools that are never full at the same time need less.
"""

from collections.abc import Iterator

from confmend.facts.clients import Client, Clients
from confmend.facts.instances import Instances
from confmend.facts.pooler import Pooler
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity
from confmend.models.connections import BURST, budget


def check(clients: Clients, pg: Postgres, instances: Instances | None, pooler: Pooler | None) -> Iterator[Finding]:
    """Compare the sum of the pools that lead to one server with its budget, where no pooler is in between."""
    if pooler is not None:
        return
    by_server: dict[tuple[tuple[str, int | None], ...], list[tuple[Client, int]]] = {}
    for client in clients.all:
        size = client.pool_size
        if size:
            by_server.setdefault(client.hosts, []).append((client, size.value))
    if len(by_server) != 1:  # nobody said which of several servers this postgresql.conf is of
        return
    ((_, pools),) = by_server.items()
    processes, slots = instances.count if instances else 1, budget(pg)
    total = processes * sum(size for _, size in pools)
    if total <= slots.available:
        return
    each = slots.available // processes // len(pools)
    sums = " + ".join(f"{size:,}" for _, size in pools)
    yield Finding(
        f"The applications' pools may open {total:,} connections; PostgreSQL has {slots.available:,} for them. The "
        f"rest gets: too many clients already. With a pooler max_client_conn = {int(total * BURST):,} takes them all; "
        f"without one a pool may have {each:,}.",
        (
            *(client.origin for client, _ in pools[:3]),
            *((instances.origin,) if instances and instances.origin else ()),
            *pg.origins("max_connections", "superuser_reserved_connections", "reserved_connections"),
        ),
        arithmetic=(
            f"{processes:,} × ({sums}) = {total:,}"
            + ("" if instances else " (one process each, nobody said how many run)"),
            slots.step,
        ),
    )


RULE = Rule(
    check,
    Severity.ERROR,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-MAX-CONNECTIONS",
        "https://wiki.postgresql.org/wiki/Number_Of_Database_Connections",
    ),
    examples=(
        Example(
            {
                "connection_strings": "DB=Host=db;Database=app;Username=app;Maximum Pool Size=10\n",
                "postgresql_conf": "max_connections = 200\nreserved_connections = 5\n",
                "answers": "instances = 19\npostgresql = 16\n",
            },
            {"postgresql_conf": "max_connections = 200\nreserved_connections = 5\n"},
        ),
        Example(
            {
                "connection_strings": "DB=Host=db;Database=app;Username=app;Maximum Pool Size=10\n",
                "postgresql_conf": "max_connections = 200\nreserved_connections = 5\n",
                "answers": "instances = 18\npostgresql = 16\n",
            }
        ),
    ),
)
