"""A setting asks for something that this operating system does not have.

PostgreSQL knows the same settings everywhere, but some need a system call that only some systems have. The server
refuses client_connection_check_interval other than 0 on Windows (and on anything but Linux in 14), and
effective_io_concurrency and maintenance_io_concurrency other than 0 on Windows and macOS up to 17: it does not start.
The keepalive settings start everywhere; tcp_user_timeout outside Linux and tcp_keepalives_count on Windows only fill
the log with one complaint for each connection.

The lines go, which leaves the system's own behaviour. A reload is enough where the server runs.
"""

from collections.abc import Iterator

from confmend.facts.platform import Platform
from confmend.facts.postgres import Postgres
from confmend.model import Edit, Example, Finding, Rule, Severity

# Since 18 these are only hints to its own I/O.
_FADVISE_UNTIL = 17
_CHECKS_ELSEWHERE = 15


def check(pg: Postgres, platform: Platform) -> Iterator[Finding]:
    """Look for values that the system can't serve."""
    for name, refused in _unsupported(pg, platform.name):
        if pg.written(name) is None or not pg.number(name).value:
            continue
        what = "the server does not start" if refused else "it does nothing but write a complaint for each connection"
        yield Finding(
            f"{name} is {pg.text(name).value}, which {platform.name} does not have: {what}. Remove the line.",
            (*pg.origins(name), *((platform.origin,) if platform.origin else ())),
            (Edit("postgresql_conf", name, None),),
            severity=Severity.CRITICAL if refused else Severity.WARNING,
        )


def _unsupported(pg: Postgres, system: str) -> Iterator[tuple[str, bool]]:
    """Yield the settings that must be 0 on a system, and whether the server refuses anything else."""
    if system == "Linux":
        return
    if pg.has("client_connection_check_interval") and (system == "Windows" or pg.known_version < _CHECKS_ELSEWHERE):
        yield "client_connection_check_interval", True
    for name in ("effective_io_concurrency", "maintenance_io_concurrency"):
        if system in ("Windows", "macOS") and pg.written(name) and pg.has(name) and pg.known_version <= _FADVISE_UNTIL:
            yield name, True
    yield "tcp_user_timeout", False
    if system == "Windows":
        yield "tcp_keepalives_count", False


_MAC = (
    "2024-05-01 10:00:00 UTC [1] LOG:  starting PostgreSQL 14.9 on aarch64-apple-darwin22.4.0, compiled by Apple clang "
    "version 14.0.3\n"
)
RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=(
        "https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-CLIENT-CONNECTION-CHECK-INTERVAL",
        "https://www.postgresql.org/docs/17/runtime-config-resource.html#GUC-EFFECTIVE-IO-CONCURRENCY",
        "https://github.com/postgres/postgres/blob/REL_17_STABLE/src/backend/commands/variable.c",
    ),
    examples=(
        Example(
            {
                "postgresql_conf": "effective_io_concurrency = 200\nclient_connection_check_interval = 10s\n"
                "tcp_user_timeout = 60s\n",
                "pg_log": _MAC,
            },
            {"postgresql_conf": ""},
        ),
        Example({"postgresql_conf": "effective_io_concurrency = 0\ntcp_keepalives_count = 6\n", "pg_log": _MAC}),
        Example(
            {
                "postgresql_conf": "effective_io_concurrency = 200\nclient_connection_check_interval = 10s\n",
                "answers": "postgresql = 16\n",
                "uname": "Linux db 6.1.0-18-amd64 #1 SMP Debian 6.1.76-1 x86_64 GNU/Linux\n",
            }
        ),
    ),
    side_effect="A lost client is found as late as the operating system's own keepalive finds it.",
)
