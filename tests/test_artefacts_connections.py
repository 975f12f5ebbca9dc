"""Connection strings, the registry and launchd: read by libpq, psycopg, SQLAlchemy and asyncpg, which also connect.

pgjdbc, Npgsql and pgx are not here to be asked: their strings are read by the project's own formats, which follow the
drivers' documentation. Nor is PowerShell: its script is compared with the registry file, line by line.
"""

import ast
import asyncio
import inspect
import os
import plistlib
import re
import socket
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]  # it has none
import pytest
from asyncpg import connect_utils
from hypothesis import given
from hypothesis import strategies as st
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import make_url
from sqlalchemy import text as statement

from artefact_cases import CASES, HOSTILE, STRANGE, analysed, each_with, file_of, files
from confmend import artefacts
from confmend.artefacts.connections import connections
from confmend.artefacts.files import as_bytes
from confmend.artefacts.quoting import filters
from confmend.artefacts.source import owners
from confmend.document import document
from confmend.engine import analyse
from confmend.facts import Documents
from confmend.facts.clients import Client, gather
from confmend.formats import formats
from confmend.formats.windows_reg import PARAMETERS
from confmend.model import Paste
from programs.postgresql import Server, servers
from programs.psql import Running, running

FOLDER = "connection-strings"
PIECES = (
    "'",
    '"',
    "\\",
    "\n",
    "$x",
    "`id`",
    ";",
    "=",
    " ",
    "&",
    "?",
    "#",
    "%41",
    "+",
    "@",
    ":",
    "/",
    "é",
    "{",
    "\t",
    "x",
)
TEXT = st.one_of(st.text(), st.lists(st.sampled_from(PIECES)).map("".join), st.just(HOSTILE)).filter(
    lambda text: "\0" not in text and not re.search("[\ud800-\udfff]", text)
)
WRITTEN = filters(str)
WHAT_LIBPQ_ASKS = {
    "connect_timeout": "10",
    "keepalives": "1",
    "keepalives_idle": "60",
    "keepalives_interval": "10",
    "keepalives_count": "6",
    "tcp_user_timeout": "120000",
}


def _own(case: str, name: str) -> str:
    return files(case, own=True)[FOLDER][f"{FOLDER}/{name}"].text


def _environment(text: str) -> Mapping[str, str]:
    """Return what a shell has in its variables after it read a file."""
    done = subprocess.run(
        ["sh", "-c", "set -a; . /dev/stdin; exec env -0"], input=as_bytes(text), capture_output=True, check=True, env={}
    )
    pairs = (each.partition("=") for each in done.stdout.decode("utf-8", "surrogateescape").split("\0"))
    return {name: value for name, _, value in pairs if name not in ("", "PWD", "_", "SHLVL", "OLDPWD", "PATH")}


@dataclass(frozen=True)
class Target:
    """Where a string should lead to."""

    hosts: tuple[tuple[str, int], ...]
    user: str
    password: str
    dbname: str


def _targets(case: str) -> list[Target]:
    source = owners(CASES[case], analysed(case))
    return [
        Target(
            tuple((source.own(host.name), host.port) for host in each.hosts),
            *(source.own(text) for text in (each.user, each.password, each.dbname)),
        )
        for each in connections(source)
    ]


@each_with(FOLDER)
def test_libpq_reads_the_uri_and_the_pairs_alike(case: str) -> None:
    found = _environment(_own(case, "libpq.env"))
    uris, pairs = (
        [found[name] for name in sorted(found) if name.startswith(start)] for start in ("DATABASE_URL", "CONNINFO")
    )
    targets = _targets(case)
    assert len(uris) == len(pairs) == len(targets) > 0
    for uri, pair, target in zip(uris, pairs, targets, strict=True):
        read = conninfo_to_dict(uri)
        assert read == conninfo_to_dict(pair)
        assert WHAT_LIBPQ_ASKS.items() <= read.items()
        assert read["host"] == ",".join(host for host, _ in target.hosts)
        assert str(read["port"]) == ",".join(str(port) for _, port in target.hosts)
        assert (read["user"], read.get("password", ""), read["dbname"]) == (target.user, target.password, target.dbname)


def test_the_password_is_the_owners_and_comes_out_as_it_was() -> None:
    assert [each.password for each in _targets("clients")] == [STRANGE, *["Tr0ub4dor-example"] * 2, ""]
    assert "Tr0ub4dor" not in files("clients", own=False)[FOLDER][f"{FOLDER}/libpq.env"].text


