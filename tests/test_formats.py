"""Each format against what its program does, line by line."""

import pytest

from confmend.document import Document, document
from confmend.formats import detect, formats
from confmend.formats.postgresql_conf import judged
from confmend.formats.sysctl_conf import rank, unmasked


def read(kind: str, text: str) -> Document:
    return document(formats()[kind], "x", text)


POSTGRESQL_VALUES = [
    ("shared_buffers = 256MB", "256MB"),
    ("shared_buffers 256MB", "256MB"),
    ("SHARED_Buffers=256MB", "256MB"),
    ("shared_buffers = '128 MB'", "128 MB"),
    ("shared_buffers = '1.5GB'", "1.5GB"),
    ("shared_buffers = 0x1538", "0x1538"),
    ("shared_buffers = 5432.5", "5432.5"),
    ("shared_buffers = localhost", "localhost"),
    ("shared_buffers = 'it''s'", "it's"),
    (r"shared_buffers = 'it\'s'", "it's"),
    (r"shared_buffers = 'a\x41\102\n'", "ax41B\n"),
    ("shared_buffers = 1 # comment", "1"),
    ("shared_buffers = '%m # %p '", "%m # %p "),
    ("shared_buffers = 1\r", "1"),
    ("\tshared_buffers\t=\t-1", "-1"),
    ("shared_buffers = a-b.c:d/e", "a-b.c:d/e"),
    (r"shared_buffers = '\303\251 é \303'", "é é \udcc3"),
    (r"shared_buffers = 'a\0b'", "a"),
]


@pytest.mark.parametrize(("line", "value"), POSTGRESQL_VALUES)
def test_postgresql_conf_value(line: str, value: str) -> None:
    (only,) = read("postgresql_conf", line + "\n").lines
    assert (only.key, only.value, only.problem) == ("shared_buffers", value, "")


POSTGRESQL_REFUSED = [
    ("shared_buffers = 128 MB", 'syntax error near token "MB"'),
    ("shared_buffers = 1.5GB", 'syntax error near token "GB"'),
    ("shared_buffers = 1e3", 'syntax error near token "3"'),
    ("listen_addresses = *", 'syntax error near token "*"'),
    ("listen_addresses = 127.0.0.1", 'syntax error near token ".0"'),
    ("listen_addresses = a,b", 'syntax error near token ","'),
    ("listen_addresses = 'a','b'", 'syntax error near token ","'),
    ("work_mem = 2MB;", 'syntax error near token ";"'),
    ('work_mem = "2MB"', 'syntax error near token """'),
    ("work_mem =", "syntax error near end of line"),
    ("work_mem", "syntax error near end of line"),
    ("max-connections = 100", 'syntax error near token "max-connections"'),
    ("; Logs", 'syntax error near token ";"'),
    ("work_mem = 'open", 'syntax error near token "\'"'),
    ("work_mem : 4MB", 'syntax error near token ":"'),
    ("search_path = a.b", 'syntax error near token "a.b"'),
]


@pytest.mark.parametrize(("line", "problem"), POSTGRESQL_REFUSED)
def test_postgresql_conf_refuses(line: str, problem: str) -> None:
    read_back = read("postgresql_conf", line + "\n")
    assert [each.problem for each in read_back.lines] == [problem]
    assert read_back.settings == {}


POSTGRESQL_EDITS = [
    ("work_mem = 4MB\t# c\n", "8MB", "work_mem = 8MB\t# c\n"),
    ("work_mem '4MB'  # c\r\n", "8MB", "work_mem '8MB'  # c\r\n"),
    ("work_mem = 1MB\nWORK_MEM=2MB\n", "8MB", "work_mem = 1MB\nWORK_MEM=8MB\n"),
    ("  #work_mem = 4MB\t\t# min 64kB\n", "8MB", "  work_mem = 8MB\t\t# min 64kB\n"),
    ("port = 1\n", "8MB", "port = 1\nwork_mem = 8MB\n"),
    ("port = 1", "8MB", "port = 1\nwork_mem = 8MB\n"),
    ("port = 1\r\n", "8MB", "port = 1\r\nwork_mem = 8MB\r\n"),
    ("", "8MB", "work_mem = 8MB\n"),
    ("work_mem = 1.5 GB # half\n", "1.5 GB", "work_mem = '1.5 GB' # half\n"),
    ("# work_mem is for sorts\n", "it's", "# work_mem is for sorts\nwork_mem = 'it''s'\n"),
]


@pytest.mark.parametrize(("before", "value", "after"), POSTGRESQL_EDITS)
def test_postgresql_conf_edit(before: str, value: str, after: str) -> None:
    assert read("postgresql_conf", before).set("work_mem", value).text == after


