"""A healthy host gets nothing above INFO: what the rules say of files as they are installed, and of those people wrote.

The files that people wrote are in ``../shared/corpus`` or CONFMEND_CORPUS; every hit of ERROR or worse in them was read
once (docs/rules-proof.md says what they are), and a further one must be. A sample is taken; ``CONFMEND_WHOLE=1`` takes
all, and ``-s`` prints the table rule x files.
"""

import os
from collections import Counter
from pathlib import Path

import pytest

from confmend.engine import Analysis, analyse
from confmend.model import Paste, Severity
from programs.debian import MissingProgramError, unpacked
from programs.postgresql import Server, servers

WHOLE = os.environ.get("CONFMEND_WHOLE") == "1"
CORPUS = Path(os.environ.get("CONFMEND_CORPUS") or Path(__file__).resolve().parents[2] / "shared" / "corpus")
MISSING = "no collected files here: set CONFMEND_CORPUS"
# Every so many files; prime, so that a sample meets every kind.
STEP = 1 if WHOLE else 7
# Printed by a kernel, or by a program that asks it.
MEASURED = ("sysctl_dump", "meminfo", "free", "lscpu", "sockstat")
# Files with an ERROR or worse, all of them read.
READ = {
    "durability_switched_off": 38,
    "autovacuum_off": 13,
    "pooler_trusts_network": 6,
    "setting_line_refused": 5,
    "hba_trusts_network": 3,
    "pooler_setting_refused": 3,
    "wal_level_minimal_conflict": 3,
    "application_pools_exceed_server": 2,
    "hba_line_refused": 2,
    "shared_buffers_out_of_proportion": 2,
    "background_writing_starts_too_late": 1,
    "reserved_connections_exceed_all": 1,
    "setting_value_refused": 1,
    "sysctl_line_skipped": 1,
    "usual_load_exceeds_ram": 1,
}
SIZES = (512, 1024, 4096, 65536)


def _files(*kinds: str) -> list[Path]:
    found = sorted(path for path in CORPUS.glob("*/*") if path.is_file())
    return [path for path in found if not kinds or path.parent.name in kinds]


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")


def _worst(found: Analysis) -> dict[str, Severity]:
    """Return the gravest severity of each rule that says something."""
    assert [result for result in found.results if result.crash] == []
    said = {result.rule: [each.severity or Severity.INFO for each in result.findings] for result in found.results}
    return {rule: max(grades) for rule, grades in said.items() if grades}


def _loud(found: Analysis, quiet: Severity = Severity.INFO) -> list[str]:
    return [rule for rule, severity in _worst(found).items() if severity > quiet]


@pytest.mark.skipif(not CORPUS.is_dir(), reason=MISSING)
def test_every_error_in_files_that_people_wrote_was_read(capsys: pytest.CaptureFixture[str]) -> None:
    table: dict[Severity, Counter[str]] = {severity: Counter() for severity in Severity}
    files = _files()[::STEP]
    for path in files:
        for rule, severity in _worst(analyse([Paste(_text(path), path.name)])).items():
            table[severity][rule] += 1
    loud = Counter[str]()
    for severity in (each for each in Severity if each > Severity.INFO):
        loud.update(table[severity])
    with capsys.disabled():
        print(f"\nof {len(files)} files each alone: rule, files above INFO")
        for rule, number in loud.most_common():
            grades = ", ".join(f"{table[each][rule]} {each.name}" for each in Severity if table[each][rule])
            print(f"{rule:40} {number:4}  ({grades})")
    grave = table[Severity.ERROR] + table[Severity.CRITICAL]
    assert {rule: number for rule, number in grave.items() if number > READ.get(rule, 0)} == {}
    assert not WHOLE or grave == READ


@pytest.mark.skipif(not CORPUS.is_dir(), reason=MISSING)
@pytest.mark.parametrize("path", _files(*MEASURED), ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_kernel_as_it_is_gets_nothing_above_info(path: Path) -> None:
    assert _loud(analyse([Paste(_text(path), path.name)])) == []


@pytest.mark.skipif(not servers(), reason="no servers here: npm ci --ignore-scripts in tests/")
@pytest.mark.parametrize("server", servers(), ids=lambda server: str(server.version))
def test_a_small_host_as_installed_is_no_emergency(server: Server) -> None:
    """Nobody changed anything: what its memory may not hold is a warning, and no longer from 2 GB on."""
    # As initdb writes it.
    conf = server.sample.read_text("utf-8") + "max_connections = 100\nshared_buffers = 128MB\n"
    for megabytes in SIZES:
        for cpus in (1, 2, 4):
            answers = f"postgresql = {server.version}\nmemory = {megabytes}MB\ncpus = {cpus}\n"
            found = analyse([Paste(conf, kind="postgresql_conf"), Paste(answers, kind="answers")])
            quiet = Severity.WARNING if megabytes < 2048 else Severity.INFO
            assert _loud(found, quiet) == [], (megabytes, cpus)


def test_a_pooler_as_packed_gets_nothing_above_info() -> None:
    try:
        packed = unpacked("pgbouncer") / "etc" / "pgbouncer" / "pgbouncer.ini"
    except MissingProgramError as reason:
        pytest.skip(str(reason))
    found = analyse([Paste(packed.read_text("utf-8"), kind="pgbouncer_ini")])
    assert _loud(found) == []
    assert found.edits == ()
