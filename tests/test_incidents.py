"""Every incident is whole, its worked example shows it, and its causes name what there is.

``python tests/test_incidents.py SLUG...`` writes the ``expected.toml`` of incidents, of all without a name: read it
before it is kept.
"""

import re
import sys
from pathlib import Path

import pytest

from confmend.analysis_json import as_json
from confmend.engine import analyse
from confmend.incidents import FAMILIES, PROGRAMS, example, expected, incidents
from confmend.incidents.recognition import parts, recognised
from confmend.model import Paste, State
from confmend.rules import rules
from confmend.signs import signs, verdict
from programs.postgresql import Server, servers
from programs.psql import running

FOLDER = Path(__file__).parents[1] / "pysrc" / "confmend" / "incidents"
STATES = {True: State.CONFIRMED, False: State.RULED_OUT, None: State.UNKNOWN}


def made_of(slug: str) -> dict[str, list[str]]:
    """Return what confmend makes of a worked example, in the shape of ``expected.toml``."""
    analysis = analyse(example(slug))
    report = as_json(analysis)
    changes = [edit for finding in report["findings"] for edit in finding["edits"]]
    own = next((each for each in analysis.sightings if each.incident == slug), None)
    causes = zip(incidents()[slug].causes, own.verdicts if own else (), strict=False)
    return {
        "findings": [f"{each['severity']}: {each['rule']}" for each in report["findings"]],
        "edits": [f"{each['document']}: {each['key']}: {each['before']} -> {each['after']}" for each in changes],
        "incidents": [each["incident"] for each in report["incidents"]],
        "causes": [f"{each.state}: {cause.cause}" for cause, each in causes if each.state is not State.UNKNOWN],
    }


@pytest.mark.parametrize("slug", incidents())
def test_incident_is_whole(slug: str) -> None:
    incident = incidents()[slug]
    assert incident.family in FAMILIES
    assert incident.messages
    assert {each.by for each in incident.messages} <= set(PROGRAMS)
    assert all(each.level == each.level.upper() for each in incident.messages)
    assert all(source.startswith("https://") for source in incident.sources)
    assert incident.sources
    for prose in (incident.meaning, incident.impact, incident.fix, incident.lasting_fix, incident.prevention):
        assert prose.endswith((".", ")"))
    assert len(incident.causes) >= 1
    assert set(incident.related) <= set(incidents()) - {slug}
    for cause in incident.causes:
        assert cause.cause
        assert cause.confirm
        assert set(cause.rules) <= set(rules())
        assert set(cause.seen) <= set(incidents())
        assert not cause.sign or cause.sign in signs()
        assert not cause.quiet_rules_out or cause.rules


@pytest.mark.parametrize("slug", incidents())
def test_each_message_is_recognised_alone(slug: str) -> None:
    for message in incidents()[slug].messages:
        filled = "X".join(parts(message.text))
        note = f"\nDETAIL:  {'X'.join(parts(message.note))}" if message.note else ""
        assert recognised(filled + note), message
        if message.by != "kernel":
            text = f"{message.level or 'ERROR'}:  {filled}{note}\n"
            # What the server may print too is recognised in a log as well.
            assert slug in _seen(Paste(text, kind="error_text")), message


def _seen(paste: Paste) -> list[str]:
    return [each.incident for each in analyse([paste]).sightings]


def test_a_sqlstate_means_one_incident() -> None:
    codes = [code for incident in incidents().values() for code in incident.sqlstates]
    assert len(codes) == len(set(codes))


