"""What clients can bring about on a server that is up: refused sessions, timeouts, locks, limits, lost connections."""

import signal
from collections.abc import Callable

from programs import provoked_acts as acts
from programs.provoked_server import PASSWORD, Case, Running, names, startup

HBA = """
host all rejected 127.0.0.1/32 reject
host all locked 127.0.0.1/32 scram-sha-256
host all owner,app,guest,narrow,nologin,missing_role 127.0.0.1/32 trust
host replication app 127.0.0.1/32 trust
"""
SETTINGS = {
    "max_connections": "9",
    "superuser_reserved_connections": "2",
    "max_wal_senders": "1",
    "max_replication_slots": "1",
    "wal_level": "replica",
    "max_locks_per_transaction": "10",
    "max_worker_processes": "2",
    "authentication_timeout": "1",
    "deadlock_timeout": "20ms",
    "archive_mode": "on",
    "archive_command": "true",
    "max_prepared_transactions": "0",
}
_PREPARE = (
    "create role app login superuser",
    "create role guest login",
    "create role nologin",
    "create role narrow login connection limit 0",
    f"create role locked login password '{PASSWORD}'",
    "create database shut allow_connections false",
    "create database private",
    "revoke connect on database private from public",
    "create database small connection limit 0",
    "create table orders (id int primary key, total numeric)",
    "insert into orders values (1, 1), (2, 2)",
    "create sequence serials",
    "select pg_create_physical_replication_slot('standby1')",
)


def prepare(server: Running) -> None:
    """Make the roles, databases and tables that the cases use."""
    server.sql("set password_encryption = 'scram-sha-256'", *_PREPARE)


_QUIET = "set idle_in_transaction_session_timeout = '50ms'"
_BIG = "select format('%1073741823s', 'x')"
_RECURSIVE = "create function deep(n int) returns int language plpgsql as 'begin return deep(n + 1); end'"
_SPILL = "select count(*) from (select n from generate_series(1, 90000) n order by random()) x"
_HTTP = b"GET / HTTP/1.1\r\nHost: db1\r\n\r\n"


def _case(
    name: str,
    act: Callable[[Running], str | None],
    until: str = "",
    shown: str = "",
    told: str | None = None,
    versions: range = range(12, 19),
) -> Case:
    return Case(name, act, until, names(shown), names(shown if told is None else told), versions)


def _crash(name: str, how: signal.Signals, slug: str) -> Case:
    until = "database system is ready to accept connections"
    return _case(name, acts.killed(how), until, f"{slug} crash_restart unclean_start", "server_closed_connection")


