"""What clients, the server behind it and a wrong file can do to PgBouncer, and what its log says of it."""

import contextlib
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from programs.pgbouncer import INI, Bouncer, _folder
from programs.provoked_acts import Act, sql
from programs.provoked_server import PASSWORD, USER, free_port, names, patiently, startup, told


@dataclass(frozen=True)
class Pooled:
    """Something that goes wrong in a running PgBouncer; fields as of a server's case.

    ``told_before`` is what the client was told by versions before 1.24 where that is less.
    """

    name: str
    act: Act
    until: str
    shown: frozenset[str]
    told: frozenset[str]
    told_before: frozenset[str] | None = None


@dataclass
class Pooler:
    """A PgBouncer that is up, before a server."""

    port: int
    server_port: int
    log: Path

    def connect(self, **options: Any) -> psycopg.Connection[Any]:
        given = {"user": "app", "dbname": "orders", "password": PASSWORD, "sslmode": "disable", **options}
        connection = psycopg.connect(host="127.0.0.1", port=self.port, autocommit=True, **given)
        connection.prepare_threshold = None
        return connection

    def provoke(self, case: Pooled) -> tuple[str, str]:
        """Let a case happen, and return what the log says and what the client was told."""
        time.sleep(0.05)
        size = self.log.stat().st_size
        client = case.act(self) or ""
        for _ in patiently():
            text = self.log.read_bytes()[size:].decode()
            if case.until in text and text.endswith("\n"):
                return text, client
        raise TimeoutError(f"{case.name}: {case.until!r} is not in {text}")


