"""The models against measurements and worked examples."""

import pytest
from hypothesis import given as generated
from hypothesis import strategies as st

from confmend.models import connections, dead_peer, huge_pages, postgres_memory, tcp_memory
from confmend.models.connections import Budget, Pool
from confmend.models.postgres_memory import GIB, MIB, Server

SECOND = 1_000_000


# postgres -C shared_memory_size in MB, measured on servers of these versions.
@pytest.mark.parametrize(
    ("shared_buffers", "max_connections", "locks", "measured"),
    [
        (128 * MIB, 100, 64, {15: 143, 16: 143, 17: 143, 18: 150}),
        (1 * GIB, 100, 64, {15: 1074, 16: 1074, 17: 1079, 18: 1086}),
        (4 * GIB, 100, 64, {15: 4213, 16: 4213, 17: 4246, 18: 4253}),
        (8 * GIB, 100, 64, {15: 8399, 16: 8399, 17: 8436, 18: 8443}),
        (16 * GIB, 100, 64, {15: 16771, 16: 16771, 17: 16816, 18: 16823}),
        (64 * GIB, 100, 64, {15: 67004, 16: 67004, 17: 67096, 18: 67103}),
        (8 * GIB, 500, 64, {15: 8419, 16: 8419, 17: 8456, 18: 8475}),
        (128 * MIB, 100, 1024, {15: 186, 16: 186, 17: 187, 18: 202}),
    ],
)
def test_shared_memory_is_what_servers_say(
    shared_buffers: int, max_connections: int, locks: int, measured: dict[int, int]
) -> None:
    for version, megabytes in measured.items():
        given = _server(version, shared_buffers, max_connections, locks)
        assert postgres_memory.shared(given) / MIB == pytest.approx(megabytes, rel=0.018)


@pytest.mark.parametrize(
    ("max_connections", "measured"),
    [(1000, {15: 184, 16: 184, 17: 185, 18: 197}), (5000, {15: 377, 16: 377, 17: 378, 18: 389})],
)
def test_shared_memory_of_many_connections_on_few_buffers_is_never_too_low(
    max_connections: int, measured: dict[int, int]
) -> None:
    for version, megabytes in measured.items():
        found = postgres_memory.shared(_server(version, 128 * MIB, max_connections, 64)) / MIB
        assert megabytes <= found <= megabytes * 1.05


def _server(version: int, shared_buffers: int, max_connections: int, locks: int) -> Server:
    slots = 16 if version >= 18 else 3
    return Server(
        version, shared_buffers, 4 * MIB, max_connections, max_locks_per_transaction=locks, autovacuum_slots=slots
    )


def test_likely_of_a_sound_host() -> None:
    ram, given = 15_714 * MIB, Server(15, 4 * GIB, 16 * MIB, 150, hash_mem_multiplier=2.0)
    found = postgres_memory.likely(given, active=32)
    assert found.total / MIB == pytest.approx(4_213 + 32 * 48 + 150 * 2.8 + 192, abs=3)
    assert found.total + postgres_memory.reserve(ram) < ram
    assert postgres_memory.worst(given).total / MIB == pytest.approx(9_625, abs=3)


def test_likely_of_a_host_that_must_fail() -> None:
    ram, given = 15_714 * MIB, Server(16, 8 * GIB, 64 * MIB, 500, hash_mem_multiplier=2.0)
    found = postgres_memory.likely(given, active=64)
    assert found.total / MIB == pytest.approx(8_415 + 64 * 192 + 500 * 2.8 + 192, abs=3)
    assert found.total > ram
    assert postgres_memory.worst(given).total / MIB == pytest.approx(74_007, abs=3)


