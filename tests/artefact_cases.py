"""What artefacts are tried on: every incident's worked example, pastes like people make them, and hostile ones.

A hostile paste has names, values and secrets that mean something in the languages of the artefacts.
"""

import functools
from collections.abc import Mapping
from urllib.parse import quote

import pytest

from confmend import artefacts
from confmend.engine import Analysis, analyse
from confmend.incidents import example, incidents
from confmend.model import File, Paste

HOSTILE = 'it\'s "x" $(touch /tmp/owned) `id` ${HOME} %{if} */ --> #} %n \\ ; | & é \U0001f600'
# It is a password, so nothing redacted may hold it.
SECRET = "pw'\"$(id)\\%n#é"
WRITTEN_SECRET = SECRET.replace("\\", "\\\\").replace("'", "''")
BAD_CONF = f"""\
# made by hand
max_connections = 2000          # many
shared_buffers = '32GB'
work_mem = 512MB
fsync = off
primary_conninfo = 'host=db1.example.com user=replicator password={WRITTEN_SECRET}'
tcp_keepalives_idle = 0
idle_in_transaction_session_timeout = 0
shared_preload_libraries = 'pg_stat_statements, auto_explain'
"""
BAD_SYSCTL = """\
# from a blog post
net.ipv4.tcp_mem = 786432 1048576 26777216
net.ipv4.tcp_keepalive_time = 7200
vm.swappiness = 100
vm.overcommit_memory = 1
net.core.somaxconn=128
"""
BAD_BOUNCER = """\
[databases]
app = host=10.0.0.5 port=5432 dbname=app password=Tr0ub4dor-example
[pgbouncer]
listen_addr = *
auth_type = md5
auth_file = /etc/pgbouncer/userlist.txt
pool_mode = session
max_client_conn = 5000
default_pool_size = 200
server_idle_timeout = 3600
"""
SYSCTL_A = """\
$ sysctl -a
kernel.osrelease = 6.1.0-18-amd64
net.core.somaxconn = 128
net.ipv4.tcp_abort_on_overflow = 1
net.ipv4.tcp_keepalive_intvl = 75
net.ipv4.tcp_keepalive_probes = 1
net.ipv4.tcp_keepalive_time = 7200
net.ipv4.tcp_mem = 1000\t2000\t3000
net.ipv4.tcp_syncookies = 0
net.ipv4.tcp_window_scaling = 0
vm.overcommit_memory = 1
vm.swappiness = 100
vm.zone_reclaim_mode = 1
"""
SHOW_ALL = """\
        name         | setting
---------------------+---------
 fsync               | off
 full_page_writes    | off
 max_connections     | 2000
 server_version      | 16.4
 tcp_keepalives_idle | 0
 work_mem            | 512MB
"""
# What means something in a value to Ansible, Terraform and shells.
TEMPLATES = '{{ 7 * 7 }} {% raw %} {# ${HOME} %%{if} "x" `id` $(id) '
TEMPLATES_CONF = f"""\
autovacuum = off
fsync = off
log_line_prefix = '{TEMPLATES}'
max_connections = 2000
shared_buffers = 32GB
tcp_keepalives_idle = 0
work_mem = 512MB
"""
# There are many incidents, and a real program takes its time.
_INCIDENTS = 4
ANSWERS = Paste("postgresql = 16\nmemory = 16GB\ncpus = 4\nidle_limit = 350s\n", kind="answers")
MEMINFO = Paste("MemTotal:       16090752 kB\nMemFree: 1 kB\n", "/proc/meminfo")

