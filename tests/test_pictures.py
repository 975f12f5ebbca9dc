"""The pictures: the models' numbers and no others, nothing outside or over each other, and no text that is markup."""

import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confmend.artefacts import artefacts
from confmend.engine import Analysis, analyse
from confmend.facts import arguments, gathered
from confmend.facts.keepalive import Keepalive
from confmend.facts.memory import Memory, default_tcp_mem
from confmend.facts.page import PageSize
from confmend.facts.pooler import Pooler
from confmend.facts.postgres import Postgres
from confmend.facts.server_memory import ServerMemory
from confmend.incidents import example, incidents
from confmend.model import MissingFactError, Paste
from confmend.models.connections import budget, ladder
from confmend.models.dead_peer import idle
from confmend.models.postgres_memory import likely, server, worst
from confmend.pictures import charts, pictures
from confmend.pictures import connections as connections_picture
from confmend.pictures.chart import Bar, Chart, Mark, Row, Stretch
from confmend.pictures.layout import SIZE, WIDTH, Drawing, drawing, fitting, wide
from confmend.render import html_pictures, html_report
from confmend.rules import rules
from confmend.units import gib, human, mib, seconds

SVG = "{http://www.w3.org/2000/svg}"
DATABASES = "".join(f"db{number} = host=10.0.0.5\n" for number in range(8))
BOUNCER = f"[databases]\n{DATABASES}[pgbouncer]\nlisten_addr = *\nlisten_port = 6432\nmax_client_conn = 5000\n"
CONF = "listen_addresses = '*'\nmax_connections = 150\nshared_buffers = 8GB\nwork_mem = 256MB\n"
DUMP = "$ sysctl -a\nkernel.osrelease = 6.1.0\nnet.ipv4.ip_local_port_range = 32768 60999\nnet.ipv4.tcp_mem = {}\n"
TCP_MEM = "786432 1048576 26777216"
ANSWERS = "pool_users = 5\nmemory = 15714MB\ncpus = 16\npostgresql = 16\nopen_files = 1024\nidle_limit = 350s\n"
SOCKETS = "sockets: used 5120\nTCP: inuse 4800 orphan 3 tw 210 alloc 4850 mem 200000\nUDP: inuse 1 mem 0\n"
WHOLE = (
    Paste(BOUNCER, "pgbouncer.ini"),
    Paste(CONF, "postgresql.conf"),
    Paste(DUMP.format(TCP_MEM)),
    Paste(SOCKETS),
    Paste(f"{ANSWERS}clients = 12000\nsession_memory = 30MB\n", kind="answers"),
)


def found(analysis: Analysis) -> dict[str, Chart]:
    return dict(charts(analysis.facts, analysis.edits, analysis.corrected))


def rows(chart: Chart) -> dict[str, Row]:
    return {row.name: row for row in chart.rows}


def bars(chart: Chart) -> dict[str, Bar]:
    return {bar.name: bar for bar in chart.bars}


def length(bar: Bar, *looks: str) -> float:
    return sum(each.end - each.start for each in bar.stretches if not looks or each.look in looks)


# What is drawn


def test_memory_has_the_numbers_of_its_models_and_of_the_findings() -> None:
    analysis = analyse(WHOLE)
    chart, pg, ram = found(analysis)["memory"], analysis.facts[Postgres], analysis.facts[ServerMemory].ram
    usual, most = likely(server(pg), 64), worst(server(pg), 64)
    table = rows(chart)
    for name, demand in (("likely load", usual), ("worst case", most)):
        assert table[f"{name}: together"].now == mib(demand.total)
        for part in demand.parts:
            assert (table[f"{name}: {part.name}"].now, bars(chart)[f"{name}, now"].text.split(",")[0]) == (
                mib(part.bytes),
                gib(demand.total),
            )
    arithmetic = {step for result in analysis.results for each in result.findings for step in each.arithmetic}
    assert f"together: {table['likely load: together'].now}" in arithmetic
    assert f"together: {table['worst case: together'].now}" in arithmetic
    (mark,) = chart.marks
    assert mark.name == f"RAM {gib(ram)}"
    # All bars have one scale: that of the mark.
    after = bars(chart)["likely load, after"]
    assert float(table["likely load: together"].then.split()[0].replace(",", "")) * 1024**2 == pytest.approx(
        length(after, "a", "b", "c", "d") / mark.at * ram, rel=1e-3
    )
    assert length(after, "e") / mark.at * ram == pytest.approx(200_000 * 4096)
    assert length(after) == pytest.approx(mark.at)
    assert bars(chart)["TCP's limit (tcp_mem), now"].text == f"{gib(26_777_216 * 4096)}, too much"
    default = default_tcp_mem(analysis.facts[Memory], analysis.facts[PageSize])[2]
    assert table["TCP's limit (tcp_mem)"].how == (
        f"26,777,216 pages = {gib(26_777_216 * 4096)} → {default:,} pages = {human(default * 4096)}"
    )


