"""What the tables say, and how a server reads a value."""

import re

import pytest

from confmend.catalog import pgbouncer, postgres


def test_versions() -> None:
    assert postgres.versions() == (12, 13, 14, 15, 16, 17, 18)


def test_settings_come_and_go() -> None:
    assert postgres.known_in("wal_keep_segments") == (12,)
    assert postgres.known_in("io_method") == (18,)
    assert postgres.known_in("Shared_Buffers") == postgres.versions()
    assert postgres.settings(14)["autovacuum_max_workers"].needs_restart
    assert not postgres.settings(18)["autovacuum_max_workers"].needs_restart


ACCEPTED = [
    ("shared_buffers", "256MB", 32768),
    ("shared_buffers", "16384", 16384),
    ("shared_buffers", "1.5GB", 196608),
    ("shared_buffers", "128 MB", 16384),
    ("shared_buffers", "30.1GB", 3945216),
    ("port", "05432", 2842),
    ("port", "0x1538", 5432),
    ("port", "1e3", 1000),
    ("port", "5432.5", 5432),
    ("port", "5433.5", 5434),
    ("tcp_keepalives_idle", "1500ms", 2),
    ("tcp_keepalives_idle", "2500ms", 2),
    ("checkpoint_timeout", "5min", 300),
    ("statement_timeout", "1.5 min", 90000),
    ("work_mem", "0x1000", 4096),
    ("autovacuum_vacuum_cost_delay", "0.5ms", 0.5),
    ("random_page_cost", "1.1", 1.1),
    ("random_page_cost", "0x1p1", 2),
    ("port", "0x10.8", 16),
    ("port", ".5e4", 5000),
    ("wal_buffers", "1", 4),
    ("autovacuum_work_mem", "0", 1024),
    ("autovacuum_work_mem", "-1", -1),
    ("seed", "0.5", 0.5),
]


@pytest.mark.parametrize(("name", "value", "number"), ACCEPTED)
def test_number(name: str, value: str, number: float) -> None:
    assert postgres.settings(15)[name].number(value) == number


REFUSED = [
    ("shared_buffers", "128mb", "Valid units for this parameter are B, kB, MB, GB, TB"),
    ("shared_buffers", "1m", "Valid units"),
    ("statement_timeout", "60sec", "Valid units for this parameter are us, ms, s, min, h, d"),
    ("work_mem", "2TB", "exceeds integer range"),
    ("work_mem", "1kB", 'outside the valid range for parameter "work_mem" (64 kB .. 2147483647 kB)'),
    ("checkpoint_timeout", "5", '5 s is outside the valid range for parameter "checkpoint_timeout" (30 s .. 86400 s)'),
    ("port", "08", "invalid value"),
    ("port", "08.5", "invalid value"),
    ("port", " .5", "invalid value"),
    ("port", "1e400", "invalid value"),
    ("port", "9" * 5000, "invalid value"),
    ("work_mem", "1e308TB", "exceeds integer range"),
    ("shared_buffers", "1", '1 8kB is outside the valid range for parameter "shared_buffers" (16 8kB .. '),
    ("random_page_cost", "inf", "Infinity is outside the valid range"),
    ("random_page_cost", "nan", "invalid value"),
    ("random_page_cost", "1e-400", "invalid value"),
    ("ssl_renegotiation_limit", "512MB", "invalid value"),
    ("default_with_oids", "on", "tables declared WITH OIDS are not supported"),
    ("max_connections", "100MB", "invalid value"),
    ("jit", "o", "requires a Boolean value"),
    ("jit", "enabled", "requires a Boolean value"),
    ("wal_level", "full", "Available values: minimal, replica, logical."),
]


@pytest.mark.parametrize(("name", "value", "complaint"), REFUSED)
def test_refused(name: str, value: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=re.escape(complaint)):
        postgres.settings(15)[name].check(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("huge_pages", "YES"), ("wal_level", "hot_standby"), ("wal_compression", "zstd"), ("jit", "of"), ("jit", "TRUE")],
)
def test_spellings_that_are_not_listed(name: str, value: str) -> None:
    postgres.settings(15)[name].check(value)


@pytest.mark.parametrize(
    ("name", "value", "choice"),
    [
        ("huge_pages", "YES", "on"),
        ("huge_pages", "Try", "try"),
        ("wal_level", "hot_standby", "replica"),
        ("wal_compression", "on", "pglz"),
        ("trace_recovery_messages", "debug", "debug2"),
        ("client_min_messages", "INFO", "info"),
    ],
)
def test_choice(name: str, value: str, choice: str) -> None:
    assert postgres.settings(15)[name].choice(value) == choice


@pytest.mark.parametrize(
    ("name", "value"), [("vacuum_buffer_usage_limit", "64kB"), ("notify_buffers", "17"), ("io_max_concurrency", "0")]
)
def test_refused_inside_the_range(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f'invalid value for parameter "{name}"'):
        postgres.settings(18)[name].check(value)


def test_every_default_is_accepted_by_its_own_version() -> None:
    for version in postgres.versions():
        for setting in postgres.settings(version).values():
            # max_stack_depth's boot value is raised at start; an enum may be empty to say "none".
            if setting.context != "internal" and setting.default:
                setting.check(setting.default)


@pytest.mark.parametrize("name", ["myext.foo", "work_mem", "sort_mem", "include_dir", "ssl_renegotiation_limit"])
def test_accepted_names(name: str) -> None:
    assert postgres.is_accepted(name, 16)


def test_refused_names() -> None:
    assert not postgres.is_accepted("wal_keep_segments", 16)
    assert not postgres.is_accepted("shared_bufers", 16)


@pytest.mark.parametrize(
    ("text", "number"),
    [("010", 8), ("0x10", 16), ("5000", 5000), ("5k", None), ("5,000", None), ("", None), ("08", None)],
)
def test_pgbouncer_reads_c_integers(text: str, number: int | None) -> None:
    assert pgbouncer.integer(text) == number