def test_names_that_the_server_takes_for_others() -> None:
    lines = read("postgresql_conf", "Sort_Mem = 1\nvacuum_mem = 2\nssl_ecdh_curve = x\n").lines
    assert [line.key for line in lines] == ["work_mem", "maintenance_work_mem", "ssl_ecdh_curve"]


def test_only_the_same_spelling_hides_a_value_from_the_server() -> None:
    lines = read("postgresql_conf", "port = a\nport = 1\nwork_mem = b\n#work_mem = c\nWORK_MEM = 2\njit =\n").lines
    assert [line.value for line in judged(lines)] == ["1", "b", "2"]


def test_alter_systems_file_is_read_last() -> None:
    rank = formats()["postgresql_conf"].rank
    assert rank("/var/lib/postgresql/data/postgresql.auto.conf") > rank("/etc/postgresql/postgresql.conf")


SYSCTL = [
    ("net.ipv4.tcp_mem = 1 2 3\n", "net.ipv4.tcp_mem", "1 2 3"),
    ("-net.ipv4.tcp_mem=1\t2\t3  \r\n", "net.ipv4.tcp_mem", "1\t2\t3"),
    ("net/ipv4/conf/eth0.100/forwarding = 1", "net.ipv4.conf.eth0/100.forwarding", "1"),
    ("net.ipv4.conf.eth0/100.forwarding = 1", "net.ipv4.conf.eth0/100.forwarding", "1"),
    ("vm.swappiness = 1 # one", "vm.swappiness", "1 # one"),
    ("kernel.core_pattern = |/bin/x %p a=b", "kernel.core_pattern", "|/bin/x %p a=b"),
]


@pytest.mark.parametrize(("line", "key", "value"), SYSCTL)
def test_sysctl_conf_value(line: str, key: str, value: str) -> None:
    (only,) = read("sysctl_conf", line).lines
    assert (only.key, only.value, only.problem) == (key, value, "")


def test_sysctl_conf_comments_and_odd_lines() -> None:
    lines = read("sysctl_conf", "# a\n; b = c\n\n-net.ipv4.conf.*\nvm.swappiness 1\n#vm.swappiness = 1\n").lines
    assert [line.problem for line in lines] == [
        "", "", "", "", "no = between key and value: sysctl skips the line", "",
    ]  # fmt: skip
    assert [(line.key, line.value) for line in lines if line.commented] == [("vm.swappiness", "1")]


def test_commands_are_read_as_settings_where_there_is_nothing_else() -> None:
    script = "sudo sysctl -w vm.swappiness='10'\nulimit -n 65536\n"
    assert [(line.key, line.value) for line in read("sysctl_conf", script).lines] == [("vm.swappiness", "10"), ("", "")]
    mixed = read("sysctl_conf", script + "vm.swappiness = 1\n").lines
    assert [line.problem[:9] for line in mixed] == ["a command", "no = betw", ""]
    assert read("sysctl_conf", script).set("a.b", "1 2").text == script + "sysctl -w a.b='1 2'\n"


def test_sysctl_files_are_ordered_and_hidden_as_sysctl_does() -> None:
    names = ["/etc/sysctl.conf", "/usr/lib/sysctl.d/50-a.conf", "/etc/sysctl.d/99-z.conf", "/run/sysctl.d/50-a.conf"]
    assert [name for name in sorted(names, key=rank) if name in unmasked(names)] == [names[3], names[2], names[0]]


def test_sysctl_edits_keep_the_separators_of_a_vector() -> None:
    before = read("sysctl_dump", "net.ipv4.tcp_mem = 1\t2\t3\n")
    assert before.set("net.ipv4.tcp_mem", "4 5 6").text == "net.ipv4.tcp_mem = 4\t5\t6\n"


def test_sysctl_dump_understands_errors_and_bsd() -> None:
    text = (
        "sysctl: permission denied on key 'kernel.cad_pid'\nkernel.hostname = db1\nkern.hostname: db1\n"
        "net.core.default_qdisc =\nwhat is this\n"
    )
    lines = read("sysctl_dump", text).lines
    assert [(line.key, line.value, line.problem) for line in lines] == [
        ("", "", ""),
        ("kernel.hostname", "db1", ""),
        ("kern.hostname", "db1", ""),
        ("net.core.default_qdisc", "", ""),
        ("", "", "not a line that sysctl prints"),
    ]


PGBOUNCER = """\
; head
[databases]
app = host=127.0.0.1 dbname=app

[pgbouncer]
listen_port = 6432
;default_pool_size = 20
tcp_keepalive = 1 ; on
%include /etc/pgbouncer/more.ini
Pool Mode = x
[Databases]
"""