@generated(
    st.builds(
        Server,
        version=st.integers(12, 18),
        shared_buffers=st.integers(128 * 1024, 64 * GIB),
        work_mem=st.integers(64 * 1024, 4 * GIB),
        max_connections=st.integers(1, 262_143),
        hash_mem_multiplier=st.floats(1, 1_000),
        wal_buffers=st.none() | st.integers(32 * 1024, GIB),
        autovacuum_workers=st.integers(1, 64),
        autovacuum_memory=st.integers(64 * 1024, 8 * GIB),
    ),
    st.data(),
)
def test_worst_case_is_never_below_what_is_likely(given: Server, data: st.DataObject) -> None:
    active = data.draw(st.integers(0, given.max_connections))
    likely, worst = postgres_memory.likely(given, active), postgres_memory.worst(given, active)
    assert worst.total >= likely.total
    # Whoever knows how many queries are at work never hears of less than who does not; a byte is rounded for each.
    assert worst.total >= postgres_memory.worst(given).total - active
    assert {part.name: part for part in likely.parts if part.bytes}.items() <= {
        part.name: part for part in worst.parts
    }.items()


def test_worst_case_adds_a_hash_in_every_connection_that_is_not_at_work() -> None:
    given = Server(15, 4 * GIB, 16 * MIB, 150, hash_mem_multiplier=2.0)
    steps = postgres_memory.worst(given, active=32).steps
    assert steps[1:3] == (
        "queries at work: 32 × (16 MiB work_mem × 2 nodes × 1.5) = 1,536 MiB",
        "one hash in every other connection: 118 × 16 MiB work_mem × 2 = 3,776 MiB",
    )
    # As before 15, where a hash takes no more than a sort: all of 20 connections at work.
    small = Server(14, 128 * MIB, 4 * MIB, 20)
    assert postgres_memory.worst(small, active=20).total == postgres_memory.likely(small, active=20).total


def test_work_mem_that_fits_leaves_the_reserve() -> None:
    ram, given = 15_714 * MIB, Server(16, 4 * GIB, 64 * MIB, 100, hash_mem_multiplier=2.0)
    assert postgres_memory.fitting_work_mem(given, ram, active=32) == 64 * MIB


def test_shared_memory_with_huge_pages_of_64_gib() -> None:
    given = Server(17, 16 * GIB, 4 * MIB, 300, hash_mem_multiplier=2.0)
    assert postgres_memory.shared(given) / MIB == pytest.approx(16_826, rel=0.001)


