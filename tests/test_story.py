"""The DBA of the first story: 16 GB, 500 connections, no pooler, "no buffer space available", a blog post's sysctls."""

import pytest

from confmend.engine import Analysis, analyse, rewrite
from confmend.facts.memory import Memory
from confmend.facts.postgres import Postgres
from confmend.model import Finding, Paste, Severity

DUMP = """\
fs.file-nr = 41984\t0\t9223372036854775807
kernel.osrelease = 6.1.0-18-amd64
net.core.rmem_default = 212992
net.core.somaxconn = 4096
net.core.wmem_default = 212992
net.ipv4.tcp_mem = 188562\t251418\t377124
net.ipv4.tcp_syncookies = 1
"""
BLOG = """\
# from the blog: fixes "no buffer space available"
net.ipv4.tcp_mem = 786432 1048576 26777216
net.core.rmem_default = 31457280
net.core.wmem_default = 31457280
net.core.rmem_max = 134217728
net.core.wmem_max = 134217728
net.core.somaxconn = 65535
net.ipv4.tcp_max_syn_backlog = 65535
vm.swappiness = 10
"""
BLOG_MENDED = """\
# from the blog: fixes "no buffer space available"
vm.swappiness = 10
"""
POSTGRES = """\
listen_addresses = '*'
max_connections = 500\t\t# everybody connects directly
shared_buffers = 4GB
work_mem = 4MB
primary_conninfo = 'host=10.1.2.3 user=replicator password=Tr0ub4dor&3'
"""
SOCKSTAT = """\
sockets: used 41234
TCP: inuse 512 orphan 0 tw 31 alloc 540 mem 1204
UDP: inuse 6 mem 2
UDPLITE: inuse 0
RAW: inuse 0
FRAG: inuse 0 memory 0
"""
MEMINFO = "MemTotal:       16090752 kB\nMemFree:          812344 kB\nMemAvailable:    9120004 kB\n"
LOG = """\
2024-05-01 09:00:01 UTC [811] LOG:  starting PostgreSQL 15.6 on x86_64-pc-linux-gnu, compiled by gcc 12.2.0, 64-bit
2024-05-01 10:14:07 UTC [4711] LOG:  could not receive data from client: no buffer space available
2024-05-01 10:14:09 UTC [4720] LOG:  could not receive data from client: No buffer space available
"""
PGBOUNCER = """\
[databases]
app = host=10.1.2.3 dbname=app
[pgbouncer]
pool_mode = transaction
default_pool_size = 20
max_client_conn = 5000
"""
FILES = {
    "sysctl -a": DUMP,
    "/etc/sysctl.conf": BLOG,
    "postgresql.conf": POSTGRES,
    "/proc/net/sockstat": SOCKSTAT,
    "/proc/meminfo": MEMINFO,
    "postgresql-15-main.log": LOG,
}


def _bundle(files: dict[str, str]) -> list[Paste]:
    return [Paste("\n".join(f"==> {name} <==\n{text}" for name, text in files.items()))]


@pytest.fixture(scope="module")
def story() -> Analysis:
    return analyse(_bundle(FILES))


def _findings(analysis: Analysis) -> dict[str, tuple[Finding, ...]]:
    assert [(each.rule, each.crash) for each in analysis.results if each.crash] == []
    return {each.rule: each.findings for each in analysis.results if each.findings}


def _missing(analysis: Analysis) -> dict[str, str]:
    return {each.rule: "; ".join(each.missing) for each in analysis.results if each.missing}


def _after(analysis: Analysis) -> dict[str, str]:
    return {each.name: each.text.rstrip("\n") + "\n" for each in analysis.corrected}


def test_every_file_is_known(story: Analysis) -> None:
    assert [each.kind for each in story.documents] == [
        "sysctl_dump",
        "sysctl_conf",
        "postgresql_conf",
        "sockstat",
        "meminfo",
        "pg_log",
    ]
    assert story.unread == ()
    assert story.facts[Memory].ram == 16_090_752 * 1024
    assert story.facts[Postgres].version == 15


