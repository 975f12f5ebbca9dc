"""A running PostgreSQL server that writes its log in every form at once, and clients that give it reasons to.

The logging collector writes stderr's, csv's and (15 and later) JSON's form of each message. ``log_line_prefix`` is
changed between the rounds, each round into files of its own.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from programs.postgresql import Server

_ORDINARY_USER: Mapping[str, Any] = {"user": "nobody"} if os.geteuid() == 0 else {}
_CONF = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 8
superuser_reserved_connections = 1
max_wal_senders = 0
shared_buffers = 1MB
fsync = off
logging_collector = on
log_directory = 'log'
log_file_mode = 0644
log_rotation_age = 0
log_rotation_size = 0
log_min_messages = info
log_min_error_statement = error
log_connections = on
log_disconnections = on
log_lock_waits = on
log_temp_files = 0
deadlock_timeout = 20ms
lc_messages = 'C'
"""
_HBA = """
host all locked 127.0.0.1/32 password
host all all 127.0.0.1/32 trust
"""


@dataclass(frozen=True)
class Running:
    """A server that is up."""

    version: int
    data: Path
    port: int
    process: subprocess.Popen[bytes]

    def connect(self, **options: Any) -> psycopg.Connection[Any]:
        """Return a connection as ``app`` to ``postgres``."""
        given = {"user": "app", "dbname": "postgres", "application_name": "order desk", **options}
        return psycopg.connect(host="127.0.0.1", port=self.port, autocommit=True, **given)

    def log_as(self, name: str, prefix: str, verbosity: str = "default") -> None:
        """Begin a round: write ``name``.log and so on, with this prefix."""
        _write_conf(self.data, self.version, self.port, name, prefix, verbosity)
        self.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with self.connect(user="owner") as connection:
                shown = connection.execute("show log_filename").fetchone()
            if shown == (f"{name}.log",) and all(path.exists() for path in self.files(name).values()):
                return
            time.sleep(0.02)
        raise TimeoutError(f"PostgreSQL {self.version} doesn't take its new settings")

    def files(self, name: str) -> dict[str, Path]:
        """Return the files of a round by the kind that we call them."""
        folder = self.data / "log"
        found = {"pg_log": folder / f"{name}.log", "pg_csvlog": folder / f"{name}.csv"}
        return {**found, "pg_jsonlog": folder / f"{name}.json"} if self.version >= 15 else found


def _write_conf(data: Path, version: int, port: int, name: str, prefix: str, verbosity: str) -> None:
    kinds = "stderr,csvlog,jsonlog" if version >= 15 else "stderr,csvlog"
    own = f"port = {port}\nlog_destination = '{kinds}'\nlog_filename = '{name}.log'\nlog_line_prefix = '{prefix}'\n"
    (data / "postgresql.conf").write_text(f"{_CONF}{own}log_error_verbosity = {verbosity}\n", "utf-8")


