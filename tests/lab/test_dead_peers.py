"""The dead-peer laboratory: real servers and real clients, and a network that falls silent under them.

Each connection has its own settings and is in one state, idle, running a query or with data that nobody acknowledges,
when the router between the hosts begins to drop everything. What is measured is when the server says in its log that
the client is gone, or when libpq tells its caller. All connections are cut at once. ``-s`` prints the table.
"""

import os
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from confmend.models import dead_peer
from programs.network import SERVER_ADDRESS, Network, missing, network
from programs.postgresql import Server, servers

pytestmark = [pytest.mark.lab, pytest.mark.skipif(bool(missing()), reason=missing() or "it can run")]

SECOND = 1_000_000
# The model may be wrong by a tenth or by so many seconds.
SHARE, SLACK = 0.1, 1.5
# The longest model value that is waited for, and how long connections with a longer one must hold.
LONGEST, NEVER = 27.0, float("inf")
ANSWER_AFTER = 2.0
PASSWORDLESS = "host all all all trust\n"
PORT = 5432
AS_NOBODY: Mapping[str, Any] = {"user": "nobody", "cwd": "/", "env": {"LC_ALL": "C"}, "stdout": subprocess.DEVNULL}
_LINE = re.compile(r"^([0-9]+\.[0-9]+) ([0-9]+) (?:LOG|FATAL):  (could not (?:receive|send)|connection to client lost)")


@dataclass(frozen=True)
class Setting:
    """Seconds; the names of PostgreSQL's and libpq's keepalive settings, 0 where they are not set."""

    idle: int
    interval: int
    count: int
    user: int = 0
    check: int = 0
    retries2: int = 15
    # How long the query takes that runs.
    query: int = 90

    def __str__(self) -> str:
        user = f" U={self.user}" if self.user else ""
        check = f" K={self.check}" if self.check else " K=0"
        retries = f" retries2={self.retries2}" if self.retries2 != 15 else ""
        query = f" query={self.query}" if self.query < 90 else ""
        return f"{self.idle}/{self.interval}/{self.count}{user}{check}{retries}{query}"


SETTINGS = (
    Setting(3, 1, 4, check=1),
    Setting(3, 1, 3, check=2),
    Setting(2, 1, 2, query=9),
    Setting(4, 2, 2, check=5),
    Setting(5, 1, 5, user=5, check=1),
    Setting(3, 1, 3, user=10, check=1),
    Setting(3, 1, 3, user=2, query=12),
    Setting(3, 2, 3, user=8, check=3),
    Setting(6, 1, 3, user=4, check=2),
    Setting(2, 3, 3, check=4),
    Setting(1, 1, 9, check=1),
    Setting(10, 5, 2, check=1),
    Setting(15, 1, 3, user=6, check=1),
    Setting(3, 1, 4, check=1, retries2=3),
    Setting(5, 1, 2, check=2, retries2=3),
    Setting(2, 2, 2, check=1, retries2=2),
    Setting(3, 1, 4, check=1, retries2=4),
    Setting(3, 2, 4, user=7, check=1, retries2=4),
    Setting(4, 1, 4, check=3, retries2=5),
    Setting(2, 1, 3, check=3, retries2=5),
)
STATES = ("idle", "running query", "unacknowledged data")
# A client that is there and does not read: nothing is cut then.
STALLED = "reader stands still"
SIDES = ("server", "client")


