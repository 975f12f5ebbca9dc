"""Real errors of real servers and poolers are recognised as what they are, and an ordinary day gives none.

The oldest and the newest PostgreSQL and PgBouncer are brought to fail; every form of their logs must show the incident
that was brought about and no other, and so must what psycopg told the client.

``python tests/test_provoked_incidents.py`` writes docs/incidents.md, the table of how each incident is proven.
"""

import functools
import os
import sys
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from confmend.document import document
from confmend.formats import detect, formats
from confmend.incidents import FAMILIES, Incident, incidents
from confmend.incidents.recognition import recognised, sightings
from confmend.incidents.shared_codes import _REST, _WORDS
from confmend.model import Line
from programs import provoked_bouncer as bouncer_cases
from programs.debian import MissingProgramError, unpacked
from programs.ordinary_day import ordinary_day, ordinary_pooling
from programs.pgbouncer import INI, bouncers, number
from programs.postgresql import servers
from programs.provoked_bouncer import BUSY, IDLE, OF_BUSY, OF_IDLE, OF_WAITING, WAITING, Pooled, pooling
from programs.provoked_server import Case, Running, Said, cluster, free_port
from programs.provoked_sessions import CASES, HBA, SETTINGS, prepare
from programs.provoked_starts import STARTS, Start
from test_message_catalogues import exempt

INSTALLED = {server.version: server for server in servers()}
needs_servers = pytest.mark.skipif(
    not INSTALLED, reason="no servers: run npm ci --ignore-scripts in tests/ (Linux on x64 only)"
)
TRIED = (12, 18)
OF_VERSIONS = [(version, case) for version in TRIED for case in CASES if version in case.versions]
STARTS_OF_VERSIONS = [(version, start) for version in TRIED for start in STARTS if version in start.versions]
POOLED = (*OF_BUSY, *OF_WAITING, *OF_IDLE)


@functools.cache
def running() -> Mapping[tuple[str, object], Future[Any]]:
    """Begin with everything at once: most of it is waiting."""
    pool = ThreadPoolExecutor(8)
    found: dict[tuple[str, object], Future[Any]] = {}
    for version in TRIED:
        found["sessions", version] = pool.submit(said_by_sessions, version)
        found["starts", version] = pool.submit(said_by_starts, version)
    for name in poolers():
        found["pooler", name] = pool.submit(said_by_pooler, name)
    return found


def said_in(group: str, version: object, case: str) -> Any:
    """Return what was said in a case, once it has happened."""
    said = running()[group, version].result(300)[case]
    if isinstance(said, Exception):
        raise said
    return said


def shown(text: str, kind: str = "") -> set[str]:
    """Return the incidents that a pasted text shows, once its kind is found out (and is the one that it must be)."""
    form = detect("", text) or (formats()["error_text"] if recognised(text) else None)
    if not form:
        return set()
    assert not kind or form.kind == kind
    return {each.incident for each in sightings([document(form, "x", text)])}


def lines_of(text: str, kind: str) -> list[str]:
    """Return the first lines of each incident that a log of this kind shows."""
    return [f"{each.incident}: {each.evidence[0].text}" for each in sightings([document(formats()[kind], "x", text)])]


# A server that is up --------------------------------------------------------------------------------------------------


def said_by_sessions(version: int) -> Mapping[str, Said | Exception]:
    """Bring all cases about on one server; a case that can't be is what it raised."""
    found: dict[str, Said | Exception] = {}
    with cluster(INSTALLED[version], HBA) as made, made.running(SETTINGS) as server:
        server.ready()
        prepare(server)
        for case in CASES:
            if version in case.versions:
                try:
                    found[case.name] = as_meant(server, case)
                except Exception as failed:
                    found[case.name] = failed
    return found


def as_meant(server: Running, case: Case) -> Said:
    """Bring a case about; again where more happened than was meant: on a busy machine a login may take a second."""
    for _ in range(2):
        said = server.provoke(case)
        if all(shown(text) == case.shown for text in said.log.values()) and shown(said.client) == case.told:
            break
    return said


@needs_servers
@pytest.mark.parametrize(("version", "case"), OF_VERSIONS, ids=lambda each: getattr(each, "name", each))
def test_what_happens_to_a_session_is_recognised(version: int, case: Case) -> None:
    said: Said = said_in("sessions", version, case.name)
    for kind, text in said.log.items():
        assert bool(text) or not case.until
        # The contexts that are listed when memory is short are no log: little else may stand beside them.
        assert shown(text, kind if kind != "pg_log" else "") == case.shown, kind
    assert shown(said.client) == case.told


# Starts ---------------------------------------------------------------------------------------------------------------


def said_by_starts(version: int) -> Mapping[str, Mapping[str, str] | Exception]:
    found: dict[str, Mapping[str, str] | Exception] = {}
    with cluster(INSTALLED[version], HBA) as made:
        for start in STARTS:
            if version in start.versions:
                try:
                    found[start.name] = start.act(made)
                except Exception as failed:
                    found[start.name] = failed
    return found


