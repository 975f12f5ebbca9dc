"""postgresql.conf as we read and edit it, against the servers 12 to 18 themselves.

Sampled by default, and always the same sample; ``CONFMEND_WHOLE=1`` takes everything, and another one each time.
docs/agreement.md says what is compared, the figures, and what a file alone can't decide.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from confmend.catalog import postgres as catalog
from confmend.document import Document, document
from confmend.facts.postgres import Postgres
from confmend.formats.postgresql_conf import FORMAT, judged
from confmend.model import Line
from programs.make_pg_settings import TABLES, table
from programs.postgresql import AUTO_CONF, CONF, Complaint, Server, servers

WHOLE = os.environ.get("CONFMEND_WHOLE") == "1"
ROOT = Path(__file__).resolve().parents[1]
CORPUS = Path(os.environ.get("CONFMEND_CORPUS") or ROOT.parent / "shared" / "corpus")
INCLUDES = ("include", "include_dir", "include_if_exists")

# What a file alone can't decide, and why; docs/agreement.md lists it too.
UNDECIDED = {
    **dict.fromkeys(("max_stack_depth",), "depends on the host's ulimit -s"),
    **dict.fromkeys(("bonjour", "default_toast_compression", "io_method"), "depends on how the server was built"),
    **dict.fromkeys(
        ("autovacuum_max_workers", "max_connections", "max_wal_senders", "max_worker_processes"),
        "their sum has a limit",
    ),
    **dict.fromkeys(
        ("log_executor_stats", "log_parser_stats", "log_planner_stats", "log_statement_stats"),
        "one excludes another",
    ),
    **dict.fromkeys(
        ("transaction_deferrable", "transaction_isolation", "transaction_read_only"),
        "accepted and without effect: each transaction starts from the default_ ones",
    ),
}
# Text settings have grammars of their own (lists, names, locales, time zones), which the catalogue does not judge, and
# some are rewritten (paths, application_name). These are plain text.
PLAIN_TEXT = ("archive_command", "log_filename", "log_line_prefix", "primary_conninfo", "restore_command", "krb_realm")

INSTALLED = {server.version: server for server in servers()}
TALLY: Counter[int] = Counter()
pytestmark = pytest.mark.skipif(
    not INSTALLED, reason="no servers: run npm ci --ignore-scripts in tests/ (Linux on x64 only)"
)
each_version = pytest.mark.parametrize("version", catalog.versions())
# What differs between versions is in their tables, and each of those is compared whole; the rest needs fewer.
some_versions = pytest.mark.parametrize("version", catalog.versions() if WHOLE else catalog.versions()[::3])


@pytest.fixture(scope="module", autouse=True)
def figures(request: pytest.FixtureRequest) -> Iterator[None]:
    """Print how many lines were compared; all agreed if the tests passed."""
    yield
    plugins = request.config.pluginmanager
    reporter, capture = plugins.get_plugin("terminalreporter"), plugins.get_plugin("capturemanager")
    if reporter and capture and TALLY:
        lines = ", ".join(f"{version}: {TALLY[version]:,}" for version in sorted(TALLY))
        with capture.global_and_fixture_disabled():
            reporter.write_line(f"\nLines compared with PostgreSQL {lines}")


def test_every_version_is_installed() -> None:
    assert tuple(INSTALLED) == catalog.versions()


# Our reading ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Refusal:
    """What our reading says against a line."""

    complaint: Complaint
    line: Line


def our_refusals(files: Sequence[Document], version: int) -> list[Refusal]:
    """Return what a start would complain of: bad lines hide unknown names, and those hide bad values."""
    for file in files:
        unread = [Refusal(_placed(file, index, line.problem), line) for index, line in _lines(file) if line.problem]
        if unread:
            return unread
    unknown = [
        Refusal(_placed(file, index, f'unrecognized configuration parameter "{_spelled(line)}"'), line)
        for file in files
        for index, line in _lines(file)
        if not catalog.is_accepted(line.key, version)
    ]
    if unknown:
        return unknown
    lines = judged(line for file in files for line in file.lines)
    return [Refusal(Complaint(text), line) for line in lines if (text := _refused(line, version))]


def our_values(files: Sequence[Document], version: int) -> dict[str, str]:
    """Return the effective values in base units, as ``postgres -C`` prints them."""
    known = catalog.settings(version)
    return {
        name: _printed(known.get(name), value.value)
        for name, value in Postgres(tuple(files), version, "").settings.items()
        if name not in INCLUDES and "transaction" not in name
    }


def _lines(file: Document) -> Iterator[tuple[int, Line]]:
    return ((index, line) for index, line in enumerate(file.lines) if (line.key and not line.commented) or line.problem)


def _placed(file: Document, index: int, text: str) -> Complaint:
    # At the end of a file that lacks its last line end, the server counts one line less.
    short = text.endswith("end of line") and not file.lines[index].raw.endswith("\n")
    return Complaint(text, file.name, index + 1 - short)


def _spelled(line: Line) -> str:
    return line.raw[line.key_at : line.key_at + len(line.key)]


def _refused(line: Line, version: int) -> str:
    row = catalog.settings(version).get(line.key)
    if row is None:
        return ""
    if row.context == "internal":
        return f'parameter "{row.name}" cannot be changed'
    try:
        row.check(line.value)
    except ValueError as refusal:
        return _comparable(str(refusal), version)
    return ""


def _printed(row: catalog.Setting | None, value: str) -> str:
    kind = row.type if row else "string"
    if row and kind == "integer":
        return str(row.number(value))
    if row and kind == "real":
        return f"{row.number(value):g}"
    if row and kind == "enum":
        return row.choice(value)
    return ("on" if catalog.flag(value) else "off") if kind == "bool" else value


def _comparable(text: str, version: int) -> str:
    """Return our complaint without what we say in our own words: the units' list, and bounds with units up to 16."""
    text = re.sub(r", and \".*\" is none$|\. Valid units [^\n]*$", "", text, flags=re.DOTALL)
    text = text if version > 16 else re.sub(r"\((\S+) \S+ \.\. (\S+) \S+\)$", r"(\1 .. \2)", text)
    return _with_present_name(text)