def test_connections_have_the_numbers_of_their_ladder() -> None:
    analysis = analyse(WHOLE)
    chart = found(analysis)["connections"]
    rungs = ladder(budget(analysis.facts[Postgres]), analysis.facts[Pooler], 12_000, 1_024)
    assert [(row.now, row.how) for row in chart.rows[: len(rungs)]] == [
        (f"{rung.asked:,} of {rung.allowed:,}", row.how) for rung, row in zip(rungs, chart.rows, strict=False)
    ]
    assert rows(chart)["server connections"].then == "136 of 142"
    assert rows(chart)["ports to one server"].now == "800 of 19,762"
    shown = bars(chart)
    assert [name for name, bar in shown.items() if bar.over] == [
        *("clients", "PgBouncer's open files, now", "PgBouncer's open files, after", "server connections, now")
    ]
    # Now and after have one scale.
    one, other = shown["server connections, now"], shown["server connections, after"]
    assert (length(one, "a"), length(one, "over"), length(other, "a")) == pytest.approx(
        (142 / 800, 658 / 800, 136 / 800)
    )


def test_dead_peers_have_the_numbers_of_their_timeline() -> None:
    analysis = analyse(WHOLE)
    chart, known = found(analysis)["dead_peers"], analysis.facts[Keepalive]
    now = idle(known.idle_us, known.interval_us, known.count, known.user_timeout_us)
    table = rows(chart)
    assert (table["server, idle"].now, table["server, idle"].then) == (seconds(now), "120 s")
    assert (table["server, running query"].now, table["server, running query"].then) == ("when it ends", "130 s")
    assert table["server, unacknowledged data"].now == "925 s"
    assert (table["PgBouncer, idle"].now, table["PgBouncer, idle"].then) == ("7,875 s", "120 s")
    forgotten = bars(chart)["server, idle, now"]
    limit = next(mark for mark in chart.marks if not mark.tick)
    assert (limit.name, forgotten.over) == ("the path forgets: 350 s", True)
    assert next(each.start for each in forgotten.stretches if each.look == "over") == limit.at
    assert not bars(chart)["server, idle, after"].over


def test_what_runs_is_taken_for_loaded_anew() -> None:
    shown = "name|setting|description\nmax_connections|150|\nwork_mem|256MB|\nshared_buffers|8GB|\n"
    running = analyse([*WHOLE, Paste(shown, kind="show_all")])
    assert running.facts[Postgres].running("work_mem").value == "256MB"
    assert rows(found(running)["memory"]) == rows(found(analyse(WHOLE))["memory"])
    assert rows(found(running)["memory"])["likely load: queries at work"].then


# What is missing


@pytest.mark.parametrize(
    ("pastes", "drawn", "missing"),
    [
        ("shared_buffers = 1GB\n", {}, ""),
        ("shared_buffers = 1GB\n|memory = 4GB\npostgresql = 16\n", {"memory": ["worst case"]}, "number of CPUs"),
        (f"{SOCKETS}|memory = 4GB\n", {"memory": ["TCP's limit (tcp_mem)"]}, "postgresql.conf"),
        (BOUNCER, {"connections": ["PgBouncer's open files", "server connections"]}, "open files"),
        (CONF, {}, ""),
        (f"{CONF}|clients = 100\n", {"connections": ["clients", "PostgreSQL's slots"]}, ""),
        (
            f"{CONF}|idle_limit = 2h\n",
            {"dead_peers": [f"server, {state}" for state in ("idle", "running query", "unacknowledged data")]},
            "",
        ),
        (f"{CONF.replace('*', 'localhost')}|idle_limit = 2h\n", {}, ""),
    ],
)
def test_what_is_known_is_drawn_and_the_rest_named(pastes: str, drawn: dict[str, list[str]], missing: str) -> None:
    text, _, answers = pastes.partition("|")
    analysis = analyse([Paste(text), Paste(answers, kind="answers")])
    got = found(analysis)
    unchanged = {name: [re.sub(", (now|after)$", "", bar.name) for bar in chart.bars] for name, chart in got.items()}
    assert {name: list(dict.fromkeys(names)) for name, names in unchanged.items() if name in drawn} == drawn
    assert bool(drawn) <= bool(got)
    assert any(missing in each for chart in got.values() for each in chart.missing) is bool(missing)


