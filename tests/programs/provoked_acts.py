"""How clients bring errors about: each of these does something to a server and returns what the client was told."""

import contextlib
import os
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg.pq.abc import PGconn

from programs.provoked_server import Running, free_port, limited, owned, patiently, startup, told

# What a case does with what it can connect to; it returns what the client was told.
Act = Callable[[Any], "str | None"]


def sql(*statements: str, **options: Any) -> Callable[[Any], str]:
    """Return an act: connect, and do this until something fails."""

    def act(server: Any) -> str:
        try:
            with server.connect(**options) as connection:
                for statement in statements:
                    connection.execute(statement)
        except psycopg.Error as error:
            return told(error)
        return ""

    return act


def sent(*packets: bytes, hold: float = 0.0) -> Callable[[Running], None]:
    """Return an act: send these bytes, wait for an answer or until the server hangs up."""

    def act(server: Running) -> None:
        with server.raw(*packets) as link, contextlib.suppress(ConnectionError, TimeoutError):
            link.settimeout(5)
            link.shutdown(socket.SHUT_WR) if not hold else None
            while link.recv(4096):
                pass

    return act


def too_many(user: str) -> Callable[[Running], str]:
    def act(server: Running) -> str:
        with contextlib.ExitStack() as stack:
            for _ in range(12):
                try:
                    stack.enter_context(server.connect(user=user))
                except psycopg.Error as error:
                    return told(error)
        return ""

    return act


def waits(statement: str, first: tuple[str, ...] = ()) -> Callable[[Running], str]:
    """Do ``first``, wait until the server ends the session, then do the statement."""

    def act(server: Running) -> str:
        try:
            with server.connect() as connection:
                for each in first:
                    connection.execute(each)
                time.sleep(0.2)
                connection.execute(statement)
        except psycopg.Error as error:
            return told(error)
        return ""

    return act


def from_outside(function: str) -> Callable[[Running], str]:
    def act(server: Running) -> str:
        with server.connect() as connection:
            pid = connection.info.backend_pid
            timer = threading.Timer(0.15, lambda: server.sql(f"select {function}({pid})"))
            timer.start()
            try:
                connection.execute("select pg_sleep(10)")
            except psycopg.Error as error:
                return told(error)
            finally:
                timer.join()
        return ""

    return act


def blocked(*waiter: str) -> Callable[[Running], str]:
    def act(server: Running) -> str:
        with server.connect() as holder:
            holder.execute("begin")
            holder.execute("lock table orders")
            return sql(*waiter)(server)

    return act