COMPOSE = """\
services:
  db:
    image: postgres:16
    mem_limit: 4g
    sysctls:
      net.core.somaxconn: 128
"""
REGISTRY = """\
Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters]
"KeepAliveTime"=dword:006ddd00
"""
# What a URI has to encode and a pair to quote.
STRANGE = "p@ss:w/o?r&d=#%+ é;'\"\\"
CLIENTS = (
    f"A=postgresql://app:{quote(STRANGE, safe='')}@db1.example.com:6432,db2.example.com/orders"
    "?sslmode=require&application_name=it%27s%20%22web%22\n"
    'B="Host=db3.example.com;Port=5433;Username=my app;Password=Tr0ub4dor-example;Database=orders;'
    'SSL Mode=VerifyFull"\n'
    "C=jdbc:postgresql://[2001:db8::1]/orders?user=app&password=Tr0ub4dor-example\n"
    "D=postgresql+asyncpg://app@db4/app\nE=postgresql://app@localhost/app\n"
)
_OWN: Mapping[str, tuple[Paste, ...]] = {
    "clients": (Paste(CLIENTS, ".env"), Paste("idle_limit = 350s\n", kind="answers")),
    "pooled_clients": (
        Paste(CLIENTS, "$(id).env"),
        Paste(BAD_BOUNCER.replace("session", "transaction"), "pgbouncer.ini"),
        Paste("pgbouncer = 1.20\n", kind="answers"),
    ),
    "windows": (
        Paste("LOG:  starting PostgreSQL 17.2 on x86_64-windows, compiled by msvc-19.42.34435, 64-bit\n", "log"),
        Paste(REGISTRY, "tcp.reg"),
    ),
    "macos": (
        Paste("Darwin mac 23.6.0 Darwin Kernel Version 23.6.0: Mon Jul 29 21:14:30 PDT 2024 arm64\n", "uname -a"),
        Paste("net.inet.tcp.keepidle=60\nkern.ipc.somaxconn=128\n", "/etc/sysctl.conf"),
        ANSWERS,
    ),
    "nothing": (),
    "postgresql": (Paste(BAD_CONF, "/etc/postgresql/16/main/postgresql.conf"), ANSWERS),
    "show_all": (Paste(SHOW_ALL), ANSWERS),
    "host": (
        Paste(BAD_CONF, "/etc/postgresql/16/main/postgresql.conf"),
        Paste(BAD_SYSCTL, "/etc/sysctl.d/99-tuning.conf"),
        Paste(BAD_BOUNCER, "/etc/pgbouncer/pgbouncer.ini"),
        MEMINFO,
        Paste(f"{ANSWERS.text}open_files = 1024\npgbouncer = 1.21\n", kind="answers"),
    ),
    "automatic": (
        Paste(BAD_CONF, "postgresql.conf"),
        Paste("# Do not edit\nwork_mem = '1GB'\nfsync = 'off'\n", "postgresql.auto.conf"),
        ANSWERS,
    ),
    "managed": (Paste(SHOW_ALL), Paste(f"{ANSWERS.text}role = rds\n", kind="answers")),
    **{
        f"managed_{role}": (Paste(TEMPLATES_CONF), Paste(f"{ANSWERS.text}role = {role}\n", kind="answers"))
        for role in ("aurora", "azure", "cloudsql", "managed", "rds")
    },
    "little_wal": (Paste("max_wal_size = 64MB\nwal_keep_size = 0\n", "postgresql.conf"), ANSWERS),
    "templates": (Paste(TEMPLATES_CONF, "postgresql.conf"), ANSWERS),
    "same_place": (
        Paste(BAD_CONF, "../conf/memory.conf"),
        Paste("work_mem = 1GB\nfsync = off\n", "conf/memory.conf"),
        Paste("vm.overcommit_memory = 1", "conf//memory.conf"),
        ANSWERS,
    ),
    "oldest": (Paste(BAD_CONF, "postgresql.conf"), Paste("postgresql = 12\nmemory = 16GB\n", kind="answers")),
    "newest": (Paste(BAD_CONF, "postgresql.conf"), Paste("postgresql = 18\nmemory = 16GB\n", kind="answers")),
    "containers": (Paste(SYSCTL_A, "sysctl -a"), Paste(COMPOSE, "compose.yaml"), ANSWERS),
    "patroni": (
        Paste(
            f"# Do not edit this file manually!\n# It will be overwritten by Patroni!\n{BAD_CONF}", "postgresql.conf"
        ),
        ANSWERS,
    ),
    "running_kernel": (Paste(SYSCTL_A, "sysctl -a"), MEMINFO, ANSWERS),
    "windows_line_ends": (Paste(BAD_CONF.replace("\n", "\r\n"), "C:\\pg data\\postgresql.conf"), ANSWERS),
    "no_end": (Paste(BAD_CONF.rstrip("\n"), "postgresql.conf"), Paste(BAD_SYSCTL.rstrip("\n"), "sysctl.conf"), ANSWERS),
    "hostile_names": (
        Paste(BAD_CONF, f"../../{HOSTILE}/postgresql.conf"),
        Paste(BAD_SYSCTL, f"{HOSTILE}/sysctl.d/$(reboot).conf"),
        Paste(BAD_BOUNCER, "-rf pgbouncer.ini"),
        ANSWERS,
    ),
    "half_a_pair": (Paste("# \ud800 \udd00\nfsync = off\n", "postgresql \ud800.conf"), ANSWERS),
    "hostile_values": (
        Paste(
            f"{BAD_CONF}cluster_name = '{HOSTILE.replace(chr(92), chr(92) * 2).replace(chr(39), chr(39) * 2)}'\n"
            "log_line_prefix = 'EOF'\n'\nEND_OF_FILE\n\udce9\n",
            "postgresql.conf",
        ),
        Paste(f"{BAD_SYSCTL}kernel.core_pattern = |{HOSTILE}\n", "/etc/sysctl.conf"),
        ANSWERS,
    ),
}
CASES: Mapping[str, tuple[Paste, ...]] = {**_OWN, **{slug: example(slug) for slug in incidents()}}


@functools.cache
def analysed(case: str) -> Analysis:
    return analyse(CASES[case])


@functools.cache
def files(case: str, own: bool) -> Mapping[str, Mapping[str, File]]:
    """Return the files of each artefact of a case by their names."""
    made = artefacts.own_artefacts(CASES[case], analysed(case)) if own else artefacts.artefacts(analysed(case))
    return {each.name: {file.name: file for file in each.files} for each in made}


def file_of(case: str, name: str, own: bool = True) -> str:
    """Return the text of an artefact that is one file."""
    return files(case, own)[name][name].text


@functools.cache
def with_artefact(name: str) -> tuple[str, ...]:
    """Return the cases that offer an artefact."""
    return tuple(case for case in CASES if name in [each.name for each in artefacts.offered(analysed(case))])


def each_with(name: str) -> pytest.MarkDecorator:
    """Run a test with each ``case`` of our own that offers an artefact, and with a few of the incidents."""
    found = with_artefact(name)
    own = [case for case in found if case in _OWN]
    return pytest.mark.parametrize("case", [*own, *[case for case in found if case not in _OWN][:_INCIDENTS]])
