"""The order of changes: nothing comes before what it depends on, whatever changes together."""

from collections.abc import Callable, Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confmend.analysis_json import as_json
from confmend.engine import Analysis, analyse
from confmend.model import Edit, Paste
from confmend.models.change_order import Step, in_order
from confmend.models.change_place import Place
from confmend.render import html_report, text_report
from confmend.rules import rules
from confmend.settling import edited

CONF, POOLER, SYSCTL, DUMP, UNIT = "postgresql_conf", "pgbouncer_ini", "sysctl_conf", "sysctl_dump", "systemd_unit"
TEXTS = {
    CONF: "max_connections = 200\nmax_wal_senders = 10\nshared_buffers = 1GB\nwork_mem = 4MB\nport = 5432\n",
    POOLER: "[databases]\napp = host=10.0.0.5 pool_size=20\n[pgbouncer]\ndefault_pool_size = 20\n"
    "max_db_connections = 0\nlisten_backlog = 128\nserver_idle_timeout = 600\n",
    SYSCTL: "vm.nr_hugepages = 1000\nvm.overcommit_memory = 0\nnet.core.somaxconn = 1024\nfs.file-max = 100000\n"
    "net.ipv4.tcp_keepalive_time = 7200\nvm.swappiness = 60\n",
    UNIT: "[Service]\nLimitNOFILE=1024\n",
    "connection_strings": "DB=postgresql://app@10.0.0.5/app?keepalives_idle=600\n",
}
# What may be set, a value that gives or asks for more, and one for less; the same where neither is meant.
VALUES = {
    (CONF, "max_connections"): ("400", "100"),
    (CONF, "max_wal_senders"): ("20", "5"),
    (CONF, "shared_buffers"): ("2GB", "512MB"),
    (CONF, "work_mem"): ("8MB", "2MB"),
    (POOLER, "pgbouncer/default_pool_size"): ("40", "10"),
    (POOLER, "pgbouncer/max_db_connections"): ("0", "50"),
    (POOLER, "databases/app/pool_size"): ("40", "10"),
    (POOLER, "pgbouncer/listen_backlog"): ("1024", "64"),
    (POOLER, "pgbouncer/server_idle_timeout"): ("300", "300"),
    (SYSCTL, "vm.nr_hugepages"): ("2000", "500"),
    (SYSCTL, "vm.overcommit_memory"): ("1", "2"),
    (SYSCTL, "net.core.somaxconn"): ("4096", "128"),
    (SYSCTL, "fs.file-max"): ("200000", "50000"),
    (SYSCTL, "net.ipv4.tcp_keepalive_time"): ("60", "60"),
    (SYSCTL, "vm.swappiness"): ("10", "10"),
    (UNIT, "Service/LimitNOFILE"): ("65536", "65536"),
    ("connection_strings", "1/keepalives_idle"): ("60", "60"),
}
DEMAND = ("pgbouncer/default_pool_size", "pgbouncer/max_db_connections", "databases/app/pool_size")
STANDBY = ("max_connections", "max_wal_senders")


def read(texts: dict[str, str], answers: str = "") -> Analysis:
    """Return the texts read, with nothing found wrong."""
    pastes = [Paste(text, kind=kind) for kind, text in texts.items()]
    return analyse([*pastes, Paste(f"postgresql = 16\n{answers}", kind="answers")], skip=set(rules()))


BARE, PRIMARY, REPLICA = read(TEXTS), read(TEXTS, "role = primary\n"), read(TEXTS, "role = standby\n")


def ordered(analysis: Analysis, edits: Sequence[Edit]) -> tuple[Step, ...]:
    return in_order(edits, analysis.documents, edited(analysis.documents, tuple(edits)), analysis.facts)


def titles(steps: Sequence[Step]) -> list[str]:
    return [step.title for step in steps]


@st.composite
def changes(draw: st.DrawFn) -> list[tuple[Edit, bool]]:
    """Some edits, each with whether it sets the larger value."""
    keys = draw(st.lists(st.sampled_from(sorted(VALUES)), unique=True, min_size=2))
    directions = [draw(st.booleans()) for _ in keys]
    wanted = [(Edit(*key, VALUES[key][not more]), more) for key, more in zip(keys, directions, strict=True)]
    # What is so already changes nothing.
    return [each for each in wanted if each[0] != Edit(POOLER, "pgbouncer/max_db_connections", "0")]


def position(steps: Sequence[Step], wanted: Edit) -> int:
    """Return the place of the one step that makes an edit here, not on another server."""
    here = [
        number
        for number, step in enumerate(steps)
        if step.place not in (Place.OTHER_SERVER_FIRST, Place.OTHER_SERVER_LAST)
        for change in step.changes
        if (change.kind, change.key) == (wanted.kind, wanted.key)
    ]
    (number,) = here
    return number


