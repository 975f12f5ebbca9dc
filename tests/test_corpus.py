"""Files that people wrote and servers printed, as they are in the world: each is recognised, read whole, given back.

They have licences of their own and stay outside the repository: in ``CONFMEND_CORPUS``, or in ``shared/corpus`` beside
the repository, one folder a kind. ``pytest -s -k table`` prints what was read.
"""

import functools
import os
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from confmend.bundle import parts
from confmend.document import document
from confmend.formats import detect

CORPUS = Path(os.environ.get("CONFMEND_CORPUS") or Path(__file__).parents[2] / "shared" / "corpus")
pytestmark = pytest.mark.skipif(
    not CORPUS.is_dir(), reason=f"no collection of real files in {CORPUS}; CONFMEND_CORPUS says where one is"
)

# What the files of each folder may be.
KINDS: Mapping[str, frozenset[str]] = {
    "connstr": frozenset({"connection_strings", "container_yaml"}),
    "decoy": frozenset({"pg_version"}),
    "dmesg": frozenset({"kernel_log"}),
    "free": frozenset({"free"}),
    "lscpu": frozenset({"lscpu"}),
    "meminfo": frozenset({"meminfo"}),
    "pg_hba": frozenset({"pg_hba"}),
    "pg_log": frozenset({"pg_log", "pg_csvlog", "pg_jsonlog"}),
    "pg_settings": frozenset({"pg_settings", "show_all"}),
    "pgbouncer_ini": frozenset({"pgbouncer_ini"}),
    "pgbouncer_log": frozenset({"pgbouncer_log"}),
    "postgresql_auto_conf": frozenset({"postgresql_conf"}),
    "postgresql_conf": frozenset({"postgresql_conf"}),
    "sockstat": frozenset({"sockstat"}),
    "ss": frozenset({"ss_summary", "ss_sockets", "netstat_s", "netstat_sockets"}),
    "sysctl_conf": frozenset({"sysctl_conf"}),
    "sysctl_dump": frozenset({"sysctl_dump"}),
    "tuned": frozenset({"tuned_conf"}),
    "userlist": frozenset({"userlist"}),
}
# Files that are something else than their folder says, or nothing that a program would read; with the reason.
ANYTHING = frozenset({"*"})
EXCEPTIONS: Mapping[str, tuple[frozenset[str], str]] = {
    "connstr/TimIsOverpowered__archive__README.md": (ANYTHING, "a page about installing, its fences hold commands"),
    "connstr/vitabaks__autobase__README.md": (ANYTHING, "a page about installing, its fences hold commands"),
    "connstr/_extracted_strings.tsv": (ANYTHING, "a table made in collecting: strings cut off at the first quote"),
    "connstr/dalibo__temboard__config.yml": (ANYTHING, "another program's configuration without any connection string"),
    "decoy/NotVyx__COM617__postgresql.log": (ANYTHING, "a session in psql, named like a log"),
    "decoy/mawentao007__posgre__postgresql.log": (ANYTHING, "notes about PostgreSQL's source, named like a log"),
    "dmesg/aceqbaceq__docs__dmesg.txt": (ANYTHING, "notes in Russian about dmesg"),
    "lscpu/RedHatInsights__insights-core__test_lscpu.py_BAD_LSCPU.txt": (ANYTHING, "made to be unreadable"),
    "pg_settings/local__pg15.18__pg_settings_as_conf.txt": (
        frozenset({"postgresql_conf"}),
        "pg_settings written as a postgresql.conf",
    ),
    "pgbouncer_ini/pgbouncer__pgbouncer__test_cfparser.ini": (ANYTHING, "a test of the parser with made-up sections"),
    "postgresql_auto_conf/Imaguy0__postgres-replit__postgresql.auto.conf": (ANYTHING, "a comment and no setting"),
    "sysctl_conf/aceqbaceq__docs__sysctl.txt": (ANYTHING, "notes in Russian about sysctl"),
    "sysctl_conf/wujj123456__Notes__sysctl.txt": (ANYTHING, "a bare list of some keys and values"),
    "sysctl_conf/index__27428995685__sysctl-w-prompt-permission-denied.txt": (
        frozenset({"sysctl_conf", "sysctl_dump"}),
        "what sysctl -w answered",
    ),
    "sysctl_conf/mattscilipoti__debug_powcx__sysctl.txt": (frozenset({"sysctl_dump"}), "what sysctl printed"),
    "sysctl_dump/RedHatInsights__insights-core__test_sysctl.py_SYSCTL_DOC_TEST.txt": (
        frozenset({"sysctl_conf"}),
        "three keys without anything that only a kernel prints",
    ),
    "userlist/Bigbrotr__bigbrotr__userlist.txt.2": (ANYTHING, "comments and no user"),
}
# Lines that their program does refuse: folder, what the line is, why that is right.
EXPLAINED = (
    ("postgresql_conf", r"^\s*[\w.]+\s*=.*;", "a semicolon behind the value"),
    ("postgresql_conf", r"^;", "a semicolon for a comment"),
    ("postgresql_conf", r"listen_addresses\s*=\s*\*", "a star without quotes"),
    ("postgresql_conf", r"^(?:sudo|cat|echo|test_strange_quoting)\b", "no setting at all"),
    ("sysctl_conf", r"^\s*\|", "a table's cell in notes"),
    ("meminfo", r"^\s+total\s+used|^(?:Mem|Swap|-/\+|Low|High)", "the output of free behind it"),
    ("connstr", r"%[^0-9A-Fa-f]", "a per cent sign that is not encoded"),
    ("pgbouncer_ini", r"_py_module_file|rewrite_query|routing_rules|log_pool_errors", "a setting of another fork"),
    ("pg_hba", r"\{\{|\{%", "a template that Ansible fills in"),
    ("pg_hba", r"^``$", "Markdown around it"),
    ("userlist", r'^#|^"adaguc" "adaguc"$', "# starts no comment there: PgBouncer reads no further"),
    ("pgbouncer_ini", r"^pgbouncer\s*=|auth_type=", "a database of the reserved name, and a key that it can't have"),
)