# All of them


@pytest.mark.parametrize("slug", [pytest.param(slug, id=slug) for slug in incidents()])
def test_pictures_of_every_incident(slug: str) -> None:
    analysis = analyse(example(slug))
    for chart in found(analysis).values():
        check(chart)
    assert_valid(html_pictures(analysis))
    agree(analysis)
    # What is drawn as after the changes is what the corrected texts say.
    corrected = gathered(analysis.corrected)
    for name, chart in found(analysis).items():
        now, then = (_seen(name, known) for known in (analysis.facts, corrected))
        if then is not None:
            assert pictures()[name].drawn(now, then) == chart


def _seen(name: str, known: dict[type[Any], Any]) -> Any:
    try:
        return pictures()[name].seen(*arguments(pictures()[name].seen, known))
    except MissingFactError:
        return None


def test_every_picture_is_of_rules_that_there_are() -> None:
    assert set(found(analyse(WHOLE))) == set(pictures())
    for picture in pictures().values():
        assert set(picture.rules) <= rules().keys()


SIZES = st.sampled_from(["0", "1", "8kB", "64MB", "3GB", "2047GB", "99999999TB", "-1", "x"])
COUNTS = st.sampled_from(["0", "1", "7", "150", "5000", "262143", "2147483647", "-1", "010", "x", ""])
TIMES = st.sampled_from(["0", "1", "60", "350s", "7200", "32767", "2147483647", "999999999d", "x"])


@st.composite
def written(draw: st.DrawFn) -> tuple[Paste, ...]:
    def lines(names: dict[str, st.SearchStrategy[str]], sign: str = " = ") -> str:
        return "".join(f"{name}{sign}{draw(values)}\n" for name, values in names.items() if draw(st.booleans()))

    conf = {"max_connections": COUNTS, "shared_buffers": SIZES, "work_mem": SIZES, "hash_mem_multiplier": COUNTS}
    conf |= {"autovacuum_work_mem": SIZES, "tcp_keepalives_idle": TIMES, "tcp_keepalives_count": COUNTS}
    conf |= {
        "client_connection_check_interval": TIMES,
        "tcp_user_timeout": TIMES,
        "superuser_reserved_connections": COUNTS,
    }
    bouncer = {
        "max_client_conn": COUNTS,
        "default_pool_size": COUNTS,
        "tcp_keepidle": COUNTS,
        "tcp_user_timeout": COUNTS,
    }
    bouncer |= {"max_user_connections": COUNTS, "tcp_keepalive": COUNTS}
    answers = {"memory": SIZES, "cpus": COUNTS, "clients": COUNTS, "instances": COUNTS, "open_files": COUNTS}
    answers |= {"pool_users": COUNTS, "poolers": COUNTS, "direct_connections": COUNTS, "idle_limit": TIMES}
    answers |= {"session_memory": SIZES, "page_size": SIZES}
    other = draw(
        st.sampled_from(["", "b = host=g pool_size=500\n", "b = host=h user=u max_db_connections=9\n", "c =\n"])
    )
    triples = st.sampled_from([TCP_MEM, "0 0 0", "1 2 3", f"1 1 {2**63}"])
    return (
        Paste(f"listen_addresses = '*'\n{lines(conf)}", "postgresql.conf", "postgresql_conf"),
        Paste(f"[databases]\na = host=h\n{other}[pgbouncer]\n{lines(bouncer)}", "pgbouncer.ini", "pgbouncer_ini"),
        Paste(DUMP.format(draw(triples)), kind="sysctl_dump"),
        Paste(SOCKETS.replace("200000", draw(st.sampled_from(["0", "1", str(2**62)]))), kind="sockstat"),
        Paste(f"postgresql = 16\n{lines(answers)}", kind="answers"),
    )


