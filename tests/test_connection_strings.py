"""Connection strings: which texts are of this kind, what may not be written, and what the drivers' values mean."""

import time

import pytest

from confmend.document import Document, document
from confmend.facts import Documents
from confmend.facts.clients import Client, Clients, gather
from confmend.formats.connection_strings import FORMAT
from confmend.model import Edit


def read(text: str) -> Document:
    return document(FORMAT, "x", text)


def clients(text: str) -> tuple[Client, ...]:
    found = gather(Documents((read(text),)))
    return found.all if found else ()


DETECTED = [
    ("postgres://app@db.example/orders\n", 0.9),
    ("host=db.example dbname=orders\n\n# the old one\n", 0.9),
    ("DATABASE_URL=postgres://app@db.example/orders\n", 0.55),
    ("db:\n  url: 'jdbc:postgresql:orders'\n", 0.55),
    # nobody's, or others'
    ("", 0.0),
    ("host=db.example\nport=5432\nuser=app\n", 0.0),
    ("vm.swappiness = 1\nnet.ipv4.tcp_mem = 1 2 3\n", 0.0),
    ("[databases]\norders = host=db.example dbname=orders\n", 0.0),
    ("primary_conninfo = 'host=db.example user=rep'\n", 0.0),
    ("2026-01-01 LOG:  could not connect with host=db.example dbname=orders\n", 0.0),
    ("Server=db.example;Database=shop;Integrated Security=true;User Id=app\n", 0.0),
    ("jdbc:sqlserver://db.example;database=shop;user=app;\n", 0.0),
    ("mysql://app@db.example/shop http://example.org/postgres\n", 0.0),
    ("# DATABASE_URL=postgres://app@db.example/orders\n", 0.0),
]


@pytest.mark.parametrize(("text", "score"), DETECTED)
def test_detected(text: str, score: float) -> None:
    assert FORMAT.detect("", text) == score


REFUSED = [
    ("export A=postgres://db.example/orders?sslmode=require\n", "1/keepalives_idle", "60"),  # & would end the command
    ("a: 'host=db.example dbname=orders'\n", "1/options", "-c a=b"),  # a quote in single quotes: which language's?
    ('a="host=db.example dbname=orders"\n', "1/options", "$HOME"),
    ("host=db.example dbname=orders\n", "1/options", "a\nb"),
    ("postgres://db.example/orders\n", "1/port", "five"),
    ("postgres://db.example/orders\n", "1/host", "a,b"),
    ("jdbc:postgresql://db.example/orders\n", "1/host", "/var/run"),
    ("postgres://db.example/orders\n", "2/port", "5432"),
    ("Host=db.example;Username=app\n", "1/MaxPoolSize", "5"),  # it is called Maximum Pool Size
    ("pgsql:host=db.example;dbname=orders\n", "1/user", "a;b"),
]