_ON_A_SERVER = (
    _case("no slot at all", acts.too_many("app"), "sorry, too many clients already", "too_many_clients"),
    _case("only reserved slots", acts.too_many("guest"), "remaining connection slots are reserved", "too_many_clients"),
    _case("role limit", acts.sql(user="narrow"), "too many connections for role", "role_connection_limit"),
    _case(
        "database limit",
        acts.sql(user="guest", dbname="small"),
        "too many connections for database",
        "database_connection_limit",
    ),
    _case(
        "wrong password", acts.sql(user="locked", password="wrong"), "password authentication failed", "password_failed"
    ),
    _case("no password", acts.sql(user="locked"), told="no_password_supplied"),
    _case("no hba entry", acts.sql(user="stranger"), "no pg_hba.conf entry", "hba_no_entry"),
    _case("hba rejects", acts.sql(user="rejected"), "pg_hba.conf rejects", "hba_rejects"),
    _case("no such role", acts.sql(user="missing_role"), 'role "missing_role" does not exist', "role_missing"),
    _case("no such database", acts.sql(dbname="gone"), 'database "gone" does not exist', "database_missing"),
    _case("role may not log in", acts.sql(user="nologin"), "is not permitted to log in", "role_may_not_log_in"),
    _case(
        "no connect privilege",
        acts.sql(user="guest", dbname="private"),
        "permission denied for database",
        "connect_privilege_missing",
    ),
    _case("database shut", acts.sql(dbname="shut"), "not currently accepting connections", "database_not_accepting"),
    _case("http", acts.sent(_HTTP), "invalid length of startup packet", "startup_packet_broken", ""),
    _case("half a packet", acts.sent(b"\0\0"), "incomplete startup packet", "startup_packet_broken", ""),
    _case("old protocol", acts.sent(startup(protocol=b"\0\1\0\0")), "unsupported frontend", "unsupported_protocol", ""),
    _case(
        "nobody", acts.sent(startup(b"database", b"postgres")), "no PostgreSQL user name", "startup_packet_broken", ""
    ),
    _case(
        "says nothing",
        acts.sent(startup(b"user", b"locked", b"database", b"postgres"), hold=2),
        "canceling authentication due to timeout",
        "authentication_timed_out",
        "",
    ),
    _case(
        "statement timeout",
        acts.sql("set statement_timeout = '20ms'", "select pg_sleep(5)"),
        "canceling statement due to statement timeout",
        "statement_timeout",
    ),
    _case(
        "lock timeout",
        acts.blocked("set lock_timeout = '30ms'", "select * from orders"),
        "canceling statement due to lock timeout",
        "lock_timeout",
    ),
    _case(
        "lock not available",
        acts.blocked("begin", "lock table orders nowait"),
        "could not obtain lock",
        "lock_not_available",
    ),
    _case(
        "idle in transaction",
        acts.waits("select 1", (_QUIET, "begin")),
        "due to idle-in-transaction timeout",
        "idle_in_transaction_timeout",
    ),
    _case(
        "idle session",
        acts.waits("select 1", ("set idle_session_timeout = '50ms'",)),
        "due to idle-session timeout",
        "idle_session_timeout",
        versions=range(14, 19),
    ),
    _case(
        "transaction timeout",
        acts.sql("set transaction_timeout = '50ms'", "begin", "select pg_sleep(5)"),
        "due to transaction timeout",
        "transaction_timeout",
        versions=range(17, 19),
    ),
    _case("deadlock", acts.deadlock, "deadlock detected", "deadlock"),
    _case(
        "serialization",
        acts.serialization,
        "could not serialize access due to concurrent update",
        "serialization_failure",
    ),
    _case(
        "terminated",
        acts.from_outside("pg_terminate_backend"),
        "due to administrator command",
        "terminated_by_administrator",
    ),
    _case("canceled", acts.from_outside("pg_cancel_backend"), "due to user request", "query_canceled_by_client"),
    _case(
        "prepared twice",
        acts.sql("prepare s1 as select 1", "prepare s1 as select 2"),
        "already exists",
        "prepared_statement_exists",
    ),
    _case("not prepared", acts.sql("execute s1"), "does not exist", "prepared_statement_missing"),
    _case("cached plan", acts.cached_plan, "cached plan must not change result type", "cached_plan_changed"),
    _case("in a failed transaction", acts.sql("begin", "do $$ begin perform 1/0; end $$"), "division by zero"),
    _case(
        "after an error",
        acts.in_failed_transaction,
        "current transaction is aborted",
        "transaction_aborted",
    ),
    _case("a cursor that is gone", acts.sql("fetch all from c1"), "does not exist", "cursor_missing"),
    _case(
        "vacuum in a transaction",
        acts.sql("begin", "vacuum"),
        "cannot run inside a transaction",
        "needs_no_transaction",
    ),
    _case(
        "no prepared transactions",
        acts.sql("begin", "prepare transaction 't1'"),
        "are disabled",
        "prepared_transactions_disabled",
    ),
    _case("database in use", acts.drop_in_use, "is being accessed by other users", "database_in_use"),
    _case(
        "no such setting",
        acts.sql("set idle_in_tx_timeout = 1"),
        "unrecognized configuration parameter",
        "session_parameter_unknown",
    ),
    _case("no such extension", acts.sql("create extension pg_partman"), "extension", "extension_files_missing"),
    _case("a long wait for a lock", acts.waited, "due to lock timeout", "lock_wait lock_timeout", "lock_timeout"),
    _case(
        "read only",
        acts.sql("begin read only", "delete from orders"),
        "in a read-only transaction",
        "read_only_transaction",
    ),
    _case("many locks", acts.many_locks, "out of shared memory", "lock_table_full"),
    _case(
        "much spilled",
        acts.sql("set work_mem = '64kB'", "set temp_file_limit = '100kB'", _SPILL),
        "temporary file size exceeds",
        "temp_file_limit_exceeded",
    ),
    _case(
        "a deep stack",
        acts.sql("set max_stack_depth = '100kB'", _RECURSIVE, "select deep(1)"),
        "stack depth limit exceeded",
        "stack_depth_exceeded",
    ),
    _case("a long string", acts.sql(_BIG), "Cannot enlarge string buffer", "string_buffer_too_long"),
    _case(
        "logical without wal_level",
        acts.sql("select pg_create_logical_replication_slot('s', 'test_decoding')"),
        "logical decoding requires",
        "logical_decoding_needs_wal_level",
    ),
    _case(
        "slots used up",
        acts.sql("select pg_create_physical_replication_slot('another')"),
        "all replication slots are in use",
        "replication_slots_used_up",
    ),
    _case(
        "no such slot",
        acts.sql("select pg_drop_replication_slot('none')"),
        'replication slot "none" does not exist',
        "replication_slot_missing",
    ),
    _case(
        "a standby too many",
        acts.standby_too_many,
        "number of requested standby connections exceeds",
        "standby_slots_taken",
    ),
    _case(
        "archive fails", acts.archive("exit 3"), "archive command failed with exit code 3", "archive_command_failed", ""
    ),
    _case("archive stops", acts.unarchived, "received SIGHUP"),
    _case("segment gone", acts.removed_segment, "has already been removed", "wal_segment_removed"),
    _case("reset", acts.reset("select 1"), "could not receive data from client", "connection_reset", ""),
    _case(
        "reset in a transaction",
        acts.reset("begin", "select 1"),
        "with an open transaction",
        "connection_reset open_transaction_lost",
        "",
    ),
    _case(
        "gone while answered",
        acts.reset("select repeat('x', 1000) from generate_series(1, 100000)", wait=0.0),
        "connection to client lost",
        "answer_not_delivered connection_to_client_lost",
        "",
    ),
    _case(
        "no process",
        acts.fork_refused("nproc", 1),
        "could not fork new process for connection",
        "fork_out_of_processes",
    ),
    _case(
        "no memory for a query",
        acts.backend_limited(
            "as", 1, "set work_mem = '1GB'", "select count(distinct n) from generate_series(1, 900000) n"
        ),
        "out of memory",
        "backend_out_of_memory",
    ),
    _case(
        "restart needed",
        acts.reload("max_connections = 20"),
        "without restarting the server",
        "parameter_needs_restart configuration_errors",
        "",
    ),
    _case(
        "reload: no such name",
        acts.reload("shared_bufers = 1GB"),
        "contains errors",
        "parameter_unknown configuration_errors",
        "",
    ),
    _case(
        "reload: bad value",
        acts.reload("work_mem = 1GiB"),
        "contains errors",
        "parameter_value_refused configuration_errors",
        "",
    ),
    _case(
        "reload: out of range",
        acts.reload("work_mem = 1kB"),
        "contains errors",
        "parameter_value_refused configuration_errors",
        "",
    ),
    _case(
        "reload: syntax",
        acts.reload("work_mem 64MB 12"),
        "contains errors",
        "configuration_syntax configuration_errors",
        "",
    ),
    _case(
        "reload: hba",
        acts.reload_hba("host all all 10.0.0.0/40 md5"),
        "pg_hba.conf was not reloaded",
        "hba_not_loaded",
        "",
    ),
    _case("refused", acts.closed_port, told="connection_refused"),
    _case("no such host", acts.sql(host="db1.invalid"), told="host_name_unknown"),
    _case("silent", acts.pretender(None, connect_timeout=2), told="connect_timed_out"),
    _case("hangs up", acts.pretender(b""), told="server_closed_connection"),
    _case(
        "speaks http",
        acts.pretender(b"HTTP/1.1 400 Bad Request\r\n\r\n", sslmode="disable"),
        told="not_a_postgresql_server",
    ),
    _case("no socket", acts.sql(host="/nowhere"), told="socket_file_missing"),
    _case("no TLS", acts.sql(sslmode="require"), told="tls_not_offered"),
)
# These leave less than they found: a table's file, and a server that starts anew each time.
CASES = (
    *_ON_A_SERVER,
    _case("file gone", acts.file_lost(None), "No such file or directory", "data_file_missing"),
    _case("file forbidden", acts.file_lost(0), "Permission denied", "data_file_forbidden"),
    _crash("killed", signal.SIGKILL, "server_process_killed"),
    _crash("aborted", signal.SIGABRT, "server_process_aborted"),
    _crash("segmentation fault", signal.SIGSEGV, "server_process_crashed"),
    _crash("bus error", signal.SIGBUS, "server_process_bus_error"),
)
