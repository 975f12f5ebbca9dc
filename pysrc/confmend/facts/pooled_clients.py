"""The connection strings that lead to PgBouncer: those with its port, where that is not PostgreSQL's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from confmend.facts.clients import Client, Clients
from confmend.facts.instances import Instances
from confmend.facts.pooler import Pooler
from confmend.model import Fact

_POSTGRESQL = 5432


@dataclass(frozen=True)
class PooledClients:
    """Who connects through the pooler, and how many processes each of them runs in: None where nobody said."""

    all: tuple[Client, ...]
    pooler: Pooler
    instances: int | None


def gather(clients: Clients, pooler: Pooler, instances: Instances | None) -> PooledClients | None:
    """Return the strings with the pooler's port."""
    port = pooler.count("listen_port")
    if port == _POSTGRESQL:
        return None
    through = tuple(client for client in clients.all if any(each == port for _, each in client.hosts))
    return PooledClients(through, pooler, instances.count if instances else None) if through else None


def prepares(client: Client) -> tuple[str, str, str]:
    """Return why a client prepares statements by itself, and the parameter and value that stop it; "" if it does not.

    Defaults: pgjdbc prepareThreshold=5; asyncpg statement_cache_size=100 (as SQLAlchemy's dialect: its own
    prepared_statement_cache_size); psycopg 3 prepare_threshold=5, which no string sets; pgx default_query_exec_mode.
    """
    said = client.prepared.value.strip().lower() if client.prepared else ""
    if client.family == "jdbc" and said != "0":
        return f"pgjdbc prepares after {said or 'five'} executions (prepareThreshold)", "prepareThreshold", "0"
    if client.family == "asyncpg" and said != "0":
        name = "prepared_statement_cache_size" if client.dialect == "sqlalchemy" else ""
        return "asyncpg prepares every statement (its statement cache)", name, "0"
    if client.driver in ("psycopg", "psycopg_async"):
        return "psycopg 3 prepares after five executions (prepare_threshold=None in connect() stops it)", "", ""
    if client.family == "pgx" and client.certain and said not in ("exec", "simple_protocol", "0"):
        return "pgx prepares every statement (default_query_exec_mode)", "default_query_exec_mode", "exec"
    if client.family == "prisma" and said != "true":
        return "Prisma prepares every statement", "pgbouncer", "true"
    if client.family == "npgsql" and said.isdecimal() and int(said):
        return f"Npgsql prepares up to {said} statements (Max Auto Prepare)", "Max Auto Prepare", "0"
    return "", "", ""


def describe(clients: PooledClients) -> Iterator[tuple[str, str, str]]:
    """Say how many."""
    names = ", ".join(dict.fromkeys(client.origin.name for client in clients.all))
    yield "connection strings to PgBouncer", f"{len(clients.all):,}", names


FACT = Fact(gather, "the connection strings that lead to PgBouncer's port", describe)