@needs_servers
@pytest.mark.parametrize(("version", "start"), STARTS_OF_VERSIONS, ids=lambda each: getattr(each, "name", each))
def test_a_start_that_fails_is_recognised(version: int, start: Start) -> None:
    said: Mapping[str, str] = said_in("starts", version, start.name)
    # Until the log is open, and where the server has not yet looked for one, there is stderr only.
    telling = [text for text in said.values() if start.says in text]
    assert said["pg_log"] in telling
    for text in telling:
        assert shown(text) == start.shown


# PgBouncer ------------------------------------------------------------------------------------------------------------


@functools.cache
def poolers() -> tuple[str, ...]:
    try:
        known = [each.version for each in bouncers()]
    except MissingProgramError:
        return ()
    return (known[0], known[-1])


def said_by_pooler(version: str) -> Mapping[str, tuple[str, str] | Exception]:
    found: dict[str, tuple[str, str] | Exception] = {}
    bouncer = next(each for each in bouncers() if each.version == version)
    with cluster(INSTALLED[18], HBA) as made, made.running({**SETTINGS, "max_connections": "30"}) as server:
        server.ready()
        prepare(server)
        for settings, cases in ((BUSY, OF_BUSY), (WAITING, OF_WAITING), (IDLE, OF_IDLE)):
            with pooling(bouncer, server.port, settings) as pooler:
                for case in cases:
                    try:
                        found[case.name] = pooler.provoke(case)
                    except Exception as failed:
                        found[case.name] = failed
    return found


@needs_servers
@pytest.mark.skipif(not poolers(), reason="there is no PgBouncer to be had: it comes out of Debian's packages")
@pytest.mark.parametrize("version", poolers())
@pytest.mark.parametrize("case", POOLED, ids=lambda case: case.name)
def test_what_happens_in_a_pooler_is_recognised(version: str, case: Pooled) -> None:
    log, client = said_in("pooler", version, case.name)
    assert shown(log, "pgbouncer_log") == case.shown
    before = case.told_before if number(version) < (1, 24) else None
    assert shown(client) == (case.told if before is None else before)


@pytest.mark.skipif(not poolers(), reason="there is no PgBouncer to be had: it comes out of Debian's packages")
@pytest.mark.parametrize("version", poolers())
def test_a_pooler_that_does_not_start_as_meant_is_recognised(version: str) -> None:
    bouncer = next(each for each in bouncers() if each.version == version)
    for start in bouncer_cases.STARTS:
        if number(start.since) <= number(version) < number(start.before):
            log = bouncer.start({INI: start.ini(free_port())}).log
            assert start.says in log
            assert shown(log, "pgbouncer_log") == start.shown, start.name


# What is no incident --------------------------------------------------------------------------------------------------


@needs_servers
@pytest.mark.parametrize("version", TRIED)
def test_an_ordinary_day_gives_none(version: int) -> None:
    with cluster(INSTALLED[version], HBA) as made:
        logs = ordinary_day(made)
    for kind, text in logs.items():
        assert text.count("\n") > 10_000
        assert not lines_of(text, kind)


@needs_servers
@pytest.mark.skipif(not poolers(), reason="there is no PgBouncer to be had: it comes out of Debian's packages")
def test_an_ordinary_day_of_a_pooler_gives_none() -> None:
    with cluster(INSTALLED[18], HBA) as made, made.running(SETTINGS) as server:
        server.ready()
        prepare(server)
        with pooling(
            bouncers()[-1], server.port, {"verbose": "2", "server_lifetime": "1", "stats_period": "1"}
        ) as pooler:
            log = ordinary_pooling(pooler)
    assert log.count("\n") > 10_000
    assert not lines_of(log, "pgbouncer_log")


# In another language --------------------------------------------------------------------------------------------------


OF_THE_TEST = frozenset(("server_starting_up", "terminated_by_administrator"))


def german() -> Path | None:
    """Return a server that speaks German; npm's speak English only."""
    try:
        folder = unpacked("postgresql-15", suite="bookworm")
    except MissingProgramError:
        return None
    return folder / "usr/lib/postgresql/15/bin/postgres"


@needs_servers
@pytest.mark.skipif(not german(), reason="there is no PostgreSQL of Debian's to be had")
def test_a_translated_log_is_recognised_by_its_codes() -> None:
    coded = {slug for slug, incident in incidents().items() if incident.sqlstates}
    coded |= {slug for words in _WORDS.values() for slug in words} | set(_REST.values())
    # Others that share a code with one of them must not be taken for it.
    others = {"role limit", "database limit", "a standby too many"}
    cases = [each for each in CASES if 15 in each.versions and (each.shown & coded or each.name in others)]
    settings = {**SETTINGS, "lc_messages": "C.UTF-8", "log_line_prefix": "%m [%p] %e %q%u@%d "}
    with cluster(INSTALLED[15], HBA) as made:
        made.binary = german()
        made.environment = {"LC_ALL": "C.UTF-8", "LANGUAGE": "de"}
        with made.running(settings) as server:
            server.ready()
            prepare(server)
            for case in cases:
                # It has other words than the case's.
                server.provoke(replace(case, until=""))
            server.quiet()
        texts = {kind: path.read_text("utf-8") for kind, path in made.files().items()}
    assert "zu viele Verbindungen" in texts["pg_log"]
    # What a LOG line says has no code.
    wanted = coded & set().union(*(case.shown for case in cases if case.name not in others))
    assert len(wanted) >= 20
    for kind, text in texts.items():
        # The test itself asks until the server is up, and stops it while sessions may be open.
        assert shown(text, kind) | OF_THE_TEST == wanted | OF_THE_TEST, kind