@each_with(FOLDER)
def test_sqlalchemy_gives_psycopg_the_same(case: str) -> None:
    names: dict[str, Any] = {}
    exec(compile(_own(case, "sqlalchemy_engines.py"), "sqlalchemy_engines.py", "exec"), names)
    for engine, target in zip(names["engines"], _targets(case), strict=True):
        (), given = engine.dialect.create_connect_args(engine.url)
        assert given["host"] == ",".join(host for host, _ in target.hosts)
        assert str(given["port"]) == ",".join(str(port) for _, port in target.hosts)
        assert (given["user"], given.get("password", ""), given["dbname"]) == (
            target.user,
            target.password,
            target.dbname,
        )
    assert {key: str(value) for key, value in names["LIVENESS"].items() if value is not None} == WHAT_LIBPQ_ASKS


@each_with(FOLDER)
def test_asyncpg_reads_the_same(case: str) -> None:
    names: dict[str, Any] = {}
    exec(compile(_own(case, "asyncpg_pools.py"), "asyncpg_pools.py", "exec"), names)
    others: dict[str, Any] = dict.fromkeys(inspect.signature(connect_utils._parse_connect_dsn_and_args).parameters)
    others |= {"ssl": "disable"}
    for dsn, target in zip(names["dsns"], _targets(case), strict=True):
        addresses, read, *_ = connect_utils._parse_connect_dsn_and_args(**{**others, "dsn": dsn.partition("?")[0]})
        assert tuple(addresses) == target.hosts
        assert (read.user, read.password or "", read.database) == (target.user, target.password, target.dbname)
        assert not read.server_settings


@each_with(FOLDER)
@pytest.mark.parametrize("name", ["jdbc.properties", "npgsql.env", "pgx.env", "libpq.env"])
def test_our_own_formats_read_the_same_and_the_rules_find_nothing_in_it(case: str, name: str) -> None:
    text = _own(case, name)
    if name.endswith(".env"):
        # As the program gets it from the shell.
        given = _environment(text)
        text = "".join(f"{given[each]}\n" for each in sorted(given) if not each.startswith("CONNINFO"))
    found = gather(Documents((document(formats()["connection_strings"], name, text),)))
    assert found
    for client, target in zip(found.all, _targets(case), strict=True):
        assert tuple((host.strip("[]"), port) for host, port in client.hosts) == target.hosts
        read = Target(target.hosts, *(_value(client, key) for key in ("user", "password", "dbname")))
        assert read == target
    # Of a URI nobody can tell whose it is; that of pgx says so in a name that libpq has not.
    shared = files(case, own=False)[FOLDER][f"{FOLDER}/{name}"].text
    fired = {result.rule for result in analyse([Paste(shared, name)]).results if result.findings}
    names = ("driver_keepalive_off", "client_keepalive_off", "connect_without_limit", "driver_sends_parameter_on")
    assert not fired & set(names)


def _value(client: Client, name: str) -> str:
    found = client.text(name)
    return found.value if found else ""


def test_each_driver_gets_the_names_that_it_knows() -> None:
    made = {name: _own("clients", name) for name in ("pgx.env", "jdbc.properties")}
    for text in made.values():
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        assert not [line for line in lines if "keepalives" in line or "tcp_user_timeout" in line]
    npgsql = _environment(_own("clients", "npgsql.env"))["ConnectionStrings__Default"]
    assert "Keepalive=60;TCP Keepalive=true;Timeout=10;Connection Idle Lifetime=175" in npgsql
    pooled = {name: _own("pooled_clients", name) for name in (*made, "asyncpg_pools.py")}
    assert "prepareThreshold=0" in pooled["jdbc.properties"]
    assert "default_query_exec_mode=exec" in pooled["pgx.env"]
    assert "server_settings" not in pooled["asyncpg_pools.py"]


# Each filter, by who reads what it writes.


@given(TEXT, TEXT, TEXT)
def test_libpq_and_sqlalchemy_read_any_text_back(user: str, password: str, dbname: str) -> None:
    who, secret, where = map(WRITTEN["uri"], (user, password, dbname))
    uri = f"postgresql://{who}:{secret}@h:1/{where}?application_name={who}"
    pairs = " ".join(
        f"{key}={WRITTEN['conninfo'](value)}"
        for key, value in (("user", user), ("password", password), ("dbname", dbname), ("application_name", user))
    )
    # An empty value is no value.
    wanted = {"user": user, "password": password, "dbname": dbname, "application_name": user}
    for text in (uri, f"host=h port=1 {pairs}"):
        read = conninfo_to_dict(text)
        assert {key: read.get(key, "") for key in wanted} == wanted
    url = make_url(uri)
    assert (url.username or "", url.password or "", url.database or "") == (user, password, dbname)
    # So it can stand between apostrophes in a shell.
    assert not re.search(r"[\s'\"\\$`]", uri)


