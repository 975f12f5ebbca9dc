"""Does it help: pgbench on a real server, with a bad configuration, as confmend corrects it, and as PGTune writes it.

Three bad configurations: 500 direct connections (corrected: through a real PgBouncer, as confmend plans it), tiny
shared_buffers, and 64 MB of max_wal_size. The three servers of a case have copies of one database and take turns, so
that what else the machine does meets all of them; what counts are ratios. The checkpoint after a run is part of it, so
that nobody wins by writing later. ``CONFMEND_WHOLE=1`` measures, ``-s`` prints the table; without it the runs are as
short as can be, and what is proven is that all of them run, with the configuration that confmend made.
"""

import os
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from confmend.document import document
from confmend.engine import Analysis, analyse
from confmend.formats import postgresql_conf
from confmend.model import Paste
from peer_formulas import Host, pgtune, text
from programs import pgbench
from programs.debian import MissingProgramError
from programs.pgbench import Serving
from programs.pgbouncer import bouncers
from programs.postgresql import CONF, servers

WHOLE = os.environ.get("CONFMEND_WHOLE") == "1"
# Pages that the tables of one pgbench scale fill: 15 MB. 50 are 750 MB.
SCALE = 50 if WHOLE else 1
REPEATS = 5 if WHOLE else 1
WARM_UP = 5 if WHOLE else 1
# Transactions of each client where nothing is measured.
EACH = 1
CROWD = 500
WORKERS = 8
READS, WRITES, LOGINS = "reads", "reads and writes", "a login for each read"
OPTIONS: Mapping[str, Sequence[str]] = {READS: ("-S",), WRITES: (), LOGINS: ("-S", "-C")}
GIVEN, CORRECTED, PGTUNE = "as given", "corrected", "PGTune"
RULE = "connections_without_pooler"
PLANNED = re.compile("(default_pool_size =|max_client_conn =|max_connections to) ([0-9]+)")
FULL = re.compile("too many clients|remaining connection slots")

try:
    REASON = "" if bouncers() and pgbench.pgbench() else "no PgBouncer"
except MissingProgramError as reason:
    REASON = str(reason)
if not servers():
    REASON = "no servers here: npm ci --ignore-scripts in tests/"
pytestmark = [pytest.mark.lab, pytest.mark.skipif(bool(REASON), reason=REASON or "it can run")]


@dataclass(frozen=True)
class Case:
    """A bad configuration, and what its clients do."""

    name: str
    conf: str
    clients: int
    connections: int
    # Of one run, for each kind of work.
    seconds: Mapping[str, int]


CASES = (
    Case("500 direct connections", "max_connections = 600\n", CROWD, 600, {READS: 6, WRITES: 6, LOGINS: 6}),
    Case("1 MB of shared_buffers", "shared_buffers = 1MB\n", WORKERS, 100, {READS: 5, WRITES: 8}),
    Case("64 MB of max_wal_size", "max_wal_size = 64MB\n", WORKERS, 100, {WRITES: 15}),
)


@dataclass(frozen=True)
class Way:
    """One of the three configurations of a case; clients come through the pooler if it has a pgbouncer.ini."""

    conf: str
    ini: str = ""


@dataclass
class Measured:
    """What came of one kind of work on one way: transactions a second, and WAL bytes a transaction, of each run."""

    rates: list[float] = field(default_factory=list)
    wal: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)


def _machine() -> tuple[Host, str, str]:
    """Return this machine, as PGTune asks for it, and as the texts that confmend reads."""
    meminfo = Path("/proc/meminfo").read_text("utf-8")
    found = re.search(r"^MemTotal: +([0-9]+) kB", meminfo, re.M)
    assert found
    version = servers()[-1].version
    host = Host(int(found[1]) * 1024, os.cpu_count() or 1, 0, "ssd", "oltp", version)
    answers = f"postgresql = {version}\ncpus = {host.cpus}\nstorage = {host.storage}\nworkload = {host.workload}\n"
    return host, meminfo, answers


def _analysed(conf: str, ini: str = "", log: str = "") -> Analysis:
    _, meminfo, answers = _machine()
    pastes = [(conf, "postgresql_conf"), (answers, "answers"), (meminfo, "meminfo"), (ini, "pgbouncer_ini")]
    return analyse([Paste(each, kind=kind) for each, kind in (*pastes, (log, "pg_log")) if each])


