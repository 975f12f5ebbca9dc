"""sysctl.conf as we read it, against sysctl of two releases of procps and systemd-sysctl themselves.

What we read is written below /proc/sys of one fresh network, the program loads the same text in another, and then all
keys of the two networks hold the same. Sampled by default, and always the same sample; ``CONFMEND_WHOLE=1`` takes more,
and another one each time.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from confmend.document import Document, document
from confmend.facts import Documents
from confmend.facts.kernel import Kernel, gather
from confmend.formats.sysctl_conf import COMMAND, DIRECTORIES, FORMAT, NO_EQUALS, canonical
from programs import procps
from programs.debian import MissingProgramError

WHOLE = os.environ.get("CONFMEND_WHOLE") == "1"
CORPUS = Path(os.environ.get("CONFMEND_CORPUS") or Path(__file__).resolve().parents[2] / "shared" / "corpus")
# Written and read back by themselves, or counted by the kernel.
VOLATILE = ("net.netfilter.nf_conntrack_count", "net.ipv4.route.", "net.ipv6.route.", "net.ipv4.tcp_fastopen_key")
# Setting one of these changes others, so the order of the writes would count.
ENTANGLED = ("forwarding", "ip_forward", "disable_ipv6", "disable_policy", "buckets", "nf_log", "use_tempaddr")
TALLY: Counter[str] = Counter()


def reason() -> str:
    """Why the programs can't be asked here."""
    if procps.refusal():
        return procps.refusal()
    try:
        procps.programs()
    except MissingProgramError as error:
        return str(error)
    return ""