TRANSLATED = {
    "FATAL:  53300: tut mir leid, schon zu viele Verbindungen": "too_many_clients",
    "FEHLER:  57014: storniere Anfrage wegen Zeitüberschreitung der Anfrage": "statement_timeout",
    "ERREUR:  57014: annulation de la requête à la demande de l'utilisateur": "query_canceled_by_client",
    "FATAL:  57P01: breche Verbindung ab aufgrund von Anweisung des Administrators": "terminated_by_administrator",
    "FATAL:  57P03: das Datenbanksystem ist im Wiederherstellungsmodus": "server_in_crash_recovery",
    "FATAL:  57P03: データベースシステムは起動処理中です": "server_starting_up",
    "FATAL:  57P03: система баз данных останавливается": "server_shutting_down",
    "FATAL:  3D000: la base de données « orders » n'existe pas": "database_missing",
    "ERREUR:  3D000: la base de données « orders » n'existe pas": "",
    "FATAL:  28000: kein pg_hba.conf-Eintrag für Host »10.0.0.9«, Benutzer »app«": "hba_no_entry",
    "FATAL:  28000: pg_hba.conf lehnt Verbindung ab für Host »10.0.0.9«": "hba_rejects",
    "FATAL:  28000: Rolle »app« hat keine Berechtigung zum Einloggen": "",
    "FEHLER:  40001: kann Zugriff nicht serialisieren wegen gleichzeitiger Aktualisierung": "serialization_failure",
    "FEHLER:  40001: storniere Anfrage wegen Konflikt mit der Wiederherstellung": "query_canceled_by_replay",
    "FEHLER:  53100: konnte Datei »base/16384/16385« nicht erweitern: Kein Platz": "disk_full",
    "FEHLER:  53100: konnte Größe von »/PostgreSQL.42« nicht ändern: Kein Platz": "shared_memory_file_full",
    "PANIK:  53100: konnte nicht in Datei »pg_wal/xlogtemp.12« schreiben: Kein Platz": "wal_disk_full",
    "FEHLER:  53200: Speicher aufgebraucht": "",
    "FEHLER:  53200: Speicher aufgebraucht\nDETAIL:  Fehler bei Anfrage mit Größe 8, »ExecutorState«.": (
        "backend_out_of_memory"
    ),
    "ERREUR:  53200: mémoire partagée épuisée\nASTUCE :  Vous pourriez augmenter max_locks_per_transaction.": (
        "lock_table_full"
    ),
    "FEHLER:  53400: temporäre Dateigröße überschreitet temp_file_limit (1024kB)": "temp_file_limit_exceeded",
    "FEHLER:  55P03: storniere Anfrage wegen Zeitüberschreitung einer Sperre": "lock_timeout",
    "FEHLER:  55P03: konnte Sperre für Zeile in Relation »t« nicht setzen": "lock_not_available",
    "FEHLER:  58030: konnte Block 3 in Datei »base/1/2« nicht lesen: Eingabe-/Ausgabefehler": "data_file_unreadable",
    "FEHLER:  58P01: das angeforderte WAL-Segment 000000010000000A000000F3 wurde entfernt": "wal_segment_removed",
    "FEHLER:  58P01: konnte Datei »pg_wal/000000010000000A000000F3« nicht öffnen": "",
}


@pytest.mark.parametrize("text", TRANSLATED)
def test_a_shared_sqlstate_is_told_by_its_level_a_name_or_its_words(text: str) -> None:
    log = "".join(f"2024-05-01 10:00:00.000 CEST [4711] {line}\n" for line in text.split("\n"))
    assert _seen(Paste(log)) == [each for each in (TRANSLATED[text],) if each]


@pytest.mark.parametrize(
    ("text", "slugs"),
    [
        ("ERROR:  out of memory", ["backend_out_of_memory"]),
        ("ERROR:  out of shared memory", ["lock_table_full"]),
        (
            "ERROR:  out of shared memory\nHINT:  You might need to increase max_pred_locks_per_transaction.",
            ["predicate_lock_table_full"],
        ),
        ("INFO: task postgres:4242 blocked for more than 120 seconds.", ["kernel_hung_task"]),
        ("[1234.5] INFO: task jbd2/sda1-8:300 blocked for more than 122 seconds.", ["kernel_hung_task"]),
        ('INFO:  vacuuming "app.public.t"', []),
        (
            "Error: write ENOBUFS\n    at afterWriteDispatched (node:internal/stream_base_commons:160:15)",
            ["no_buffer_space"],
        ),
        ("Error: connect ENOBUFS 10.0.0.5:5432 - Local (0.0.0.0:0)", ["client_ports_exhausted"]),
        (
            "Caused by: java.net.SocketTimeoutException: Read timed out\n"
            "\tat java.base/sun.nio.ch.NioSocketImpl.read(NioSocketImpl.java:280)\n"
            "\tat org.postgresql.core.VisibleBufferedInputStream.readMore(VisibleBufferedInputStream.java:192)",
            ["server_silent"],
        ),
        ("Can't reach database server at `db.example.com`:`5432`", ["prisma_unreachable"]),
        ("Error: P1001: Can't reach database server at `db.example.com:5432`", ["prisma_unreachable"]),
        (
            "Error: P1000: Authentication failed against database server at `db`, the provided database credentials "
            "for `app` are not valid.",
            ["password_failed"],
        ),
        (
            "Authentication failed against database server, the provided database credentials for `app` are not valid.",
            ["password_failed"],
        ),
        ("Database `orders` does not exist on the database server at `db:5432`.", ["database_missing"]),
        ("Error: P1017: Server has closed the connection.", ["server_closed_connection"]),
        (
            "Transaction API error: Unable to start a transaction in the given time.",
            ["prisma_pool_timeout"],
        ),
        ("FATAL: Max client connections reached", ["supavisor_client_limit"]),
        ("FATAL:  (EMAXCONN) max client connections reached, limit: 200", ["supavisor_client_limit"]),
        ("FATAL:  (ENOTFOUND) tenant/user postgres.abc not found", ["supavisor_tenant_unknown"]),
        ("systemd[1]: Failed to start postgresql.service - PostgreSQL RDBMS.", []),
        (
            "java.net.SocketTimeoutException: Read timed out\n\tat org.apache.http.impl.io.SessionInputBufferImpl.fill",
            [],
        ),
    ],
)
def test_what_people_paste_alone_is_recognised(text: str, slugs: list[str]) -> None:
    assert _seen(Paste(text)) == slugs


