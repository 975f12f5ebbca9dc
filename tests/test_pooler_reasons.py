"""PgBouncer's reasons are short, are names of settings too, and are said two or three times over."""

import pytest

from confmend.engine import analyse
from confmend.model import Paste

TOLD = [
    "FATAL:  query_wait_timeout\nserver closed the connection unexpectedly\n",
    "psycopg2.errors.ProtocolViolation: query_wait_timeout\nSSL connection has been closed unexpectedly\n",
    "sqlalchemy.exc.OperationalError: (psycopg2.errors.ProtocolViolation) query_wait_timeout\n",
    "org.postgresql.util.PSQLException: FATAL: query_wait_timeout\n\tat org.postgresql.core.v3.X.y(Q.java)\n",
    "Error: could not serve /orders: FATAL: query_wait_timeout (SQLSTATE 08P01)\n",
    "psycopg.OperationalError('query_wait_timeout')\n",
    'psql: error: connection to server at "10.0.0.4", port 6432 failed: FATAL:  query_wait_timeout\n',
    "2026-03-02 03:14:55.031 UTC [7] LOG C-0x55d0: db/app@10.0.0.7:5142 closing because: query_wait_timeout (age=9s)\n",
]
NOT_TOLD = [
    "query_wait_timeout = 120\n",
    "[pgbouncer]\nquery_wait_timeout = 120s\n",
    "query_wait_timeout: 120\n",
    "2026-03-02 03:14:55.031 UTC [7] ERROR unknown parameter: pgbouncer/query_wait_timeout_\n",
    '2026-03-02 03:14:55.031 7 ERROR invalid value "2m" for parameter query_wait_timeout in configuration (a:9)\n',
    "alter role app set query_wait_timeout\n",
]
SERVERS = "S-0x55d0c1a31a80: orders/app@10.0.0.5:5432"
CLIENTS = "C-0x55d0c1a2e3f0: orders/app@10.0.0.7:"


def log(*lines: str) -> Paste:
    return Paste("".join(f"2026-03-02 03:14:55.031 UTC [7] {line}\n" for line in lines), "pgbouncer.log")


@pytest.mark.parametrize("text", TOLD)
def test_a_reason_that_stands_alone_is_an_incident(text: str) -> None:
    assert "pooler_wait_timeout" in [each.incident for each in analyse([Paste(text)]).sightings]


@pytest.mark.parametrize("text", NOT_TOLD)
def test_the_setting_of_that_name_is_none(text: str) -> None:
    assert "pooler_wait_timeout" not in [each.incident for each in analyse([Paste(text)]).sightings]


def test_what_is_said_of_the_server_the_client_and_to_the_client_counts_once() -> None:
    paste = log(
        f"LOG {SERVERS} closing because: server conn crashed? (age=612s)",
        f"LOG {CLIENTS}51422 closing because: server conn crashed? (age=1840s)",
        f"WARNING {CLIENTS}51422 pooler error: server conn crashed?",
    )
    assert [(each.incident, each.count) for each in analyse([paste]).sightings] == [
        ("pooler_server_connection_lost", 1)
    ]


def test_each_client_counts() -> None:
    lines = [
        line
        for port in (51422, 51423, 51424)
        for line in (
            f"LOG {CLIENTS}{port} closing because: query_wait_timeout (age=120s)",
            f"WARNING {CLIENTS}{port} pooler error: query_wait_timeout",
        )
    ]
    assert [each.count for each in analyse([log(*lines)]).sightings] == [3]


def test_a_log_without_disconnections_counts_what_clients_are_told() -> None:
    lines = [f"WARNING {CLIENTS}{port} pooler error: query_wait_timeout" for port in (51422, 51423)]
    assert [each.count for each in analyse([log(*lines)]).sightings] == [2]
