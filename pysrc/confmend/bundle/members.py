"""Which files of a report, a support bundle or a folder are worth reading: those whose paths say what they are.

The paths are those of sosreport (``sos_commands/PLUGIN/COMMAND_-OPTIONS``), of Insights archives, and of the systems
themselves. Where a path says nothing, a small text file may still be read to see what it is.
"""

import functools
import re

# A file of no known path is looked into up to this size, and so many of them: their kinds are found out one by one.
LARGEST_UNKNOWN = 1_000_000
MOST_UNKNOWN = 300
# Kinds that grow without end; they may not take the place of what is short and says more.
LOGS = frozenset({"pg_log", "pg_csvlog", "pg_jsonlog", "pgbouncer_log", "kernel_log"})
UNKNOWN = "?"
# PATH_MAX of Linux.
_LONGEST = 4096

# `*` stands for anything within a name, `**` for any folders. A path fits if it ends in the pattern.
_PATHS = {
    "sysctl_conf": "etc/sysctl.conf etc/sysctl.d/*.conf run/sysctl.d/*.conf lib/sysctl.d/*.conf",
    "sysctl_dump": "sysctl_-a sysctl-a.txt sysctl.txt",
    "meminfo": "proc/meminfo meminfo",
    "free": "memory/free memory/free_* insights_commands/free*",
    "cpuinfo": "proc/cpuinfo cpuinfo",
    "lscpu": "lscpu lscpu_-*",
    "nproc": "nproc",
    "sockstat": "proc/net/sockstat proc/net/sockstat6 sockstat",
    "netstat_counters": "proc/net/netstat proc/net/snmp",
    "netstat_s": "netstat_-s",
    "nstat": "nstat_-*",
    "netstat_sockets": "netstat_-W_-neopa netstat_-neopa netstat_-an*",
    "ss_summary": "ss_-s",
    "ss_sockets": "ss_-*",
    "os_release": "etc/os-release usr/lib/os-release",
    "uname": "uname_-a proc/version",
    "limits_conf": "etc/security/limits.conf etc/security/limits.d/*.conf",
    "process_limits": "proc/*/limits",
    "cgroup": "memory.events memory.stat memory.max cpu.max",
    "tuned_conf": "etc/tuned/**/tuned.conf",
    "systemd_unit": "systemd/system/*postgres*.service systemd/system/*pgbouncer*.service"
    " systemd/system/*postgres*.d/*.conf systemd/system/*pgbouncer*.d/*.conf",
    "postgresql_conf": "postgresql.conf postgresql.auto.conf postgresql/**/conf.d/*.conf pgsql/**/conf.d/*.conf",
    "pg_hba": "pg_hba.conf",
    "pgbouncer_ini": "pgbouncer*.ini etc/pgbouncer/*.ini",
    "userlist": "pgbouncer/userlist.txt",
    "docker_inspect": "docker_inspect_* podman_inspect_* containers/**/inspect.json",
    "container_yaml": "docker-compose*.yml docker-compose*.yaml compose.yml compose.yaml",
    "windows_reg": "*.reg",
    "launchd_plist": "limit.maxfiles.plist com.startup.sysctl.plist sysctl.plist",
    "kernel_log": "dmesg dmesg_-* kern.log",
    "pgbouncer_log": "pgbouncer*.log",
    "pg_csvlog": "postgresql*.csv pg_log/*.csv",
    "pg_jsonlog": "postgresql*.json pg_log/*.json",
    "pg_log": "postgresql*.log log/postgresql/*.log pg_log/*.log pgsql/**/log/*.log postgresql/**/log/*.log",
}
_TEXTS = re.compile(
    r"(?:[^.]{1,60}|.*\.(?:conf|ini|txt|log|out|env|properties|ya?ml|json|csv|toml|reg|plist|service|config|cnf|xml"
    r"|py|sh|md|stdout))",
    re.IGNORECASE,
)


def kind(path: str, size: int) -> str:
    """Return what a file is by its path, UNKNOWN for a text that may be anything, empty for what is not read."""
    if len(path) > _LONGEST:
        return ""
    match = _pattern().fullmatch(path)
    if match and match.lastgroup:
        return match.lastgroup
    name = path.rpartition("/")[2]
    return UNKNOWN if size <= LARGEST_UNKNOWN and _TEXTS.fullmatch(name) else ""


def paths() -> dict[str, list[str]]:
    """Return the patterns by the kinds that they stand for."""
    return {of: patterns.split() for of, patterns in _PATHS.items()}


@functools.cache
def _pattern() -> re.Pattern[str]:
    kinds = (f"(?P<{of}>{'|'.join(map(_expression, patterns))})" for of, patterns in paths().items())
    return re.compile(f"(?:.*/)?(?:{'|'.join(kinds)})", re.DOTALL)


def _expression(pattern: str) -> str:
    return re.escape(pattern).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