@settings(max_examples=200)
@given(pastes=written())
def test_pictures_of_anything(pastes: tuple[Paste, ...]) -> None:
    analysis = analyse(pastes)
    for chart in found(analysis).values():
        check(chart)
    assert_valid(html_pictures(analysis))
    agree(analysis)


# What a finding's arithmetic says, and the row and the bar of a picture that say the same.
SAID = (
    ("usual_load_exceeds_ram", r"together: (.*)", "memory", "likely load: together", "likely load"),
    ("worst_case_exceeds_ram", r"together: (.*)", "memory", "worst case: together", "worst case"),
    ("tcp_mem_exceeds_ram", r".* = (.* [GT]iB)", "memory", "", "TCP's limit (tcp_mem)"),
    ("pooler_descriptors_exhausted", r".* = (.*) > (.*)", "connections", *["PgBouncer's open files"] * 2),
    ("pools_exceed_connections", r"(.* \+ .*) direct > (.*)", "connections", *["server connections"] * 2),
    ("pooler_ports_exhausted", r"(.*) > .* = (.*)", "connections", *["ports to one server"] * 2),
    ("keepalive_too_late", r"now: .*[:=] (.* s)", "dead_peers", *["server, idle"] * 2),
)


def agree(analysis: Analysis) -> None:
    """No picture says anything else than a finding, and what is found is seen to be wrong."""
    shown = found(analysis)
    findings = {result.rule: result.findings for result in analysis.results}
    for rule, pattern, picture, row, bar in SAID:
        said = [re.fullmatch(pattern, step) for finding in findings[rule] for step in finding.arithmetic]
        numbers = {" of ".join(map(_sum, match.groups())) for match in said if match}
        if numbers and row:
            assert rows(shown[picture])[row].now in numbers, rule
        if numbers and rule != "keepalive_too_late":
            assert (bars(shown[picture]).get(bar) or bars(shown[picture])[f"{bar}, now"]).over, rule


def _sum(text: str) -> str:
    """``1,000 + 5`` as its sum, anything else as it is."""
    parts = text.replace(",", "").split(" + ")
    return f"{sum(map(int, parts)):,}" if len(parts) > 1 else text


SHARES = st.floats(0, 3)


@given(
    chart=st.builds(
        Chart,
        st.text(),
        st.text(),
        st.lists(
            st.builds(
                Bar,
                st.text(),
                st.text(),
                st.lists(st.builds(Stretch, st.sampled_from(["a", "rest"]), SHARES, SHARES), max_size=3).map(tuple),
                st.booleans(),
            ),
            min_size=1,
            max_size=4,
        ).map(tuple),
        st.lists(st.builds(Mark, st.text(max_size=60), SHARES, st.booleans()), max_size=4).map(
            lambda marks: tuple(sorted(marks, key=lambda mark: mark.at))
        ),
        st.just((("a", "one"), ("rest", "x" * 200))),
    )
)
def test_any_chart_has_its_place(chart: Chart) -> None:
    check(chart)


def check(chart: Chart) -> None:
    """A chart has bars, and all that is drawn is inside, no text over another, none over a line."""
    assert chart.bars, chart.says
    placed = drawing(chart)
    assert {stretch.look for bar in chart.bars for stretch in bar.stretches if stretch.end > stretch.start} <= {
        look for look, _ in chart.looks
    }
    for name in bars(chart):
        assert bars(chart).get(f"{name}, after") is None
        before, after = bars(chart)[name], bars(chart).get(f"{name.removesuffix(', now')}, after")
        assert after is None or (before.text, before.stretches) != (after.text, after.stretches)
    for box in placed.boxes:
        assert 0 <= box.x <= box.x + box.width <= WIDTH + 0.1
        assert 0 <= box.y < box.y + box.height <= placed.height
    for x, start, end in placed.lines:
        assert 0 <= x <= WIDTH
        assert 0 <= start < end <= placed.height
    spaces = list(_spaces(placed))
    for left, top, right, bottom in spaces:
        assert left >= -0.2
        assert right <= WIDTH + 0.2
        assert top >= -2
        assert bottom <= placed.height + 2
    for one, other in combinations(spaces, 2):
        assert one[2] <= other[0] + 0.2 or other[2] <= one[0] + 0.2 or one[3] <= other[1] or other[3] <= one[1]
    for box in placed.boxes:
        for left, top, right, bottom in spaces:
            crosses = left < box.x + box.width and box.x < right and top < box.y + box.height and box.y < bottom
            assert not crosses