@dataclass(frozen=True)
class Read:
    """One part of a file that was read: its kind, its lines, those that its program would refuse."""

    kind: str
    lines: int
    problems: tuple[tuple[str, str], ...]
    whole: bool


@functools.cache
def survey(folder: str) -> Mapping[str, tuple[Read, ...]]:
    """Read every file of a folder, without its name; a part of no kind has the kind ``""``."""
    found = {}
    for path in sorted((CORPUS / folder).iterdir()):
        reads = []
        for part in parts(path.read_bytes().decode("utf-8", "surrogateescape")):
            if part.separator or not part.text.strip():
                continue
            text = part.text.removeprefix("\ufeff")
            form = detect(part.name, text)
            if form:
                read = document(form, "x", text)
                problems = tuple((line.text, line.problem) for line in read.lines if line.problem)
                reads.append(Read(form.kind, text.count("\n"), problems, read.text == text))
            elif not part.aside:
                reads.append(Read("", text.count("\n"), (), True))
        found[f"{folder}/{path.name}"] = tuple(reads)
    return found


def unexplained(folder: str, read: Read) -> list[tuple[str, str]]:
    patterns = [pattern for of, pattern, _ in EXPLAINED if of == folder]
    return [
        (text[:200], problem)
        for text, problem in read.problems
        if not any(re.search(pattern, text) for pattern in patterns)
    ]


def test_every_folder_is_known() -> None:
    assert {path.name for path in CORPUS.iterdir() if path.is_dir()} == {*KINDS, "mixed_paste"}


@pytest.mark.parametrize("folder", KINDS)
def test_every_file_is_recognised(folder: str) -> None:
    wrong = {}
    for name, reads in survey(folder).items():
        wanted, _ = EXCEPTIONS.get(name, (KINDS[folder], ""))
        kinds = {read.kind for read in reads}
        if wanted != ANYTHING and not (kinds and kinds <= wanted):
            wrong[name] = sorted(kinds)
    assert wrong == {}


@pytest.mark.parametrize("folder", [*KINDS, "mixed_paste"])
def test_every_file_comes_back(folder: str) -> None:
    assert [name for name, reads in survey(folder).items() if not all(read.whole for read in reads)] == []


@pytest.mark.parametrize("folder", KINDS)
def test_every_problem_is_the_files_own(folder: str) -> None:
    problems = {
        name: found
        for name, reads in survey(folder).items()
        if EXCEPTIONS.get(name, (None, ""))[0] != ANYTHING
        and (found := [each for read in reads for each in unexplained(folder, read)])
    }
    assert problems == {}


def test_every_exception_is_there() -> None:
    assert [name for name in EXCEPTIONS if not (CORPUS / name).is_file()] == []


def test_nothing_is_taken_off_a_clean_file() -> None:
    noise = re.compile(rb"\x1b|\x08|^\xef\xbb\xbf")
    cleaned = []
    for path in sorted(CORPUS.glob("*/*")):
        data = path.read_bytes()
        found = parts(data.decode("utf-8", "surrogateescape"))
        if any(part.cleaned for part in found) and not noise.search(data):
            cleaned.append(str(path.relative_to(CORPUS)))
    assert cleaned == []


def test_table() -> None:
    """Print what was read of each folder."""
    print(f"\n{'folder':22}{'files':>6}{'read':>6}{'lines':>8}{'refused':>9}{'explained':>10}  kinds")
    for folder in [*KINDS, "mixed_paste"]:
        files = survey(folder)
        reads = [read for each in files.values() for read in each if read.kind]
        refused = sum(len(read.problems) for read in reads)
        open_ = sum(len(unexplained(folder, read)) for read in reads)
        kinds = Counter(read.kind for read in reads)
        told = ", ".join(f"{kind} {count}" for kind, count in kinds.most_common())
        some = sum(any(read.kind for read in each) for each in files.values())
        lines = sum(read.lines for read in reads)
        print(f"{folder:22}{len(files):6}{some:6}{lines:8}{refused:9}{refused - open_:10}  {told}")
