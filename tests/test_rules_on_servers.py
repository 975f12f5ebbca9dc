"""What the rules make of a configuration, the server of its version accepts, and nothing is left to correct.

For generated hosts and configurations, and for real files (``../shared/corpus`` or CONFMEND_CORPUS) that the server
accepted before. ``postgres -C`` reads a file as a start does; from 15 on it is also asked for shared_memory_size, which
it only works out after the checks across settings (wal_level against max_wal_senders, reserved connections).
CONFMEND_WHOLE=1 runs all of it. ``pytest -s`` shows the counts.
"""

import atexit
import collections
import functools
import os
import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from confmend.catalog import postgres as catalog
from confmend.engine import Analysis, analyse
from confmend.model import Finding, Paste, Severity
from programs.postgresql import CONF, Server, servers

WHOLE = bool(os.environ.get("CONFMEND_WHOLE"))
CORPUS = Path(os.environ.get("CONFMEND_CORPUS", Path(__file__).resolve().parents[2] / "shared" / "corpus"))
GENERATED = 80 if not WHOLE else 1500
# Of the real files; each is a handful of starts.
SAMPLE = 40
# From here on ``postgres -C shared_memory_size`` works the size out.
COMPUTES = 15
# The rules for what a start checks once it has read all settings.
STOPPING = {
    "wal_level_minimal_conflict",
    "wal_size_below_two_segments",
    "reserved_connections_exceed_all",
    "processes_exceed_limit",
}
# A server refuses to run as root.
_ORDINARY_USER: Mapping[str, Any] = {"user": "nobody"} if hasattr(os, "geteuid") and os.geteuid() == 0 else {}

pytestmark = pytest.mark.skipif(not servers(), reason="no servers here: npm ci --ignore-scripts in tests/")


def _accepts(server: Server, text: str) -> str:
    """Return what the server says against a file, empty if it takes it."""
    complaints = server.complaints({CONF: text})
    return "; ".join(each.text for each in complaints)


def _starts(server: Server, text: str) -> str:
    """Return why a start would end before it takes memory, empty where it would not; of 15 and later."""
    if server.version < COMPUTES:
        return ""
    cluster = _cluster(server)
    (cluster / CONF).write_bytes(text.encode("utf-8", "surrogateescape"))
    fixed = (
        "shared_preload_libraries=",
        f"data_directory={cluster}",
        "log_destination=stderr",
        "logging_collector=off",
    )
    options = [part for each in fixed for part in ("-c", each)]
    done = _run(server, "postgres", "-D", cluster, "-C", "shared_memory_size", *options)
    return done.stderr.decode("utf-8", "replace") if done.returncode else ""