def test_exactly_what_is_wrong_is_found(story: Analysis) -> None:
    found = {rule: {finding.severity for finding in findings} for rule, findings in _findings(story).items()}
    assert found == {
        "accept_queue_not_asked_for": {Severity.INFO},
        "connections_without_pooler": {Severity.WARNING},
        "no_buffer_space_without_pressure": {Severity.INFO},
        "socket_ceiling_oversized": {Severity.WARNING},
        "socket_default_oversized": {Severity.WARNING},
        "syn_backlog_without_effect": {Severity.INFO},
        "tcp_mem_exceeds_ram": {Severity.CRITICAL},
    }


def test_tcp_mem_is_in_pages(story: Analysis) -> None:
    (finding,) = _findings(story)["tcp_mem_exceeds_ram"]
    assert "pages, not bytes" in finding.message
    assert "26,777,216 pages are 102.15 GiB" in finding.message
    assert "15.35 GiB" in finding.message
    assert "Remove the line; the kernel's own default here is 188562 251418 377124" in finding.message
    assert finding.evidence[0].text == "net.ipv4.tcp_mem = 786432 1048576 26777216"
    assert finding.arithmetic[:2] == (
        "26,777,216 pages × 4,096 bytes = 109,679,476,736 bytes = 102.15 GiB",
        "102.15 GiB ÷ 15.35 GiB RAM = 6.66",
    )


def test_socket_defaults_reach_everything_but_tcp(story: Analysis) -> None:
    for finding, name in zip(_findings(story)["socket_default_oversized"], ("rmem", "wmem"), strict=True):
        assert f"{name}_default is 30 MiB" in finding.message
        assert "UDP, netlink and Unix socket" in finding.message
        assert f"no TCP socket: those take tcp_{name}" in finding.message
        assert "41,234 sockets − 512 TCP = 40,722 others" in finding.arithmetic[-1]


def test_socket_statistics_acquit_the_kernel(story: Analysis) -> None:
    (finding,) = _findings(story)["no_buffer_space_without_pressure"]
    assert "2 × " in finding.message
    assert "TCP holds 1,204 pages, 4.7 MiB, for 512 TCP sockets: 0.5% of the 982 MiB" in finding.message
    assert "41,234 sockets in use are of every kind" in finding.message
    assert "Kernel buffers are not the cause" in finding.message
    assert finding.edits == ()


def test_plan_for_a_pooler_adds_up(story: Analysis) -> None:
    (finding,) = _findings(story)["connections_without_pooler"]
    assert "max_connections is 500" in finding.message
    assert "slots, not buffers" in finding.message
    assert "default_pool_size = 20" in finding.message
    assert finding.edits == ()
    assert finding.arithmetic == (
        "now: 500 max_connections − 3 superuser_reserved_connections − 5 for administration = 492 for applications",
        "500 backends × 2.8 MiB = 1.37 GiB before any query",
        "then: 100 max_connections − 3 superuser_reserved_connections − 5 for administration = 92 for applications",
        "20 pool + 3 superuser_reserved_connections + 5 for administration = 28 ≤ 100; left: 72",
        "max_client_conn: 500 clients × 1.2 = 600; LimitNOFILE ≥ 600 + 20 + 50 = 670",
    )


def test_only_the_harmful_lines_go(story: Analysis) -> None:
    after = _after(story)
    assert after["/etc/sysctl.conf"] == BLOG_MENDED
    for name, text in FILES.items():
        if name not in ("/etc/sysctl.conf", "postgresql.conf"):
            assert after[name] == text
    assert story.conflicts == ()


def test_password_is_in_the_download_alone(story: Analysis) -> None:
    assert "Tr0ub4dor" not in repr(story)
    files = {each.name: each.text for each in rewrite(_bundle(FILES), story)}
    assert list(files) == ["/etc/sysctl.conf"]
    mended = analyse(_bundle({"postgresql.conf": POSTGRES.replace("4MB", "4mb")}))
    (file,) = rewrite(_bundle({"postgresql.conf": POSTGRES.replace("4MB", "4mb")}), mended)
    assert file.text == POSTGRES