def deadlock(server: Running) -> str:
    said: list[str] = []

    def cross(connection: psycopg.Connection[Any], row: int) -> None:
        try:
            connection.execute(f"update orders set total = 4 where id = {row}")
        except psycopg.Error as error:
            said.append(told(error))

    with server.connect() as one, server.connect() as other:
        for row, connection in ((1, one), (2, other)):
            connection.execute("begin")
            connection.execute(f"update orders set total = 3 where id = {row}")
        threads = [threading.Thread(target=cross, args=pair) for pair in ((one, 2), (other, 1))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return said[0]


def serialization(server: Running) -> str:
    with server.connect() as one, server.connect() as other:
        one.execute("begin isolation level repeatable read")
        one.execute("select * from orders")
        other.execute("update orders set total = total + 1 where id = 1")
        try:
            one.execute("update orders set total = total + 1 where id = 1")
        except psycopg.Error as error:
            return told(error)
    return ""


def cached_plan(server: Running) -> str:
    with server.connect() as connection:
        connection.execute("create temp table narrow_one (a int)")
        connection.execute("prepare p as select * from narrow_one")
        connection.execute("execute p")
        connection.execute("alter table narrow_one add b int")
        try:
            connection.execute("execute p")
        except psycopg.Error as error:
            return told(error)
    return ""


def in_failed_transaction(server: Running) -> str:
    with server.connect() as connection:
        connection.execute("begin")
        said = ""
        for _ in range(2):
            try:
                connection.execute("do $$ begin perform 1/0; end $$")
            except psycopg.Error as error:
                said = told(error)
        return said


def drop_in_use(server: Running) -> str:
    with server.connect(dbname="private"):
        return sql("drop database private")(server)


def waited(server: Running) -> str:
    server.sql("alter system set log_lock_waits = on", "select pg_reload_conf()")
    time.sleep(0.1)
    said = blocked("set lock_timeout = '80ms'", "select * from orders")(server)
    server.sql("alter system reset log_lock_waits", "select pg_reload_conf()")
    return said


def many_locks(server: Running) -> str:
    loop = "for i in 1..5000 loop execute 'create temp table t' || i || '(a int)'; end loop"
    return sql(f"do $$ begin {loop}; end $$")(server)


def many_predicate_locks(server: Running) -> str:
    return sql(
        "set max_parallel_workers_per_gather = 0",
        "begin isolation level serializable",
        "do $$ begin for i in 1..600 loop execute 'select count(*) from pred' || i; end loop; end $$",
    )(server)


def reset(*first: str, wait: float = 0.05) -> Callable[[Running], None]:
    """Do this, then vanish with a reset, as a killed client behind a firewall or with unread data does."""

    def act(server: Running) -> None:
        link = server.raw(startup(b"user", b"app", b"database", b"postgres"))
        with link:
            until_ready(link)
            for statement in first:
                link.sendall(query(statement))
                if wait:
                    until_ready(link)
            if not wait:
                time.sleep(0.2)
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return act


def query(statement: str) -> bytes:
    body = statement.encode() + b"\0"
    return b"Q" + (len(body) + 4).to_bytes(4, "big") + body


def until_ready(link: socket.socket) -> None:
    got = b""
    while got[-6:-1] != b"Z\0\0\0\5":
        part = link.recv(65536)
        if not part:
            raise ConnectionError("the server hung up")
        got = (got + part)[-20:]


def replication(server: Running) -> PGconn:
    """Connect as a standby does."""
    conninfo = f"host=127.0.0.1 port={server.port} user=app replication=true sslmode=disable"
    return psycopg.pq.PGconn.connect(conninfo.encode())


def standby_too_many(server: Running) -> str:
    first, second = replication(server), replication(server)
    said = second.get_error_message()
    first.finish()
    second.finish()
    return f"psycopg.OperationalError: {said}"


def removed_segment(server: Running) -> str:
    for _ in patiently():
        server.sql("insert into orders select -nextval('serials'), 0", "select pg_switch_wal()", "checkpoint")
        first = min(path.name for path in (server.data / "pg_wal").glob("0" * 7 + "*"))
        if int(first[16:], 16) > 1:
            break
    link = replication(server)
    result = link.exec_(b"START_REPLICATION 0/1000000")
    if result.status == psycopg.pq.ExecStatus.COPY_BOTH:
        with contextlib.suppress(psycopg.Error):
            link.get_copy_data(0)
        result = link.get_result() or result
    said = result.get_error_message()
    link.finish()
    return f"psycopg.errors.UndefinedFile: {said}"


def archive(command: str) -> Callable[[Running], None]:
    def act(server: Running) -> None:
        server.sql(f"alter system set archive_command = '{command}'")
        server.sql("select pg_reload_conf()")
        server.sql("insert into orders select -nextval('serials'), 0", "select pg_switch_wal()")

    return act


def unarchived(server: Running) -> None:
    server.sql("alter system reset archive_command", "select pg_reload_conf()")


def fork_refused(what: str, value: int) -> Callable[[Running], str]:
    def act(server: Running) -> str:
        with limited(server.process.pid, what, value):
            return sql(connect_timeout=1)(server)

    return act


def backend_limited(what: str, value: int, *statements: str) -> Callable[[Running], str]:
    def act(server: Running) -> str:
        with server.connect() as connection:
            connection.execute("select 1")
            with limited(connection.info.backend_pid, what, value):
                try:
                    for statement in statements:
                        connection.execute(statement)
                except psycopg.Error as error:
                    return told(error)
        return ""

    return act


def reload(line: str) -> Callable[[Running], None]:
    """Reload with a line more in postgresql.conf."""

    def act(server: Running) -> None:
        reloaded(server, "postgresql.conf", line)

    return act


def reload_hba(line: str) -> Callable[[Running], None]:
    def act(server: Running) -> None:
        reloaded(server, "pg_hba.conf", line)

    return act


def reloaded(server: Running, name: str, line: str) -> None:
    path = server.data / name
    before = path.read_bytes()
    path.write_bytes(before + line.encode() + b"\n")
    size = len(server.log())
    server.sql("select pg_reload_conf()")
    for _ in patiently():
        if "received SIGHUP" in server.log()[size:] and len(server.log()[size:].splitlines()) > 2:
            break
    time.sleep(0.05)
    path.write_bytes(before)


def closed_port(server: Running) -> str:
    return sql(host="127.0.0.1")(elsewhere(server, free_port()))


class _Elsewhere:
    """The same client, sent somewhere else."""

    def __init__(self, server: Running, port: int) -> None:
        self._server, self._port = server, port

    def connect(self, **options: Any) -> psycopg.Connection[Any]:
        given = {"user": "app", "dbname": "postgres", "host": "127.0.0.1", **options}
        return psycopg.connect(port=self._port, autocommit=True, **given)


def elsewhere(server: Running, port: int) -> Any:
    return _Elsewhere(server, port)


def pretender(answer: bytes | None, **options: Any) -> Callable[[Running], str]:
    """Connect to somebody who is no PostgreSQL: he answers this and hangs up, or (None) says nothing."""

    def act(server: Running) -> str:
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def serve() -> None:
                link, _ = listener.accept()
                with link:
                    link.recv(4096)
                    if answer is None:
                        time.sleep(2.5)
                    else:
                        link.sendall(answer)

            thread = threading.Thread(target=serve)
            thread.start()
            said = sql(**options)(elsewhere(server, listener.getsockname()[1]))
            thread.join()
        return said

    return act


def file_lost(mode: int | None) -> Callable[[Running], str]:
    def act(server: Running) -> str:
        server.sql(
            "drop table if exists lost", "create table lost (a int)", "insert into lost values (1)", "checkpoint"
        )
        ((name,),) = server.sql("select pg_relation_filepath('lost')")
        path = server.data / name
        if mode is None:
            path.unlink()
        else:
            path.chmod(mode)
        said = sql("select * from lost")(server)
        owned(path, b"")
        return said or ""

    return act


def killed(how: signal.Signals) -> Callable[[Running], str]:
    """End a server process while another session looks on."""

    def act(server: Running) -> str:
        with server.connect() as victim, server.connect():
            timer = threading.Timer(0.1, os.kill, (victim.info.backend_pid, how))
            timer.start()
            try:
                victim.execute("select pg_sleep(10)")
            except psycopg.Error as error:
                return told(error)
            finally:
                timer.join()
        return ""

    return act
