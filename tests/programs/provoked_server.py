"""A PostgreSQL server of our own that is to fail: every form of its log, cut at what each case wrote.

One cluster a version, started as often as there are groups of settings; a case notes where the log ends, does what is
wrong, and waits until the last words that it expects stand in every form.
"""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from programs.postgresql import Server

USER: Mapping[str, Any] = {"user": "nobody"} if os.geteuid() == 0 else {}
PASSWORD = "Tr0ub4dor-example"
_PATIENCE = 60.0
_LOGGED = {
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "server.log",
    "log_file_mode": "0644",
    "log_rotation_age": "0",
    "log_rotation_size": "0",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "lc_messages": "C",
    "fsync": "off",
    "shared_buffers": "1MB",
    "listen_addresses": "127.0.0.1",
}


@dataclass(frozen=True)
class Case:
    """Something that goes wrong.

    ``act`` does it and returns what the client was told; ``until`` is the last thing that the log says of it, "" where
    the server has nothing to say. ``shown`` are the incidents of the log, ``told`` those of the client's exception.
    """

    name: str
    act: Callable[["Running"], str | None]
    until: str = ""
    shown: frozenset[str] = frozenset()
    told: frozenset[str] = frozenset()
    versions: range = range(12, 19)


@dataclass(frozen=True)
class Said:
    """What came of a case: the log by the kind that we call its forms, and what the client was told."""

    case: str
    log: Mapping[str, str]
    client: str


@dataclass
class Cluster:
    """A data directory, and how its server is started."""

    server: Server
    data: Path
    port: int
    binary: Path | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: {"LC_ALL": "C"})

    @property
    def version(self) -> int:
        return self.server.version

    def command(self, settings: Mapping[str, str]) -> list[str]:
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        program = self.binary or self.server.folder / "bin" / "postgres"
        return [str(program), "-D", str(self.data), "-p", str(self.port), *options]

    def fails(
        self, settings: Mapping[str, str] | None = None, limit: Sequence[str] = (), **options: Any
    ) -> dict[str, str]:
        """Return, by form, what a start says that comes to nothing; until the log is open it is on stderr only."""
        shutil.rmtree(self.data / "log", ignore_errors=True)
        logged = {name: value for name, value in _LOGGED.items() if name != "listen_addresses"}
        forms = {"log_destination": _forms(self.version), "unix_socket_directories": str(self.data)}
        ordinary = {**USER, "env": dict(self.environment), "cwd": "/", **options}
        command = [*limit, *self.command({**logged, **forms, **(settings or {})})]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_PATIENCE, **ordinary)
        assert done.returncode, done.stderr
        logs = {kind: path.read_text("utf-8") for kind, path in self.files().items() if path.exists()}
        return {**logs, "pg_log": done.stderr + logs.get("pg_log", "")}

    def files(self) -> dict[str, Path]:
        """Return the log's files by the kind that we call them."""
        found = {"pg_log": "server.log", "pg_csvlog": "server.csv", "pg_jsonlog": "server.json"}
        if self.version < 15:
            del found["pg_jsonlog"]
        return {kind: self.data / "log" / name for kind, name in found.items()}

    @contextmanager
    def running(self, settings: Mapping[str, str]) -> Iterator["Running"]:
        """Run it with a log of its own; what the last one wrote is thrown away."""
        shutil.rmtree(self.data / "log", ignore_errors=True)
        forms = {"log_destination": _forms(self.version), "unix_socket_directories": str(self.data)}
        given = {**_LOGGED, **forms, **settings}
        # In the file, not on the command line: of those a reload says that they can't be changed.
        owned(self.data / "postgresql.conf", "".join(f"{name} = '{value}'\n" for name, value in given.items()))
        with tempfile.TemporaryFile() as early:
            process = subprocess.Popen(
                self.command({}), stdout=early, stderr=early, cwd="/", env=dict(self.environment), **USER
            )
            server = Running(self, process)
            try:
                yield server
            finally:
                server.stop()