@given(TEXT)
def test_ado_and_python_give_the_text(text: str) -> None:
    assert ast.literal_eval(WRITTEN["python"](text)) == text
    assert WRITTEN["python"](text).isascii()
    written = WRITTEN["ado"](text)
    # DbConnectionStringBuilder: bare, or in quotes that are doubled inside.
    if written.startswith('"'):
        assert re.fullmatch('"(?:[^"]|"")*"', written, re.DOTALL)
        assert written[1:-1].replace('""', '"') == text
    else:
        assert written == text
        assert re.fullmatch(r"[^\s;='\"]+", written)


@given(st.ip_addresses())
def test_addresses_stand_in_brackets_where_they_must(address: Any) -> None:
    uri = f"postgresql://{WRITTEN['uri_host'](str(address))}:5433/x"
    assert (conninfo_to_dict(uri)["host"], str(conninfo_to_dict(uri)["port"])) == (str(address), "5433")
    assert (WRITTEN["uri_host"](str(address))[0] == "[") == (address.version == 6)


# They connect.

PASSWORD = 'it\'s a "p@ss" w/o: $(id) \\ é?&#'


@dataclass(frozen=True)
class Reached:
    """A server that asks for a password, and the files that lead to it."""

    server: Running
    address: str
    files: Mapping[str, str]


@pytest.fixture(scope="module", params=[servers()[0], servers()[-1]], ids=lambda server: str(server.version))
def reached(request: pytest.FixtureRequest) -> Iterator[Reached]:
    """Not at 127.0.0.1: of a client on the same machine nobody needs keepalive."""
    server: Server = request.param
    address = f"127.0.0.{server.version}"
    settings = {"listen_addresses": address, "password_encryption": "scram-sha-256"}
    with running(server, settings) as found:
        with (found.data / "pg_hba.conf").open("a", encoding="utf-8") as hba:
            hba.write(f"host all all {address}/32 scram-sha-256\n")
        found.psql("-c", "select pg_reload_conf()")
        found.psql(stdin=f'create role "my app" login password {WRITTEN["sql"](PASSWORD)};\n')
        found.psql("-c", 'create database "the orders"')
        pasted = f"DB=postgresql://my%20app:{WRITTEN['uri'](PASSWORD)}@{address}/the%20orders?application_name=web\n"
        pastes = (Paste(pasted, ".env"), Paste("idle_limit = 350s\n", kind="answers"))
        made = artefacts.own_artefact(pastes, analyse(pastes), FOLDER)
        yield Reached(found, address, {file.name.rpartition("/")[2]: file.text for file in made.files})


def _keepalive(number: int) -> dict[str, int]:
    """Return what the kernel has for a connection of this process."""
    with socket.socket(fileno=os.dup(number)) as connection:
        return {
            "keepalive": connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
            "idle": connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
            "interval": connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL),
            "count": connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT),
            "user_timeout": connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT),
        }


WANTED = {"keepalive": 1, "idle": 60, "interval": 10, "count": 6, "user_timeout": 120_000}
WHO = "select current_user, current_database(), current_setting('application_name')"


def test_psycopg_connects_and_the_kernel_has_the_times(reached: Reached) -> None:
    found = _environment(reached.files["libpq.env"])
    for name in ("DATABASE_URL", "CONNINFO"):
        with Connection.connect(found[name]) as connection:
            assert connection.execute(WHO).fetchone() == ("my app", "the orders", "web")
            assert _keepalive(connection.fileno()) == WANTED


def test_psql_connects_as_the_file_says(reached: Reached, tmp_path: Path) -> None:
    file = tmp_path / "libpq.env"
    file.write_text(reached.files["libpq.env"], "utf-8")
    program = " ".join(WRITTEN["shell"](each) for each in reached.server.program)
    for name in ("DATABASE_URL", "CONNINFO"):
        script = f'. {file}; exec {program} -XAt -c "select current_user" "${name}"'
        done = subprocess.run(["sh", "-c", script], capture_output=True, check=False, env={"LC_ALL": "C.UTF-8"})
        assert done.stdout == b"my app\n", done.stderr


def test_sqlalchemy_connects_and_the_kernel_has_the_times(reached: Reached) -> None:
    names: dict[str, Any] = {}
    exec(compile(reached.files["sqlalchemy_engines.py"], "sqlalchemy_engines.py", "exec"), names)
    (engine,) = names["engines"]
    with engine.connect() as connection:
        assert tuple(connection.execute(statement(WHO)).one()) == ("my app", "the orders", "web")
        assert _keepalive(connection.connection.driver_connection.fileno()) == WANTED
    engine.dispose()