def _corrected(found: Analysis, kind: str) -> str:
    return "".join(each.text for each in found.corrected if each.kind == kind)


def _final(conf: str, ini: str = "", log: str = "") -> tuple[str, str]:
    """Return both files as confmend corrects them; what is corrected needs no more."""
    found = _analysed(conf, ini, log)
    assert [result for result in found.results if result.crash] == []
    after = _corrected(found, "postgresql_conf"), _corrected(found, "pgbouncer_ini")
    assert _analysed(*after, log).edits == ()
    return after


def _pooled(conf: str, folder: Path) -> Way:
    """Return a configuration as the finding about too many connections plans it, with the pooler in that folder."""
    (plan,) = (each for result in _analysed(conf).results if result.rule == RULE for each in result.findings)
    said = dict(PLANNED.findall(plan.message.replace(",", "")))
    ini = (
        f"[databases]\n{pgbench.DATABASE} = host={folder}\n[pgbouncer]\n"
        f"listen_port = 5432\nunix_socket_dir = {folder / 'pooler'}\n"
        f"auth_type = trust\nauth_file = {folder / 'pooler' / 'users'}\npool_mode = transaction\n"
        f"default_pool_size = {said['default_pool_size =']}\nmax_client_conn = {said['max_client_conn =']}\n"
    )
    fewer = document(postgresql_conf.FORMAT, CONF, conf).set("max_connections", said["max_connections to"])
    return Way(*_final(fewer.text, ini))


@pytest.fixture(scope="module")
def filled() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    try:
        yield pgbench.filled(servers()[-1], folder, SCALE)
    finally:
        shutil.rmtree(folder)


@contextmanager
def _started(way: Way, data: Path) -> Iterator[tuple[Serving, Path]]:
    """Run a way's programs; the folder is that of the socket to which its clients connect."""
    with ExitStack() as stack:
        found = stack.enter_context(pgbench.serving(servers()[-1], data, way.conf))
        if not way.ini:
            yield found, found.socket
            return
        folder = data / "pooler"
        folder.mkdir(exist_ok=True)
        folder.chmod(0o777)
        (folder / "users").write_text(f'"{pgbench.CLIENT}" ""\n', "utf-8")
        stack.enter_context(pgbench.pooling(bouncers()[-1], folder, way.ini))
        yield found, folder


def _log_of(conf: str, filled: Path) -> str:
    """Return what a server with the bad configuration says while it works."""
    data = pgbench.copied(filled, filled.parent / "bad")
    with pgbench.serving(servers()[-1], data, conf) as found:
        pgbench.run(found.socket, WORKERS, "-T", str(3 * WARM_UP))
        log = found.log.read_text("utf-8")
    shutil.rmtree(data)
    return log


def _ways(case: Case, filled: Path) -> dict[str, tuple[Way, Path]]:
    """Return the three ways, each with its copy of the database."""
    names = (GIVEN, CORRECTED, PGTUNE)
    copies = {name: pgbench.copied(filled, filled.parent / name.replace(" ", "_")) for name in names}
    if case.clients == CROWD:
        corrected = _pooled(case.conf, copies[CORRECTED])
    else:
        corrected = Way(*_final(case.conf, log=_log_of(case.conf, filled)))
    host = _machine()[0]
    theirs = pgtune(Host(host.ram, host.cpus, case.connections, host.storage, host.workload, host.version))
    ways = {GIVEN: Way(case.conf), CORRECTED: corrected, PGTUNE: Way(text(theirs))}
    return {name: (ways[name], copies[name]) for name in copies}


def _prove_it_runs(conf: str, found: Serving) -> None:
    """What confmend reads in a file is what the server runs with, for every setting of the file."""
    written = dict(re.findall(r"^(\w+) = (\S+)", conf, re.M))
    rows = found.query("select name, setting, applied and error is null from pg_file_settings")
    assert {name: said for name, said, _ in rows} == written
    assert all(applied for *_, applied in rows)
    sources = dict(found.query("select name, source from pg_settings"))
    assert {sources[name] for name in written} == {"configuration file"}