@dataclass
class Case:
    """One connection: what it is set to, in which state it is cut, which end is watched, and what came of it."""

    setting: Setting
    state: str
    side: str
    pid: int = 0
    # When the last packet came in, or the data were sent.
    since: float = 0.0
    noticed: float = 0.0
    said: str = ""
    rto: int = dead_peer.LAN_RTO
    connected: threading.Event = field(default_factory=threading.Event)
    armed: threading.Event = field(default_factory=threading.Event)
    finished: threading.Event = field(default_factory=threading.Event)

    @property
    def model(self) -> tuple[float, float]:
        """Return between when and when model 4 expects it, in seconds since ``since``."""
        given = self.setting
        if self.state == "unacknowledged data":
            soonest, latest = dead_peer.sent_again_until(given.retries2, given.user * SECOND, self.rto)
            return soonest / SECOND, latest / SECOND
        if self.state == STALLED:
            at = dead_peer.stalled_reader(given.user * SECOND, self.rto)
        else:
            at = dead_peer.idle(given.idle * SECOND, given.interval * SECOND, given.count, given.user * SECOND)
            if self.state == "running query" and self.side == "server":
                at = dead_peer.noticed(at, given.check * SECOND, given.query * SECOND)
        return (NEVER, NEVER) if at is None else (at / SECOND, at / SECOND)

    @property
    def measured(self) -> float:
        """Return the seconds until somebody noticed, 0 if nobody did."""
        return self.noticed - self.since if self.noticed else 0.0

    @property
    def holds(self) -> bool:
        """Whether it is as the model says."""
        soonest, latest = self.model
        if soonest > LONGEST:
            return not self.noticed
        least, most = soonest - max(SHARE * soonest, SLACK), latest + max(SHARE * latest, SLACK)
        return bool(self.noticed) and least <= self.measured <= most

    @property
    def row(self) -> str:
        """Return the row of the table."""
        soonest, latest = self.model
        model = f"{soonest:.1f}" if soonest == latest else f"{soonest:.1f} to {latest:.1f}"
        measured = f"{self.measured:.1f}" if self.noticed else f"not within {LONGEST:.0f}"
        return f"{self.setting!s:28} {self.state:20} {self.side:7} {model:>16}  {measured:>13}  {self.said}"


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """Return every case with what was measured."""
    every = [Case(setting, state, side) for setting in SETTINGS for state in STATES for side in SIDES]
    every += [Case(setting, STALLED, "server") for setting in SETTINGS[:9] if not setting.query < 90]
    with cluster(servers()[-1]) as original:
        _measure_all(original, every)
        # What else a machine does delays what is measured: once more before it is believed. A wrong model stays wrong.
        if late := [number for number, case in enumerate(every) if not case.holds]:
            again = [Case(every[number].setting, every[number].state, every[number].side) for number in late]
            print("\nmeasured again:", *(every[number].row for number in late), sep="\n")
            _measure_all(original, again)
            for number, case in zip(late, again, strict=True):
                every[number] = case
    print(f"\n{'seconds: I/V/C, U, K':28} {'state':20} {'side':7} {'model':>16}  {'measured':>13}")
    for case in every:
        print(case.row)
    return every


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("state", STATES)
def test_the_model_is_what_happens(cases: list[Case], state: str, side: str) -> None:
    chosen = [case for case in cases if (case.state, case.side) == (state, side)]
    assert len({case.setting for case in chosen}) >= 12
    assert [case.row for case in chosen if not case.holds] == []


def test_a_client_that_does_not_read_is_taken_for_dead_only_by_the_user_timeout(cases: list[Case]) -> None:
    chosen = [case for case in cases if case.state == STALLED]
    assert {bool(case.setting.user) for case in chosen} == {True, False}
    assert [case.row for case in chosen if not case.holds] == []


def test_keepalive_finds_no_unacknowledged_data(cases: list[Case]) -> None:
    waiting = [case for case in cases if case.state == "unacknowledged data" and case.model[0] > LONGEST]
    assert waiting
    assert all(case.setting.idle + case.setting.interval * case.setting.count < LONGEST for case in waiting)
    assert [case.row for case in waiting if case.noticed] == []


# What is done ----------------------------------------------------------------------------------------------------


