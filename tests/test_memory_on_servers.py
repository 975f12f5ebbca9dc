"""The memory model against real servers: the shared segment, the huge pages for it, and what a session costs.

From 15 on ``postgres -C shared_memory_size`` says it; up to 14 the server is started and its mapping is measured, which
is reserved but not touched. ``CONFMEND_WHOLE=1`` takes every setting on every version.
"""

import itertools
import os
import re
from pathlib import Path

import psycopg
import pytest

from confmend.engine import analyse
from confmend.facts.postgres import Postgres
from confmend.model import Paste
from confmend.models import huge_pages
from confmend.models.postgres_memory import BACKEND, MIB, server, shared
from programs import postgresql

WHOLE = os.environ.get("CONFMEND_WHOLE") == "1"
SERVERS = {each.version: each for each in postgresql.servers()}
TELLING = [version for version in SERVERS if version >= huge_pages.TELLS]
SILENT = [version for version in SERVERS if version < huge_pages.TELLS]
if not SERVERS:
    pytest.skip("no PostgreSQL servers for this platform", allow_module_level=True)

SETTINGS = [
    {"port": "5432"},
    {"shared_buffers": "16MB", "max_connections": "20"},
    {"shared_buffers": "1GB", "max_connections": "300"},
    {"shared_buffers": "4GB", "max_connections": "200", "max_locks_per_transaction": "256"},
    {"shared_buffers": "2GB", "max_connections": "1000", "track_activity_query_size": "16kB"},
    {"shared_buffers": "256MB", "max_connections": "2000", "max_prepared_transactions": "500"},
    {"shared_buffers": "512MB", "max_pred_locks_per_transaction": "1024", "max_worker_processes": "96"},
    {"shared_buffers": "6GB", "wal_buffers": "64MB", "max_wal_senders": "50"},
    {"shared_buffers": "1GB", "autovacuum_max_workers": "12", "max_connections": "500"},
]
CLOSE = 0.10
# Of a segment of 20 MB a tenth is less than what a version adds in tables.
SMALL = 4


def _by_model(version: int, settings: dict[str, str]) -> int:
    conf = "".join(f"{name} = {value}\n" for name, value in settings.items())
    pastes = [Paste(conf, kind="postgresql_conf"), Paste(f"postgresql = {version}\n", kind="answers")]
    return shared(server(analyse(pastes).facts[Postgres]))


def _mapped(pid: int) -> int:
    """Return the size of the server's one anonymous shared mapping."""
    sizes = []
    for line in Path(f"/proc/{pid}/maps").read_text("utf-8").splitlines():
        match = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw-s .*/dev/zero", line)
        if match:
            sizes.append(int(match[2], 16) - int(match[1], 16))
    return max(sizes)


CASES = list(itertools.product(TELLING, range(len(SETTINGS))))


@pytest.mark.parametrize(("version", "number"), CASES if WHOLE else CASES[::2])
def test_shared_memory_is_what_the_server_computes(version: int, number: int) -> None:
    settings = SETTINGS[number]
    told = int(SERVERS[version].computed("shared_memory_size", settings))
    assert _by_model(version, settings) / MIB == pytest.approx(told, rel=CLOSE, abs=SMALL)


@pytest.mark.parametrize("version", TELLING)
def test_huge_pages_are_what_the_server_computes(version: int) -> None:
    for settings in SETTINGS if WHOLE else SETTINGS[1:4]:
        told = int(SERVERS[version].computed("shared_memory_size_in_huge_pages", {**settings, "huge_page_size": "2MB"}))
        conf = "".join(f"{name} = {value}\n" for name, value in settings.items())
        pastes = [Paste(conf, kind="postgresql_conf"), Paste(f"postgresql = {version}\n", kind="answers")]
        given = server(analyse(pastes).facts[Postgres])
        fitted, exact = huge_pages.fitted(given), huge_pages.told(told)
        assert not fitted.exact
        assert fitted.count == pytest.approx(told, rel=CLOSE, abs=SMALL // 2)
        assert exact.exact
        assert told <= exact.count <= told * 1.01 + 1


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs /proc to measure a mapping")
@pytest.mark.parametrize("version", SILENT)
def test_shared_memory_is_what_an_older_server_maps(version: int) -> None:
    # The first says nothing of shared_buffers: initdb then writes 128 MB, and what no file says is 8 MB up to 14.
    for settings in SETTINGS[1:] if WHOLE else SETTINGS[2::5]:
        with SERVERS[version].running({**settings, "huge_pages": "off"}) as postmaster:
            mapped = _mapped(postmaster)
        assert _by_model(version, settings) == pytest.approx(mapped, rel=CLOSE)


@pytest.mark.parametrize("version", SILENT)
def test_huge_pages_of_an_older_server_suffice(version: int) -> None:
    settings = SETTINGS[2]
    with SERVERS[version].running({**settings, "huge_pages": "off"}) as postmaster:
        mapped = _mapped(postmaster)
    conf = "".join(f"{name} = {value}\n" for name, value in settings.items())
    pastes = [Paste(conf, kind="postgresql_conf"), Paste(f"postgresql = {version}\n", kind="answers")]
    pages = huge_pages.fitted(server(analyse(pastes).facts[Postgres]))
    assert pages.exact
    assert mapped <= pages.count * huge_pages.USUAL <= mapped * (1 + CLOSE)


def _private(pid: int) -> int:
    """Return the memory that a process has written to and shares with no other."""
    rolled = Path(f"/proc/{pid}/smaps_rollup").read_text("utf-8")
    return sum(int(number) * 1024 for number in re.findall("^Private_Dirty: +([0-9]+) kB", rolled, re.MULTILINE))


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="needs /proc to measure a process")
@pytest.mark.parametrize("version", SERVERS if WHOLE else list(SERVERS)[::3])
def test_a_session_that_knows_its_tables_costs_what_the_model_says(version: int) -> None:
    with (
        SERVERS[version].running({}) as _,
        psycopg.connect(
            host=str(SERVERS[version].socket_folder), dbname="template1", user=postgresql.user()
        ) as session,
    ):
        # Opens each of the some hundred tables and indexes of the catalogue, as an application does with its own.
        session.execute("select oid::regclass, pg_relation_size(oid) from pg_class where relkind in ('r', 'i')")
        assert _private(session.info.backend_pid) == pytest.approx(BACKEND, rel=CLOSE)