REASON = reason()
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON)
PROGRAMS = [] if REASON else procps.programs()
each_program = pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.version)
each_procps = pytest.mark.parametrize(
    "program", [each for each in PROGRAMS if not each.by_systemd], ids=lambda program: program.version
)
sampled = settings(
    max_examples=400 if WHOLE else 25,
    derandomize=not WHOLE,
    deadline=None,
    # A run takes a tenth of a second: too long to look for a smaller example.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@pytest.fixture(scope="module", autouse=True)
def figures(request: pytest.FixtureRequest) -> Iterator[None]:
    """Print how much was compared; all agreed if the tests passed."""
    yield
    plugins = request.config.pluginmanager
    reporter, capture = plugins.get_plugin("terminalreporter"), plugins.get_plugin("capturemanager")
    if reporter and capture and TALLY:
        with capture.global_and_fixture_disabled():
            for what, count in sorted(TALLY.items()):
                reporter.write_line(f"{what}: {count:,}")


def kernel(*documents: Document) -> Kernel:
    found = gather(Documents(documents))
    assert found is not None
    return found


def our_writes(files: Kernel, last_only: bool) -> list[tuple[str, str]]:
    """What we read for the keys of the network. procps writes every value in turn, systemd only the last."""
    found = []
    for key in sorted(procps.fresh()):
        written = [value.value for value in files.writes(key)]
        found += [(key, value) for value in (written[-1:] if last_only else written)]
    return found


def assert_same(program: procps.Sysctl, outcome: procps.Outcome, files: Kernel) -> None:
    """The program left what our writes leave, and was refused the same values."""
    writes = our_writes(files, program.by_systemd)
    ours = procps.written(writes)
    refused = {complaint.text for complaint in ours.complaints}
    if not program.by_systemd:
        named = (re.search('"(.*)"', complaint.text) for complaint in outcome.complaints)
        assert refused <= {canonical(match[1]) for match in named if match}
    differing = {
        key: (value, outcome.values.get(key))
        for key, value in ours.values.items()
        if value != outcome.values.get(key) and not key.startswith(VOLATILE)
    }
    assert not differing
    TALLY[f"{program.version}: values compared"] += len(writes)
    TALLY[f"{program.version}: values that the kernel refuses"] += len(refused)


# Lines ----------------------------------------------------------------------------------------------------------------

NUMBERS = (
    "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_retries2", "net.ipv4.tcp_syn_retries", "net.core.somaxconn",
    "net.unix.max_dgram_qlen", "net.ipv4.conf.all.rp_filter", "net.ipv4.conf.lo.rp_filter",
    "net.ipv4.conf.eth0/100.rp_filter", "net.ipv4.conf.eth0/100.log_martians", "net.ipv6.conf.lo.accept_ra",
)  # fmt: skip
VECTORS = ("net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem", "net.ipv4.ip_local_port_range", "net.ipv4.ping_group_range")
GLOBS = (
    "net.ipv4.conf.*.rp_filter", "net.ipv4.conf.*.log_martians", "net.ipv4.conf.[al]*.rp_filter",
    "net.ipv4.conf.[^a]*.rp_filter", "net.ipv4.conf.?o.rp_filter", "net.ipv*.conf.lo.accept_redirects",
    "net.ipv4.tcp_keepalive_*", "net.*.tcp_fin_timeout", "net.ipv4.nothing_*", "net.ipv6.conf.eth0/*.accept_ra",
)  # fmt: skip
UNKNOWN = (
    "net.ipv4.tcp_tw_recycle", "net.ipv4", "kernel.nothing", "tcp_fin_timeout", "net.ipv4.tcp fin_timeout",
    "net.ipv4.tcp_fin_timeout.", "Net.ipv4.tcp_fin_timeout",
)  # fmt: skip


@st.composite
def spelled(draw: st.DrawFn, key: str) -> str:
    """A key as people and programs write it."""
    way = draw(st.sampled_from(("dots", "dots", "slashes", "doubled", "leading")))
    slashes = procps.path(key)
    return {"dots": key, "slashes": slashes, "doubled": key.replace(".", "..", 1), "leading": "/" + slashes}[way]


keys = st.sampled_from(NUMBERS * 3 + VECTORS * 2 + GLOBS + UNKNOWN).flatmap(spelled)
numbers = st.integers(0, 300).map(str)
values = st.one_of(
    numbers,
    numbers,
    st.tuples(st.integers(1024, 4096), st.integers(5000, 60999), st.integers(70000, 999999)).map(
        lambda three: "\t".join(map(str, three))
    ),
    st.tuples(st.integers(1024, 4096), st.integers(5000, 60999)).map(lambda two: " ".join(map(str, two))),
    st.sampled_from(("", "abc", "5m", '"4096 5000 6000"', "1,2,3", "99999999999999999999", "12 # why", "0x20", "017")),
)
blank = st.sampled_from(("", "", " ", "\t", "  ", "\v", " \f"))
sign = st.sampled_from(("", "", "", "-", "--", "- "))
assignments = st.tuples(blank, sign, keys, blank, st.just("="), blank, values, blank).map("".join)
exclusions = st.tuples(blank, st.just("-"), st.sampled_from(NUMBERS + GLOBS).flatmap(spelled), blank).map("".join)
odd = st.one_of(
    st.sampled_from(
        ("# note", " ; note", "#net.ipv4.tcp_fin_timeout = 5", ";", "#", "x", "=", "= 5", "-", " - = 5", "net.ipv4",
         "net.core.somaxconn 4096", "net.core.somaxconn: 4096", "sysctl -w net.core.somaxconn=77",
         "net.core.somaxconn=5\0=6", "net.core.so\0maxconn=5", "\ufeffnet.core.somaxconn = 5", "[sysctl]")
    ),
    st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\n"), max_size=12),
)  # fmt: skip
lines = st.one_of(assignments, assignments, assignments, exclusions, odd)
ends = st.sampled_from(("\n", "\n", "\n", "\r\n", "\n\n"))


@st.composite
def texts(draw: st.DrawFn) -> str:
    text = "".join(draw(st.lists(st.tuples(lines, ends).map("".join), min_size=1, max_size=14)))
    return text.rstrip("\n") if draw(st.booleans()) else text


@each_procps
@sampled
@given(text=texts())
def test_a_file_is_read_as_procps_reads_it(program: procps.Sysctl, text: str) -> None:
    read = document(FORMAT, "one.conf", text)
    assume(any(line.key for line in read.lines) and not _is_script(read))
    outcome = program.load(text)
    assert_same(program, outcome, kernel(read))
    refused = [number for number, line in enumerate(read.lines, 1) if line.problem == NO_EQUALS]
    assert refused == sorted(complaint.line for complaint in outcome.complaints if "invalid syntax" in complaint.text)
    TALLY[f"{program.version}: lines compared"] += len(read.lines)
    TALLY[f"{program.version}: lines without = refused"] += len(refused)


def _is_script(read: Document) -> bool:
    return not any(line.problem == COMMAND for line in read.lines) and "sysctl -w" in read.text


def _systemd_differs(read: Document) -> bool:
    """systemd lets a later ``-key`` take back an assignment, knows no second sign, fewer blanks, and zero bytes."""
    excluded = {line.columns.get("excluded") for line in read.lines}
    odd = any(part in read.text for part in ("\0", "\v", "\f", "--", "- "))
    return odd or any(line.key in excluded for line in read.lines)


@pytest.mark.parametrize("program", [each for each in PROGRAMS if each.by_systemd], ids=lambda each: each.version)
@sampled
@given(text=texts())
def test_a_file_is_read_as_systemd_reads_it(program: procps.Sysctl, text: str) -> None:
    read = document(FORMAT, "one.conf", text)
    assume(any(line.key for line in read.lines) and not _is_script(read) and not _systemd_differs(read))
    assert_same(program, program.load(text), kernel(read))
    TALLY[f"{program.version}: lines compared"] += len(read.lines)


@each_procps
def test_peoples_files_are_read_as_procps_reads_them(program: procps.Sysctl) -> None:
    folder = CORPUS / "sysctl_conf"
    if not folder.is_dir():
        pytest.skip("no collection of people's files here")
    for file in sorted(folder.iterdir())[:: 1 if WHOLE else 3]:
        text = file.read_bytes().decode("utf-8", "surrogateescape")
        read = document(FORMAT, file.name, text)
        # Entangled keys are left out on both sides.
        kept = [line.raw for line in read.lines if not any(name in line.key for name in ENTANGLED)]
        read = document(FORMAT, file.name, "".join(kept))
        if not _is_script(read):
            assert_same(program, program.load(read.text), kernel(read))
            TALLY[f"{program.version}: people's files"] += 1


# Several files --------------------------------------------------------------------------------------------------------

folders = st.sampled_from([f"/{directory}/" for directory in DIRECTORIES])
names = st.sampled_from(("10-a.conf", "50-b.conf", "99-z.conf", "9.conf", "a.conf", "B.conf", "é.conf", "sysctl.conf"))
places = st.one_of(st.tuples(folders, names).map("".join), st.just("/etc/sysctl.conf"))
some_lines = st.lists(
    st.tuples(st.sampled_from((*NUMBERS[:4], "net.ipv4.tcp_keepalive_*", "-net.ipv4.tcp_keepalive_time")), numbers),
    min_size=1,
    max_size=3,
).map(lambda pairs: "".join(f"{key} = {value}\n" for key, value in pairs))


@each_program
@sampled
@given(files=st.dictionaries(places, some_lines, min_size=1, max_size=8))
def test_files_are_read_in_the_programs_order(program: procps.Sysctl, files: Mapping[str, str]) -> None:
    if program.by_systemd:
        # Only through a link of another name.
        files = {name: text for name, text in files.items() if name != "/etc/sysctl.conf"}
    assume(files)
    pasted = [document(FORMAT, name, text) for name, text in sorted(files.items(), key=lambda item: item[0][::-1])]
    assert_same(program, program.system(files), kernel(*pasted))
    TALLY[f"{program.version}: files in order"] += len(files)
