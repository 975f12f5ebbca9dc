"""Where each fact comes from, and when there is none."""

import itertools

import pytest

from confmend import units
from confmend.engine import analyse
from confmend.facts import Documents, described
from confmend.facts.hosts import Hosts
from confmend.facts.keepalive import Keepalive
from confmend.facts.kernel import Kernel
from confmend.facts.memory import Memory, default_tcp_mem
from confmend.facts.page import PageSize
from confmend.facts.platform import Platform
from confmend.facts.postgres import Postgres
from confmend.facts.sockets import SocketMemory
from confmend.model import MissingFactError, Paste, Question
from confmend.units import SECOND

TCP_MEM = "net.ipv4.tcp_mem = 188562\t251418\t377124\n"
NAMESPACES = "".join(f"user.max_{kind}_namespaces = 96365\n" for kind in ("cgroup", "ipc", "mnt", "net", "pid"))


def memory(*pastes: Paste) -> Memory | None:
    return analyse(pastes).facts.get(Memory)


def dump(text: str) -> Paste:
    return Paste(text, kind="sysctl_dump")


def test_the_answer_wins_then_meminfo_then_the_dump() -> None:
    answer, meminfo = Paste("memory = 8GB\n", kind="answers"), Paste("MemTotal: 4096 kB\n", kind="meminfo")
    found = memory(dump(TCP_MEM), meminfo, answer)
    assert found is not None
    assert (found.ram, found.confidence) == (8 * 1024**3, "stated")
    found = memory(dump(TCP_MEM), meminfo)
    assert found is not None
    assert (found.ram, found.confidence) == (4096 * 1024, "measured")
    found = memory(dump(TCP_MEM))
    assert found is not None
    assert (found.ram, found.confidence) == (16_090_752 * 1024, "medium")
    assert found.how == "inferred: 16 × the middle number of net.ipv4.tcp_mem × 4,096 bytes"


def test_threads_and_namespaces_tell_ram() -> None:
    found = memory(dump(NAMESPACES + "kernel.threads-max = 192730\n"))
    assert found is not None
    assert (found.ram, found.confidence) == (24_669_440 * 1024, "high")


def test_namespaces_alone_tell_ram_by_their_majority() -> None:
    edited = NAMESPACES.replace("user.max_net_namespaces = 96365", "user.max_net_namespaces = 0")
    found = memory(dump(edited + "kernel.threads-max = 2097152\n"))
    assert found is not None
    assert found.ram == 24_669_440 * 1024


def test_old_kernels_gave_tcp_an_eighth() -> None:
    text = "kernel.osrelease = 3.10.0-1160.el7.x86_64\nnet.ipv4.tcp_mem = 188562\t251418\t377124\n"
    found = memory(dump(text))
    assert found is not None
    assert found.ram == 8 * 251_418 * 4096


def test_a_doubt_is_said() -> None:
    # tcp_mem set to udp_mem's default, twice its own: the shape passes, the cross-check does not.
    found = memory(dump("net.ipv4.tcp_mem = 575799 767734 1151598\nnet.ipv4.udp_mem = 575799 767734 1151598\n"))
    assert found is not None
    assert found.confidence == "low"
    assert "net.ipv4.udp_mem" in found.doubt


@pytest.mark.parametrize(
    "text",
    [
        "net.ipv4.tcp_mem = 786432 1048576 26777216\n",
        "kernel.threads-max = 192730\n",
        "".join(f"user.max_{kind}_namespaces = 2147483647\n" for kind in ("cgroup", "ipc", "mnt")),
        "vm.min_free_kbytes = 67584\n",
        "fs.file-max = 9223372036854775807\n",
        "net.ipv4.tcp_mem = 1 2\n",
        "net.ipv4.tcp_mem = a b c\n",
    ],
)
def test_no_estimate_without_its_test(text: str) -> None:
    assert memory(dump(text)) is None