def test_corrected_files_need_nothing_more(story: Analysis) -> None:
    again = analyse(_bundle(_after(story)))
    assert again.edits == ()
    assert "tcp_mem_exceeds_ram" not in _findings(again)


def test_memory_has_room(story: Analysis) -> None:
    # Even 500 queries at once fit into 15.35 GiB with this work_mem, so nobody is asked for the CPUs.
    assert not {"usual_load_exceeds_ram", "worst_case_exceeds_ram"} & (_findings(story).keys() | _missing(story).keys())


def test_with_a_pooler() -> None:
    found = analyse(_bundle({**FILES, "pgbouncer.ini": PGBOUNCER}))
    rules = _findings(found)
    assert "connections_without_pooler" not in rules
    assert "pools_exceed_connections" not in rules
    assert "transaction_pooling_unchecked" in rules
    assert "open_files = 1024" in _missing(found)["pooler_descriptors_exhausted"]
    assert _after(found)["/etc/sysctl.conf"] == BLOG_MENDED
    assert _after(found)["pgbouncer.ini"] == PGBOUNCER


def test_pooler_with_few_descriptors() -> None:
    pastes = [*_bundle({"pgbouncer.ini": PGBOUNCER}), Paste("open_files = 1024\n", kind="answers")]
    (finding,) = _findings(analyse(pastes))["pooler_descriptors_exhausted"]
    assert finding.arithmetic == ("5,000 max_client_conn + 20 server connections + 50 others = 5,070 > 1,024",)
    assert "LimitNOFILE=8192" in finding.message


def test_unknown_ram_is_asked_for_and_nothing_rests_on_it() -> None:
    edited = DUMP.replace("188562\t251418\t377124", "786432\t1048576\t26777216")
    files = {name: text for name, text in FILES.items() if name != "/proc/meminfo"} | {"sysctl -a": edited}
    found = analyse(_bundle(files))
    assert Memory not in found.facts
    for rule in ("tcp_mem_exceeds_ram", "tcp_mem_below_default", "shared_buffers_out_of_proportion"):
        assert "/proc/meminfo" in _missing(found)[rule]
    assert "net.ipv4.tcp_mem" not in {edit.key for edit in found.edits}
    assert "31457280" not in _after(found)["/etc/sysctl.conf"]


def test_ram_from_the_old_line_that_the_blog_shows() -> None:
    shown = "net.ipv4.tcp_mem = 188562 251418 377124\n" + BLOG
    found = analyse([Paste(shown, kind="sysctl_conf")])
    assert found.facts[Memory].ram == 16 * 251_418 * 4096
    (finding,) = _findings(found)["tcp_mem_exceeds_ram"]
    assert "102.15 GiB" in finding.message
    assert "666%" in finding.message


def test_windows_server_is_told_where_to_look() -> None:
    log = LOG.replace("x86_64-pc-linux-gnu, compiled by gcc 12.2.0", "x86_64-windows, compiled by msvc-19.38")
    (finding,) = _findings(analyse(_bundle({**FILES, "postgresql-15-main.log": log})))[
        "no_buffer_space_without_pressure"
    ]
    assert "a server on Windows" in finding.message
    assert "dynamicport" in finding.message


@pytest.mark.parametrize(
    ("given", "answers", "rule", "part", "after"),
    [
        ("shared_buffers = 1.5GB\n", "", "setting_line_refused", "single quotes", "shared_buffers = '1.5GB'\n"),
        ("work_mem = 16mb\n", "", "setting_value_refused", "case matters", "work_mem = 16MB\n"),
        (
            "wal_keep_segments = 64\n",
            "postgresql = 15\n",
            "setting_of_another_version",
            "wal_keep_size = 1GB: 64 segments × 16 MB",
            "wal_keep_size = 1GB\n",
        ),
        ("stats_temp_directory = 'x'\n", "postgresql = 15\n", "setting_of_another_version", "removed in 15", ""),
        ("password_encryption = on\n", "postgresql = 14\n", "setting_value_refused", "scram-sha-256", None),
        ("checkpoint_timeout = 5\n", "", "setting_value_refused", "30 s .. 86400 s", None),
        (
            "shared_bufers = 4GB\n",
            "postgresql = 16\n",
            "setting_unknown",
            "write shared_buffers",
            "shared_buffers = 4GB\n",
        ),
    ],
)
def test_file_that_stops_the_server(given: str, answers: str, rule: str, part: str, after: str | None) -> None:
    analysis = analyse([Paste(given, kind="postgresql_conf"), Paste(answers, kind="answers")])
    (finding,) = _findings(analysis)[rule]
    assert finding.severity is Severity.CRITICAL
    assert part in finding.message
    assert analysis.corrected[0].text == (given if after is None else after)