@contextmanager
def running(server: Server) -> Iterator[Running]:
    """Start a server on a data directory of its own; stop it and remove that at the end."""
    folder = Path(tempfile.mkdtemp())
    data = folder / "data"
    data.mkdir(mode=0o700)
    if _ORDINARY_USER:
        folder.chmod(0o755)
        shutil.chown(data, _ORDINARY_USER["user"])
    program = server.folder / "bin"
    environment = {"LC_ALL": "C"}
    options = ("--no-locale", "--encoding=UTF8", "--auth=trust", "--no-sync", "--username=owner")
    subprocess.run(
        [program / "initdb", "-D", data, *options],
        check=True,
        capture_output=True,
        cwd="/",
        env=environment,
        **_ORDINARY_USER,
    )
    (data / "pg_hba.conf").write_text(_HBA, "utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    _write_conf(data, server.version, port, "start", "%m [%p] ", "default")
    process = subprocess.Popen(
        [program / "postgres", "-D", data],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env=environment,
        **_ORDINARY_USER,
    )
    try:
        up = Running(server.version, data, port, process)
        _made_ready(up)
        yield up
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _made_ready(server: Running) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            connection = server.connect(user="owner")
            break
        except psycopg.OperationalError:
            if time.monotonic() > deadline or server.process.poll() is not None:
                raise
            time.sleep(0.05)
    with connection:
        connection.execute("create role app login superuser")
        connection.execute("create role guest login")
        connection.execute("create role locked login password 'Tr0ub4dor-example'")
        connection.execute("create role narrow login connection limit 0")
        connection.execute("create table orders (id int primary key, total numeric check (total > 0))")
        connection.execute("insert into orders values (1, 1), (2, 2)")


STATEMENTS = (
    "selec id,\n\ttotal\n  from orders",
    "select 1/0",
    "insert into orders values (1, 5)",
    "insert into orders\nvalues (3, -1)",
    'select * from "no such\ntable"',
    "set statement_timeout = '10ms'; select pg_sleep(5)",
    "select pg_cancel_backend(pg_backend_pid()), pg_sleep(5)",
    "select pg_terminate_backend(pg_backend_pid()), pg_sleep(5)",
    "set work_mem = '64kB'; select count(*) from (select n from generate_series(1, 20000) n order by random()) x",
    "do $$ begin raise warning "
    "E'a \"quoted\" and ''single''\\n\\tafter a tab: ERROR:  no error, ü — 日本\\nLOG:  no log';"
    " end $$",
    "do $$ begin raise exception "
    "E'two\\nlines' using detail = E'a detail\\n\\non three', hint = 'a \"hint\", with a comma';"
    " end $$",
    "do $$ begin raise log ', begins with a comma and ends with spaces  '; end $$",
    "do $$ begin raise exception 'code of my own' using errcode = 'AB123'; end $$",
    "do $$ begin raise info '%', repeat('long ', 3000); end $$",
    "create function f() returns int language plpgsql as $$begin return 1 / 0; end$$",
    "\n\n  select f()\n",
    "drop function f",
    "checkpoint",
)


def provoke(server: Running) -> None:
    """Let clients do what makes a server write."""
    for statement in STATEMENTS:
        with contextlib.suppress(psycopg.Error), server.connect() as connection:
            connection.execute(statement)
    for options in ({"user": "locked", "password": "wrong"}, {"user": "narrow"}, {"user": "nobody-here"}):
        with contextlib.suppress(psycopg.Error), server.connect(**options):
            pass
    with contextlib.suppress(psycopg.Error), server.connect(dbname="no_such-database"):
        pass
    _slow(server)
    _locked(server)
    _deadlock(server)
    _too_many(server)


def _slow(server: Running) -> None:
    with server.connect(application_name="it's slow, [really]") as connection:
        connection.execute("set log_min_duration_statement = 0")
        connection.execute(
            "select id\nfrom orders\n\twhere total > %s and %s::text <> ''", (0, "it's\nfour\t€"), prepare=True
        )


def _locked(server: Running) -> None:
    with server.connect() as one, server.connect() as other:
        one.execute("begin")
        one.execute("update orders set total = 3 where id = 1")
        with contextlib.suppress(psycopg.Error):
            other.execute("set lock_timeout = '40ms'")
            other.execute("update orders set total = 4 where id = 1")
        one.execute("rollback")


def _deadlock(server: Running) -> None:
    with server.connect() as one, server.connect() as other:
        one.execute("begin")
        other.execute("begin")
        one.execute("update orders set total = 3 where id = 1")
        other.execute("update orders set total = 3 where id = 2")

        def cross() -> None:
            with contextlib.suppress(psycopg.Error):
                other.execute("update orders set total = 4 where id = 1")

        waiting = threading.Thread(target=cross)
        waiting.start()
        with contextlib.suppress(psycopg.Error):
            one.execute("update orders set total = 4 where id = 2")
        with contextlib.suppress(psycopg.Error):
            one.execute("rollback")
        waiting.join()
        with contextlib.suppress(psycopg.Error):
            other.execute("rollback")


def _too_many(server: Running) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(9):
            with contextlib.suppress(psycopg.Error):
                stack.enter_context(server.connect(user="guest"))
