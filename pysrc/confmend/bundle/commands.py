"""Which commands' output is of use, and which file it is when a command only shows one."""

import re


def _set(names: str) -> frozenset[str]:
    return frozenset(names.split())


_READERS = _set("cat head tail less more zcat bat type get-content gc tac")
_FILTERS = _set("grep egrep fgrep zgrep rg sed awk")
_SHOWING = _READERS | _FILTERS
# Their output is read, or says why it is not.
USED = _SHOWING | _set(
    "sysctl ss netstat free lscpu nproc nstat ulimit prlimit uname systemctl dmesg journalctl psql docker podman"
    " kubectl oc pg_controldata postgres pg_lsclusters getconf ipcs vmstat tuned-adm"
)
# What people run in between; only the prompt before one tells that it is no text of a file.
KNOWN = USED | _set(
    "ls cd pwd ps top htop df du id whoami date uptime hostname hostnamectl vi vim nano mkdir rm cp mv chmod chown"
    " touch apt apt-get yum dnf service curl wget ping exit clear history env export source echo ip ifconfig ethtool"
    " tc lsof pgrep kill nc dig su ssh find which file stat wc sort lsb_release iostat sar mpstat pidstat strace"
    " tcpdump tee pgbouncer pg_ctl pg_ctlcluster pg_dump pgbench createdb dropdb make git python python3 pip nsenter"
    " lsmod modprobe swapon swapoff mount lsblk dpkg rpm man ldd objdump readelf gcc openssl timedatectl"
)
_RUN_INSIDE = _set("docker podman kubectl oc ssh")
_BEFORE = _set("sudo doas time nice env command builtin")
_PATH = re.compile(r"[\"']?((?:[\w.@{}$*-]*/)+[\w.@%+-]+|[\w@-][\w.@-]*\.(?:conf|ini|log|txt|env|csv|json|cnf))[\"']?")
# What stands after one of these is not the command's own.
_END = re.compile(r"[ \t]*(?:\||;|&&|[0-9&]?>)")


def words(command: str) -> list[str]:
    """Return a command's words from its program's name on, without sudo, ``A=b`` and what it is piped into."""
    found = _END.split(command, maxsplit=1)[0].split()
    at = 0
    while at < len(found) and (found[at] in _BEFORE or re.match(r"[A-Za-z_]\w*=", found[at]) or found[at][0] == "-"):
        at += 2 if found[at] in ("-u", "-g") and at else 1
    return found[at:]


def program(command: str) -> str:
    """Return the name of the program that a command starts, without its folder; empty if there is none."""
    found = words(command)
    return found[0].rpartition("/")[2] if found else ""


def name(command: str) -> str:
    """Return the file that a command shows, else the command itself."""
    found = words(command)
    programs = [word.rpartition("/")[2].lower() for word in found]
    at = max((index for index, word in enumerate(programs) if word in _SHOWING), default=-1)
    if at < 0 or (at and programs[0] not in _RUN_INSIDE):
        return command
    given = [word for word in found[at + 1 :] if word[0] != "-" and not word.isdigit()]
    if programs[at] in _FILTERS:
        given = [word for word in given[1:] if _PATH.fullmatch(word)]
    return given[0].strip("\"'") if len(given) == 1 and not set("*$") & set(given[0]) else command