# What others wrote ----------------------------------------------------------------------------------------------------

CORPUS = Path(os.environ.get("CONFMEND_CORPUS", Path(__file__).parents[2] / "shared" / "corpus"))
# Lines that end something, or of these classes, and yet are no incident of ours: how they begin, and why.
UNRECOGNISED: Mapping[str, str] = {}
_GRAVE = ("08", "53", "57", "58")


@pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus beside the checkout, and CONFMEND_CORPUS doesn't name one")
def test_what_ends_something_in_real_logs_is_recognised() -> None:
    unseen, seen = [], 0
    for path in sorted(path for kind in ("pg_log", "pgbouncer_log", "dmesg") for path in (CORPUS / kind).iterdir()):
        text = path.read_text("utf-8", "surrogateescape")
        form = detect(path.name, text)
        if not form:
            continue
        read = document(form, path.name, text)
        found = sightings([read])
        print(path.name, {each.incident: each.count for each in found})
        seen += sum(each.count for each in found)
        grave = (line for line in read.lines if _grave(form.kind, line))
        missed = (line for line in grave if not sightings([replace(read, lines=(line,))]))
        unseen += [f"{path.name}: {line.key} {line.value[:200]}" for line in missed]
    assert seen
    assert not [each for each in unseen if not any(begin in each for begin in UNRECOGNISED)]


def _grave(kind: str, line: Line) -> bool:
    if line.key in ("FATAL", "PANIC"):
        return True
    code = line.columns.get("sql_state_code") or line.columns.get("sqlstate") or ""
    return line.key == "ERROR" and (kind == "pgbouncer_log" or code.startswith(_GRAVE))


# The table ------------------------------------------------------------------------------------------------------------

TABLE = Path(__file__).parents[1] / "docs" / "incidents.md"
_HEAD = """# How each incident is proven

Made by `python tests/test_provoked_incidents.py`. *Provoked*: a test brings it about on a real server, pooler or
client and finds it in every form of the log, and in what psycopg says. *Words in*: the programs that hold its
messages, searched by `tests/test_message_catalogues.py`. *Documentation*: what only an operating system, a kernel or a
driver prints.
"""


def provoked() -> Mapping[str, list[str]]:
    """Return where each incident is brought about."""
    found: dict[str, list[str]] = {}
    tried = [(each.shown | each.told, each.versions) for each in CASES]
    tried += [(each.shown, each.versions) for each in STARTS]
    for slugs, versions in tried:
        for slug in slugs:
            found.setdefault(slug, []).extend(f"PostgreSQL {version}" for version in TRIED if version in versions)
    of_poolers = [each.shown | each.told for each in POOLED] + [each.shown for each in bouncer_cases.STARTS]
    for slug in frozenset().union(*of_poolers):
        found.setdefault(slug, []).append("PgBouncer")
    return {slug: list(dict.fromkeys(where)) for slug, where in found.items()}


def table() -> str:
    """Return docs/incidents.md."""
    where = provoked()
    text = f"{_HEAD}\n{len(incidents())} incidents, {len(where)} of them provoked.\n"
    for family in FAMILIES:
        text += f"\n## {family[0].upper()}{family[1:]}\n\n"
        text += "| incident | title | provoked on | words in |\n|---|---|---|---|\n"
        for slug, incident in incidents().items():
            if incident.family == family:
                title = incident.title.replace("|", "\\|")
                held = held_by(slug, incident)
                text += f"| {slug} | {title} | {', '.join(where.get(slug, ()))} | {held or 'documentation'} |\n"
    return text


def held_by(slug: str, incident: Incident) -> str:
    """Return the programs whose binaries hold messages of an incident."""
    names = {"server": "PostgreSQL", "client": "libpq", "pgbouncer": "PgBouncer"}
    return ", ".join(
        name
        for by, name in names.items()
        if any(each.by == by and not exempt(slug, each) for each in incident.messages)
    )


def test_every_provoked_incident_is_one_of_ours() -> None:
    assert set(provoked()) <= set(incidents())
    assert len(provoked()) >= 40


def test_table_is_as_made() -> None:
    assert TABLE.read_text("utf-8") == table(), "python tests/test_provoked_incidents.py writes it anew"


if __name__ == "__main__":
    TABLE.write_text(table(), "utf-8")
    sys.exit()
