"""pgbench, as Debian packs it, against servers with a configuration of their own, and against PgBouncer before them.

Unlike the servers of ``programs.postgresql`` these write to the disk as a server does that somebody relies on. Each
listens on a Unix socket in its own folder only, and ends with the ``with`` block.
"""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from programs.debian import command, unpacked
from programs.pgbouncer import INI, Bouncer
from programs.postgresql import CONF, Server

SUITE, PACKAGE, PROGRAM = "bookworm", "postgresql-15", "usr/lib/postgresql/15/bin/pgbench"
OWNER, DATABASE = "nobody", "postgres"
# An ordinary role: the superuser's slots are not for applications.
CLIENT = "app"
_STARTS_WITHIN, _PAUSE = 60.0, 0.02
_AS_ORDINARY: Mapping[str, Any] = {"user": "nobody"} if hasattr(os, "geteuid") and os.geteuid() == 0 else {}
_ENVIRONMENT = {"LC_ALL": "C"}


@dataclass(frozen=True, slots=True)
class Run:
    """What pgbench says of one run: transactions, of which failed, for each second."""

    done: int
    failed: int
    rate: float


@dataclass(frozen=True)
class Serving:
    """A server that runs; ``socket`` is the folder of its socket, ``log`` what it has said."""

    pid: int
    socket: Path
    log: Path

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a superuser's query, none for a command."""
        with connected(self.socket, OWNER) as link:
            answer = link.execute(sql)
            return answer.fetchall() if answer.description else []

    @property
    def memory(self) -> int:
        """Return the bytes that its processes hold, each shared page counted once in all."""
        folders = [Path("/proc", str(pid)) for pid in (self.pid, *_children(self.pid))]
        texts = [(folder / "smaps_rollup").read_text("utf-8") for folder in folders]
        return sum(int(size) * 1024 for text in texts for size in re.findall(r"^Pss:\s+([0-9]+) kB", text, re.M))


def pgbench() -> Sequence[str]:
    """Return how to run pgbench. MissingProgramError, with the reason, where Debian's packages can't be had."""
    return command(unpacked(PACKAGE, suite=SUITE), PROGRAM)


def filled(server: Server, folder: Path, scale: int) -> Path:
    """Make a cluster with pgbench's tables in the folder, and return its data directory."""
    data = folder / "filled"
    initdb = [str(server.folder / "bin" / "initdb"), "-D", str(data), "-U", OWNER, "--no-locale", "--encoding=UTF8"]
    _done([*initdb, "--auth=trust", "--no-sync"])
    with serving(server, data, "max_wal_size = 4GB\nfsync = off\n") as found:
        _done([*pgbench(), "-h", str(found.socket), "-U", OWNER, "-i", "-q", "-s", str(scale), DATABASE])
        found.query(f"create role {CLIENT} login")
        found.query(f"grant select, insert, update, delete, truncate on all tables in schema public to {CLIENT}")
        found.query("checkpoint")
    return data


def copied(data: Path, to: Path) -> Path:
    """Copy a data directory as the user that runs the servers."""
    _done(["cp", "-a", "--reflink=auto", str(data), str(to)])
    return to


@contextmanager
def serving(server: Server, data: Path, conf: str) -> Iterator[Serving]:
    """Run a server with this postgresql.conf, to the letter."""
    (data / CONF).write_bytes(conf.encode("utf-8", "surrogateescape"))
    log = data.parent / f"{data.name}.log"
    options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={data}"]
    with log.open("ab") as said:
        process = subprocess.Popen(
            [server.folder / "bin" / "postgres", "-D", data, *options],
            stdout=said,
            stderr=said,
            cwd="/",
            env=_ENVIRONMENT,
            **_AS_ORDINARY,
        )
    try:
        _wait(process, log, lambda: connected(data, OWNER))
        yield Serving(process.pid, data, log)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(120)


@contextmanager
def pooling(bouncer: Bouncer, folder: Path, ini: str) -> Iterator[None]:
    """Run PgBouncer with this pgbouncer.ini, which says that its socket is in the folder."""
    (folder / INI).write_text(ini, "utf-8")
    log = folder / "pgbouncer.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [*bouncer.command, str(folder / INI)],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            cwd=folder,
            env=_ENVIRONMENT,
            **_AS_ORDINARY,
        )
    try:
        _wait(process, log, lambda: connected(folder, CLIENT))
        yield
    finally:
        process.kill()
        process.wait(30)


def connected(socket: Path, user: str) -> psycopg.Connection[tuple[Any, ...]]:
    """Connect; nothing is asked for in a transaction."""
    return psycopg.connect(f"host={socket} user={user} dbname={DATABASE}", autocommit=True, prepare_threshold=None)


def run(socket: Path, clients: int, *options: str) -> Run:
    """Let clients work as the options say. ValueError with what pgbench says if it gives up or one of them does."""
    threads = min(clients, os.cpu_count() or 1)
    load = ["-c", str(clients), "-j", str(threads), *options]
    said = _done([*pgbench(), "-h", str(socket), "-U", CLIENT, "-n", *load, DATABASE])
    processed = re.search(r"^number of transactions actually processed: ([0-9]+)", said, re.M)
    failed = re.search(r"^number of failed transactions: ([0-9]+)", said, re.M)
    rate = re.search(r"^tps = ([0-9.]+)", said, re.M)
    if not processed or not failed or not rate or "aborted" in said:
        raise ValueError(f"pgbench did not finish: {said}")
    return Run(int(processed[1]), int(failed[1]), float(rate[1]))


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()]


def _wait(process: subprocess.Popen[bytes], log: Path, connect: Callable[[], psycopg.Connection[Any]]) -> None:
    end = time.monotonic() + _STARTS_WITHIN
    while True:
        try:
            connect().close()
        except psycopg.OperationalError as refusal:
            if process.poll() is not None or time.monotonic() > end:
                raise ValueError(f"it doesn't start: {refusal}\n{log.read_text('utf-8', 'replace')}") from None
            time.sleep(_PAUSE)
        else:
            return


def _done(arguments: Sequence[str]) -> str:
    done: subprocess.CompletedProcess[bytes] = subprocess.run(
        arguments, capture_output=True, check=False, cwd="/", env=_ENVIRONMENT, timeout=600, **_AS_ORDINARY
    )
    said = done.stderr.decode("utf-8", "replace")
    if done.returncode or "aborted" in said:
        raise ValueError(f"{Path(arguments[0]).name}: {said[-2000:]}")
    return done.stdout.decode("utf-8", "replace")