def _spaces(placed: Drawing) -> Iterator[tuple[float, float, float, float]]:
    """Yield what each text takes: ten of its fourteen units above the line that it stands on, three below."""
    for each in placed.words:
        size = wide(each.text, each.strong)
        left = each.x - size if each.end else each.x
        yield left, each.y - SIZE * 0.75, left + size, each.y + SIZE * 0.25


def assert_valid(html: str) -> None:
    """The pictures are XML, are named for who does not see them, and need no style of their own."""
    for text in re.findall(r"<svg.*?</svg>", html, re.DOTALL):
        svg = ElementTree.fromstring(text)
        ids = {each.get("id"): each.tag for each in svg.iter() if each.get("id")}
        assert [ids[name] for name in svg.attrib["aria-labelledby"].split()] == [f"{SVG}title", f"{SVG}desc"]
        assert all(svg.findtext(f"{SVG}{tag}") for tag in ("title", "desc"))
        assert svg.get("role") == "img"
        patterns = {f"url(#{each.get('id')})" for each in svg.iter(f"{SVG}pattern")}
        assert {each.get("fill") for each in svg.iter(f"{SVG}rect")} <= patterns
        assert not [each for each in svg.iter() if each.get("style") or each.tag in (f"{SVG}style", f"{SVG}script")]
    assert "style=" not in html
    ids = re.findall(r'\bid="([^"]*)"', html)
    assert len(ids) == len(set(ids))


# Where they are shown


def test_the_report_and_its_file_have_the_pictures() -> None:
    analysis = analyse(WHOLE)
    html = html_report(analysis)
    assert html.count("<svg ") == html.count('<table class="numbers">') == len(pictures())
    assert set(re.findall(r'href="(#picture-[a-z_]+)"', html)) == {f"#picture-{name}" for name in pictures()}
    for address in re.findall(r'href="#(picture-[a-z_]+|finding-[0-9]+)"', html):
        assert f'id="{address}"' in html
    (file,) = (file for each in artefacts(analysis) if each.name == "confmend-report.html" for file in each.files)
    assert file.text.count("<svg ") == len(pictures())
    for chart in found(analysis).values():
        for row in chart.rows:
            assert all(f"<td>{number}</td>" in file.text for number in (row.now, row.then) if number)


def test_a_left_out_rule_is_left_out_of_the_picture() -> None:
    whole, kept = analyse(WHOLE), analyse(WHOLE, {"pools_exceed_connections"})
    assert rows(found(whole)["connections"])["server connections"].then
    assert not rows(found(kept)["connections"])["server connections"].then
    assert "136 of 142" not in html_report(whole, kept)


def test_a_picture_that_fails_takes_nothing_else_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> Bar:
        raise RuntimeError("what-it-says")

    monkeypatch.setattr(connections_picture, "_bar", failing)
    html = html_report(analyse(WHOLE))
    assert html.count("<svg ") == len(pictures()) - 1
    assert "It could not be drawn (RuntimeError)" in html
    assert "what-it-says" not in html


HOSTILE = "<script>alert(1)</script>&\"'\x1b\u202e"


def test_hostile_names_are_text() -> None:
    log = f"2024-05-01 10:00:00 UTC [1] LOG:  starting PostgreSQL 16.1 on {HOSTILE}, compiled by gcc\n"
    analysis = analyse([*WHOLE, Paste(log, HOSTILE)])
    html = html_pictures(analysis)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script" not in html
    assert_valid(html)
    names = Chart("x", HOSTILE, (Bar(HOSTILE, HOSTILE, ()),), (Mark(HOSTILE, 0.5),))
    check(names)
    assert all(ord(char) >= 32 and char != "\u202e" for word in drawing(names).words for char in word.text)


@given(text=st.text(), room=st.floats(30, 400))
def test_what_does_not_fit_is_cut(text: str, room: float) -> None:
    cut = fitting(text, room)
    assert wide(cut) <= room or len(cut) <= 1
    assert cut.endswith("…") or len(cut) == len(text)