def _turn(found: Serving, socket: Path, case: Case, work: str, into: Measured) -> None:
    """Let the clients of a case work once, and count what is written down after it as well."""
    before = found.query("select pg_current_wal_lsn() - '0/0'::pg_lsn")[0][0]
    long = ("-T", str(case.seconds[work])) if WHOLE else ("-t", str(EACH))
    done = pgbench.run(socket, case.clients, *long, *OPTIONS[work])
    wal = found.query("select pg_current_wal_lsn() - '0/0'::pg_lsn")[0][0] - before
    start = time.monotonic()
    found.query("checkpoint")
    assert done.failed == 0
    assert done.done > 0 if WHOLE else done.done == EACH * case.clients
    into.rates.append(done.done / (done.done / done.rate + time.monotonic() - start))
    into.wal.append(float(wal) / done.done)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "_"))
def test_all_run_and_what_it_gives(case: Case, filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ways = _ways(case, filled)
    works = list(case.seconds) if WHOLE else list(case.seconds)[-1:]
    measured = {(work, name): Measured() for work in works for name in ways}
    try:
        with ExitStack() as stack:
            started = {}
            for name, (way, data) in ways.items():
                started[name] = stack.enter_context(_started(way, data))
                _prove_it_runs(way.conf, started[name][0])
                pgbench.run(started[name][1], WORKERS, "-T", str(WARM_UP), "-S")
                started[name][0].query("select sum(abalance), sum(bid) from pgbench_accounts")
            for _ in range(REPEATS):
                for work in works:
                    for name, (found, socket) in started.items():
                        _turn(found, socket, case, work, measured[work, name])
    finally:
        for _, data in ways.values():
            shutil.rmtree(data)
    if not WHOLE:
        return
    with capsys.disabled():
        print(f"\n{case.name}, {case.clients} clients; confmend: {'; '.join(ways[CORRECTED][0].conf.splitlines())}")
        print(f"{'':24}" + "".join(f"{name + ' (WAL)':>32}" for name in ways))
        for work in works:
            print(f"{work:24}" + "".join(f"{_cell(measured, work, name):>32}" for name in ways))


def _cell(measured: Mapping[tuple[str, str], Measured], work: str, name: str) -> str:
    found, first = measured[work, name], measured[work, GIVEN]
    spread = f"{min(found.rates) / first.rate:.2f} to {max(found.rates) / first.rate:.2f}"
    return f"{found.rate / first.rate:.2f} ({spread}; {statistics.median(found.wal):,.0f} B)"


def test_pooler_refuses_none_of_the_clients_that_the_server_does(
    filled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same 500 clients, all connected at once, to a server of 100 slots; and what they cost where there are 600."""
    data = pgbench.copied(filled, filled.parent / "crowd")
    way = _pooled(CASES[0].conf, data)
    try:
        with _started(Way(CASES[0].conf), data) as (found, socket):
            direct, held = _served(found, socket)
            assert direct == CROWD
        with _started(Way(way.conf), data) as (found, socket):
            shown = [found.query(f"show {name}") for name in ("max_connections", "superuser_reserved_connections")]
            most, kept = (int(value) for ((value,),) in shown)
            some, _ = _served(found, socket)
            assert 0 < some <= most - kept < CROWD
        with _started(way, data) as (found, socket):
            pooled, less = _served(found, socket)
            assert pooled == CROWD
    finally:
        shutil.rmtree(data)
    with capsys.disabled():
        print(f"\nof {CROWD} clients {CROWD - some} are refused by {most} slots, and {CROWD - pooled} with the pooler")
        print(
            f"the server's processes hold {held >> 20} MB for {CROWD} direct clients, {less >> 20} MB for pooled ones"
        )


def _served(found: Serving, socket: Path) -> tuple[int, int]:
    """Return how many of the crowd get in and write a little while all that did stay, and the server's memory then."""
    with ExitStack() as stack:
        links = []
        for _ in range(CROWD):
            try:
                links.append(stack.enter_context(pgbench.connected(socket, pgbench.CLIENT)))
            except psycopg.OperationalError as refusal:
                if not FULL.search(str(refusal)):
                    raise
        change = "update pgbench_accounts set abalance = abalance + 1 where aid = "
        served = sum(link.execute(f"{change}{number}").rowcount for number, link in enumerate(links, 1))
        return served, found.memory
