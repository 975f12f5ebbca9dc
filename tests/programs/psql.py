"""A running server of each version, and psql asking it: what psql prints against what the server says.

The server listens on a socket in its own folder only, and ends with the ``with`` block. psql is Debian's.
"""

import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from programs.debian import command, unpacked
from programs.postgresql import Server

_ORDINARY_USER: Mapping[str, Any] = {"user": "nobody"} if hasattr(os, "geteuid") and os.geteuid() == 0 else {}
_STARTS_WITHIN = 30


@dataclass(frozen=True)
class Running:
    """A server that runs: ``data`` is its data directory, ``socket`` the folder of its socket."""

    server: Server
    data: Path
    socket: Path
    program: Sequence[str]

    def psql(self, *arguments: str, stdin: str = "", database: str = "postgres") -> str:
        """Return what psql prints, errors left out; it reads no file of its owner."""
        done = subprocess.run(
            [*self.program, "-X", "-h", str(self.socket), "-U", "nobody", "-d", database, *arguments],
            input=stdin.encode(),
            capture_output=True,
            check=False,
            timeout=60,
            env={"LC_ALL": "C.UTF-8", "PGCLIENTENCODING": "UTF8", "COLUMNS": "100", "PAGER": "cat"},
        )
        if done.returncode:
            raise ValueError(done.stderr.decode("utf-8", "replace"))
        return done.stdout.decode("utf-8", "surrogateescape")

    def rows(self, sql: str) -> list[list[str | None]]:
        """Return what a query answers, exactly: through COPY, whose escapes are undone here."""
        printed = self.psql("-q", "-c", f"copy ({sql}) to stdout")
        return [[_uncopied(field) for field in row.split("\t")] for row in printed.split("\n")[:-1]]


def _uncopied(field: str) -> str | None:
    if field == r"\N":
        return None
    escapes = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
    return re.sub(r"\\(.)", lambda match: escapes.get(match[1], match[1]), field)


@contextmanager
def running(server: Server, settings: Mapping[str, str] | None = None) -> Iterator[Running]:
    """Make a cluster, start it and end it; ``settings`` go into its postgresql.conf."""
    program = command(unpacked("postgresql-client-15", suite="bookworm"), "usr/lib/postgresql/15/bin/psql")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        data = folder / "data"
        arguments = ("-D", str(data), "-U", "nobody", "--no-locale", "--encoding=UTF8", "--auth=trust", "--no-sync")
        _quiet(server.folder / "bin" / "initdb", *arguments)
        written = "".join(f"{key} = '{_quoted(value)}'\n" for key, value in (settings or {}).items())
        with (data / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.write(f"\nlisten_addresses = ''\nunix_socket_directories = '{folder}'\nfsync = off\n{written}")
        process = subprocess.Popen(
            [server.folder / "bin" / "postgres", "-D", data],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"LC_ALL": "C"},
            **_ORDINARY_USER,
        )
        try:
            found = Running(server, data, folder, program)
            _wait(found, process)
            yield found
        finally:
            process.send_signal(signal.SIGQUIT)
            process.wait(timeout=30)


def _quoted(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n")


def _wait(found: Running, process: subprocess.Popen[bytes]) -> None:
    for _ in range(_STARTS_WITHIN * 20):
        try:
            found.psql("-c", "select 1")
        except ValueError:
            if process.poll() is not None:
                raise
            time.sleep(0.05)
        else:
            return
    raise ValueError(f"PostgreSQL {found.server.version} does not start")


def _quiet(*arguments: str | Path) -> None:
    done = subprocess.run(arguments, capture_output=True, check=False, cwd="/", env={"LC_ALL": "C"}, **_ORDINARY_USER)
    if done.returncode:
        raise ValueError(done.stderr.decode("utf-8", "replace"))
