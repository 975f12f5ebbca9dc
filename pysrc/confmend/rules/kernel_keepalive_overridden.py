"""The kernel's keepalive times were set, but PostgreSQL has its own and the kernel's are not used.

PostgreSQL sets SO_KEEPALIVE on every connection of its clients. If tcp_keepalives_idle, _interval or _count is not 0,
it tells the kernel that value for the connection, and net.ipv4.tcp_keepalive_* does not count for it. Somebody who
tunes the sysctl and sees no change looks in the wrong place.

The sysctl still holds for every other program on the host that asks for keepalive, so there is no edit.
"""

from collections.abc import Iterator

from confmend.facts.kernel import Kernel, evidence
from confmend.facts.postgres import Postgres
from confmend.model import Example, Finding, Rule, Severity

PAIRS = {
    "net.ipv4.tcp_keepalive_time": "tcp_keepalives_idle",
    "net.ipv4.tcp_keepalive_intvl": "tcp_keepalives_interval",
    "net.ipv4.tcp_keepalive_probes": "tcp_keepalives_count",
}


def check(kernel: Kernel, pg: Postgres) -> Iterator[Finding]:
    """Compare what the files set with what PostgreSQL sets for its own connections."""
    for key, name in PAIRS.items():
        written, own = kernel.at_boot(key), pg.effective(name)
        if not written or not own or not pg.count(name) or own.value.strip("' ").rstrip("s") == written.value.strip():
            continue
        yield Finding(
            f"{key} = {written.value} does not reach PostgreSQL's connections: {name} = {own.value} stands in its "
            f"place. Change {name}; the sysctl is for the other programs on the host.",
            evidence(written, own),
        )


RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-TCP-KEEPALIVES-IDLE",
        "https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/libpq/pqcomm.c",
    ),
    examples=(
        Example(
            {
                "sysctl_conf": "net.ipv4.tcp_keepalive_time = 60\n",
                "postgresql_conf": "tcp_keepalives_idle = 900\n",
            },
            {"sysctl_conf": "net.ipv4.tcp_keepalive_time = 60\n"},
        ),
        Example({"sysctl_conf": "net.ipv4.tcp_keepalive_time = 60\n", "postgresql_conf": "tcp_keepalives_idle = 0\n"}),
    ),
)
