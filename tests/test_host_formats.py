"""What a host's own commands and files say, against the commands themselves and in the shapes people paste."""

import os
import re
import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from confmend.bundle import parts
from confmend.document import Document, document
from confmend.engine import analyse
from confmend.facts.cores import Cores, listed_cpus
from confmend.facts.counters import Counters
from confmend.facts.descriptors import Descriptors
from confmend.facts.free_total import total
from confmend.facts.listeners import Listeners
from confmend.facts.memory import Memory
from confmend.facts.platform import Platform
from confmend.facts.socket_buffers import SocketBuffers
from confmend.facts.socket_counts import SocketCounts
from confmend.facts.sockets import SocketMemory
from confmend.formats import detect, formats
from confmend.model import Paste

CORPUS = Path(os.environ.get("CONFMEND_CORPUS", Path(__file__).parents[2] / "shared" / "corpus"))
SAMPLES = Path(__file__).parent / "corpus"


def read(kind: str, text: str, name: str = "x") -> Document:
    return document(formats()[kind], name, text)


def sample(kind: str, name: str) -> str:
    return (SAMPLES / kind / name).read_bytes().decode("utf-8", "surrogateescape")


def printed(*command: str) -> str:
    """What a program of this machine prints, in English."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"there is no {command[0]} here")
    environment = {**os.environ, "LC_ALL": "C"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment).stdout


# Against the programs of this machine --------------------------------------------------------------------------------

COMMANDS = [
    ("free", ("free",)),
    ("free", ("free", "-h", "-w", "-t")),
    ("free", ("free", "-b", "-l")),
    ("lscpu", ("lscpu",)),
    ("lscpu", ("lscpu", "-J")),
    ("lscpu", ("lscpu", "-e")),
    ("lscpu", ("lscpu", "-p")),
    ("cpuinfo", ("cat", "/proc/cpuinfo")),
    ("meminfo", ("cat", "/proc/meminfo")),
    ("sockstat", ("cat", "/proc/net/sockstat")),
    ("netstat_counters", ("cat", "/proc/net/netstat", "/proc/net/snmp")),
    ("process_limits", ("cat", "/proc/self/limits")),
    ("process_limits", ("prlimit",)),
    ("ulimit", ("bash", "-c", "ulimit -a")),
    ("ulimit", ("sh", "-c", "ulimit -a")),
    ("nstat", ("nstat", "-asz")),
    ("netstat_s", ("netstat", "-s")),
    ("ss_summary", ("ss", "-s")),
    ("ss_sockets", ("ss", "-anmi")),
    ("ss_sockets", ("ss", "-tlnpe")),
    ("netstat_sockets", ("netstat", "-an")),
    ("uname", ("uname", "-a")),
    ("os_release", ("cat", "/etc/os-release")),
]


@pytest.mark.parametrize(("kind", "command"), COMMANDS, ids=[" ".join(command) for _, command in COMMANDS])
def test_what_this_machine_prints_is_recognised_and_read(kind: str, command: tuple[str, ...]) -> None:
    text = printed(*command)
    found = detect("", text)
    assert found is not None
    assert found.kind == kind
    lines = read(kind, text).lines
    assert "".join(line.raw for line in lines) == text
    assert [line.raw for line in lines if line.problem] == []


def test_this_machine_is_what_its_system_calls_say() -> None:
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for paste in (
        Paste(printed("free"), "free"),
        Paste(printed("free", "-b"), "free -b"),
        Paste(printed("free", "-b")),
    ):
        memory = analyse([paste]).facts[Memory]
        assert memory.ram == pages
    for command in (
        ("nproc", "--all"),
        ("lscpu",),
        ("lscpu", "-J"),
        ("lscpu", "-e"),
        ("lscpu", "-p"),
        ("cat", "/proc/cpuinfo"),
    ):
        assert analyse([Paste(printed(*command), " ".join(command))]).facts[Cores].count == os.sysconf(
            "SC_NPROCESSORS_ONLN"
        )
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    for command in (("cat", "/proc/self/limits"), ("prlimit",)):
        assert analyse([Paste(printed(*command))]).facts[Descriptors].limit == min(limit % 2**64, 2**30)
    for shell in ("bash", "sh"):
        line = read("ulimit", printed(shell, "-c", "ulimit -a")).get("-n")
        assert line is not None
        assert line.value == ("unlimited" if limit == resource.RLIM_INFINITY else str(limit))
    release = read("uname", printed("uname", "-a")).get("kernel-release")
    assert release is not None
    assert release.value == os.uname().release


def test_three_programs_name_the_counters_alike() -> None:
    kernel = read("netstat_counters", Path("/proc/net/netstat").read_text() + Path("/proc/net/snmp").read_text())
    told = read("nstat", printed("nstat", "-asz"))
    known = {
        "Ip/Forwarding",
        "Ip/DefaultTTL",
        "Tcp/RtoAlgorithm",
        "Tcp/RtoMin",
        "Tcp/RtoMax",
        "Tcp/MaxConn",
        "Tcp/CurrEstab",
    }
    ipv4 = {key for key in told.settings if not re.match("(Ip|Icmp|Udp|UdpLite)6/", key)}
    assert ipv4 <= set(kernel.settings)
    # nstat leaves out what is no running count: settings, and what is open now.
    assert set(kernel.settings) - ipv4 <= known
    sentences = read("netstat_s", printed("netstat", "-s"))
    named = {key for key in sentences.settings if re.fullmatch("[A-Za-z]+/[A-Z][A-Za-z0-9]+", key)}
    assert named
    assert named <= set(kernel.settings)


# What people collected from theirs -----------------------------------------------------------------------------------

KINDS = {
    "free": {"free"},
    "lscpu": {"lscpu"},
    "meminfo": {"meminfo"},
    "sockstat": {"sockstat"},
    "ss": {"ss_summary", "ss_sockets", "netstat_s", "netstat_sockets"},
}
# Not lscpu's writing: it has "=" for ":", made so to be refused.
REFUSED = {"RedHatInsights__insights-core__test_lscpu.py_BAD_LSCPU.txt"}
# One file with the output of free above /proc/meminfo.
MIXED = re.compile(r"percona__percona-toolkit__memory(\.[0-9])?")


def collected() -> Iterator[tuple[str, Path]]:
    for folder in KINDS:
        for path in sorted((CORPUS / folder).glob("*")):
            yield folder, path


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the collected files are not here (CONFMEND_CORPUS)")
def test_collected_files_are_recognised_and_read() -> None:
    for folder, path in collected():
        for part in parts(path.read_bytes().decode("utf-8", "surrogateescape")):
            if part.separator or path.name in REFUSED:
                continue
            found = detect(part.name, part.text)
            assert found is not None, path
            assert found.kind in KINDS[folder], path
            refused = [line.raw for line in read(found.kind, part.text).lines if line.problem]
            if MIXED.fullmatch(path.name):
                assert all(re.match(r"\s+total|Mem:|-/\+|Swap:", raw) for raw in refused), path
            else:
                assert refused == [], path


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the collected files are not here (CONFMEND_CORPUS)")
def test_no_collected_file_of_another_kind_is_taken_for_a_hosts() -> None:
    own = {kind for kind, _ in COMMANDS} | {"nproc"}
    others = {
        "decoy",
        "dmesg",
        "pg_hba",
        "pg_log",
        "pg_settings",
        "pgbouncer_ini",
        "postgresql_conf",
        "sysctl_conf",
        "tuned",
    }
    for folder in sorted(others):
        for path in sorted((CORPUS / folder).glob("*")):
            text = path.read_bytes().decode("utf-8", "surrogateescape")
            found = detect("", text)
            assert found is None or found.kind not in own, (path, found)


# Names decide what a number is ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("nproc", "4\n", "nproc"),
        ("sudo /usr/bin/nproc --all", "4\n", "nproc"),
        ("", "$ nproc\n4\n", "nproc"),
        ("", "[root@db1 ~]# nproc\n4\n", "nproc"),
        ("ulimit -n", "1024\n", "ulimit"),
        ("", "$ ulimit -n\nunlimited\n", "ulimit"),
        ("ulimit -u", "1024\n", None),
        ("", "4\n", None),
        ("wc -l", "4\n", None),
        ("nproc", "4\n5\n", None),
        ("uname -r", "6.1.0-18-amd64\n", "uname"),
        ("", "6.1.0-18-amd64\n", None),
    ],
)
def test_a_lone_number_needs_a_name(name: str, text: str, kind: str | None) -> None:
    found = detect(name, text)
    assert (found.kind if found else None) == kind


MEM = "              total        used        free      shared  buff/cache   available\nMem: "
TOTALS = [
    ("free", "16393164     7474740      185156       44924     8733268     8638440", 16_393_164 * 1024, False),
    ("sos_commands/memory/free_-m", "16008 7301 178 43 8528 8433", 16_008 * 2**20, True),
    ("free -k", "16008 7301 178 43 8528 8433", 16_008 * 2**10, True),
    ("free -m", "16008        7301         178          43        8528        8433", 16_008 * 2**20, True),
    ("free -g", "15           7           0           0           8           8", 15 * 2**30, True),
    ("free -b", "25276514304 456273920 23400767488 8998912 1738764288 24820240384", 25_276_514_304, True),
    ("free --mebi", "16008        7301         178          43        8528        8433", 16_008 * 2**20, True),
    ("free -h", "23Gi 434Mi 21Gi 8.6Mi 1.6Gi 23Gi", 23 * 2**30, True),
    ("", "1.9G 237M 466M 1.2M 1.2G 1.5G", int(1.9 * 2**30), True),
    # Nobody said the unit; the shape of the numbers does.
    ("", "16393164     7474740      185156       44924     8733268     8638440", 16_393_164 * 1024, False),
    ("", "16008        7301         178          43        8528        8433", 16_008 * 2**20, False),
    ("", "128745      50122       1021          43       77602        76000", 128_745 * 2**20, False),
    ("", "1048576 429752 5092 296 613732 618824", 2**30, False),
    ("", "25276514304 456273920 23400767488 8998912 1738764288 24820240384", 25_276_514_304, False),
    ("", "62          18           1          16          43          27", 62 * 2**30, False),
]


@pytest.mark.parametrize(("name", "numbers", "ram", "sure"), TOTALS)
def test_the_unit_of_free(name: str, numbers: str, ram: int, sure: bool) -> None:
    found = total(read("free", MEM + numbers + "\n", name))
    assert found is not None
    assert (found.ram, found.sure) == (ram, sure)


@pytest.mark.parametrize("name", ["free --mega", "free -h --si", "free --giga"])
def test_units_of_1000_are_no_ram(name: str) -> None:
    assert total(read("free", MEM + "16008 7301 178 43 8528 8433\n", name)) is None


# Facts ---------------------------------------------------------------------------------------------------------------


def test_the_answer_wins_then_nproc_lscpu_and_cpuinfo() -> None:
    pastes = [
        Paste("cpus = 16\n", kind="answers"),
        Paste("8\n", "nproc"),
        Paste(sample("lscpu", "debian-12.txt")),
        Paste(sample("cpuinfo", "raspberry-pi.txt").replace("processor\t: 1", "processor\t: 1\n\nprocessor\t: 2")),
    ]
    assert [analyse(pastes[first:]).facts[Cores].count for first in range(4)] == [16, 8, 2, 3]


@pytest.mark.parametrize(
    ("text", "count"),
    [("0-7,16-23", 16), ("0", 1), ("0,1", 2), ("1-5,8-19", 17), ("0xff", None), ("", None), ("7-0", None)],
)
def test_lists_of_cpus(text: str, count: int | None) -> None:
    assert listed_cpus(text) == count


def test_cpus_that_are_off_line_do_not_count() -> None:
    text = "CPU(s):                2\nOn-line CPU(s) list:   0\nOff-line CPU(s) list:  1\n"
    assert analyse([Paste(text)]).facts[Cores].count == 1
    rows = "  0    0      0    0 0:0:0:0          yes\n  1    -      -    - -                 no\n"
    table = "CPU NODE SOCKET CORE L1d:L1i:L2:L3 ONLINE\n" + rows
    assert analyse([Paste(table)]).facts[Cores].count == 1


def test_a_shells_limit_is_not_that_of_a_service() -> None:
    limits, shell = Paste(sample("process_limits", "grep.txt")), Paste(sample("ulimit", "bash.txt"))
    assert analyse([shell, limits]).facts[Descriptors].limit == 1024
    assert Descriptors not in analyse([shell]).facts


def test_counters_of_all_three_sources() -> None:
    for kind, name in (("nstat", "changes.txt"), ("netstat_s", "overflows.txt")):
        counters = analyse([Paste(sample(kind, name))]).facts[Counters]
        overflows = counters.get("TcpExt/ListenOverflows")
        assert overflows is not None
        assert overflows.origin is not None
        assert str(overflows.value) in overflows.origin.text
    pastes = [Paste(sample("netstat_s", "overflows.txt")), Paste(sample("netstat_counters", "netstat.txt"))]
    counters = analyse(pastes).facts[Counters]
    assert counters.count("TcpExt/ListenOverflows") == 0
    assert counters.get("Tcp/CurrEstab") is None


def test_queues_that_wait_to_be_accepted() -> None:
    found = analyse([Paste(sample("ss_sockets", "iproute2-4.9.txt"))]).facts[Listeners]
    assert [(each.port, each.waiting, each.length, each.full, each.server) for each in found.all] == [
        ("5432", 0, 128, False, ""),
        ("6432", 129, 128, True, "pgbouncer"),
    ]
    assert found.all[1].origin.number == 3


def test_buffers_are_summed_and_the_largest_is_shown() -> None:
    found = analyse([Paste(sample("ss_sockets", "debian-12-tmn.txt"))]).facts[SocketBuffers]
    assert (found.sockets, found.receiving, found.queued, found.dropped) == (6, 72_496, 38_923, 1)
    assert (found.largest_bytes, found.largest.number) == (72_496, 8)


def test_sockets_by_ss_and_sockstat() -> None:
    summary = Paste(sample("ss_summary", "kernel-column.txt"))
    counts = analyse([summary]).facts[SocketCounts]
    assert (counts.used, counts.tcp, counts.established, counts.closed) == (295, 48, 1, 31)
    without = Paste("TCP: inuse 497 orphan 1 tw 38 alloc 20911 mem 1207\n")
    facts = analyse([summary, without]).facts
    assert facts[SocketMemory].used == 295
    assert analyse([without]).facts[SocketCounts].closed == 20_911 - 497


@pytest.mark.parametrize(
    ("file", "name"), [("debian-12.txt", "Linux"), ("macos-13.txt", "macOS"), ("freebsd-13.txt", "FreeBSD")]
)
def test_uname_tells_the_platform(file: str, name: str) -> None:
    assert analyse([Paste(sample("uname", file))]).facts[Platform].name == name