def _measure_all(original: Path, cases: list[Case]) -> None:
    """Measure all at once, each group in a network of its own."""
    groups: dict[tuple[int, bool], list[Case]] = {}
    for case in cases:
        groups.setdefault((case.setting.retries2, case.state == STALLED), []).append(case)
    threads = [
        threading.Thread(target=_measure, args=(servers()[-1], original, retries2, not stalled, group))
        for (retries2, stalled), group in groups.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _measure(server: Server, original: Path, retries2: int, cuts: bool, cases: list[Case]) -> None:
    go, silent = threading.Event(), threading.Event()
    with network(retries2) as net, running(server, original, net) as log:
        for case in cases:
            threading.Thread(target=_client, args=(net, case, go, silent), daemon=True).start()
            assert case.connected.wait(120), case.row
        go.set()
        for case in cases:
            assert case.armed.wait(120), case.row
        if cuts:
            time.sleep(0.2)
            net.cut()
        cut = time.time()
        silent.set()
        latest = max(case.model[1] for case in cases)
        time.sleep(min(LONGEST, latest + ANSWER_AFTER + max(SHARE * latest, SLACK)))
        for case in cases:
            if case.side == "client":
                case.finished.wait(5)
        _read_log(log, cases, cut)
    for case in cases:
        case.finished.set()


def _client(net: Network, case: Case, go: threading.Event, silent: threading.Event) -> None:
    link = net.client.call(lambda: _connection(case))
    case.connected.set()
    go.wait(300)
    _arm(link, case)
    case.armed.set()
    silent.wait(300)
    if case.side == "client":
        _watch(link, case)
        case.finished.set()
    else:
        # A client that goes away sooner is what the server would notice.
        case.finished.wait()


def _connection(case: Case) -> "psycopg.Connection[tuple[object, ...]]":
    """Return a connection on which the end that is watched has the settings."""
    given = case.setting
    own = {"idle": given.idle, "interval": given.interval, "count": given.count}
    server_side = {f"tcp_keepalives_{name}": str(value) for name, value in own.items()}
    server_side |= {"tcp_user_timeout": f"{given.user}s", "client_connection_check_interval": f"{given.check}s"}
    client_side = {f"keepalives_{name}": value for name, value in own.items()} | {"tcp_user_timeout": given.user * 1000}
    watched = case.side == "server"
    link = psycopg.connect(
        host=SERVER_ADDRESS,
        port=PORT,
        user="postgres",
        dbname="postgres",
        options=" ".join(f"-c {name}={value}" for name, value in server_side.items()) if watched else "",
        autocommit=True,
        **({} if watched else client_side),  # type: ignore[arg-type]  # psycopg's own keywords stand before
    )
    case.pid, case.rto = link.info.backend_pid, _retransmission_timeout(link)
    return link


def _arm(link: "psycopg.Connection[tuple[object, ...]]", case: Case) -> None:
    """Bring a connection into its state; data that nobody acknowledges are sent when the network is silent."""
    _ask(link, "select 1")
    case.since = time.time()
    if case.state == "running query":
        link.pgconn.send_query(f"select pg_sleep({case.setting.query})".encode())
    elif case.state == STALLED:
        link.pgconn.send_query(b"select repeat('x', 1000) from generate_series(1, 100000)")
    elif case.state == "unacknowledged data" and case.side == "server":
        link.pgconn.send_query(f"select pg_sleep({ANSWER_AFTER}), repeat('x', 1000)".encode())
        case.since += ANSWER_AFTER


def _watch(link: "psycopg.Connection[tuple[object, ...]]", case: Case) -> None:
    """Wait until libpq has something to tell."""
    pgconn = link.pgconn
    if case.state == "unacknowledged data":
        case.since = time.time()
        pgconn.send_query(b"select 1")
    readable, _, _ = select.select([pgconn.socket], [], [], LONGEST)
    if readable:
        case.noticed = time.time()
        with suppress(psycopg.OperationalError):
            pgconn.consume_input()
        case.said = pgconn.error_message.decode().partition("\n")[0]


def _ask(link: "psycopg.Connection[tuple[object, ...]]", sql: str) -> None:
    with link.cursor() as cursor:
        cursor.execute(sql)
        cursor.fetchall()


def _retransmission_timeout(link: "psycopg.Connection[tuple[object, ...]]") -> int:
    """Return the kernel's timeout of this connection in microseconds (struct tcp_info); that of the server is alike."""
    with socket.socket(fileno=os.dup(link.pgconn.socket)) as copy:
        told = copy.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 16)
    return int.from_bytes(told[8:12], "little")


def _read_log(log: Path, cases: list[Case], cut: float) -> None:
    by_pid = {case.pid: case for case in cases if case.side == "server"}
    for line in log.read_text("utf-8", "replace").splitlines():
        match = _LINE.match(line)
        case = by_pid.get(int(match[2])) if match else None
        if match and case and not case.noticed and cut <= float(match[1]) <= cut + LONGEST:
            case.noticed, case.said = float(match[1]), line[match.start(3) :]


# The server ------------------------------------------------------------------------------------------------------


@contextmanager
def cluster(server: Server) -> Iterator[Path]:
    """Yield the data directory of a new cluster that takes everybody; the programs run as nobody."""
    folder = Path(tempfile.mkdtemp())
    try:
        folder.chmod(0o755)
        data = folder / "data"
        data.mkdir()
        shutil.chown(data, "nobody")
        options = ("--auth=trust", "--no-sync", "--no-locale", "--username=postgres")
        subprocess.run([server.folder / "bin" / "initdb", "-D", data, *options], check=True, **AS_NOBODY)
        with (data / "pg_hba.conf").open("a", encoding="ascii") as hba:
            hba.write(PASSWORDLESS)
        yield data
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running(server: Server, original: Path, net: Network) -> Iterator[Path]:
    """Yield the log of a server that runs in the network on a copy of the cluster."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp())
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o755)
        data = folder / "data"
        shutil.copytree(original, data)
        for path in (data, *data.rglob("*")):
            shutil.chown(path, "nobody")
        data.chmod(0o700)
        given = {
            "listen_addresses": "*",
            "port": PORT,
            "unix_socket_directories": "",
            "max_connections": 150,
            "fsync": "off",
            "log_line_prefix": "%n %p ",
            "lc_messages": "C",
            "autovacuum": "off",
        }
        command = [str(server.folder / "bin" / "postgres"), "-D", str(data)]
        command += [part for name, value in given.items() for part in ("-c", f"{name}={value}")]
        log = folder / "log"
        stderr = stack.enter_context(log.open("wb"))
        process = net.server.call(lambda: subprocess.Popen(command, stderr=stderr, **AS_NOBODY))
        stack.callback(process.wait)
        stack.callback(process.send_signal, signal.SIGQUIT)
        end = time.monotonic() + 30
        while "ready to accept connections" not in log.read_text("utf-8", "replace"):
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(log.read_text("utf-8", "replace"))
            time.sleep(0.02)
        yield log