@functools.cache
def _cluster(server: Server) -> Path:
    """Make a data directory, for the checks across settings come after the server has found one."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    data = folder / "data"
    data.mkdir()
    folder.chmod(0o755)
    if _ORDINARY_USER:
        shutil.chown(data, _ORDINARY_USER["user"])
    done = _run(server, "initdb", "-D", data, "--no-locale", "--encoding=UTF8", "--auth=trust", "--no-sync")
    assert not done.returncode, done.stderr
    return data


def _run(server: Server, program: str, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [server.folder / "bin" / program, *arguments],
        capture_output=True,
        check=False,
        timeout=60,
        cwd="/",
        env={"LC_ALL": "C"},
        **_ORDINARY_USER,
    )


def _analysed(text: str, answers: str, others: tuple[Paste, ...] = ()) -> Analysis:
    return analyse([Paste(text, CONF, "postgresql_conf"), Paste(answers, "answers", "answers"), *others])


def _corrected(analysis: Analysis) -> str:
    return "".join(document.text for document in analysis.corrected if document.kind == "postgresql_conf")


def _prove(server: Server, text: str, answers: str, counts: collections.Counter[str]) -> None:
    """Correct a text and count what came of it; a refusal or a further edit is an assertion."""
    first = _analysed(text, answers)
    counts["cases"] += 1
    counts["edited"] += bool(first.edits)
    assert [result for result in first.results if result.crash] == []
    corrected = _corrected(first)
    refused = _accepts(server, corrected) or _starts(server, corrected)
    assert refused == "", (refused, first.edits)
    counts["accepted"] += 1
    again = _analysed(corrected, answers)
    wanting = [result.rule for result in again.results if any(finding.edits for finding in result.findings)]
    assert again.edits == (), (wanting, again.edits, first.edits)
    counts["fixpoints"] += 1


# Settings that rules look at; values in base units or words, drawn inside their ranges of any version.
_SIZES = ("shared_buffers", "work_mem", "maintenance_work_mem", "effective_cache_size", "wal_buffers", "temp_buffers")
_CHOICES = {
    "wal_level": ("minimal", "replica", "logical", "hot_standby"),
    "archive_mode": ("on", "off", "always"),
    "fsync": ("on", "off"),
    "full_page_writes": ("on", "off"),
    "synchronous_commit": ("on", "off", "local", "remote_apply"),
    "autovacuum": ("on", "off"),
    "track_counts": ("on", "off"),
    "zero_damaged_pages": ("on", "off"),
    "data_sync_retry": ("on", "off"),
    "huge_pages": ("on", "try", "off"),
    "shared_memory_type": ("mmap", "sysv"),
    "ssl": ("off",),
    "summarize_wal": ("on", "off"),
    "io_method": ("worker", "sync"),
    "log_checkpoints": ("on", "off"),
    "log_lock_waits": ("on", "off"),
    "jit": ("on", "off"),
}
_NUMBERS = {
    "max_connections": (20, 5000),
    "superuser_reserved_connections": (0, 60),
    "reserved_connections": (0, 20),
    "max_wal_senders": (0, 40),
    "max_worker_processes": (0, 200),
    "max_parallel_workers": (0, 200),
    "max_parallel_workers_per_gather": (0, 32),
    "max_parallel_maintenance_workers": (0, 32),
    "autovacuum_max_workers": (1, 40),
    "autovacuum_worker_slots": (1, 40),
    "autovacuum_vacuum_cost_limit": (-1, 10000),
    "min_wal_size": (28, 8192),
    "max_wal_size": (28, 65536),
    "checkpoint_timeout": (30, 7200),
    "tcp_keepalives_idle": (0, 70000),
    "tcp_keepalives_interval": (0, 40000),
    "tcp_keepalives_count": (0, 200),
    "tcp_user_timeout": (0, 300000),
    "statement_timeout": (0, 100000),
    "lock_timeout": (0, 100000),
    "idle_session_timeout": (0, 900000),
    "idle_in_transaction_session_timeout": (0, 900000),
    "client_connection_check_interval": (0, 20000),
    "max_locks_per_transaction": (10, 2048),
    "max_prepared_transactions": (0, 200),
    "max_stack_depth": (100, 7000),
    "effective_io_concurrency": (0, 1000),
    "maintenance_io_concurrency": (0, 1000),
    "io_workers": (1, 32),
    "default_statistics_target": (1, 10000),
}
_REALS = {
    "random_page_cost": (0.5, 8.0),
    "checkpoint_completion_target": (0.0, 1.0),
    "hash_mem_multiplier": (1.0, 8.0),
    "autovacuum_vacuum_scale_factor": (0.0, 1.0),
    "autovacuum_vacuum_cost_delay": (-1.0, 100.0),
}


@st.composite
def _hosts(draw: st.DrawFn) -> tuple[int, str, str]:
    """Draw a version, a postgresql.conf of it and answers about its host."""
    version = draw(st.sampled_from([server.version for server in servers()]))
    ram = draw(st.sampled_from((512, 1024, 2048, 4096, 8192, 16384, 65536, 262144, 1048576)))
    known = catalog.settings(version)
    lines = []
    for name in draw(st.lists(st.sampled_from((*_CHOICES, *_NUMBERS, *_REALS, *_SIZES)), unique=True, max_size=24)):
        if name not in known:
            continue
        if name in _CHOICES:
            value = draw(st.sampled_from(_CHOICES[name]))
        elif name in _NUMBERS:
            value = str(draw(st.integers(*_NUMBERS[name])))
        elif name in _REALS:
            value = f"{draw(st.floats(*_REALS[name])):.3f}"
        else:
            value = f"{draw(st.integers(1, max(1, ram)))}MB"
        lines.append(f"{name} = {value}\n")
    answers = [f"postgresql = {version}\n", f"memory = {ram}MB\n", f"cpus = {draw(st.integers(1, 192))}\n"]
    for key, choices in (
        ("storage", ("nvme", "ssd", "san", "network", "hdd")),
        ("workload", ("web", "oltp", "warehouse", "mixed")),
        ("role", ("primary", "standby")),
        ("idle_limit", ("60s", "350s", "240s")),
        ("clients", ("20", "100", "500", "5000")),
    ):
        chosen = draw(st.sampled_from(("", *choices)))
        if chosen:
            answers.append(f"{key} = {chosen}\n")
    return version, "".join(lines), "".join(answers)


def test_generated_configurations() -> None:
    counts: collections.Counter[str] = collections.Counter()
    by_version = {server.version: server for server in servers()}

    @seed(20240501)
    # Not made smaller: that takes minutes of servers, and the arithmetic of the findings says enough.
    @settings(
        max_examples=GENERATED,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(_hosts())
    def prove(case: tuple[int, str, str]) -> None:
        version, text, answers = case
        server = by_version[version]
        # What a server refuses and only its owner can mend is another matter.
        if _accepts(server, text):
            counts["refused before"] += 1
            return
        if version >= COMPUTES:
            refusal, said = _starts(server, text), _stopping(text, answers)
            assert bool(refusal) == bool(said), (refusal, said)
            counts["would not start, and so we say"] += bool(said)
            counts["starts, and so we say"] += not said
        if not _mendable(text, version):
            counts["not mendable"] += 1
            return
        _prove(server, text, answers, counts)

    prove()
    print(f"\ngenerated: {dict(counts)}")
    assert counts["cases"] > GENERATED // 3


def _stopping(text: str, answers: str) -> set[str]:
    """Return the rules that say that a start ends at the checks across settings."""
    return {result.rule for result in _analysed(text, answers).results if result.findings} & STOPPING


def _mendable(text: str, version: int) -> bool:
    """Whether the connections add up: which number is wrong otherwise, its owner knows."""
    found = _analysed(text, f"postgresql = {version}\n")
    by_rule = {result.rule: result for result in found.results}
    return not any(not finding.edits for finding in by_rule["reserved_connections_exceed_all"].findings)


def _real_files() -> Iterator[Path]:
    folder = CORPUS / "postgresql_conf"
    files = sorted(path for path in folder.glob("*") if path.is_file()) if folder.is_dir() else []
    yield from files if WHOLE else random.Random(5).sample(files, min(SAMPLE, len(files)))


@pytest.mark.skipif(not (CORPUS / "postgresql_conf").is_dir(), reason="no collected files here: set CONFMEND_CORPUS")
def test_real_files() -> None:
    counts: collections.Counter[str] = collections.Counter()
    failures = []
    for path in _real_files():
        text = path.read_text("utf-8", "surrogateescape")
        for server in servers() if WHOLE else random.Random(path.name).sample(servers(), 1):
            if _accepts(server, text) or not _mendable(text, server.version):
                counts["refused before"] += 1
                continue
            host = random.Random(f"{path.name} {server.version}")
            answers = (
                f"postgresql = {server.version}\nmemory = {host.choice((1, 4, 16, 64, 256))}GB\n"
                f"cpus = {host.choice((2, 8, 32))}\nstorage = {host.choice(('ssd', 'hdd'))}\n"
                f"workload = {host.choice(('web', 'warehouse'))}\n"
            )
            try:
                _prove(server, text, answers, counts)
            except AssertionError as failure:
                failures.append((path.name, server.version, answers, str(failure)))
    print(f"\nreal files: {dict(counts)}")
    assert failures == []
    assert counts["cases"]


def _is_loud(finding: Finding) -> bool:
    return finding.severity is not None and finding.severity > Severity.INFO


@pytest.mark.parametrize("server", servers(), ids=lambda server: str(server.version))
def test_stock_file_gets_nothing_above_info(server: Server) -> None:
    text = server.sample.read_text("utf-8")
    found = _analysed(text, f"postgresql = {server.version}\nmemory = 8GB\ncpus = 4\n")
    loud = [(result.rule, finding) for result in found.results for finding in result.findings if _is_loud(finding)]
    assert loud == []
    assert found.edits == ()
