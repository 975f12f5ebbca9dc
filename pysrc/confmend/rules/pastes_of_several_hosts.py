"""The pastes are of more than one host or server, and are read as of one.

A primary and its standby, the pooler's host and the server's, or the old cluster beside the new one in a support
bundle: each has numbers of its own. Here all of them meet, so that a shared_buffers may be held against another host's
RAM. What the findings say may be right for one of them; which one, nobody can tell. So nothing is changed.

Analyse each host by itself. A pooler on another host belongs to its server's analysis only with its pgbouncer.ini;
leave out what its kernel says. Wrong if one host has two names, or two sizes of RAM because it was resized between the
pastes: leave the older paste out.
"""

from collections.abc import Iterator

from confmend.facts.hosts import Hosts
from confmend.model import Example, Finding, Rule, Severity


def check(hosts: Hosts | None) -> Iterator[Finding]:
    """Say what shows it."""
    for what, origins in hosts.signs.items() if hosts else ():
        names = " and ".join(dict.fromkeys(origin.name for origin in origins))
        yield Finding(
            f"There are {len(origins)} {what} in these pastes: {names}. Everything is read as of one host, so a value "
            "may be judged by another's numbers, and no file is changed. Analyse each host by itself; of two versions "
            "of one file leave the older out.",
            origins,
        )


_DUMP = "kernel.hostname = db1\nvm.swappiness = 60\n"

RULE = Rule(
    check,
    Severity.ERROR,
    sources=(
        "https://www.postgresql.org/docs/current/hot-standby.html#HOT-STANDBY-ADMIN",
        "https://www.postgresql.org/docs/current/config-setting.html#CONFIG-SETTING-CONFIGURATION-FILE",
    ),
    examples=(
        Example(
            {"sysctl_dump": _DUMP, "sysctl_conf": "kernel.hostname = db2\nvm.swappiness = 1\n"},
            {"sysctl_dump": _DUMP, "sysctl_conf": "kernel.hostname = db2\nvm.swappiness = 1\n"},
        ),
        Example({"sysctl_dump": _DUMP, "sysctl_conf": "kernel.hostname = db1\nvm.swappiness = 1\n"}),
        Example({"postgresql_conf": "port = 5432\nshared_buffers = 1GB\n", "meminfo": "MemTotal: 8388608 kB\n"}),
    ),
)
