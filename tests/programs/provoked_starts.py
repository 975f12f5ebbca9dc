"""Starts of a PostgreSQL server that come to nothing: what it writes to stderr, for its log is not yet open."""

import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from programs.provoked_server import Cluster, names, owned

_OPENSSL = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3")
_INTO = ("-keyout", "server.key", "-out", "server.crt")


@dataclass(frozen=True)
class Start:
    """A start that fails; ``act`` brings it about and returns what the server said."""

    name: str
    act: Callable[[Cluster], dict[str, str]]
    says: str
    shown: frozenset[str]
    versions: range = range(12, 19)


def _settings(**settings: str) -> Callable[[Cluster], dict[str, str]]:
    return lambda cluster: cluster.fails(settings)


def _line(line: str, file: str = "postgresql.conf") -> Callable[[Cluster], dict[str, str]]:
    def act(cluster: Cluster) -> dict[str, str]:
        with _changed(cluster.data / file, lambda text: text + line.encode() + b"\n"):
            return cluster.fails()

    return act


@contextmanager
def _changed(path: Path, change: Callable[[bytes], bytes]) -> Iterator[None]:
    before = path.read_bytes()
    path.write_bytes(change(before))
    try:
        yield
    finally:
        path.write_bytes(before)


@contextmanager
def _aside(path: Path) -> Iterator[None]:
    away = path.with_name(path.name + ".away")
    path.rename(away)
    try:
        yield
    finally:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        away.rename(path)


@contextmanager
def _mode(path: Path, mode: int) -> Iterator[None]:
    before = path.stat().st_mode
    path.chmod(mode)
    try:
        yield
    finally:
        path.chmod(before)


def _port_taken(cluster: Cluster) -> dict[str, str]:
    with socket.create_server(("127.0.0.1", cluster.port)):
        return cluster.fails({"listen_addresses": "127.0.0.1"})


def _running_already(cluster: Cluster) -> dict[str, str]:
    with cluster.running({}) as server:
        server.ready()
        return cluster.fails()


def _open_to_others(cluster: Cluster) -> dict[str, str]:
    with _mode(cluster.data, 0o755):
        return cluster.fails()


def _another_major_version(cluster: Cluster) -> dict[str, str]:
    with _changed(cluster.data / "PG_VERSION", lambda _: b"11\n"):
        return cluster.fails()


def _no_cluster(cluster: Cluster) -> dict[str, str]:
    with _aside(cluster.data / "PG_VERSION"):
        return cluster.fails()


def _no_control_file(cluster: Cluster) -> dict[str, str]:
    with _aside(cluster.data / "global" / "pg_control"):
        return cluster.fails()


def _without(file: str) -> Callable[[Cluster], dict[str, str]]:
    def act(cluster: Cluster) -> dict[str, str]:
        with _aside(cluster.data / file):
            return cluster.fails()

    return act


def certificate(cluster: Cluster, host: str = "db1.example.com") -> None:
    """Give the cluster a certificate of its own making."""
    subprocess.run([*_OPENSSL, *_INTO, "-subj", f"/CN={host}"], check=True, capture_output=True, cwd=cluster.data)
    for name in ("server.key", "server.crt"):
        owned(cluster.data / name, (cluster.data / name).read_bytes())


def _key_for_all(cluster: Cluster) -> dict[str, str]:
    certificate(cluster)
    with _mode(cluster.data / "server.key", 0o644):
        return cluster.fails({"ssl": "on"})


def _no_checkpoint(cluster: Cluster) -> dict[str, str]:
    with _aside(cluster.data / "pg_wal"):
        (cluster.data / "pg_wal").mkdir(mode=0o700)
        shutil.chown(cluster.data / "pg_wal", cluster.data.stat().st_uid, cluster.data.stat().st_gid)
        return cluster.fails()


def _backup_without_wal(cluster: Cluster) -> dict[str, str]:
    label = "START WAL LOCATION: 0/5000028 (file 000000010000000000000005)\nCHECKPOINT LOCATION: 0/5000060\n"
    label += "BACKUP METHOD: streamed\nBACKUP FROM: primary\nSTART TIME: 2026-03-02 03:14:55 UTC\nLABEL: nightly\n"
    with _aside(cluster.data / "postgresql.auto.conf"):
        owned(cluster.data / "postgresql.auto.conf", "")
        owned(cluster.data / "backup_label", label)
        try:
            return cluster.fails()
        finally:
            for name in ("backup_label", "backup_label.old"):
                (cluster.data / name).unlink(missing_ok=True)


def _as_root(cluster: Cluster) -> dict[str, str]:
    return cluster.fails(user="root")


def _few_descriptors(cluster: Cluster) -> dict[str, str]:
    return cluster.fails(limit=("prlimit", "--nofile=20"))


def _recovery(signal: str, **settings: str) -> Callable[[Cluster], dict[str, str]]:
    def act(cluster: Cluster) -> dict[str, str]:
        owned(cluster.data / signal, "")
        try:
            return cluster.fails(settings)
        finally:
            (cluster.data / signal).unlink(missing_ok=True)

    return act


def _recovery_conf(cluster: Cluster) -> dict[str, str]:
    owned(cluster.data / "recovery.conf", "restore_command = 'false'\n")
    try:
        return cluster.fails()
    finally:
        (cluster.data / "recovery.conf").unlink()