@pytest.mark.parametrize("version", [12, 13])
def test_old_spelling_is_not_refused_by_old_servers(version: int) -> None:
    answers = Paste(f"postgresql = {version}\n", kind="answers")
    assert "setting_value_refused" not in _findings(
        analyse([Paste("password_encryption = on\n", kind="postgresql_conf"), answers])
    )


def test_old_file_is_not_taken_for_the_oldest_known_version() -> None:
    stock = "".join(f"{name} = 1\n" for name in sorted(_stock_names()))
    analysis = analyse([Paste(stock + "checkpoint_segments = 3\n", kind="postgresql_conf")])
    assert analysis.facts[Postgres].version is None
    assert "PostgreSQL version" in _missing(analysis)["setting_of_another_version"]


def _stock_names() -> set[str]:
    from confmend.catalog.postgres import settings

    new = settings(12).keys() - {
        "tcp_user_timeout",
        "plan_cache_mode",
        "shared_memory_type",
        "ssl_min_protocol_version",
    }
    return {name for name in new if "_" in name}


def test_many_users_overdraw_the_budget() -> None:
    databases = "".join(f"db{number} = host=10.1.2.3\n" for number in range(8))
    pastes = [
        Paste(f"[databases]\n{databases}[pgbouncer]\ndefault_pool_size = 20\n", kind="pgbouncer_ini"),
        Paste("max_connections = 150\n", kind="postgresql_conf"),
        Paste("pool_users = 5\n", kind="answers"),
    ]
    (finding,) = _findings(analyse(pastes))["pools_exceed_connections"]
    assert finding.severity is Severity.CRITICAL
    assert finding.arithmetic == (
        "8 databases × 5 users × 20 connections = 800",
        "150 max_connections − 3 superuser_reserved_connections − 5 for administration = 142 for applications",
        "800 + 0 direct > 142",
        "(142 − 0) ÷ 8 = 17",
    )


def test_rules_say_nothing_about_sound_files() -> None:
    files = {
        "/etc/sysctl.conf": "vm.swappiness = 10\nnet.core.somaxconn = 4096\n",
        "postgresql.conf": "max_connections = 100\nshared_buffers = 4GB\nwork_mem = 16MB\nlisten_addresses = "
        "'localhost'\n",
        "/proc/net/sockstat": SOCKSTAT,
        "/proc/meminfo": MEMINFO,
        "postgresql.log": LOG.partition("\n")[0] + "\n",
    }
    assert _findings(analyse([*_bundle(files), Paste("cpus = 8\n", kind="answers")])) == {}


def test_no_value_rests_on_a_doubtful_ram() -> None:
    # tcp_mem says 15.35 GiB; udp_mem, which would be twice as much in pages, says 47 GiB.
    dump = DUMP + "net.ipv4.udp_mem = 1151598\t1535464\t2303196\n"
    answers = Paste("postgresql = 15\ncpus = 16\n", kind="answers")
    given = Paste("shared_buffers = 14GB\nwork_mem = 256MB\nmax_connections = 200\n", kind="postgresql_conf")
    found = analyse([Paste(dump, kind="sysctl_dump"), given, answers])
    assert found.facts[Memory].doubt
    assert "shared_buffers_out_of_proportion" in _findings(found)
    assert found.edits == ()
