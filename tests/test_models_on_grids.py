"""Over the calculators' own grids: what confmend's edits leave fits the host, is in range, and is final.

For each host three files are corrected: a server left as it was installed, PGTune's and timescaledb-tune's output.
``CONFMEND_WHOLE=1`` takes every host of the grid instead of a sample.
"""

import itertools
import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from confmend.catalog import postgres as catalog
from confmend.engine import Analysis, analyse
from confmend.facts.cores import Cores
from confmend.facts.postgres import Postgres
from confmend.facts.server_memory import ServerMemory
from confmend.model import Paste, Severity
from confmend.models import connections
from confmend.models.postgres_memory import LEAST_WORK_MEM, Server, likely, reserve, server, worst
from confmend.models.recommended import LEAST_BUFFERS, LEAST_VACUUM
from peer_formulas import GB, Host, pgtune, stock, text, timescaledb_tune

GRID = [
    Host(int(ram * GB), cpus, slots, storage, workload, version)
    for ram, cpus, slots, storage, workload, version in itertools.product(
        (0.5, 1, 2, 4, 8, 15.35, 32, 64, 128, 256, 512, 1024),
        (1, 2, 4, 8, 16, 48, 192),
        (0, 20, 100, 300, 1000, 5000),
        ("nvme", "ssd", "san", "hdd"),
        ("web", "oltp", "warehouse", "mixed"),
        range(12, 19),
    )
]
# Prime, so that a sample meets every value of every axis.
STEP = 17 if os.environ.get("CONFMEND_WHOLE") == "1" else 401
INPUTS: Mapping[str, Callable[[Host], Mapping[str, object]]] = {
    "stock": stock,
    "PGTune": pgtune,
    "timescaledb-tune": timescaledb_tune,
}


def analysed(conf: str, host: Host) -> Analysis:
    return analyse([Paste(conf, kind="postgresql_conf"), Paste(host.answers, kind="answers")])


def modelled(found: Analysis) -> Server:
    return server(found.facts[Postgres])


def at_work(found: Analysis, given: Server) -> int:
    cores: Cores = found.facts[Cores]
    return min(given.max_connections, 4 * cores.count)


def left_for_kernel(found: Analysis, given: Server) -> int:
    """Return what a usual load leaves above the reserve."""
    memory: ServerMemory = found.facts[ServerMemory]
    return memory.ram - reserve(memory.ram) - likely(given, at_work(found, given)).total


def runs_out(found: Analysis, ram: int) -> bool:
    """Whether the worst case is more than the RAM."""
    given = modelled(found)
    return worst(given, at_work(found, given)).total > ram


def exceeds(found: Analysis) -> bool:
    given = modelled(found)
    return left_for_kernel(found, given) < 0


def cannot_fit(found: Analysis) -> bool:
    """Whether the connections alone are too many: with the least buffers, work_mem and vacuum memory as well."""
    given = modelled(found)
    least = replace(
        given,
        shared_buffers=min(given.shared_buffers, LEAST_BUFFERS),
        work_mem=min(given.work_mem, LEAST_WORK_MEM),
        autovacuum_memory=min(given.autovacuum_memory, LEAST_VACUUM),
    )
    return left_for_kernel(found, least) < 0


def refused(found: Analysis, version: int) -> list[str]:
    """Return the settings of the corrected file that a server of the version would refuse."""
    bad = []
    for name, value in found.facts[Postgres].settings.items():
        row = catalog.settings(version).get(name)
        try:
            if row is None:
                raise ValueError(name)
            if row.type in ("integer", "real"):
                row.number(value.value)
            elif row.type == "enum":
                row.choice(value.value)
        except ValueError:
            bad.append(name)
    return bad


@pytest.mark.parametrize("source", INPUTS)
def test_corrected_configurations_fit_their_hosts(source: str, capsys: pytest.CaptureFixture[str]) -> None:
    counts: Counter[str] = Counter()
    for host in GRID[::STEP]:
        before = analysed(text(INPUTS[source](host)), host)
        (conf,) = (each.text for each in before.corrected if each.kind == "postgresql_conf")
        after = analysed(conf, host)
        counts["hosts"] += 1
        counts["worst case exceeds RAM, as given"] += runs_out(before, host.ram)
        counts["worst case exceeds RAM, corrected"] += runs_out(after, host.ram)
        assert [result.crash for result in (*before.results, *after.results) if result.crash] == []
        assert after.edits == (), (host, conf, after.edits)
        assert refused(after, host.version) == [], (host, conf)
        pg = after.facts[Postgres]
        assert pg.count("max_connections") == host.slots
        assert connections.budget(pg).available > 0
        assert pg.count("max_worker_processes") >= before.facts[Postgres].count("max_worker_processes")
        possible = not cannot_fit(before)
        counts["connections alone exceed it"] += not possible
        counts["of the possible, likely exceeds RAM less reserve as given"] += possible and exceeds(before)
        counts["of the possible, likely exceeds RAM less reserve corrected"] += possible and exceeds(after)
        if exceeds(after):
            # What nothing but fewer connections mends is told, not hidden.
            assert not possible, (host, conf)
            assert left_for_kernel(after, modelled(after)) >= left_for_kernel(before, modelled(before))
            (told,) = (each for each in after.results if each.rule == "usual_load_exceeds_ram")
            assert [finding.severity for finding in told.findings if (finding.severity or 0) >= Severity.WARNING]
    with capsys.disabled():
        print(f"\n{source}: " + "; ".join(f"{name} {count:,}" for name, count in counts.items()))