def test_raising_work_mem_while_lowering_max_connections() -> None:
    before = Server(14, 0, 4 * MIB, 500)
    after = Server(14, 0, 16 * MIB, 150)
    demands = [postgres_memory.worst(given).parts[1].bytes // MIB for given in (before, after)]
    assert demands == [2_000, 2_400]


@pytest.mark.parametrize(("ram", "reserve"), [(1 * GIB, GIB // 4), (8 * GIB, GIB), (64 * GIB, 64 * GIB // 10)])
def test_reserve(ram: int, reserve: int) -> None:
    assert postgres_memory.reserve(ram) == reserve


def test_demand_lists_its_steps() -> None:
    steps = postgres_memory.likely(Server(15, 4 * GIB, 4 * MIB, 500, hash_mem_multiplier=2.0), active=32).steps
    assert steps == (
        "shared memory: shared_buffers 4,096 MiB + tables beside it 134 MiB = 4,230 MiB",
        "queries at work: 32 × (4 MiB work_mem × 2 nodes × 1.5) = 384 MiB",
        "backends: 500 × 2.8 MiB = 1,400 MiB",
        "autovacuum: 3 workers × 64 MiB = 192 MiB",
        "together: 6,206 MiB",
    )


def test_picture_shows_both_demands_against_ram() -> None:
    ram, given = 15_714 * MIB, Server(16, 8 * GIB, 64 * MIB, 500, hash_mem_multiplier=2.0)
    picture = postgres_memory.bars(given, ram, active=64)
    assert (picture.limit, picture.reserve) == (ram, ram // 10)
    assert [bar.name for bar in picture.bars] == ["likely, 64 queries at work", "worst case"]
    assert all(bar.length == sum(part.bytes for part in bar.parts) > ram for bar in picture.bars)


def test_huge_pages_of_64_gib_with_strict_overcommit() -> None:
    given = Server(17, 16 * GIB, 64 * MIB, 300, hash_mem_multiplier=2.0)
    assert huge_pages.told(8_413).count == 8_498
    assert not huge_pages.fitted(given).exact
    assert huge_pages.commit_limit(65_300 * MIB, 4_096 * MIB, 90, 16_996 * MIB) // MIB == 47_569
    demand = postgres_memory.likely(given, active=64)
    assert huge_pages.committed(demand, given, True) == demand.total - postgres_memory.shared(given)
    assert huge_pages.committed(demand, given, False) == demand.total


def test_huge_pages_by_the_hint_of_a_failed_start() -> None:
    found = huge_pages.hinted(32_979_582_976)
    assert (found.count, found.exact) == (15_726, True)


def test_budget_of_one_pool() -> None:
    assert Budget(150, 3).available == 142
    assert connections.demand([Pool(20)]) == 20
    assert connections.descriptors(5_000, 20) == 5_070


def test_clients_bring_a_server_connection_each_until_all_are_open() -> None:
    assert connections.most_clients(1_024, 20) == 954
    assert connections.most_clients(1_024, 1_000) == 487
    assert connections.most_clients(40, 20) == 0


def test_budget_of_many_users_is_overdrawn_and_mended_by_one_user_each() -> None:
    available = Budget(150, 3).available
    assert connections.demand([Pool(25)] * 4, users=6, processes=2) == 1_200
    assert connections.demand([Pool(25, user="app")] * 4, users=6, processes=2) == 200
    assert connections.demand([Pool(17, user="app")] * 4, users=6, processes=2) == 136 <= available
    assert connections.demand([Pool(25, cap=17)] * 4, users=6, processes=2) == 136


def test_budget_under_a_cap_for_each_user() -> None:
    assert connections.demand([Pool(20)] * 8, users=5, user_cap=10) == 50
    assert connections.demand([Pool(20, user="app")] * 8, users=5, user_cap=30) == 30


def test_budget_with_reserved_connections() -> None:
    assert Budget(200, 3, 5).available == 187
    # Ordinary clients get 192 slots, so the 20th pod of 10 connections fails.
    assert Budget(200, 3, 5, administration=0).available == 192


def test_eight_databases_of_five_users() -> None:
    assert connections.demand([Pool(20)] * 8, users=5) == 800


@pytest.mark.parametrize(
    ("timers", "seconds"),
    [
        ((7200, 75, 9, 0), 7_875),
        ((300, 30, 2, 0), 360),
        ((60, 10, 5, 0), 110),
        ((60, 10, 6, 120), 120),
        ((3, 1, 3, 10), 10),
        ((3, 1, 3, 2), 4),
        ((60, 0, 6, 120), 60),
    ],
)
def test_idle_peer(timers: tuple[int, int, int, int], seconds: int) -> None:
    first, interval, probes, user = timers
    assert dead_peer.idle(first * SECOND, interval * SECOND, probes, user * SECOND) == seconds * SECOND


@pytest.mark.parametrize(
    ("retries", "seconds"), [(3, 3.0), (5, 12.6), (6, 25.4), (8, 102.2), (9, 204.6), (10, 324.6), (15, 924.6)]
)
def test_unacknowledged_data(retries: int, seconds: float) -> None:
    assert dead_peer.unacknowledged(retries) == seconds * SECOND
    assert dead_peer.unacknowledged(retries, 5 * SECOND) == 5 * SECOND


def test_running_statement() -> None:
    found = dead_peer.idle(60 * SECOND, 10 * SECOND, 6)
    assert dead_peer.running(found, 10 * SECOND) == 130 * SECOND
    assert dead_peer.running(found, 0) is None


def test_tcp_limits_are_never_lowered() -> None:
    stock = (188_562, 251_418, 377_124)
    assert tcp_memory.raised(stock, stock[2], 10_000, 4_022_688) is None
    assert tcp_memory.raised(stock, stock[2], 300_000, 4_022_688) == (330_000, 440_000, 660_000)
    assert tcp_memory.raised(stock, stock[2], 900_000, 4_022_688) == (502_836, 670_448, 1_005_672)


def test_stalled_readers() -> None:
    assert tcp_memory.stalled_readers(377_124, 4096) == 368