def test_pgbouncer_ini() -> None:
    lines = read("pgbouncer_ini", PGBOUNCER).lines
    assert {line.key: line.value for line in lines if line.key and not line.commented} == {
        "databases/": "databases",
        "databases/app/": "app",
        "databases/app/host": "127.0.0.1",
        "databases/app/dbname": "app",
        "pgbouncer/": "pgbouncer",
        "pgbouncer/listen_port": "6432",
        "pgbouncer/tcp_keepalive": "1 ; on",
        "%include": "/etc/pgbouncer/more.ini",
        "Databases/": "Databases",
    }
    assert [line.problem for line in lines if line.problem] == [
        'invalid value "1 ; on" for parameter tcp_keepalive',
        "syntax error: no key = value",
        'invalid section "Databases"',
    ]


PGBOUNCER_EDITS = [
    ("[pgbouncer]\nmax_client_conn = 1\n", "[pgbouncer]\nmax_client_conn = 9\n"),
    ("[pgbouncer]\n;max_client_conn = 1\n", "[pgbouncer]\nmax_client_conn = 9\n"),
    ("[pgbouncer]\na = 1\n\n[users]\n", "[pgbouncer]\na = 1\nmax_client_conn = 9\n\n[users]\n"),
    ("[databases]\n", "[databases]\n[pgbouncer]\nmax_client_conn = 9\n"),
    ("[databases]\nmax_client_conn = 1", "[databases]\nmax_client_conn = 1\n[pgbouncer]\nmax_client_conn = 9\n"),
]


@pytest.mark.parametrize(("before", "after"), PGBOUNCER_EDITS)
def test_pgbouncer_ini_edit(before: str, after: str) -> None:
    assert read("pgbouncer_ini", before).set("pgbouncer/max_client_conn", "9").text == after


LOG_LINES = [
    ("2026-01-01 00:00:00.000 UTC [1] LOG:  ready", "LOG", "ready"),
    ("2026-01-01 00:00:00 UTC [1] app@orders FATAL:  sorry, too many clients already", "FATAL",
     "sorry, too many clients already"),
    ("LOG:  a LOG:  b", "LOG", "a LOG:  b"),
    ("< 2026-01-01 >ERROR:  x", "ERROR", "x"),
    ("\tselect 1", "", ""),
    ("CATALOG: x", "", ""),
]  # fmt: skip


@pytest.mark.parametrize(("line", "level", "message"), LOG_LINES)
def test_pg_log_line(line: str, level: str, message: str) -> None:
    (only,) = read("pg_log", line).lines
    assert (only.key, only.value) == (level, message)


def test_counts() -> None:
    (tcp,) = read("sockstat", "TCP: inuse 27 orphan 0 tw 3 alloc 41 mem 5\n").lines
    assert (tcp.key, tcp.value) == ("TCP", "inuse 27 orphan 0 tw 3 alloc 41 mem 5")
    (total,) = read("meminfo", "MemTotal:       16090752 kB\n").lines
    assert (total.key, total.value) == ("MemTotal", "16090752 kB")


DETECTED = [
    ("", "shared_buffers = 128MB\nmax_connections = 100\n", "postgresql_conf"),
    ("", "shared_buffers = 1.5GB\n", "postgresql_conf"),
    ("postgresql.conf", "shared_bufers = 1\n", "postgresql_conf"),
    ("", "name,setting,unit\nshared_buffers,16384,8kB\n", "pg_settings"),
    ("", " shared_buffers | 16384 | 8kB\n max_connections | 100 |\n", "pg_settings"),
    ("", "net.ipv4.tcp_mem = 1 2 3\n", "sysctl_conf"),
    ("", "kernel.osrelease = 6.1.0\nnet.ipv4.tcp_mem = 1 2 3\n", "sysctl_dump"),
    ("", "net.ipv4.tcp_mem = 1\t2\t3\n", "sysctl_dump"),
    ("sysctl -a", "net.ipv4.tcp_mem = 1 2 3\n", "sysctl_dump"),
    ("", "kern.ostype: FreeBSD\nkern.hostname: db1\n", "sysctl_dump"),
    ("", "[databases]\n* = host=x\n[pgbouncer]\n", "pgbouncer_ini"),
    ("", "sockets: used 1\nTCP: inuse 1 orphan 0 tw 0 alloc 2 mem 3\n", "sockstat"),
    ("", "MemTotal: 1 kB\nMemFree: 1 kB\n", "meminfo"),
    ("", "2026-01-01 LOG:  a\n\tb\n", "pg_log"),
    ("", "FATAL:  sorry, too many clients already", "pg_log"),
    ("answers", "memory = 16GB\n", "answers"),
    ("", "memory = 16GB\n", None),
    ("", "Dear all,\nplease look at this.\n", None),
    ("", "", None),
]


@pytest.mark.parametrize(("name", "text", "kind"), DETECTED)
def test_detected(name: str, text: str, kind: str | None) -> None:
    found = detect(name, text)
    assert (found.kind if found else None) == kind
