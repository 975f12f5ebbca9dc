"""Models 3 and 4 against worked examples; tests/lab/test_dead_peers.py measures model 4."""

import pytest

from confmend.engine import analyse
from confmend.facts.path import NetworkPath
from confmend.facts.pooler import Pooler
from confmend.model import Paste
from confmend.models import connections, dead_peer
from confmend.models.connections import Budget, ladder
from confmend.models.dead_peer import SYSTEMS, End, timeline

SECOND = 1_000_000
LINUX, MACOS, WINDOWS = SYSTEMS


@pytest.mark.parametrize(
    ("system", "given", "expected"),
    [
        (LINUX, {}, 7_875),
        (MACOS, {}, 7_800),
        (WINDOWS, {}, 7_210),
        (LINUX, {"first": 60, "interval": 10, "probes": 6}, 120),
        (LINUX, {"first": 60, "interval": 10, "probes": 6, "user_timeout": 120}, 120),
        (LINUX, {"first": 3, "interval": 1, "probes": 3, "user_timeout": 10}, 10),
        (LINUX, {"first": 300, "interval": 30, "probes": 2}, 360),
        # Windows knows no number of probes and no user timeout, macOS no user timeout.
        (WINDOWS, {"first": 60, "interval": 10, "probes": 6, "user_timeout": 5}, 160),
        (MACOS, {"first": 60, "interval": 10, "probes": 6, "user_timeout": 5}, 120),
    ],
)
def test_idle_by_system(system: dead_peer.System, given: dict[str, int], expected: int) -> None:
    assert system.idle(**{name: value * SECOND if name != "probes" else value for name, value in given.items()}) == (
        expected * SECOND
    )


def test_timeline_of_the_recommended_set_against_a_load_balancer() -> None:
    server = End("server", LINUX, 60 * SECOND, 10 * SECOND, 6, 0, 10 * SECOND)
    client = End("client", LINUX)
    moments = {(each.side, each.state): each for each in timeline((server, client), 350 * SECOND)}
    assert [moments["server", state].at for state in ("idle", "running query", "unacknowledged data")] == [
        120 * SECOND,
        130 * SECOND,
        925_008_000,
    ]
    assert not moments["server", "idle"].forgotten
    assert moments["client", "idle"].at == 7_875 * SECOND
    assert moments["client", "idle"].forgotten


def test_timeline_says_what_nobody_finds_out() -> None:
    (idle, query, flight) = timeline((End("server", WINDOWS, keepalive=False),), 240 * SECOND)
    assert (idle.at, query.at, flight.at) == (None, None, None)
    assert idle.forgotten
    (_, query, _) = timeline((End("server", LINUX, 60 * SECOND),))
    assert query.at is None
    (_, _, flight) = timeline((End("server", LINUX, user_timeout=30 * SECOND),))
    assert flight.at == 30 * SECOND


def test_a_statement_is_noticed_at_the_next_look_or_when_it_ends() -> None:
    assert dead_peer.noticed(8 * SECOND, 5 * SECOND, 90 * SECOND) == 10 * SECOND
    assert dead_peer.noticed(8 * SECOND, 0, 20 * SECOND) == 20 * SECOND
    assert dead_peer.noticed(8 * SECOND, 5 * SECOND, 9 * SECOND) == 9 * SECOND


def test_the_retransmissions_of_linux_end_after_a_quarter_of_an_hour() -> None:
    least, most = dead_peer.sent_again_until(15)
    assert 924 * SECOND < least < most < 1_050 * SECOND


def test_waiting_for_a_pool() -> None:
    # 20 connections of 5 ms each serve 4,000 transactions a second.
    assert connections.wait(4_000, 20, 0.005) == pytest.approx(1.0)


def _pooler(ini: str, answers: str = "") -> Pooler:
    known = analyse([Paste(ini, kind="pgbouncer_ini"), Paste(answers, kind="answers")]).facts
    found = known[Pooler]
    assert isinstance(found, Pooler)
    return found


def test_ladder_of_many_users_on_few_slots() -> None:
    entries = "".join(f"db{number} = host=10.0.0.5\n" for number in range(4))
    pooler = _pooler(f"[databases]\n{entries}[pgbouncer]\nreserve_pool_size = 5\n", "pool_users = 6\npoolers = 2\n")
    rungs = {rung.name: rung for rung in ladder(Budget(150, 3), pooler, clients=150, nofile=1024)}
    assert (rungs["server connections"].asked, rungs["server connections"].allowed) == (1_200, 142)
    assert [rung.name for rung in rungs.values() if rung.exceeded] == ["server connections"]
    assert (rungs["clients"].allowed, rungs["open files"].asked) == (200, 100 + 600 + 50)


def test_ladder_without_a_pooler() -> None:
    rungs = ladder(Budget(200, 3, 5), clients=400)
    assert [(rung.asked, rung.allowed, rung.exceeded) for rung in rungs] == [(400, 187, True), (187, 200, False)]


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"pgbouncer_ini": "[pgbouncer]\ntcp_keepalive = 1 ; on\n"}, "pooler_setting_refused"),
        ({"pgbouncer_ini": "[pgbouncer]\nmax_client_conn = 010\n"}, "pooler_number_octal"),
        (
            {
                "pgbouncer_ini": "[databases]\na = host=h\n[pgbouncer]\nmax_client_conn = 5000\n",
                "answers": "open_files = 1024\n",
            },
            "pooler_descriptors_exhausted",
        ),
        (
            {"connection_strings": "DSN='host=db user=app dbname=x pool_max_conns=20 keepalives_idle=60'\n"},
            "driver_sends_parameter_on",
        ),
    ],
)
def test_known_mistake_is_found(given: dict[str, str], rule: str) -> None:
    analysis = analyse([Paste(text, kind=kind) for kind, text in given.items()])
    assert [result.rule for result in analysis.results if result.rule == rule and result.findings]


@pytest.mark.parametrize(
    ("text", "limit", "name"),
    [
        ("middlebox = aws-nlb\n", 350, "AWS Network Load Balancer"),
        ("middlebox = Azure LB\n", 240, "Azure Load Balancer"),
        ("middlebox = azure-lb\nidle_limit = 30min\n", 1800, "Azure Load Balancer"),
        ("idle_limit = 350s\n", 350, ""),
    ],
)
def test_middlebox(text: str, limit: int, name: str) -> None:
    path = analyse([Paste(text, kind="answers")]).facts[NetworkPath]
    assert path.idle_limit_us == limit * SECOND
    assert (path.middlebox.name if path.middlebox else "") == name