def _with_present_name(text: str) -> str:
    """Return a complaint with the name that the catalogue has: some versions repeat the file's spelling."""
    match = re.search('parameter "([^"]*)"', text)
    if not match or text.startswith("unrecognized"):
        return text
    name = match[1].lower()
    present = catalog.ALIASES[name] if name.endswith("_mem") and name in catalog.ALIASES else name
    return text.replace(match[0], f'parameter "{present}"', 1)


# The server's --------------------------------------------------------------------------------------------------------


def server_refusals(server: Server, files: Sequence[Document]) -> list[Complaint]:
    """Return the server's complaints in the words in which ours can be compared with them."""
    found = server.complaints({file.name: file.text for file in files})
    ends = ('configuration file "', "skipping missing ", "multiple recovery targets")
    return [
        Complaint(_servers_words(each.text), each.file, each.line) for each in found if not each.text.startswith(ends)
    ]


def _servers_words(text: str) -> str:
    said, _, hint = text.replace("\n\t", "\n").partition("\nHINT:  ")
    said = said.partition("\nDETAIL:  ")[0].replace("syntax error, near", "syntax error near")
    if hint.startswith(("Available values", "Value exceeds")):
        # We leave out the empty choice, which reads as nothing.
        said += f". {hint.replace(': , ', ': ')}"
    return _with_present_name(said)


def _is_undecided(complaint: Complaint, version: int) -> bool:
    named = re.search(r'parameter "([^"]+)"', complaint.text)
    row = catalog.settings(version).get(named[1].lower()) if named and not complaint.line else None
    foreign = complaint.text.startswith(("could not ", "replication slot name", "Bonjour"))
    built_without = re.search(r'": "(?:lz4|zstd|io_uring)"\.', complaint.text, re.IGNORECASE)
    return foreign or bool(built_without) or (row is not None and (row.type == "string" or row.name in UNDECIDED))


