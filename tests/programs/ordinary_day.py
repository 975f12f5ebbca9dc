"""A day on which nothing happens: sessions, statements, checkpoints, autovacuum, a restart, and users who mistype."""

import contextlib
import time
from typing import Any

import psycopg

from programs.provoked_bouncer import Pooler
from programs.provoked_server import Cluster, Running, patiently

_SETTINGS = {
    "log_connections": "on",
    "log_disconnections": "on",
    "log_checkpoints": "on",
    "log_statement": "all",
    "log_duration": "on",
    "log_autovacuum_min_duration": "0",
    "autovacuum_naptime": "1s",
    "log_replication_commands": "on",
    "wal_level": "logical",
}
# What applications do wrong every day, and what they say without meaning it.
_STATEMENTS = (
    "select * from ordrs",
    "selec 1",
    "insert into events values (1, 'again')",
    "select 1/0",
    "insert into events values (9000000, 'FATAL:  sorry, too many clients already')",
    "select 'could not receive data from client: No buffer space available'",
    "do $$ begin raise notice 'deadlock detected?'; end $$",
    "do $$ begin raise exception 'order 17 is closed'; end $$",
    "begin",
    "rollback",
    "checkpoint",
    "vacuum analyze events",
)


def ordinary_day(cluster: Cluster, statements: int = 5_500) -> dict[str, str]:
    """Return the log of two starts, by its forms; each statement gives two lines of it."""
    found: dict[str, str] = {}
    for half in range(2):
        with cluster.running(_SETTINGS) as server:
            server.up()
            if not half:
                server.sql("create role app login superuser", "create table events (id int primary key, what text)")
                server.sql("insert into events values (1, 'first')")
            _work(server, statements // 2, half)
            server.quiet()
            # Who is still on the way out is told that he is sent.
            time.sleep(0.3)
        for kind, path in cluster.files().items():
            found[kind] = found.get(kind, "") + path.read_text("utf-8")
    return found


def _work(server: Running, statements: int, half: int) -> None:
    with server.connect(application_name="order desk") as connection:
        for each in _STATEMENTS:
            _try(connection, each)
        with connection.pipeline():
            for number in range(statements):
                connection.execute(f"insert into events values ({10 + number + half * statements}, 'shipped')")
    for _ in range(20):
        with server.connect() as connection:
            connection.execute("select 1")
    for _ in patiently(4):
        if "automatic analyze of table" in server.log():
            break
        time.sleep(0.05)


def _try(connection: psycopg.Connection[Any], statement: str) -> None:
    with contextlib.suppress(psycopg.Error):
        connection.execute(statement)


def ordinary_pooling(pooler: Pooler) -> str:
    """Return the log of a pooler through which a few clients come and go and one works much."""
    for _ in range(3):
        for _ in range(100):
            with pooler.connect() as connection:
                connection.execute("select 1")
        time.sleep(1.1)
    with pooler.connect() as connection:
        while pooler.log.read_bytes().count(b"\n") < 10_100:
            for _ in range(200):
                connection.execute("select 1")
    return pooler.log.read_text("utf-8")
