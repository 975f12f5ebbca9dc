"""The sessions have grown, and together they need more memory than the host has.

A session remembers every table, index and partition that it has touched, its prepared statements and its compiled
functions, and gives nothing of it back before it ends. With thousands of partitions, or an application that touches
every schema, that is tens of megabytes each, where a usual session has three. No setting limits it; work_mem and
shared_buffers have no part in it. Then the host swaps or the OOM killer ends a process.

It rests on what one session was measured at, and takes the others for its like: wrong where that session was an
exception. The way out is fewer sessions behind a pooler, or younger ones: server_lifetime of PgBouncer, maxLifetime and
its kind of an application's pool. There is no setting to edit here.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts import what_to_paste
from confmend.facts.cores import Cores
from confmend.facts.pooler import Pooler
from confmend.facts.postgres import Postgres
from confmend.facts.server_memory import ServerMemory
from confmend.facts.session_memory import SessionMemory
from confmend.model import Example, Finding, MissingFactError, Rule, Severity
from confmend.models.postgres_memory import ACTIVE_PER_CORE, BACKEND, likely, reserve, server
from confmend.models.recommended import most_queries


def check(
    pg: Postgres, memory: ServerMemory, session: SessionMemory, cores: Cores | None, pooler: Pooler | None
) -> Iterator[Finding]:
    """Put the measured session into the usual load, where that fits with sessions of the usual size."""
    given, kept = server(pg), reserve(memory.ram)
    sessions = min(given.max_connections, most_queries(pg, pooler))
    more = (session.bytes - BACKEND) * sessions
    most = likely(given, most_queries(pg, pooler)).total + kept
    if more <= 0 or most + more <= memory.ram:
        return
    if cores is None:
        raise MissingFactError(what_to_paste(Cores))
    demand = likely(given, min(most_queries(pg, pooler), ACTIVE_PER_CORE * cores.count))
    grown = demand.total + more
    # Where even usual sessions don't fit, another rule says so.
    if demand.total + kept > memory.ram or grown + kept <= memory.ram:
        return
    room = (memory.ram - kept - demand.total) // (session.bytes - BACKEND)
    yield Finding(
        f"A session of this server takes {units.human(session.bytes)}. {sessions:,} of its like need "
        f"{units.gib(grown)} of {units.gib(memory.ram)} ({memory.name}), of which the kernel needs {units.gib(kept)}. "
        f"There is room for about {max(0, room):,} such sessions: have fewer behind a pooler, or end them earlier.",
        (*((session.origin,) if session.origin else ()), *pg.origins("max_connections"), *memory.origins),
        arithmetic=(
            f"with {units.mib(BACKEND)} for each of {given.max_connections:,} sessions: {units.mib(demand.total)}",
            f"{sessions:,} × ({units.mib(session.bytes)} − {units.mib(BACKEND)}) = {units.mib(more)} more",
            f"{units.mib(demand.total)} + {units.mib(more)} + {units.mib(kept)} reserve = {units.mib(grown + kept)} > "
            f"{units.mib(memory.ram)}",
        ),
    )


_CONF = "max_connections = 500\nshared_buffers = 4GB\nwork_mem = 4MB\n"
_HOST = "memory = 16GB\npostgresql = 16\ncpus = 8\n"
_SUM = "2024-05-01 10:00:00 UTC [9] LOG:  Grand total: {} bytes in 3010 blocks; 622360 free (88 chunks); 1029560 used\n"

RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://www.postgresql.org/docs/current/ddl-partitioning.html#DDL-PARTITIONING-DECLARATIVE-BEST-PRACTICES",
        "https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-SIGNAL",
        "https://www.pgbouncer.org/config.html#server_lifetime",
    ),
    examples=(
        Example({"postgresql_conf": _CONF, "answers": f"{_HOST}session_memory = 30MB\n"}, {"postgresql_conf": _CONF}),
        Example(
            {"postgresql_conf": _CONF, "answers": _HOST, "pg_log": _SUM.format(31_651_920)}, {"postgresql_conf": _CONF}
        ),
        Example({"postgresql_conf": _CONF, "answers": f"{_HOST}session_memory = 19MB\n"}),
        Example({"postgresql_conf": _CONF, "answers": _HOST, "pg_log": _SUM.format(2_651_920)}),
    ),
)