@dataclass
class Running:
    """A server that is up, or should come up."""

    cluster: Cluster
    process: subprocess.Popen[bytes]

    @property
    def version(self) -> int:
        return self.cluster.version

    @property
    def port(self) -> int:
        return self.cluster.port

    @property
    def data(self) -> Path:
        return self.cluster.data

    def connect(self, **options: Any) -> psycopg.Connection[Any]:
        """Return a connection as ``app`` to ``postgres``."""
        given = {"user": "app", "dbname": "postgres", "sslmode": "disable", "host": "127.0.0.1", **options}
        return psycopg.connect(port=self.port, autocommit=True, **given)

    def sql(self, *statements: str, **options: Any) -> list[tuple[Any, ...]]:
        """Do something as the superuser, and return what the last statement gave."""
        with self.connect(user="owner", **options) as connection:
            for statement in statements:
                answer = connection.execute(statement)
            return answer.fetchall() if answer.description else []

    def raw(self, *sent: bytes) -> socket.socket:
        """Return a bare socket that has sent something."""
        link = socket.create_connection(("127.0.0.1", self.port), _PATIENCE)
        for each in sent:
            link.sendall(each)
        return link

    def ready(self) -> None:
        """Wait until it lets the superuser in."""
        for _ in patiently():
            with contextlib.suppress(psycopg.OperationalError):
                self.sql("select 1")
                return
            if self.process.poll() is not None:
                raise ValueError(f"PostgreSQL {self.version} doesn't start: {self.log()}")
        raise TimeoutError(f"PostgreSQL {self.version} doesn't become ready")

    def up(self) -> None:
        """Wait until it is ready without asking it: whoever asks too early gets an error."""
        for _ in patiently():
            with contextlib.suppress(OSError):
                if "ready" in (self.data / "postmaster.pid").read_text("utf-8"):
                    return

    def quiet(self) -> None:
        """Wait until nobody is connected."""
        others = "select 1 from pg_stat_activity where backend_type in ('client backend', 'walsender') and pid <> "
        for _ in patiently():
            with contextlib.suppress(psycopg.OperationalError):
                if not self.sql(f"{others} pg_backend_pid()"):
                    return

    def files(self) -> dict[str, Path]:
        """Return the log's files by the kind that we call them."""
        return self.cluster.files()

    def log(self) -> str:
        """Return the log as stderr has it."""
        path = self.files()["pg_log"]
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def provoke(self, case: Case, quiet: bool = True) -> Said:
        """Let a case happen, and return what was said of it."""
        if quiet:
            self.quiet()
        ends = {kind: path.stat().st_size for kind, path in self.files().items()}
        client = case.act(self) or ""
        for _ in patiently():
            log = {kind: path.read_bytes()[ends[kind] :].decode("utf-8") for kind, path in self.files().items()}
            # A form that is written later than another must not be cut in the middle.
            if all(case.until in _plain(text) and text.endswith(("\n", "")[: 2 - bool(text)]) for text in log.values()):
                return Said(case.name, log, client)
        raise TimeoutError(f"{case.name} on {self.version}: {case.until!r} is not in {log}")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it and wait for that."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(20)


def _forms(version: int) -> str:
    return "stderr,csvlog,jsonlog" if version >= 15 else "stderr,csvlog"


def _plain(text: str) -> str:
    """Return a log without what csv and JSON do to quotes."""
    return text.replace('\\"', '"').replace('""', '"')


def patiently(seconds: float = _PATIENCE) -> Iterator[None]:
    """Go on until it has taken too long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(0.01)


def told(error: BaseException) -> str:
    """Return the last lines of a traceback, as an application's log ends with them."""
    return "".join(traceback.format_exception_only(error))


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def cluster(server: Server, hba: str = "host all all 127.0.0.1/32 trust\n") -> Iterator[Cluster]:
    """Make a cluster; it is gone at the end."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    data = folder / "data"
    data.mkdir(mode=0o700)
    if USER:
        shutil.chown(data, USER["user"])
    options = ("--no-locale", "--encoding=UTF8", "--auth=trust", "--no-sync", "--username=owner")
    command = [str(server.folder / "bin" / "initdb"), "-D", str(data), *options]
    try:
        subprocess.run(command, check=True, capture_output=True, cwd="/", env={"LC_ALL": "C"}, **USER)
        (data / "pg_hba.conf").write_text(hba, "utf-8")
        yield Cluster(server, data, free_port())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def owned(path: Path, text: str | bytes, mode: int = 0o600) -> Path:
    """Write a file that the server may read."""
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(mode)
    if USER:
        entry = pwd.getpwnam(USER["user"])
        os.chown(path, entry.pw_uid, entry.pw_gid)
    return path


@contextmanager
def limited(pid: int, name: str, value: int) -> Iterator[None]:
    """Give a process a lower limit for a while: ``nproc``, ``nofile``, ``as``."""
    before = subprocess.run(
        ["prlimit", "--pid", str(pid), f"--{name}", "--noheadings", "--raw", "--output", "SOFT"],
        check=True,
        capture_output=True,
        text=True,
        # The server's own user: in a container not even root may do it to others.
        **USER,
    ).stdout.strip()

    def limit(soft: str) -> None:
        subprocess.run(["prlimit", "--pid", str(pid), f"--{name}={soft}:"], check=False, capture_output=True, **USER)

    limit(str(value))
    try:
        yield
    finally:
        limit(before)


def startup(*words: bytes, protocol: bytes = b"\0\3\0\0") -> bytes:
    """Return a startup packet."""
    body = protocol + b"".join(word + b"\0" for word in words) + b"\0"
    return (len(body) + 4).to_bytes(4, "big") + body


def names(shown: Sequence[str] | str) -> frozenset[str]:
    """Return slugs written in one string."""
    return frozenset(shown.split() if isinstance(shown, str) else shown)