def test_the_default_is_the_kernels_own_where_it_still_runs() -> None:
    facts = analyse([dump(TCP_MEM), Paste("memory = 16GB", kind="answers")]).facts
    own = default_tcp_mem(facts[Memory], facts[PageSize], facts[Kernel])
    assert own == (188_562, 251_418, 377_124)
    assert default_tcp_mem(facts[Memory], facts[PageSize]) == (196_608, 262_144, 393_216)


def test_files_and_running_kernel_are_two_layers() -> None:
    files = Paste("vm.swappiness = 5\nvm.swappiness = 10\n", "a", "sysctl_conf")
    kernel = analyse([files, dump("vm.swappiness = 60\n")]).facts[Kernel]
    assert [value.value for value in kernel.assigned("vm.swappiness")] == ["10", "60"]
    effective = kernel.effective("vm.swappiness")
    assert effective is not None
    assert effective.value == "60"


def postgres(text: str, answers: str = "") -> Postgres:
    pastes = [Paste(text, "postgresql.conf", "postgresql_conf"), Paste(answers, kind="answers")]
    found = analyse(pastes).facts[Postgres]
    assert isinstance(found, Postgres)
    return found


def test_effective_settings() -> None:
    server = postgres("work_mem = 8MB\nstatement_timeout = '1.5 min'\nJIT = off\n", "postgresql = 16.4")
    assert server.version == 16
    assert server.size("work_mem") == 8 * 1024**2
    assert server.size("shared_buffers") == 128 * 1024**2
    assert server.time_us("statement_timeout") == 90_000_000
    assert server.time_us("log_min_duration_statement") == -1
    assert server.flag("jit") is False
    assert [origin.number for origin in server.origins("work_mem", "shared_buffers", "jit")] == [1, 3]


def test_a_default_that_depends_on_the_version_needs_it() -> None:
    server = postgres("work_mem = 8MB\n")
    assert server.version is None
    assert server.count("max_connections") == 100
    with pytest.raises(MissingFactError, match="PostgreSQL version"):
        server.size("shared_buffers")
    with pytest.raises(MissingFactError, match="PostgreSQL version"):
        _ = server.known_version


def test_a_value_that_the_server_refuses_is_no_fact() -> None:
    with pytest.raises(MissingFactError, match="a value of work_mem that the server accepts"):
        postgres("work_mem = 8mb\n").size("work_mem")


def test_the_log_tells_the_version() -> None:
    log = Paste("x LOG:  starting PostgreSQL 14.2 on x86_64\ny LOG:  starting PostgreSQL 15.18 (Debian) on x86_64\n")
    found = analyse([Paste("work_mem = 1MB\n"), log]).facts[Postgres]
    assert (found.version, found.version_source) == (15, "postgresql.log, line 2")


def test_sockstat() -> None:
    text = "sockets: used 9\nTCP: inuse 497 orphan 1 tw 38 alloc 20911 mem 1207\n"
    found = analyse([Paste(text)]).facts[SocketMemory]
    assert (found.mem, found.inuse, found.orphan, found.time_wait, found.alloc) == (1207, 497, 1, 38, 20911)


def test_the_last_answer_counts() -> None:
    documents = Documents(analyse([Paste("cpus = 4\ncpus = 8\n", kind="answers")]).documents)
    answer = documents.answer(Question("cpus", "CPUs", "8", units.count))
    assert answer is not None
    assert answer.value == 8


@pytest.mark.parametrize(
    ("middlebox", "sure"),
    [
        ("aws-nlb", "your answer; the limit is its maker's default"),
        ("aws-nat", "confidence medium"),
        ("ipvs", "confidence low"),
    ],
)
def test_how_sure_a_devices_idle_limit_is(middlebox: str, sure: str) -> None:
    facts = analyse([Paste(f"middlebox = {middlebox}\n", kind="answers")]).facts
    rows = {fact: source for fact, _, source in described(facts)}
    assert sure in rows["idle limit on the network path"]
    stated = analyse([Paste(f"middlebox = {middlebox}\nidle_limit = 100s\n", kind="answers")]).facts
    assert ("idle limit on the network path", "your answer") in {
        (fact, source) for fact, _, source in described(stated)
    }