Test = Callable[[Edit, bool], bool]


def gives(*keys: str) -> Test:
    return lambda edit, more: more and edit.key in keys


def takes(*keys: str) -> Test:
    return lambda edit, more: not more and edit.key in keys


def either(*keys: str) -> Test:
    return lambda edit, _: edit.key in keys


LIMITS = ("vm.nr_hugepages", "vm.overcommit_memory", "net.core.somaxconn", "fs.file-max")
RESTARTED = ("max_connections", "max_wal_senders", "shared_buffers")
DEPENDENCIES: list[tuple[str, Test, Test]] = [
    ("kernel limits are there when PostgreSQL starts", gives(*LIMITS), either(*RESTARTED)),
    ("and when PgBouncer starts", gives(*LIMITS), either("pgbouncer/listen_backlog")),
    ("and when a service gets its own", gives("fs.file-max"), either("Service/LimitNOFILE")),
    ("they go when PostgreSQL has started with less", either(*RESTARTED), takes(*LIMITS)),
    ("connections are there before the pools ask", gives("max_connections"), gives(*DEMAND)),
    ("pools ask for less before connections go", takes(*DEMAND), takes("max_connections")),
    ("a service's limits before it starts", either("Service/LimitNOFILE"), either(*RESTARTED)),
    ("keepalive before sockets", either("net.ipv4.tcp_keepalive_time"), either(*RESTARTED, "1/keepalives_idle")),
    ("reload before restart", either("work_mem"), either(*RESTARTED)),
    ("the pooler's too", either("pgbouncer/server_idle_timeout"), either("pgbouncer/listen_backlog")),
    ("servers before clients", either(*RESTARTED, "work_mem", *DEMAND), either("1/keepalives_idle")),
]


@given(changes(), st.sampled_from([BARE, PRIMARY, REPLICA]))
def test_no_step_before_what_it_depends_on(wanted: list[tuple[Edit, bool]], analysis: Analysis) -> None:
    steps = ordered(analysis, [edit for edit, _ in wanted])
    if not steps:
        return
    places = {edit: position(steps, edit) for edit, _ in wanted}
    for name, first, then in DEPENDENCIES:
        for one, more in wanted:
            for other, others_more in wanted:
                if first(one, more) and then(other, others_more):
                    assert places[one] < places[other], name
    # One reload and one restart of each program: no place is there twice.
    assert len({step.place for step in steps}) == len(steps)
    assert all(step.why and step.title and step.where for step in steps)


@given(changes(), st.sampled_from([BARE, PRIMARY, REPLICA]))
def test_standbys_have_at_least_the_primarys_values_all_the_way(
    wanted: list[tuple[Edit, bool]], analysis: Analysis
) -> None:
    steps = ordered(analysis, [edit for edit, _ in wanted])
    own = {edit.key: position(steps, edit) for edit, _ in wanted if steps and edit.key in STANDBY}
    elsewhere = {
        change.key: (number, step.place)
        for number, step in enumerate(steps)
        if step.place in (Place.OTHER_SERVER_FIRST, Place.OTHER_SERVER_LAST)
        for change in step.changes
    }
    for edit, more in wanted:
        if edit.key not in STANDBY:
            assert edit.key not in elsewhere
        elif analysis is REPLICA:
            # The standby's own growth needs nobody; it shrinks after its primary.
            assert (edit.key in elsewhere) is not more
            assert more or elsewhere[edit.key][0] < own[edit.key]
        elif more:
            assert elsewhere[edit.key][0] < own[edit.key]
        else:
            assert elsewhere[edit.key][0] > own[edit.key]


@given(changes(), st.randoms())
def test_order_of_the_edits_does_not_matter(wanted: list[tuple[Edit, bool]], random: Random) -> None:
    edits = [edit for edit, _ in wanted]
    mixed = list(edits)
    random.shuffle(mixed)
    one, other = ordered(BARE, edits), ordered(BARE, mixed)
    assert titles(one) == titles(other)
    assert [set(step.changes) for step in one] == [set(step.changes) for step in other]


@pytest.mark.parametrize(
    "edits",
    [
        [],
        [Edit(SYSCTL, "vm.swappiness", "10"), Edit(SYSCTL, "net.core.somaxconn", "4096")],
        [Edit(CONF, "work_mem", "8MB"), Edit(CONF, "shared_buffers", "2GB")],
        # Both are so already.
        [Edit(CONF, "work_mem", "4MB"), Edit(SYSCTL, "vm.swappiness", "60")],
    ],
)
def test_one_layer_needs_no_order(edits: list[Edit]) -> None:
    assert ordered(BARE, edits) == ()