def test_asyncpg_connects_and_the_server_probes(reached: Reached) -> None:
    names: dict[str, Any] = {}
    exec(compile(reached.files["asyncpg_pools.py"], "asyncpg_pools.py", "exec"), names)

    async def asked() -> tuple[Any, ...]:
        async with names["pool"]() as pool:
            who = await pool.fetchrow("select current_user::text, current_database()::text")
            settings = [
                await pool.fetchval("select current_setting($1)", f"tcp_keepalives_{name}")
                for name in ("idle", "interval", "count")
            ]
            return (*who, *settings)

    assert asyncio.run(asked()) == ("my app", "the orders", "60", "10", "6")


def test_the_server_refuses_libpqs_names_as_settings(reached: Reached) -> None:
    """As pgx sends on what it does not know; so its string has none of them."""
    url = _environment(reached.files["pgx.env"])["DATABASE_URL"]
    dsn, _, query = url.partition("?")
    assert query == "connect_timeout=10&application_name=web"

    async def connect(**settings: str) -> None:
        await (await asyncpg.connect(dsn, server_settings=settings)).close()

    asyncio.run(connect(application_name="web"))
    with pytest.raises(asyncpg.UndefinedObjectError, match="unrecognized configuration parameter"):
        asyncio.run(connect(keepalives_idle="60"))


# Windows and macOS.


@each_with("windows")
def test_the_registry_files_set_it_and_give_it_back(case: str) -> None:
    made = {name.rpartition("/")[2]: file.text for name, file in files(case, own=True)["windows"].items()}
    analysis = analysed(case)
    before = next((each for each in analysis.documents if each.kind == "windows_reg"), None)
    for name in ("keepalive.reg", "keepalive-undo.reg"):
        assert made[name].count("\r\n") == made[name].count("\n")
        assert made[name].isascii()
        lines = list(formats()["windows_reg"].read(made[name]))
        assert not [each.problem for each in lines if each.problem]
        assert formats()["windows_reg"].detect(name, made[name]) > 0.5
    numbers = {
        name: document(formats()["windows_reg"], name, made[name]).get(f"{PARAMETERS}/KeepAliveTime")
        for name in list(made)
        if "reg" in name
    }
    forth, back = numbers["keepalive.reg"], numbers["keepalive-undo.reg"]
    assert forth
    assert forth.value == "60000"
    old = before.get(f"{PARAMETERS}/KeepAliveTime") if before else None
    if old:
        assert back
        assert back.value == old.value
    else:
        assert '"KeepAliveTime"=-' in made["keepalive-undo.reg"]
    # PowerShell is not here: its script says the same, with what quotes nothing.
    sets = re.findall(
        r"Set-ItemProperty -LiteralPath \$path -Name '(\w+)' -Type DWord -Value ([0-9]+)\n", made["keepalive.ps1"]
    )
    assert ("KeepAliveTime", "60000") in sets
    assert ("KeepAliveTime", old.value if old else "") in sets or not old
    words = re.findall(r"'[^']*'", made["keepalive.ps1"])
    assert words[1] == "'HKLM:\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters'"
    assert made["keepalive.ps1"].count("{") == made["keepalive.ps1"].count("}")


@each_with("local.confmend.sysctl.plist")
def test_launchd_gets_a_list_that_it_reads(case: str) -> None:
    text = file_of(case, "local.confmend.sysctl.plist")
    read = plistlib.loads(as_bytes(text), fmt=plistlib.FMT_XML)
    assert read["Label"] == "local.confmend.sysctl"
    assert read["RunAtLoad"] is True
    assert read["ProgramArguments"][0] == "/usr/sbin/sysctl"
    own = document(formats()["launchd_plist"], "a.plist", text)
    pairs = dict(each.split("=", 1) for each in read["ProgramArguments"][1:])
    assert pairs.items() >= {"net.inet.tcp.keepidle": "60000", "net.inet.tcp.keepintvl": "10000"}.items()
    for name, value in pairs.items():
        line = own.get(name)
        assert line
        assert line.value == value


def test_they_are_for_their_own_systems() -> None:
    for case, name in (("windows", "windows"), ("macos", "local.confmend.sysctl.plist")):
        offered = {each.name for each in artefacts.offered(analysed(case))}
        assert offered & {"windows", "local.confmend.sysctl.plist"} == {name}
    assert not {"windows", "local.confmend.sysctl.plist"} & {each.name for each in artefacts.offered(analysed("host"))}