def test_what_is_known_says_where_from() -> None:
    rows = {fact: (value, source) for fact, value, source in described(analyse([dump(TCP_MEM)]).facts)}
    assert rows["RAM"] == (
        "15.35 GiB",
        "inferred: 16 × the middle number of net.ipv4.tcp_mem × 4,096 bytes (medium; sysctl -a, line 1)",
    )


@pytest.mark.parametrize(
    ("banner", "system"),
    [
        ("PostgreSQL 16.2, compiled by Visual C++ build 1937, 64-bit", "Windows"),
        ("PostgreSQL 17.0 on x86_64-windows, compiled by msvc-19.41.34120, 64-bit", "Windows"),
        ("PostgreSQL 16.2 (Debian 16.2-1) on x86_64-pc-linux-gnu, compiled by gcc 12.2.0, 64-bit", "Linux"),
        ("PostgreSQL 16.2 on aarch64-apple-darwin23.2.0, compiled by Apple clang, 64-bit", "macOS"),
    ],
)
def test_what_a_server_was_built_by_tells_its_system(banner: str, system: str) -> None:
    log = f"2025-01-01 10:00:00.000 UTC [7] LOG:  starting {banner}\n"
    for paste in (Paste(log, kind="pg_log"), Paste(banner + "\n", kind="pg_version")):
        found = analyse([paste]).facts.get(Platform)
        assert found
        assert found.name == system


@pytest.mark.parametrize(
    ("text", "kind", "told"),
    [
        ("kernel.osrelease = 6.1.0-28-amd64\nvm.swappiness = 60\n", "sysctl_dump", True),
        ("kernel.osrelease = 5.14.0-427.el9.x86_64\nvm.swappiness = 60\n", "sysctl_dump", True),
        ("kernel.osrelease = 6.8.0-31-generic\nvm.swappiness = 60\n", "sysctl_dump", False),
        ("kernel.osrelease = 6.1.0-28-cloud-arm64\nvm.swappiness = 60\n", "sysctl_dump", False),
        ("Linux db1 6.8.0-31-generic #31-Ubuntu SMP x86_64 x86_64 x86_64 GNU/Linux\n", "uname", True),
        ("Linux db1 6.8.0-31-generic #31-Ubuntu SMP aarch64 aarch64 aarch64 GNU/Linux\n", "uname", False),
        ("Architecture:        x86_64\nCPU(s):              8\n", "lscpu", True),
        (
            "2025-01-01 10:00:00.000 UTC [7] LOG:  starting PostgreSQL 16.2 on x86_64-pc-linux-gnu, compiled by gcc\n",
            "pg_log",
            True,
        ),
        ("host=db1.x86_64.example user=a\n", "connection_strings", False),
    ],
)
def test_only_a_processor_with_several_page_sizes_leaves_the_size_open(text: str, kind: str, told: bool) -> None:
    page = analyse([Paste(text, kind=kind)]).facts[PageSize]
    assert page.bytes == 4096
    assert bool(page.origin) is told
    (source,) = (source for fact, _, source in described({PageSize: page}) if fact == "page size")
    assert source.startswith("x86-64 has no other" if told else "assumed")