_OOM = "nodemask=(null),cpuset=/,mems_allowed=0,task_memcg=/system.slice,task=postgres,pid=4711,uid=105"


@pytest.mark.parametrize(
    ("constraint", "killed", "slug"),
    [
        ("NONE", "Out of memory", "kernel_killed_host_memory"),
        ("CPUSET", "Out of memory", "kernel_killed_host_memory"),
        ("MEMORY_POLICY", "Out of memory", "kernel_killed_host_memory"),
        ("MEMCG", "Memory cgroup out of memory", "kernel_killed_memory_limit"),
    ],
)
def test_a_kill_is_told_by_its_constraint_and_counted_once(constraint: str, killed: str, slug: str) -> None:
    chosen = f"[84512.117734] oom-kill:constraint=CONSTRAINT_{constraint},{_OOM}\n"
    done = f"[84512.117790] {killed}: Killed process 4711 (postgres) total-vm:9120004kB, anon-rss:4120004kB\n"
    for text in (chosen, chosen + done, done):
        assert [(each.incident, each.count) for each in analyse([Paste(text)]).sightings] == [(slug, 1)]


# What Patroni writes each loop_wait, and at a start, a switchover and a restart that went well.
_ORDINARY_PATRONI = """\
2026-03-02 08:00:01,114 INFO: no action. I am (pg1), the leader with the lock
2026-03-02 08:00:01,114 INFO: no action. I am (pg2), a secondary, and following a leader (pg1)
2026-03-02 08:00:01,114 INFO: no action. I am (pg2), the standby leader with the lock
2026-03-02 08:00:01,114 INFO: Lock owner: pg1; I am pg2
2026-03-02 08:00:01,114 INFO: Lock owner: None; I am pg2
2026-03-02 08:00:01,114 INFO: waiting for leader to bootstrap
2026-03-02 08:00:01,114 INFO: trying to bootstrap from leader 'pg1'
2026-03-02 08:00:01,114 INFO: bootstrap from leader 'pg1' in progress
2026-03-02 08:00:01,114 INFO: bootstrapped from leader 'pg1'
2026-03-02 08:00:01,114 INFO: replica has been created using basebackup
2026-03-02 08:00:01,114 INFO: starting as a secondary
2026-03-02 08:00:01,114 INFO: restarting after failure in progress
2026-03-02 08:00:01,114 INFO: Still starting up as a standby.
2026-03-02 08:00:01,114 INFO: PostgreSQL is still starting up, 299 seconds until timeout
2026-03-02 08:00:01,114 INFO: Software Watchdog activated with 25 second timeout, timing slack 15 seconds
2026-03-02 08:00:01,114 INFO: switchover: demoting myself
2026-03-02 08:00:01,114 INFO: Demoting self (graceful)
2026-03-02 08:00:01,114 INFO: Leader key released
2026-03-02 08:00:01,114 INFO: Cleaning up failover key after acquiring leader lock...
2026-03-02 08:00:01,114 INFO: promoted self to leader by acquiring session lock
2026-03-02 08:00:01,114 INFO: acquired session lock as a leader
2026-03-02 08:00:01,114 INFO: following a different leader because i am not the healthiest node
2026-03-02 08:00:01,114 INFO: following new leader after trying and failing to obtain lock
2026-03-02 08:00:01,114 INFO: running pg_rewind from pg1
2026-03-02 08:00:01,114 INFO: pg_rewind exit code=0
2026-03-02 08:00:01,114 INFO: Changed work_mem from '4MB' to '16MB'
2026-03-02 08:00:01,114 INFO: Reloading PostgreSQL configuration.
2026-03-02 08:00:01,114 INFO: PAUSE: no action. I am (pg1), the leader with the lock
localhost:5432 - accepting connections
server signaled
"""
_SERVER = "2026-03-02 08:00:00.114 UTC [20412] LOG:  checkpoint starting: time\n"


def test_an_ordinary_patroni_shows_nothing() -> None:
    assert not _seen(Paste(_ORDINARY_PATRONI))
    assert not _seen(Paste(_SERVER + _ORDINARY_PATRONI))


