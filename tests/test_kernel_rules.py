"""The rules about the kernel's keys, against the kernel, known cases and dumps of real hosts."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confmend.catalog import sysctl
from confmend.engine import Analysis, analyse
from confmend.model import Finding, Paste, Severity
from confmend.rules import rules
from programs import procps

CORPUS = Path(os.environ.get("CONFMEND_CORPUS") or Path(__file__).resolve().parents[2] / "shared" / "corpus")
OWN = Path(__file__).parent / "corpus" / "sysctl_dump"
in_namespaces = pytest.mark.skipif(bool(procps.refusal()), reason=procps.refusal())

# Each as somebody may write it; what becomes of it is the kernel's to say.
WRITTEN = (
    ("net.ipv4.tcp_fin_timeout", ("30", "030", "08", "0x20", "5m", "1.5", "+30", "30;", "'30'", "1 2", "-5", "30 # x")),
    ("net.ipv4.tcp_rmem", ("4096 131072 6291456", "4096,131072,6291456", "4096 131072", "4096 131072 6M", '"1 2 3"')),
    ("net.ipv4.tcp_wmem", ("4096\t16384\t4194304", "4096 16384 4194304 7", "010000 020000 040000", "4k 16k 4M")),
    (
        "net.ipv4.ip_local_port_range",
        ("1024 65535", "60000 1024", "1024 65536", "0 65535", "1024-65535", "1024, 65535"),
    ),
    ("net.ipv4.tcp_syn_retries", ("6", "0", "128", "127", "six")),
    ("net.ipv4.tcp_keepalive_time", ("600", "0600", "10min", "600s", "86400", "1e3", "60 seconds")),
    ("net.core.somaxconn", ("4096", "4k", "4_096", "4,096", "010000")),
)


def _only(name: str, *pastes: Paste) -> tuple[Analysis, tuple[Finding, ...]]:
    analysis = analyse(pastes, skip=set(rules()) - {name})
    (result,) = analysis.results
    assert result.crash == ""
    return analysis, result.findings


def _pastes(given: Mapping[str, str]) -> list[Paste]:
    return [Paste(text, kind=kind) for kind, text in given.items()]


@in_namespaces
@pytest.mark.parametrize(("key", "values"), WRITTEN)
def test_a_value_is_refused_where_the_kernel_refuses_it(key: str, values: tuple[str, ...]) -> None:
    for value in values:
        _, findings = _only("kernel_value_refused", Paste(f"{key} = {value}\n", kind="sysctl_conf"))
        outcome = procps.written([(key, value)])
        said = any("is refused" in finding.message for finding in findings)
        assert said == bool(outcome.complaints), (key, value)
        for finding in findings:
            for edit in finding.edits:
                assert procps.written([(key, edit.value or "")]).complaints == [], (key, value, edit.value)


@in_namespaces
def test_an_octal_number_is_what_the_kernel_takes_it_for() -> None:
    _, (finding,) = _only("kernel_value_refused", Paste("net.ipv4.tcp_fin_timeout = 030\n", kind="sysctl_conf"))
    taken = procps.written([("net.ipv4.tcp_fin_timeout", "030")]).values["net.ipv4.tcp_fin_timeout"]
    assert f"takes it for {taken} " in finding.message


# A host of 4 GiB on which everything is wrong that can be mended in a network of its own.
WRONG = """\
kernel.osrelease = 6.1.0-18-amd64
net.ipv4.ip_local_port_range = 1024\t6500
net.ipv4.ip_local_reserved_ports = 3000-3010
net.ipv4.tcp_abort_on_overflow = 1
net.ipv4.tcp_fin_timeout = 1
net.ipv4.tcp_keepalive_probes = 1
net.ipv4.tcp_max_tw_buckets = 500
net.ipv4.tcp_moderate_rcvbuf = 0
net.ipv4.tcp_retries2 = 3
net.ipv4.tcp_rmem = 4096\t16777216\t33554432
net.ipv4.tcp_sack = 0
net.ipv4.tcp_syncookies = 0
net.ipv4.tcp_timestamps = 0
net.ipv4.tcp_window_scaling = 0
net.ipv4.tcp_wmem = 4096\t65536\t268435456
"""


@in_namespaces
def test_the_kernel_takes_what_rules_write_into_a_network() -> None:
    wrong = Paste(WRONG, kind="sysctl_dump")
    pooler = Paste("[databases]\na = host=h\n[pgbouncer]\nlisten_port = 6432\n", kind="pgbouncer_ini")
    analysis = analyse([wrong, pooler, Paste("memory = 4GB\n", kind="answers")])
    edits = [(edit.key, edit.value or "") for edit in analysis.edits if edit.kind == "sysctl_dump"]
    keys = {line.partition(" ")[0] for line in WRONG.splitlines()} - {"kernel.osrelease"}
    assert {key for key, _ in edits} == keys
    outcome = procps.written(edits)
    assert outcome.complaints == []
    for key, value in edits:
        assert outcome.values[key].split() == value.split(), key
    again = analyse([Paste(each.text, kind=each.kind) for each in analysis.corrected])
    assert again.edits == ()


# In a network of its own: the queue of a listener before and after somaxconn is raised, and after listening again; the
# receive buffer of a socket made before and of one made after tcp_rmem was changed.
REACHED = """
import socket, struct
def write(key, value):
    with open("/proc/sys/net/" + key, "w") as file:
        file.write(value)