# The comparison ------------------------------------------------------------------------------------------------------


def compare(server: Server, texts: Mapping[str, str], names: slice = slice(None)) -> None:
    """Assert that we say of files what the server says: its complaints, and without the lines refused, its values."""
    files = [document(FORMAT, name, text) for name, text in texts.items()]
    TALLY[server.version] += sum(1 for file in files for _ in _lines(file))
    while True:
        ours, theirs = our_refusals(files, server.version), server_refusals(server, files)
        outside = [each for each in theirs if _is_undecided(each, server.version)]
        decided = [each for each in ours if not _is_undecided(each.complaint, server.version)]
        expected = Counter(each.complaint for each in decided)
        assert expected == Counter(each for each in theirs if each not in outside), texts
        refused = {id(each.line) for each in ours}
        blamed = {name.lower() for each in outside for name in re.findall(r'parameter "([^"]+)"', each.text)}
        left = [
            "".join(line.raw for line in file.lines if id(line) not in refused and line.key not in blamed)
            for file in files
        ]
        assert bool(theirs) == (left != [file.text for file in files]), texts
        files = [document(FORMAT, file.name, text) for file, text in zip(files, left, strict=True)]
        if not theirs:
            break
    known = catalog.settings(server.version)
    values = {
        name: value
        for name, value in our_values(files, server.version).items()
        if name not in known or known[name].type != "string" or known[name].name in PLAIN_TEXT
    }
    chosen = list(values)[names]
    printed = server.values({file.name: file.text for file in files}, chosen)
    assert printed == {name: values[name] for name in chosen}, texts


# Every class of line that facts about the grammar name, and what broke a reader before.
LINES = r"""
shared_buffers = 256MB
shared_buffers 256MB
SHARED_Buffers=256MB
shared_buffers = '128 MB'
shared_buffers = 128 MB
shared_buffers = 1.5GB
shared_buffers = '1.5GB'
shared_buffers = '30.1GB'
shared_buffers = 128mb
shared_buffers = 128M
shared_buffers = 131072KB
shared_buffers = 16384
shared_buffers = 16384.5
port = 05432
port = '05432'
port = 08
port = '08'
port = '08.5'
port = '.5e4'
port = ' .5e4'
port = '-.5'
port = 0x1538
port = '0x1538.8'
port = '1e3'
port = 1e3
port = '1e400'
port = 5432.5
port = 5433.5
port = +5432
port = ''
port = '5432 '
port = '54 32'
port = 99999999999999999999999
tcp_keepalives_idle = 1500ms
tcp_keepalives_idle = 2500ms
work_mem = 2TB
work_mem = '1e308TB'
work_mem = 1kB
work_mem = '64kB  '
work_mem = '64kBs'
work_mem = '1048576B'
sort_mem = 8MB
vacuum_mem = 8MB
wal_buffers = 1
autovacuum_work_mem = 70
vacuum_buffer_usage_limit = 64
checkpoint_timeout = 5
checkpoint_timeout = 10min
statement_timeout = '1.5 min'
statement_timeout = 1m
statement_timeout = 60sec
random_page_cost = 1.1
random_page_cost = '0x1p1'
random_page_cost = .5
random_page_cost = 1.
random_page_cost = .
random_page_cost = 1.5e-3
random_page_cost = 'inf'
random_page_cost = 'nan'
random_page_cost = '1e-400'
listen_addresses = *
listen_addresses = 127.0.0.1
listen_addresses = a,b
listen_addresses = 'a','b'
archive_command = localhost
archive_command = a-b.c:d/e
archive_command = a.b
archive_command = 'it''s'
archive_command = 'it\'s'
archive_command = '\b\f\n\r\t\x41\101\1018\9'
archive_command = '\303\251 é \351'
archive_command = 'a\0b'
archive_command = 'a # b' # c
archive_command = 'open
archive_command = 'a'b'
archive_command = "a"
archive_command = 'back\\slash\\'
archive_command = 'back\'
# a comment
  # another
; no comment
// no comment
port = 5432;
port : 5432
port == 5432
port = 5_432
port = 5,432
port =
port
= 5432
port = 5432 # comment
port = 5432# comment
port5432
port=5432
port'5432'
port'5432'x
port+5432
port.5
max-connections = 100
jit = on
jit = of
jit = o
jit = TRUE
jit = tr
jit = f
jit = N
jit = 2
jit = 1
jit = enabled
jit = ' on'
huge_pages = YES
huge_pages = tr
wal_level = Hot_Standby
wal_level = full
wal_level = 'minimal '
log_min_messages = debug
client_min_messages = INFO
wal_compression = yes
password_encryption = yes
trace_recovery_messages = debug
icu_validation_level = debug
nope = 1
my.thing = 1
MY.Thing = 'x y'
my.thing.more = 1
wal_keep_segments = 10
checkpoint_segments = 10
block_size = 8192
wal_segment_size = 1GB
data_checksums = on
is_superuser = on
default_with_oids = off
default_with_oids = on
default_with_oids = nothing
ssl_renegotiation_limit = 0
ssl_renegotiation_limit = 512MB
seed = 0.5
seed = 2
include_if_exists = 'missing.conf'
INCLUDE_IF_EXISTS 'missing.conf'
io_max_concurrency = 0
notify_buffers = 17
notify_buffers = 32
é = 1
work_mém = 1
my.é = 'ü'
port = ٣
port = 5432　#
archive_command = 'a…b'
""".strip("\n").split("\n")