@pytest.mark.parametrize(("text", "key", "value"), REFUSED)
def test_what_cannot_be_written_is_refused(text: str, key: str, value: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read(text).set(key, value)


TAKEN_OUT = [
    ("postgres://app:pw@db:5432/orders?a=1\n", "user", "postgres://:pw@db:5432/orders?a=1\n"),
    ("postgres://app:pw@db:5432/orders?a=1\n", "password", "postgres://app@db:5432/orders?a=1\n"),
    ("postgres://app:pw@db:5432/orders?a=1\n", "port", "postgres://app:pw@db/orders?a=1\n"),
    ("postgres://app:pw@db:5432/orders?a=1\n", "dbname", "postgres://app:pw@db:5432/?a=1\n"),
    ("postgres://app:pw@db:5432/orders?a=1\n", "a", "postgres://app:pw@db:5432/orders?\n"),
    ("postgres://db/orders?a=1&b=2\n", "a", "postgres://db/orders?b=2\n"),
    ("postgres://db/orders?a=1&b=2\n", "b", "postgres://db/orders?a=1&\n"),
    ("Host=db;Username=app;Keepalive=5\n", "Keepalive", "Host=db;Username=app;\n"),
    ("Host=db;Username=app;Keepalive=5\n", "host", "Username=app;Keepalive=5\n"),
]


@pytest.mark.parametrize(("before", "name", "after"), TAKEN_OUT)
def test_what_is_taken_out_leaves_a_string(before: str, name: str, after: str) -> None:
    assert read(before).apply([Edit(FORMAT.kind, f"1/{name}", None)]).text == after


def test_times_by_the_unit_of_each_driver() -> None:
    libpq, jdbc, npgsql, old = clients(
        "host=db dbname=x keepalives_idle=60 keepalives_interval=10 keepalives_count=3 tcp_user_timeout=30000\n"
        "jdbc:postgresql://db/x?socketTimeout=120&connectTimeout=5&tcpKeepAlive=true&prepareThreshold=0\n"
        "Host=db;Keepalive=30;Timeout=15;Maximum Pool Size=50;Max Auto Prepare=20;SSL Mode=VerifyFull\n"
        "Host=db;Username=app;Tcp Keepalive=true;Tcp Keepalive Time=60000\n"
    )
    meanings = ("keepalive_idle", "keepalive_interval", "user_timeout")
    assert [value.value for each in meanings if (value := libpq.time_us(each))] == [60_000_000, 10_000_000, 30_000_000]
    assert libpq.keepalive_count is not None
    assert libpq.keepalive_count.value == 3
    assert [value.value for each in ("read_timeout", "connect_timeout") if (value := jdbc.time_us(each))] == [
        120_000_000,
        5_000_000,
    ]
    assert (jdbc.keepalive and jdbc.keepalive.value, jdbc.prepared and jdbc.prepared.value) == (True, "0")
    assert (npgsql.keepalive and npgsql.keepalive.value) is False
    assert [each.value for each in (npgsql.time_us("ping_interval"), npgsql.pool_size, npgsql.sslmode) if each] == [
        30_000_000,
        50,
        "verify-full",
    ]
    # Milliseconds once, seconds now: nothing is said.
    assert old.time_us("keepalive_idle") is None


def test_the_driver_is_told_where_the_string_tells_it() -> None:
    found = clients(
        "postgres://db/x?pool_max_conns=20&keepalives_idle=60\npostgresql+asyncpg://db/x\npostgresql+psycopg://db/x\n"
        "postgres://db/x?pool=5&prepared_statements=false\npostgres://db/x\nServer=a;Database=b;Initial Catalog=c\n"
    )
    assert [(each.number, each.family, each.certain) for each in found] == [
        (1, "pgx", True),
        (2, "asyncpg", True),
        (3, "libpq", True),
        (4, "libpq", True),
        (5, "libpq", False),
    ]
    assert found[0].time_us("keepalive_idle") is None
    assert found[0].pool_size is not None
    assert [each.keepalive.value if each.keepalive else None for each in found] == [True, False, True, True, None]


HOSTS = [
    ("postgres://a,b:6432/x", [("a", 5432), ("b", 6432)], False),
    ("host=a,b port=6432 dbname=x", [("a", 6432), ("b", 6432)], False),
    ("Host=a:1,b;Port=6432;Username=app", [("a", 1), ("b", 6432)], False),
    ("postgres:///x?host=/var/run/postgresql", [("/var/run/postgresql", 5432)], True),
    ("postgres://${HOST}:${PORT}/x", [("${HOST}", None)], False),
]


@pytest.mark.parametrize(("text", "hosts", "local"), HOSTS)
def test_where_it_leads_to(text: str, hosts: list[tuple[str, int | None]], local: bool) -> None:
    (client,) = clients(text + "\n")
    assert (list(client.hosts), client.local) == (hosts, local)
    assert client.origin.text == text
    assert isinstance(gather(Documents((client.document,))), Clients)


HOSTILE = [
    "host=a ",
    "Host=a;",
    "postgres://",
    "postgres://u:p",
    "'",
    '\\"',
    "host='",
    "user=a@",
    "{{",
    "&amp;",
    "; Host=",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_lines_take_no_more_than_their_length(piece: str) -> None:
    def spent(size: int) -> float:
        text = "host=a postgres://u:p@h " + piece * (size // len(piece))
        start = time.perf_counter()
        assert "".join(line.raw for line in read(text).lines) == text
        return time.perf_counter() - start

    # Measured again before it is believed: the machine may be busy.
    assert any(spent(80_000) < 40 * max(spent(8_000), 0.01) for _ in range(4))