def longest(listener):
    return struct.unpack_from("I", listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104), 28)[0]
def buffer(each):
    return each.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
write("core/somaxconn", "10")
listener = socket.socket()
listener.bind(("0.0.0.0", 5432))
listener.listen(100)
lengths = [longest(listener)]
write("core/somaxconn", "50")
lengths.append(longest(listener))
listener.listen(100)
lengths.append(longest(listener))
write("ipv4/tcp_rmem", "4096 131072 6291456")
before = socket.socket()
write("ipv4/tcp_rmem", "4096 65536 6291456")
print(lengths, buffer(before), buffer(socket.socket()))
"""


@in_namespaces
def test_a_change_reaches_what_the_table_says() -> None:
    known = sysctl.settings()
    assert known["net.core.somaxconn"].applies == "next listen"
    assert known["net.ipv4.tcp_rmem"].applies == "new sockets"
    words = ["unshare", "--map-root-user", "--net", "--mount", sys.executable, "-c", REACHED]
    printed = subprocess.run(words, check=True, capture_output=True, text=True, timeout=60).stdout
    assert printed == "[10, 10, 50] 131072 65536\n"


@pytest.mark.parametrize(
    ("name", "given", "severity"),
    [
        ("retransmissions_end_early", {"sysctl_conf": "net.ipv4.tcp_retries2 = 3\n"}, Severity.CRITICAL),
        ("retransmissions_end_early", {"sysctl_conf": "net.ipv4.tcp_retries2 = 5\n"}, Severity.WARNING),
        ("retransmissions_end_early", {"sysctl_conf": "net.ipv4.tcp_retries2 = 16\n"}, Severity.INFO),
        ("dirty_limit_too_high", {"sysctl_conf": "vm.dirty_ratio = 20\n", "answers": "memory = 64GB\n"}, Severity.INFO),
        (
            "dirty_limit_too_high",
            {"sysctl_conf": "vm.dirty_ratio = 41\n", "answers": "memory = 64GB\n"},
            Severity.WARNING,
        ),
        ("swap_preferred_to_cache", {"sysctl_conf": "vm.swappiness = 0\n"}, Severity.INFO),
        (
            "connection_table_nearly_full",
            {
                "sysctl_dump": "kernel.osrelease = 6.1.0\nnet.netfilter.nf_conntrack_count = 80\n"
                "net.netfilter.nf_conntrack_max = 100\n"
            },
            Severity.WARNING,
        ),
        (
            "huge_pages_too_few",
            {
                "sysctl_conf": "vm.nr_hugepages = 2000\nvm.nr_overcommit_hugepages = 200\n",
                "postgresql_conf": "shared_buffers = 4GB\nhuge_pages = on\n",
                "answers": "postgresql = 15\n",
            },
            Severity.WARNING,
        ),
        (
            "huge_pages_too_few",
            {
                "sysctl_conf": "vm.nr_hugepages = 2048\n",
                "postgresql_conf": "shared_buffers = 4GB\nhuge_pages = on\n",
                "answers": "postgresql = 15\n",
            },
            Severity.CRITICAL,
        ),
        (
            "kernel_key_removed",
            {
                "sysctl_conf": "-net.ipv4.tcp_tw_recycle = 0\n",
                "sysctl_dump": "kernel.osrelease = 6.1.0-18-amd64\nvm.swappiness = 60\n",
            },
            Severity.INFO,
        ),
        ("tcp_memory_ran_out", {"nstat": "#kernel\nTcpExtTCPMemoryPressures   12  0.0\n"}, Severity.WARNING),
        ("tcp_memory_ran_out", {"nstat": "#kernel\nTcpExtTCPAbortOnMemory     12  0.0\n"}, Severity.ERROR),
    ],
)
def test_severity(name: str, given: dict[str, str], severity: Severity) -> None:
    _, findings = _only(name, *_pastes(given))
    assert [finding.severity for finding in findings] == [severity]


def test_exact_number_of_huge_pages_makes_the_edit() -> None:
    show = " shared_memory_size_in_huge_pages \n----------------------------------\n 2107\n(1 row)\n"
    pastes = [
        Paste("vm.nr_hugepages = 2048\n", kind="sysctl_conf"),
        Paste("huge_pages = on\nshared_buffers = 4GB\n", kind="postgresql_conf"),
        Paste(show, kind="show_all"),
        Paste("memory = 16GB\npostgresql = 16\n", kind="answers"),
    ]
    analysis, _ = _only("huge_pages_too_few", *pastes)
    assert [(edit.key, edit.value) for edit in analysis.edits] == [("vm.nr_hugepages", "2129")]


def test_files_override_each_other_on_purpose() -> None:
    files = [Paste(f"vm.swappiness = {value}\n", f"/etc/sysctl.d/{value}.conf", "sysctl_conf") for value in (10, 20)]
    assert _only("kernel_key_duplicated", *files)[1] == ()


def test_the_file_that_is_not_read_at_boot_is_known_by_its_name() -> None:
    release = Paste('NAME="Debian GNU/Linux"\nVERSION_ID="13"\nID=debian\n', kind="os_release")
    named, other = (Paste("vm.swappiness = 10\n", name, "sysctl_conf") for name in ("/etc/sysctl.conf", "60-pg.conf"))
    assert [each.severity for each in _only("sysctl_conf_not_read_at_boot", release, named)[1]] == [Severity.WARNING]
    assert _only("sysctl_conf_not_read_at_boot", release, other)[1] == ()


def test_a_pods_own_key_and_its_hosts() -> None:
    pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: db\nspec:\n  securityContext:\n    sysctls:\n"
    pod += "    - name: net.ipv4.tcp_keepalive_time\n      value: '60'\n    - name: vm.swappiness\n      value: '1'\n"
    pod += "  containers:\n  - name: db\n    image: postgres:16\n"
    compose = "services:\n  db:\n    image: postgres:16\n    sysctls:\n      net.core.somaxconn: 1024\n"
    compose += "      vm.overcommit_memory: 2\n"
    for text, key in ((pod, "vm.swappiness"), (compose, "vm.overcommit_memory")):
        _, findings = _only("kernel_key_not_of_container", Paste(text, kind="container_yaml"))
        assert [finding.message.partition(" ")[0] for finding in findings] == [key]


def _dumps() -> list[Path]:
    found = [*OWN.glob("*.txt"), *(CORPUS / "sysctl_dump").glob("*")]
    return sorted(found)


@pytest.mark.parametrize("path", [pytest.param(path, id=path.name) for path in _dumps()])
def test_quiet_on_the_hosts_that_dumps_are_of(path: Path) -> None:
    pastes = [
        Paste(path.read_text(errors="replace"), "sysctl -a"),
        Paste("shared_buffers = 128MB\n", kind="postgresql_conf"),
        Paste("postgresql = 16\ncpus = 4\n", kind="answers"),
    ]
    analysis = analyse(pastes)
    grave = [
        (result.rule, finding.message)
        for result in analysis.results
        for finding in result.findings
        if finding.severity
        and finding.severity > Severity.INFO
        and all(origin.kind == "sysctl_dump" for origin in finding.evidence)
        and not result.rule.endswith("exceeds_ram")
    ]
    assert grave == []


NUMBERS = st.sampled_from((0, 1, 3, 5, 10, 60, 100, 128, 500, 4096, 65535, 131072, 212992, 10**7, 2**27, 2**31, 2**40))
KEYS = sorted(key for key, each in sysctl.settings().items() if each.default is not None or each.formula)
FIELDS = {"net.ipv4.tcp_rmem": 3, "net.ipv4.tcp_wmem": 3, "net.ipv4.tcp_mem": 3, "net.ipv4.ip_local_port_range": 2}


@st.composite
def assignments(draw: st.DrawFn) -> str:
    """Some of the keys with numbers that are right for few of them."""
    lines = []
    for key in draw(st.lists(st.sampled_from(KEYS), max_size=25, unique=True)):
        numbers = draw(st.lists(NUMBERS, min_size=FIELDS.get(key, 1), max_size=FIELDS.get(key, 1)))
        unit = draw(st.sampled_from(("",) * 12 + ("M", ";", " # x")))
        lines.append(f"{key} = {' '.join(map(str, numbers))}{unit}\n")
    return "".join(lines)


@settings(max_examples=150 if not os.environ.get("CONFMEND_WHOLE") else 5000, deadline=None)
@given(assignments(), assignments(), st.sampled_from((1, 4, 64, 1024)), st.sampled_from(("3.10.0", "5.4.0", "6.18.0")))
def test_corrected_keys_need_no_further_correction(file: str, dump: str, ram: int, release: str) -> None:
    pastes = [
        Paste(file, kind="sysctl_conf"),
        Paste(f"kernel.osrelease = {release}\n{dump}", kind="sysctl_dump"),
        Paste("[databases]\na = host=h\n[pgbouncer]\nmax_client_conn = 3000\n", kind="pgbouncer_ini"),
        Paste("huge_pages = on\nshared_buffers = 512MB\n", kind="postgresql_conf"),
        Paste(f"memory = {ram}GB\npostgresql = 14\ncpus = 4\nopen_files = 65536\n", kind="answers"),
    ]
    analysis = analyse(pastes)
    assert [result.crash for result in analysis.results if result.crash] == []
    again = analyse([Paste(each.text, kind=each.kind) for each in analysis.corrected])
    assert [edit for edit in again.edits if edit.kind.startswith("sysctl")] == []