@some_versions
def test_lines(version: int) -> None:
    ends = ("\n", "\r\n", "")
    for index, line in enumerate(LINES if WHOLE else LINES[version % 2 :: 2]):
        for end in ends if WHOLE else (ends[(index + version) % 3],):
            compare(INSTALLED[version], {CONF: line + end})


@some_versions
def test_duplicates(version: int) -> None:
    for text in (
        "work_mem = 4MB\nwork_mem = 8MB\n",
        "work_mem = 8MB\nWORK_MEM = 4MB\n",
        "work_mem = bad\nwork_mem = 4MB\n",
        "work_mem = bad\nWork_Mem = 4MB\n",
        "work_mem = 4MB\nwork_mem = bad\n",
        "work_mem = 4MB\nsort_mem = 8MB\n",
        "sort_mem = 8MB\nwork_mem = 4MB\n",
        "sort_mem = 1\nwork_mem = 4MB\n",
        "\ufeffwork_mem = 4MB\nwork_mem = 8MB\n",
        "\n" * 3 + "port = x\nnope = 1\nport = 1 2\n",
    ):
        compare(INSTALLED[version], {CONF: text})


# Generated files -----------------------------------------------------------------------------------------------------


def _values_of(row: catalog.Setting) -> list[str]:
    """Return values that a setting may have trouble with: the edges of its range, every way to write a number."""
    if row.type == "bool":
        return [row.default, "on", "OFF", "tr", "o", "ye", "0", "1", "2", "", " on", "enabled"]
    if row.type == "enum":
        hidden = ["true", "FALSE", "yes", "no", "0", "1", "debug", "info", "archive", "md5", *row.unlisted]
        built_in = [choice for choice in hidden if choice not in ("lz4", "zstd", "io_uring")]
        return [row.default, *row.choices, *(choice.upper() for choice in row.choices), *built_in, "", "x"]
    if row.type == "string":
        return ["", "x", "it's", "back\\slash", "%m [%p] # ", "é\t…", "a\nb"] if row.name in PLAIN_TEXT else []
    edges = [f"{edge + step:.17g}" for edge in (row.low, row.high) if edge is not None for step in (-1, 0, 0.5, 1)]
    return [row.default, *edges, *_NUMBERS, *(f"{number}{unit}" for number in ("1", "1.5", "70") for unit in _UNITS)]