def _slot_then_minimal(cluster: Cluster) -> dict[str, str]:
    with cluster.running({"wal_level": "replica"}) as server:
        server.ready()
        server.sql("select pg_create_physical_replication_slot('standby1')")
    try:
        return cluster.fails({"wal_level": "minimal", "max_wal_senders": "0"})
    finally:
        shutil.rmtree(cluster.data / "pg_replslot" / "standby1")


def _start(
    name: str, act: Callable[[Cluster], dict[str, str]], says: str, shown: str, versions: range = range(12, 19)
) -> Start:
    return Start(name, act, says, names(shown), versions)


STARTS = (
    _start(
        "unknown parameter",
        _line("shared_bufers = 1GB"),
        "unrecognized configuration parameter",
        "parameter_unknown configuration_errors",
    ),
    _start(
        "syntax error", _line("work_mem 64MB 12"), "syntax error in file", "configuration_syntax configuration_errors"
    ),
    _start(
        "invalid value",
        _line("work_mem = 1GiB"),
        "invalid value for parameter",
        "parameter_value_refused configuration_errors",
    ),
    _start(
        "out of range",
        _line("work_mem = 1kB"),
        "is outside the valid range",
        "parameter_value_refused configuration_errors",
    ),
    _start(
        "include missing",
        _line("include 'no.conf'"),
        "could not open",
        "configuration_file_unreadable configuration_errors",
    ),
    _start(
        "no postgresql.conf",
        _without("postgresql.conf"),
        "could not access the server configuration file",
        "data_directory_missing",
    ),
    _start(
        "no pg_hba.conf",
        _without("pg_hba.conf"),
        "could not load",
        "hba_not_loaded configuration_file_unreadable",
        range(12, 16),
    ),
    _start("no pg_hba.conf", _without("pg_hba.conf"), "could not load", "hba_not_loaded", range(16, 19)),
    _start(
        "bad pg_hba.conf", _line("host all all 10.0.0.0/40 md5", "pg_hba.conf"), "invalid CIDR mask", "hba_not_loaded"
    ),
    _start("port taken", _port_taken, "Address already in use", "port_in_use no_tcp_socket"),
    _start(
        "foreign address",
        _settings(listen_addresses="203.0.113.77"),
        "Cannot assign requested address",
        "listen_address_missing no_tcp_socket",
    ),
    _start("running already", _running_already, "already exists", "lock_file_exists"),
    _start("open to others", _open_to_others, "has invalid permissions", "data_directory_forbidden"),
    _start(
        "another version",
        _another_major_version,
        "database files are incompatible with server",
        "database_files_incompatible",
    ),
    _start("no cluster", _no_cluster, "is not a valid data directory", "data_directory_missing"),
    _start("no control file", _no_control_file, "could not find the database system", "data_directory_missing"),
    _start("as root", _as_root, "execution of the PostgreSQL server is not permitted", "run_as_root"),
    _start(
        "library", _settings(shared_preload_libraries="pg_stat_statments"), "could not access file", "library_missing"
    ),
    _start(
        "socket folder",
        _settings(unix_socket_directories="/nowhere"),
        "could not create lock file",
        "socket_directory_unusable",
    ),
    _start(
        "too many reserved",
        _settings(superuser_reserved_connections="100"),
        "must be less than",
        "reserved_connections_too_many",
    ),
    _start("senders at minimal", _settings(wal_level="minimal"), "WAL streaming", "wal_streaming_needs_wal_level"),
    _start(
        "archive at minimal",
        _settings(wal_level="minimal", max_wal_senders="0", archive_mode="on"),
        "WAL archival cannot be enabled",
        "wal_archiving_needs_wal_level",
    ),
    _start("slot at minimal", _slot_then_minimal, "exists, but", "slots_stop_start"),
    _start(
        "huge pages",
        _settings(huge_pages="on", shared_buffers="4TB"),
        "could not map anonymous shared memory",
        "shared_memory_not_mapped",
    ),
    _start("few descriptors", _few_descriptors, "insufficient file descriptors", "descriptors_short_at_start"),
    _start("no certificate", _settings(ssl="on"), "could not load server certificate file", "tls_files_refused"),
    _start("key for all", _key_for_all, "has group or world access", "tls_files_refused"),
    _start(
        "no WAL",
        _no_checkpoint,
        "could not locate a valid checkpoint record",
        "valid_checkpoint_missing server_process_aborted",
    ),
    _start(
        "backup without its WAL",
        _backup_without_wal,
        "could not locate required checkpoint record",
        "required_checkpoint_missing",
    ),
    _start(
        "target not reached",
        _recovery("recovery.signal", recovery_target_time="2026-03-02 03:14:55+00", restore_command="false"),
        "recovery ended before configured recovery target was reached",
        "recovery_target_not_reached",
        range(13, 19),
    ),
    _start("recovery without command", _recovery("recovery.signal"), "must specify", "recovery_source_missing"),
    _start(
        "restore command killed",
        _recovery("standby.signal", restore_command="kill -9 $$"),
        "could not restore file",
        "restore_from_archive_failed",
    ),
    _start("old recovery.conf", _recovery_conf, "is not supported", "recovery_conf_refused"),
)