@contextmanager
def pooling(bouncer: Bouncer, server_port: int, settings: Mapping[str, str]) -> Iterator[Pooler]:
    """Run a PgBouncer before the server."""
    port = free_port()
    here = f"host=127.0.0.1 port={server_port} dbname=postgres"
    databases = {
        "orders": f"{here} user=app",
        "one": f"{here} user=app pool_size=1",
        "statements": f"{here} user=app pool_mode=statement",
        "gone": f"host=127.0.0.1 port={server_port} user=app dbname=gone",
        "locked": f"{here} user=locked password=wrong",
        "later": f"{here} user=guest",
        "refused": f"host=127.0.0.1 port={free_port()} user=app",
        "unknown": "host=db1.invalid user=app",
    }
    given = {
        "listen_addr": "127.0.0.1",
        "listen_port": str(port),
        "unix_socket_dir": "",
        "auth_type": "md5",
        "auth_file": "{folder}/userlist.txt",
        "pool_mode": "transaction",
        "server_login_retry": "1",
        **settings,
    }
    ini = "[databases]\n" + "".join(f"{name} = {value}\n" for name, value in databases.items())
    ini += "[pgbouncer]\n" + "".join(f"{name} = {value}\n" for name, value in given.items())
    with _folder({INI: ini, "userlist.txt": f'"app" "{PASSWORD}"\n'}) as folder:
        log = folder / "log"
        with log.open("wb") as stderr:
            process = subprocess.Popen(
                [*bouncer.command, str(folder / INI)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                cwd=folder,
                env={"LC_ALL": "C"},
                **USER,
            )
            try:
                for _ in patiently():
                    if "process up" in log.read_text("utf-8"):
                        break
                yield Pooler(port, server_port, log)
            finally:
                process.terminate()
                process.wait()


def _too_many(pooler: Any) -> str:
    with contextlib.ExitStack() as stack:
        try:
            for _ in range(8):
                stack.enter_context(pooler.connect())
        except psycopg.Error as error:
            return told(error)
    return ""


def _no_server_free(pooler: Any) -> str:
    with pooler.connect(dbname="one") as holder:
        holder.execute("begin")
        return sql("select 1", dbname="one")(pooler)


def _server_gone(pooler: Any) -> str:
    with pooler.connect() as connection:
        connection.execute("begin")
        (pid,) = connection.execute("select pg_backend_pid()").fetchone() or (0,)
        with psycopg.connect(
            host="127.0.0.1", port=pooler.server_port, user="app", dbname="postgres", autocommit=True
        ) as other:
            other.execute(f"select pg_terminate_backend({pid})")
        time.sleep(0.1)
        try:
            connection.execute("select 1")
        except psycopg.Error as error:
            return told(error)
    return ""


def _login_breaks(pooler: Any) -> str:
    """A login that fails once the pool has worked is remembered, and the next client is told."""

    def owner(statement: str) -> None:
        here = {"host": "127.0.0.1", "port": pooler.server_port, "user": "owner", "dbname": "postgres"}
        with psycopg.connect(**here, autocommit=True) as connection:
            connection.execute(statement)

    sql("select 1", dbname="later")(pooler)
    # Until the pool's connection is closed: IDLE says when.
    time.sleep(2)
    owner("alter role guest nologin")
    try:
        for _ in range(3):
            said = sql("select 1", dbname="later")(pooler) or ""
            if "server_login_retry" in said:
                break
    finally:
        owner("alter role guest login")
    return said


def _idles(*first: str, seconds: float = 1.7) -> Callable[[Any], str]:
    def act(pooler: Any) -> str:
        try:
            with pooler.connect() as connection:
                for each in first:
                    connection.execute(each)
                time.sleep(seconds)
                connection.execute("select 1")
        except psycopg.Error as error:
            return told(error)
        return ""

    return act


def _never_logs_in(pooler: Any) -> None:
    with socket.create_connection(("127.0.0.1", pooler.port), 5) as link, contextlib.suppress(OSError):
        link.sendall(startup(b"user", b"app", b"database", b"orders"))
        while link.recv(4096):
            pass


def _parameter(name: bytes, value: bytes) -> Callable[[Any], None]:
    def act(pooler: Any) -> None:
        with socket.create_connection(("127.0.0.1", pooler.port), 5) as link, contextlib.suppress(OSError):
            link.sendall(startup(b"user", b"app", b"database", b"orders", name, value))
            while link.recv(4096):
                pass

    return act


def _pooled(name: str, act: Act, until: str, shown: str, told: str | None = None) -> Pooled:
    return Pooled(name, act, until, names(shown), names(shown if told is None else told))


BUSY = {"server_login_retry": "15", "max_client_conn": "4", "default_pool_size": "2", "query_wait_timeout": "1"}
OF_BUSY = (
    _pooled("max_client_conn", _too_many, "no more connections allowed", "pooler_client_limit"),
    _pooled("query_wait_timeout", _no_server_free, "query_wait_timeout", "pooler_wait_timeout"),
    _pooled("no such database", sql(dbname="none"), "no such database", "pooler_database_unknown"),
    _pooled(
        "no such user",
        sql(user="stranger"),
        "no such user",
        "pooler_user_unknown pooler_password_failed",
        "pooler_password_failed",
    ),
    _pooled("wrong password", sql(password="wrong"), "password authentication failed", "pooler_password_failed"),
    _pooled("options", sql(options="-c geqo=off"), "unsupported startup parameter", "pooler_startup_parameter"),
    _pooled(
        "parameter",
        _parameter(b"extra_float_digits", b"2"),
        "unsupported startup parameter",
        "pooler_startup_parameter",
        "",
    ),
    _pooled(
        "statement mode",
        sql("begin", "select 1", dbname="statements"),
        "transaction blocks not allowed",
        "pooler_statement_mode_transaction",
    ),
    _pooled(
        "server conn crashed",
        _server_gone,
        "server conn crashed?",
        "pooler_server_connection_lost",
        "terminated_by_administrator",
    ),
    _pooled(
        "refused",
        sql("select 1", dbname="refused"),
        "query_wait_timeout",
        "pooler_server_unreachable pooler_wait_timeout",
        "pooler_wait_timeout",
    ),
    _pooled(
        "database behind it",
        sql("select 1", dbname="gone"),
        "does not exist",
        "database_missing pooler_server_login_failing",
        "database_missing",
    ),
    _pooled(
        "password behind it",
        sql("select 1", dbname="locked"),
        "password authentication failed",
        "password_failed pooler_server_login_failing",
        "password_failed",
    ),
    _pooled(
        "no such host",
        sql("select 1", dbname="unknown"),
        "query_wait_timeout",
        "pooler_dns_failed pooler_wait_timeout",
        "pooler_wait_timeout",
    ),
)
WAITING = {"idle_transaction_timeout": "1", "client_login_timeout": "1"}
OF_WAITING = (
    _pooled("idle in transaction", _idles("begin"), "idle transaction timeout", "pooler_idle_transaction_timeout"),
    _pooled("never logs in", _never_logs_in, "client_login_timeout", "pooler_login_timeout", ""),
)
# The older one counts what a transaction idles as its query's time: not beside the other.
IDLE = {"client_idle_timeout": "1", "query_timeout": "1", "server_idle_timeout": "1"}
OF_IDLE = (
    Pooled(
        "login breaks later",
        _login_breaks,
        "(server_login_retry)",
        names("pooler_server_login_failing role_may_not_log_in"),
        names("pooler_server_login_failing role_may_not_log_in"),
        names("pooler_server_login_failing"),
    ),
    _pooled("client_idle_timeout", _idles(), "client_idle_timeout", "pooler_client_idle_timeout"),
    _pooled("query_timeout", sql("select pg_sleep(4)"), "query timeout", "pooler_query_timeout"),
)

_PLAIN = "[databases]\n* = host=127.0.0.1\n[pgbouncer]\nlisten_port = {port}\nlisten_addr = 127.0.0.1\n"
_PLAIN += "unix_socket_dir = {folder}\nauth_type = trust\n"
_NO_AUTH_FILE = "auth_type = md5\nauth_file = /nowhere/userlist.txt\n"


@dataclass(frozen=True)
class PoolerStart:
    """A file that it doesn't start with, or not as meant; ``before`` is the first version that this is not true of."""

    name: str
    line: str
    says: str
    shown: frozenset[str]
    since: str = "1"
    before: str = "9"

    def ini(self, port: int) -> str:
        return _PLAIN.replace("{port}", str(port)) + self.line


STARTS = (
    PoolerStart(
        "unknown parameter",
        "tcp_keepalives_idle = 60\n",
        "unknown parameter",
        names("pooler_setting_unknown pooler_config_not_loaded"),
    ),
    PoolerStart(
        "invalid value",
        "pool_mode = fast\n",
        "invalid value",
        names("pooler_config_not_loaded"),
    ),
    PoolerStart("no value", "max_client_conn\n", "syntax error", names("pooler_config_not_loaded")),
    PoolerStart("no auth_file", _NO_AUTH_FILE, "could not open auth_file", names("pooler_auth_file_unreadable")),
    PoolerStart(
        "keepidle", "tcp_keepidle = 99999\n", "Invalid argument", names("pooler_keepalive_refused"), before="1.24"
    ),
    PoolerStart(
        "keepidle",
        "tcp_keepidle = 99999\n",
        "Invalid argument",
        names("pooler_keepalive_refused pooler_cannot_listen"),
        since="1.24",
    ),
    PoolerStart(
        "connection string",
        "[databases]\nbad = hostt=db1\n",
        "unrecognized connection parameter",
        names("pooler_database_line_refused pooler_config_not_loaded"),
    ),
)