_UNITS = ("B", "kB", "MB", "GB", "TB", "us", "ms", "s", "min", "h", "d", "KB", "mb", "sec", " MB", "\tmin ", "MBs", "%")
_NUMBERS = (
    "0", "1", "-1", "5", "16", "100", "4096", "010", "0777", "08", "08.5", "+7", "0x10", "0X1F", "0x1.8", "0x1p3", "0x",
    "1e2", "1E+2", "1e", "1e-2", "0.5", "1.5", "2.5", ".5", "5.", ".", "-.5", "nan", "inf", "-Infinity", "1e400",
    "1e-400", "", " ", " 7 ", "7 x", "1_0", "2147483647", "2147483648", "9223372036854775808", "9" * 40, "30.1GB",
)  # fmt: skip


def _quoted(value: str, escape: bool) -> str:
    doubled = value.replace("\\", "\\\\").replace("'", "\\'" if escape else "''").replace("\n", "\\n")
    if escape:
        doubled = "".join(f"\\{ord(each):03o}" if each in "aeo5" else each for each in doubled)
    return f"'{doubled}'"


@st.composite
def setting_lines(draw: st.DrawFn, version: int) -> str:
    rows = [row for row in catalog.settings(version).values() if row.name not in UNDECIDED and _values_of(row)]
    row = draw(st.sampled_from(rows))
    value = draw(st.one_of(st.sampled_from(_values_of(row)), _near(row)))
    writings = [_quoted(value, False), _quoted(value, False), _quoted(value, True), value.replace("\n", "")]
    case = draw(st.sampled_from((str.lower, str.lower, str.upper, str.title, str.swapcase)))
    blank = st.sampled_from(("", " ", "\t", "  "))
    equals = draw(blank) + draw(st.sampled_from(("=", "=", "=", "", "==", ":"))) + draw(blank)
    after = draw(st.sampled_from(("", "", "", " # c", "# '", ";", " x", "\t")))
    return draw(blank) + case(row.name) + equals + draw(st.sampled_from(writings)) + after


def _near(row: catalog.Setting) -> st.SearchStrategy[str]:
    if row.type not in ("integer", "real"):
        return st.sampled_from(_values_of(row))
    number = st.one_of(
        st.integers(-(2**33), 2**33).map(str),
        st.floats(0, 1e10).map(lambda value: f"{value:.3f}"),
        st.text("0123456789.+-eExX", max_size=8),
    )
    return st.builds(str.__add__, number, st.sampled_from(("", *_UNITS)))


ODD_LINES = st.one_of(
    st.text(" \t=#'\"\\.;:-+*,/0189abexzEMB_é\u00a0\u2028\f\v\r\ufeff", max_size=24),
    st.sampled_from(["", "\t", "# work_mem = 1", "include_if_exists 'no.conf'", "a.b = 1", "A.b 'x'", "nope = 1"]),
)


@st.composite
def conf_files(draw: st.DrawFn, version: int) -> str:
    lines = draw(st.lists(st.one_of(setting_lines(version), setting_lines(version), ODD_LINES), min_size=1, max_size=8))
    if draw(st.booleans()):
        lines += draw(st.permutations(lines))[:3]
    ends = [draw(st.sampled_from(("\n", "\n", "\n", "\r\n"))) for _ in lines]
    if draw(st.booleans()):
        ends[-1] = ""
    start = draw(st.sampled_from(("", "", "", "", "\ufeff")))
    return start + "".join(line + end for line, end in zip(lines, ends, strict=True))


