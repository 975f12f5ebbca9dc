"""PgBouncer itself, as Debian packs it, asked what it makes of a configuration file.

It has no dry run: it is started with the file, and either stops with its complaint, or says over its Unix socket what
it has read (``SHOW CONFIG``). It refuses to run as root: then it runs as nobody.
"""

import atexit
import functools
import os
import pwd
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from programs.debian import MissingProgramError, command, unpacked

# The machine's own suite, and the newest there is.
SUITES = ("", "trixie", "sid")
INI = "pgbouncer.ini"
_IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
_PATIENCE = 60.0
_LOGGED = re.compile(r"^\S+ \S+ \S+ \[[0-9]+\] (\w+) (.*)$", re.MULTILINE)
_PLACE = re.compile(r" (?:in configuration )?\([^()]*/([^/():]+):([0-9]+)\)(?:, stopping loading)?$")

Row = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a start says before it gives up, and the line that it names (from 1), 0 if none."""

    text: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a start: the complaints, or else the tables that were asked for; and the log."""

    complaints: Sequence[Complaint]
    tables: Mapping[str, Sequence[Row]]
    log: str


@dataclass(frozen=True)
class Bouncer:
    """One version of the program."""

    version: str
    command: Sequence[str]

    def start(self, files: Mapping[str, str], asked: Sequence[str] = ("CONFIG",)) -> Answer:
        """Start with ``files`` (pgbouncer.ini and what it includes), ask for the tables, and stop.

        A file that says where the Unix socket is, must say ``{folder}``; it stands for a folder made for this start.
        """
        with _folder(files) as folder, self._running(folder) as (process, log):
            if not _listens(process, folder):
                said = log.read_text("utf-8", "surrogateescape")
                logged = [(level, text) for level, text in _LOGGED.findall(said) if level in ("ERROR", "FATAL")]
                return Answer([_complaint(text) for _, text in logged], {}, said)
            with _console(folder) as link:
                tables = {name: _query(link, f"SHOW {name}") for name in asked}
            return Answer([], tables, log.read_text("utf-8", "surrogateescape"))

    @contextmanager
    def _running(self, folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
        log = folder / "log"
        with log.open("wb") as stderr:
            process = subprocess.Popen(
                [*self.command, str(folder / INI)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                cwd=folder,
                env={"LC_ALL": "C"},
                user="nobody" if _IS_ROOT else None,
            )
            try:
                yield process, log
            finally:
                process.kill()
                process.wait()


@functools.cache
def bouncers() -> tuple[Bouncer, ...]:
    """Return the versions that can be had, oldest first. MissingProgramError, with the reason, if there are none."""
    found, reasons = {}, []
    for suite in SUITES:
        try:
            bouncer = _bouncer(suite)
        except MissingProgramError as reason:
            reasons.append(str(reason))
        else:
            found[bouncer.version] = bouncer
    if not found:
        raise MissingProgramError(reasons[0])
    return tuple(found[version] for version in sorted(found, key=number))


def number(version: str) -> tuple[int, ...]:
    """Return a version as it is ordered."""
    return tuple(map(int, re.findall("[0-9]+", version)))


def _bouncer(suite: str) -> Bouncer:
    root = unpacked("pgbouncer", suite=suite)
    run = command(root, "usr/sbin/pgbouncer")
    try:
        printed = _version(run)
    except PermissionError:
        # The checkout lies where nobody may look, such as root's home.
        root = Path(shutil.copytree(root, _open_folder() / "root", symlinks=True))
        run = command(root, "usr/sbin/pgbouncer")
        printed = _version(run)
    return Bouncer(printed.partition("\n")[0].removeprefix("PgBouncer "), run)


def _version(run: Sequence[str]) -> str:
    done = subprocess.run(
        [*run, "-V"], capture_output=True, text=True, check=True, cwd="/", user="nobody" if _IS_ROOT else None
    )
    return done.stdout


def _listens(process: subprocess.Popen[bytes], folder: Path) -> bool:
    """Wait for the Unix socket; no if the program ends before."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if process.poll() is not None:
            return False
        if _socket(folder):
            return True
        time.sleep(0.002)
    raise TimeoutError(f"PgBouncer neither listens nor ends: {(folder / 'log').read_text('utf-8', 'replace')}")


def _socket(folder: Path) -> Path | None:
    return next((path for path in folder.glob(".s.PGSQL.*") if path.suffix != ".lock"), None)


# The console ---------------------------------------------------------------------------------------------------------


@contextmanager
def _console(folder: Path) -> Iterator[socket.socket]:
    """Log in to the console, as PgBouncer lets its own user do without asking for anything."""
    path = _socket(folder)
    assert path
    end = time.monotonic() + _PATIENCE
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(_PATIENCE)
        while True:
            try:
                with _as_its_user():
                    link.connect(str(path))
                break
            except (ConnectionRefusedError, PermissionError):
                # Bound, but not yet listened to, or its mode not yet set.
                if time.monotonic() > end:
                    raise
                time.sleep(0.002)
        startup = b"\0\3\0\0user\0pgbouncer\0database\0pgbouncer\0\0"
        link.sendall((len(startup) + 4).to_bytes(4, "big") + startup)
        for kind, body in _messages(link):
            if kind == b"E":
                raise ConnectionError(_fields(body))
            if kind == b"Z":
                break
        yield link


@contextmanager
def _as_its_user() -> Iterator[None]:
    """Be, for the other end of a socket, the user that PgBouncer runs as."""
    if not _IS_ROOT:
        yield
        return
    os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)


def _query(link: socket.socket, sql: str) -> list[Row]:
    """Return the rows of a simple query (PostgreSQL's protocol 3)."""
    body = sql.encode() + b"\0"
    link.sendall(b"Q" + (len(body) + 4).to_bytes(4, "big") + body)
    names: list[str] = []
    rows: list[Row] = []
    for kind, message in _messages(link):
        if kind == b"T":
            names = _names(message)
        elif kind == b"D":
            rows.append(dict(zip(names, _cells(message), strict=True)))
        elif kind == b"E":
            raise ValueError(_fields(message))
        elif kind == b"Z":
            break
    return rows


def _messages(link: socket.socket) -> Iterator[tuple[bytes, bytes]]:
    while True:
        head = _exactly(link, 5)
        yield head[:1], _exactly(link, int.from_bytes(head[1:], "big") - 4)


def _exactly(link: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size:
        part = link.recv(size - len(got))
        if not part:
            raise ConnectionError("PgBouncer hung up")
        got += part
    return got


def _names(message: bytes) -> list[str]:
    found, at = [], 2
    for _ in range(int.from_bytes(message[:2], "big")):
        end = message.index(b"\0", at)
        found.append(message[at:end].decode())
        at = end + 19
    return found


def _cells(message: bytes) -> Iterator[str | None]:
    at = 2
    for _ in range(int.from_bytes(message[:2], "big")):
        size = int.from_bytes(message[at : at + 4], "big", signed=True)
        at += 4
        yield None if size < 0 else message[at : at + size].decode("utf-8", "surrogateescape")
        at += max(size, 0)


def _fields(message: bytes) -> str:
    return message.replace(b"\0", b" ").decode("utf-8", "replace").strip()


# The files -----------------------------------------------------------------------------------------------------------


@contextmanager
def _folder(files: Mapping[str, str]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in files.items():
            written = text.replace("{folder}", name)
            (folder / file).write_bytes(written.encode("utf-8", "surrogateescape"))
            (folder / file).chmod(0o644)
        folder.chmod(0o777)
        yield folder


def _open_folder() -> Path:
    """Make a folder that any user may enter and that is gone with this process."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _complaint(text: str) -> Complaint:
    place = _PLACE.search(text)
    return Complaint(text[: place.start()], int(place[2])) if place else Complaint(text)