_OF_PATRONI = [
    (slug, message.text) for slug, each in incidents().items() if each.family == "Patroni" for message in each.messages
]


@pytest.mark.parametrize("level", ["INFO", "ERROR", "CRITICAL"])
def test_what_patroni_says_is_recognised_in_its_own_log_and_in_one_with_the_server(level: str) -> None:
    for slug, message in _OF_PATRONI:
        said = "X".join(parts(message)).removeprefix("info: ")
        if message.startswith("INFO: ") and level != "INFO":
            continue
        own = f"{_ORDINARY_PATRONI}2026-03-02 08:00:01,120 {level}: {said}\n"
        journal = "".join(f"Mar  2 08:00:01 db1 patroni[712]: {line}\n" for line in own.split("\n") if line)
        server = f"Mar  2 08:00:00 db1 postgres[20412]: [3-1] {_SERVER}"
        for text in (own, _SERVER + own, journal, server + journal):
            assert slug in _seen(Paste(text)), (message, text[:80])


@pytest.mark.parametrize("slug", incidents())
def test_worked_example_gives_what_is_expected(slug: str) -> None:
    made = made_of(slug)
    assert slug in made["incidents"]
    assert made == expected(slug)


# Behind a statement the sentence goes on, or says since which version there is such a view.
_STATEMENT = re.compile(r"\bselect\s[^;]*?\bfrom pg_[^;]+", re.IGNORECASE)
_SEAM = re.compile(r"[,.:)]*\s|\Z")
_SINCE = re.compile(r"\((\d+) and later\)")
# That it is no statement yet: prose behind it, also "(13 and later)" behind a condition, which is no condition.
_TOO_LONG, _NO_ERROR = frozenset(("42601", "42804")), "00000"


def _statements() -> list[tuple[str, str]]:
    """Return the statements with which causes are confirmed, whole sentences, with the incident of each."""
    texts = [(slug, cause.confirm) for slug, each in incidents().items() for cause in each.causes]
    return [
        (slug, found[0].replace("NAME", "a").strip()) for slug, text in texts for found in _STATEMENT.finditer(text)
    ]


def _is_closed(statement: str) -> bool:
    return statement.count("(") == statement.count(")") and statement.count("'") % 2 == 0


@pytest.mark.skipif(not servers(), reason="no servers: run npm ci --ignore-scripts in tests/ (Linux on x64 only)")
@pytest.mark.parametrize(
    "server", [servers()[0], servers()[-1]] if servers() else [], ids=lambda each: str(each.version)
)
def test_a_statement_that_confirms_names_what_the_server_has(server: Server) -> None:
    """Of a text the longest beginning that the server's grammar takes is the statement; its names must be known too."""
    script, asked = ["\\set VERBOSITY sqlstate"], []
    for slug, text in _statements():
        since = _SINCE.search(text)
        if since and int(since[1]) > server.version:
            continue
        ends = [match.start() for match in _SEAM.finditer(text) if " from pg_" in text[: match.start()]]
        for end in (each for each in reversed(ends) if _is_closed(text[:each])):
            script.append(f"prepare a{len(asked)} as {text[:end]};\n\\echo :SQLSTATE")
            asked.append((slug, text[:end], text))
    with running(server) as live:
        codes = live.psql("-q", "-f", "-", stdin="\n".join(script)).split()
    assert len(codes) == len(asked)
    told: dict[tuple[str, str], tuple[str, str]] = {}
    for (slug, statement, text), code in zip(asked, codes, strict=True):
        if code not in _TOO_LONG:
            told.setdefault((slug, text), (code, statement))
    assert len(told) > 100
    assert not {key: each for key, each in told.items() if each[0] != _NO_ERROR}


@pytest.mark.parametrize("name", signs())
def test_a_sign_says_what_its_examples_say(name: str) -> None:
    sign = signs()[name]
    said = set()
    for given, holds in sign.examples:
        known = analyse([Paste(text, kind=kind) for kind, text in given.items()]).facts
        assert verdict(sign, known).state is STATES[holds], given
        said.add(holds)
    assert said >= {True, False}


def test_a_sign_serves_a_cause() -> None:
    assert {cause.sign for incident in incidents().values() for cause in incident.causes} >= set(signs())


def _toml(made: dict[str, list[str]]) -> str:
    text = "# What confmend must make of the worked example: findings, changes, incidents, and the causes it decides.\n"
    for name, values in made.items():
        rows = "".join(f"    {_quoted(value)},\n" for value in values)
        text += f"{name} = [\n{rows}]\n" if values else f"{name} = []\n"
    return text


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


if __name__ == "__main__":
    for slug in sys.argv[1:] or incidents():
        (FOLDER / slug / "expected.toml").write_text(_toml(made_of(slug)), "utf-8")