@some_versions
def test_generated_files(version: int) -> None:
    @settings(
        max_examples=300 if WHOLE else 25,
        derandomize=not WHOLE,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(conf_files(version), st.one_of(st.just(""), conf_files(version)))
    def agrees(conf: str, auto: str) -> None:
        compare(INSTALLED[version], {CONF: conf, AUTO_CONF: auto})

    agrees()


@some_versions
def test_every_setting_with_every_value(version: int) -> None:
    rows = [row for row in catalog.settings(version).values() if row.name not in UNDECIDED]
    longest = max(len(_values_of(row)) for row in rows)
    for index in range(longest) if WHOLE else range(version % 4, longest, 4):
        given_values = {row.name: values[index] for row in rows if len(values := _values_of(row)) > index}
        text = "".join(f"{name} = {_quoted(value, False)}\n" for name, value in given_values.items())
        # Complaints come all at once, values one by one.
        compare(INSTALLED[version], {CONF: text}, slice(None) if WHOLE else slice(index % 40, None, 40))


# Real files ----------------------------------------------------------------------------------------------------------


def real_files() -> list[Path]:
    folders = (CORPUS / "postgresql_conf", CORPUS / "postgresql_auto_conf")
    return sorted(path for folder in folders if folder.is_dir() for path in folder.iterdir())


def _read(path: Path) -> Document:
    """Read a real file without its includes, which lie elsewhere."""
    whole = document(FORMAT, CONF, path.read_bytes().decode("utf-8", "surrogateescape"))
    return document(FORMAT, CONF, "".join(line.raw for line in whole.lines if line.key not in INCLUDES))


def _cases(version: int) -> list[Path]:
    """Return the stock file, and the real files: all of them, or a few, other ones for each version."""
    return [INSTALLED[version].sample, *(real_files() if WHOLE else real_files()[version % 7 :: 21])]


needs_corpus = pytest.mark.skipif(not real_files(), reason="no corpus: name it in CONFMEND_CORPUS")


@some_versions
def test_real_files_are_read_as_the_server_reads_them(version: int) -> None:
    for path in _cases(version):
        compare(INSTALLED[version], {CONF: _read(path).text}, slice(None) if WHOLE else slice(version % 4, None, 4))


# name, value asked for, effective value
EDITS = (
    ("shared_buffers", "1.5GB", "196608"),
    ("work_mem", "64MB", "65536"),
    ("effective_cache_size", "3 GB", "393216"),
    ("max_connections", "321", "321"),
    ("statement_timeout", "90s", "90000"),
    ("checkpoint_timeout", "15min", "900"),
    ("checkpoint_completion_target", "0.75", "0.75"),
    ("random_page_cost", "1.1", "1.1"),
    ("jit", "off", "off"),
    ("wal_level", "logical", "logical"),
    ("huge_pages", "try", "try"),
    ("listen_addresses", "127.0.0.1, ::1", "127.0.0.1, ::1"),
    ("shared_preload_libraries", "pg_stat_statements,auto_explain", "pg_stat_statements,auto_explain"),
    ("log_line_prefix", "%m [%p] 'q' \\ # é ", "%m [%p] 'q' \\ # é "),
    ("archive_command", "", ""),
    ("my_extension.setting", "a b", "a b"),
)


@some_versions
def test_edits_of_real_files_are_taken_as_they_are_meant(version: int) -> None:
    server = INSTALLED[version]
    for path in _cases(version):
        before = _read(path)
        after = before
        for name, value, _ in EDITS:
            after = after.set(name, value)
        if not server_refusals(server, [before]):
            assert server_refusals(server, [after]) == [], path.name
            wanted = {name: effective for name, _, effective in EDITS}
            assert server.values({CONF: after.text}, list(wanted)) == wanted, path.name


@needs_corpus
def test_most_real_files_are_accepted_by_some_server() -> None:
    accepted = [path for path in real_files()[:: 1 if WHOLE else 5] if _is_accepted_by_some(path)]
    assert len(accepted) > len(real_files()[:: 1 if WHOLE else 5]) / 2


def _is_accepted_by_some(path: Path) -> bool:
    return any(not server_refusals(server, [_read(path)]) for server in INSTALLED.values())


# The catalogue -------------------------------------------------------------------------------------------------------


@each_version
def test_the_table_is_what_the_server_says_of_itself(version: int) -> None:
    assert (TABLES / f"{version}.tsv").read_text("utf-8") == table(INSTALLED[version])
