"""What two published calculators write for a host, from their own source, to compare with.

PGTune: configurationSlice.js of le0pard/pgtune. timescaledb-tune: pkg/pgtune/memory.go and parallel.go of
timescale/timescaledb-tune, each by its formulas, for Linux.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

MB = 1024**2
GB = 1024**3
CONNECTIONS = {"web": 200, "oltp": 300, "warehouse": 40, "mixed": 100}
_WAL = {"web": (1, 4), "oltp": (2, 8), "warehouse": (4, 16), "mixed": (1, 4)}
_READS = {"hdd": ("4", "2"), "ssd": ("1.1", "200"), "san": ("1.1", "300"), "nvme": ("1.1", "1000")}


@dataclass(frozen=True, slots=True)
class Host:
    """One point of the grid. ``connections`` 0: the calculator's own choice."""

    ram: int
    cpus: int
    connections: int
    storage: str
    workload: str
    version: int

    @property
    def slots(self) -> int:
        """max_connections, as asked for or as PGTune chooses it."""
        return self.connections or CONNECTIONS[self.workload]

    @property
    def answers(self) -> str:
        """The same as answers to confmend's questions."""
        return (
            f"memory = {self.ram // MB}MB\ncpus = {self.cpus}\npostgresql = {self.version}\n"
            f"storage = {self.storage}\nworkload = {self.workload}\n"
        )


def text(settings: Mapping[str, object]) -> str:
    """Return settings as postgresql.conf has them."""
    return "".join(f"{name} = {value}\n" for name, value in settings.items())


def stock(host: Host) -> Mapping[str, object]:
    """Return a server left as it was installed, but for the connections."""
    return {"max_connections": host.slots}


def pgtune(host: Host) -> Mapping[str, object]:
    """Return PGTune's settings."""
    ram = host.ram // 1024
    buffers = ram // 4
    maintenance = min(ram // (8 if host.workload == "warehouse" else 16), 8 * GB // 1024)
    wal = min(3 * buffers // 100, 16 * 1024)
    wal = 16 * 1024 if wal > 14 * 1024 else max(wal, 32)
    cost, ahead = _READS[host.storage]
    least, most = _WAL[host.workload]
    found: dict[str, object] = {
        "max_connections": host.slots,
        "shared_buffers": f"{buffers}kB",
        "effective_cache_size": f"{ram * 3 // 4}kB",
        "maintenance_work_mem": f"{maintenance}kB",
        "checkpoint_completion_target": "0.9",
        "wal_buffers": f"{wal}kB",
        "default_statistics_target": 500 if host.workload == "warehouse" else 100,
        "random_page_cost": cost,
        "effective_io_concurrency": ahead,
        "huge_pages": "try" if buffers >= 2 * GB // 1024 else "off",
        "min_wal_size": f"{least}GB",
        "max_wal_size": f"{most}GB",
    }
    if maintenance >= 2 * GB // 1024:
        found["autovacuum_work_mem"] = "2GB"
    if host.cpus >= 16:
        found["autovacuum_max_workers"] = 5 if host.cpus >= 32 else 4
    processes = 8
    if host.cpus >= 4:
        half = math.ceil(host.cpus / 2)
        processes = host.cpus
        found["max_worker_processes"] = found["max_parallel_workers"] = host.cpus
        found["max_parallel_workers_per_gather"] = half if host.workload == "warehouse" else min(4, half)
        found["max_parallel_maintenance_workers"] = min(4, half)
    each = (ram - buffers) / ((host.slots + processes) * 3)
    work = math.floor(each / 2 if host.workload in ("warehouse", "mixed") else each)
    found["work_mem"] = f"{max(work, 4 * 1024)}kB"
    if host.workload != "warehouse":
        found["jit"] = "off"
    return found


def timescaledb_tune(host: Host) -> Mapping[str, object]:
    """Return timescaledb-tune's settings for memory and parallelism."""
    work = host.ram / GB * (6.4 * 20 * MB / host.slots) / max(1, math.floor(host.cpus / 2 + 0.5))
    found: dict[str, object] = {
        "max_connections": host.slots,
        "shared_buffers": f"{host.ram // 4 // 1024}kB",
        "effective_cache_size": f"{host.ram * 3 // 4 // 1024}kB",
        "maintenance_work_mem": f"{min(host.ram // 8, 2047 * MB) // 1024}kB",
        "work_mem": f"{max(64, math.floor(work) // 1024)}kB",
    }
    if host.cpus > 1:
        found["max_worker_processes"] = 3 + 8 + host.cpus
        found["max_parallel_workers"] = host.cpus
        found["max_parallel_workers_per_gather"] = math.floor(host.cpus / 2 + 0.5)
    return found