def test_the_whole_way() -> None:
    edits = [
        Edit("connection_strings", "1/keepalives_idle", "60"),
        Edit(POOLER, "pgbouncer/default_pool_size", "40"),
        Edit(CONF, "max_connections", "400"),
        Edit(CONF, "work_mem", "8MB"),
        Edit(UNIT, "Service/LimitNOFILE", "65536"),
        Edit(SYSCTL, "vm.nr_hugepages", "2000"),
    ]
    steps = ordered(PRIMARY, edits)
    assert titles(steps) == [
        "Raise them on the standbys first, and restart these",
        "Change the kernel's keys",
        "Change the limits of the services",
        "Reload PostgreSQL",
        "Restart PostgreSQL",
        "Reload PgBouncer",
        "Change the clients",
    ]
    assert steps[0].where == "each standby"
    assert "huge pages when it starts" in steps[1].why
    assert steps[4].changes[0].effect == "after a restart of PostgreSQL"
    assert "larger pools" in steps[5].why


def test_a_pool_shrinks_before_the_connections_go() -> None:
    edits = [Edit(CONF, "max_connections", "100"), Edit(POOLER, "pgbouncer/max_db_connections", "50")]
    steps = ordered(read(TEXTS | {CONF: TEXTS[CONF] + "wal_level = minimal\n"}), edits)
    assert titles(steps) == ["Let the pools ask for less", "Restart PostgreSQL"]


def test_what_listens_or_is_connected_starts_anew() -> None:
    listen = [Edit(SYSCTL, "net.core.somaxconn", "4096"), Edit(CONF, "work_mem", "8MB")]
    sockets = [Edit(SYSCTL, "net.ipv4.tcp_keepalive_time", "60"), Edit(CONF, "work_mem", "8MB")]
    unpooled = read({kind: text for kind, text in TEXTS.items() if kind != POOLER})
    assert titles(ordered(BARE, listen))[-1] == "Restart PgBouncer"
    assert titles(ordered(unpooled, listen))[-1] == "Restart PostgreSQL"
    assert titles(ordered(BARE, sockets))[-1] == "Have connections opened anew"
    assert "RECONNECT" in ordered(BARE, sockets)[-1].why
    assert "RECONNECT" not in ordered(unpooled, sockets)[-1].why
    restarted = [*sockets, Edit(CONF, "shared_buffers", "2GB")]
    assert titles(ordered(unpooled, restarted))[-1] == "Restart PostgreSQL"


def test_a_running_value_that_a_file_sets_too_is_one_command() -> None:
    both = read({SYSCTL: "vm.swappiness = 60\n", DUMP: "vm.swappiness = 60\n", CONF: "work_mem = 4MB\n"})
    edits = [Edit(SYSCTL, "vm.swappiness", "10"), Edit(DUMP, "vm.swappiness", "10"), Edit(CONF, "work_mem", "8MB")]
    (kernel, _) = ordered(both, edits)
    assert [change.kind for change in kernel.changes] == [SYSCTL]


def test_a_standby_that_says_so_in_its_log_raises_alone() -> None:
    log = (
        "2024-05-01 10:00:00 UTC [9] WARNING:  hot standby is not possible because of insufficient parameter settings\n"
        "2024-05-01 10:00:00 UTC [9] DETAIL:  max_connections = 100 is a lower setting than on the primary server, "
        "where its value was 300.\n"
    )
    analysis = analyse([Paste("max_connections = 100\n", kind=CONF), Paste(log, kind="pg_log")])
    assert Edit(CONF, "max_connections", "300") in analysis.edits
    assert analysis.order == ()


def test_the_order_is_in_every_report() -> None:
    pastes = [
        Paste("net.core.somaxconn = 128\nvm.nr_hugepages = 2048\n", kind=SYSCTL),
        Paste("shared_buffers = 4GB\nhuge_pages = on\nfsync = off\nmax_connections = 100\n", kind=CONF),
        Paste("postgresql = 14\nmemory = 16GB\n", kind="answers"),
    ]
    analysis = analyse(pastes)
    shown = titles(analysis.order)
    assert shown[0] == "Change the kernel's keys"
    assert [step["title"] for step in as_json(analysis)["order"]] == shown
    text, html = text_report(analysis), html_report(analysis)
    for number, step in enumerate(analysis.order, 1):
        assert f"{number}. {step.title}" in text
        assert step.title.replace("'", "&#39;") in html
    assert '<h2 id="order">' in html
    assert "In this order" not in html_report(analyse(pastes[:1]))