@pytest.mark.parametrize(
    ("banner", "sysctl", "expected"),
    [
        ("x86_64-pc-linux-gnu, compiled by gcc", "", (7200, 75, 9, 15)),
        ("x86_64-windows, compiled by msvc-19.38", "", (7200, 1, 10, 0)),
        ("aarch64-apple-darwin23.2.0, compiled by Apple clang", "", (7200, 75, 8, 0)),
        (
            "aarch64-apple-darwin23.2.0, compiled by Apple clang",
            "kern.ostype: Darwin\nnet.inet.tcp.keepidle: 60000\nnet.inet.tcp.keepintvl: 10000\n",
            (60, 10, 8, 0),
        ),
        ("amd64-portbld-freebsd14.0, compiled by clang", "", (7200, 75, 8, 0)),
        (
            "x86_64-pc-linux-gnu, compiled by gcc",
            "net.ipv4.tcp_retries2 = 8\nnet.ipv4.tcp_keepalive_time = 60\n",
            (60, 75, 9, 8),
        ),
    ],
)
def test_keepalive_is_that_of_the_servers_system(banner: str, sysctl: str, expected: tuple[int, ...]) -> None:
    log = f"2025-01-01 10:00:00.000 UTC [7] LOG:  starting PostgreSQL 16.2 on {banner}\n"
    pastes = [Paste(log, kind="pg_log"), Paste("port = 5432\n", kind="postgresql_conf")]
    found = analyse([*pastes, *([Paste(sysctl, kind="sysctl_dump")] if sysctl else [])]).facts[Keepalive]
    assert (found.idle_us // SECOND, found.interval_us // SECOND, found.count, found.retries) == expected


_LOAD = "shared_buffers = 64GB\nwork_mem = 8MB\nport = 5432\n"


@pytest.mark.parametrize(
    ("first", "second", "signs"),
    [
        (("db1/postgresql.conf", _LOAD), ("db2/postgresql.conf", "port = 5432\n"), ["servers"]),
        (("postgresql.conf", _LOAD), ("postgresql.conf", _LOAD.replace("64GB", "32GB")), ["servers"]),
        (("postgresql.conf", _LOAD), ("postgresql.conf", _LOAD), []),
        (("/etc/postgresql/16/main/postgresql.conf", _LOAD), ("postgresql.conf", "port = 5433\n"), []),
        (
            ("/etc/postgresql/16/main/postgresql.conf", _LOAD),
            ("postgresql.conf", _LOAD.replace("8MB", "9MB")),
            ["servers"],
        ),
        (("postgresql.conf", _LOAD), ("postgresql.conf", "port = 5433\n"), []),
        (("main/postgresql.conf", _LOAD), ("main/conf.d/memory.conf", "port = 5433\n"), []),
        (("main/postgresql.conf", _LOAD), ("main/postgresql.auto.conf", "port = 5433\n"), []),
        (("a/meminfo", "MemTotal: 8388608 kB\n"), ("b/meminfo", "MemTotal: 4194304 kB\n"), ["sizes of RAM"]),
        (("a/meminfo", "MemTotal: 8388608 kB\n"), ("b/meminfo", "MemTotal: 8388608 kB\nMemFree: 1 kB\n"), []),
        (
            ("a/pgbouncer.ini", "[databases]\na = host=h\n[pgbouncer]\nlisten_port = 6432\n"),
            ("b/pgbouncer.ini", "[databases]\nb = host=h\n[pgbouncer]\nlisten_port = 6433\n"),
            ["poolers"],
        ),
    ],
)
def test_pastes_of_two_hosts_are_pointed_out_and_nothing_is_changed(
    first: tuple[str, str], second: tuple[str, str], signs: list[str]
) -> None:
    pastes = [Paste(text, name) for name, text in (first, second)]
    conf = Paste("fsync = off\nfull_page_writes = off\n", "x.conf", "postgresql_conf")
    for order in (pastes, pastes[::-1]):
        found = analyse([*order, conf])
        hosts = found.facts.get(Hosts)
        assert (sorted(hosts.signs) if hosts else []) == signs
        assert bool(found.edits) is not bool(signs)
        assert bool(signs) is any("several" in each.reason for each in found.conflicts)


def test_a_fragment_beside_two_servers_files_hides_them_in_no_order() -> None:
    named = [("postgresql.conf", "port = 5433\n"), ("a/postgresql.conf", _LOAD), ("b/postgresql.conf", _LOAD)]
    for order in itertools.permutations(Paste(text, name) for name, text in named):
        hosts = analyse(order).facts[Hosts]
        assert [origin.name for origin in hosts.signs["servers"]] == ["a/postgresql.conf", "b/postgresql.conf"]
