"""The three forms of the server's log as we read them, against each other: real servers wrote all at once."""

from collections import Counter

import pytest

from confmend.document import document
from confmend.facts.log import Record, ServerLog
from confmend.formats import detect, formats
from programs.postgresql import servers
from programs.postgresql_log import provoke, running

INSTALLED = {server.version: server for server in servers()}
pytestmark = pytest.mark.skipif(
    not INSTALLED, reason="no servers: run npm ci --ignore-scripts in tests/ (Linux on x64 only)"
)

# What each prefix shows of: pid, user, database, sqlstate, session, application, host.
PREFIXES = {
    "debian": ("%m [%p] %q%u@%d ", "pid user database"),
    "cloudsql": ("%t [%p]: [%l-1] db=%d,user=%u,app=%a,client=%h ", "pid user database host"),
    "rds": ("%t:%r:%u@%d:[%p]:", "pid user database host"),
    "states": ("%m [%p] %e %u@%d/%a ", "pid user database sqlstate"),
    "session": ("%n %c %v %x user=%u db=%d state=%e pid=%p: ", "pid user database sqlstate session"),
    "bare": ("", ""),
    "words": ("%m %p %u %d ", "pid user database"),
    "verbose": ("<%m %p %q%u %d>", "pid user database sqlstate"),
}
WITH_BACKEND = {"backend": ("%m [%p] %b %q%u@%d %h ", "pid user database host backend")}
WITH_QUERY = {"query": ("%m [%p] [%Q] %q%u@%d ", "pid user database")}
ROUNDS = {12: ("debian", "states", "bare"), 15: ("cloudsql", "backend", "verbose"), 18: (*PREFIXES, "query")}


@pytest.mark.parametrize("version", sorted(ROUNDS))
def test_every_form_says_the_same(version: int) -> None:
    known = {**PREFIXES, **WITH_BACKEND, **WITH_QUERY}
    texts = {}
    with running(INSTALLED[version]) as server:
        for name in ROUNDS[version]:
            server.log_as(name, known[name][0], "verbose" if name == "verbose" else "default")
            provoke(server)
        # The last lines of a round may come late; the next round's file begins when the collector has written them.
        server.log_as("end", "")
        for name in ROUNDS[version]:
            texts[name] = {kind: path.read_bytes().decode("utf-8") for kind, path in server.files(name).items()}
    for name, forms in texts.items():
        shown = known[name][1].split()
        records = {kind: _records(kind, text) for kind, text in forms.items()}
        by_csv = records.pop("pg_csvlog")
        assert len(by_csv) > 60
        for kind, found in records.items():
            columns = shown if kind == "pg_log" else ["pid", "user", "database", "sqlstate", "session", "host"]
            assert _compared(found, columns) == _compared(by_csv, columns), (name, kind)


def _records(kind: str, text: str) -> list[Record]:
    found = detect("", text)
    assert found is not None
    assert found.kind == kind
    read = document(formats()[kind], kind, text)
    assert read.text == text
    return list(ServerLog((read,)).records())


def _compared(records: list[Record], columns: list[str]) -> object:
    """What is said of each record; by process, for those write at the same time, where the process is shown.

    While the prefix is changed, the postmaster, who changes it (the owner) and a client that is just leaving write with
    the old or the new one.
    """
    stayed = [record for record in records if "disconnection: session time" not in record.message]
    by_process: dict[str, list[tuple[object, ...]]] = {}
    for record in stayed:
        each = (record.level, _message(record), record.notes, *(getattr(record, column) for column in columns))
        by_process.setdefault(record.pid if "pid" in columns else "", []).append(each)
    if "pid" not in columns:
        return Counter(by_process[""])
    return {process: said for process, said in by_process.items() if _is_a_clients([str(each[1]) for each in said])}


def _is_a_clients(messages: list[str]) -> bool:
    owners = any("owner" in message for message in messages)
    return len(messages) > 1 and messages[0].startswith("connection received") and not owners


def _message(record: Record) -> str:
    # stderr's form says where in the statement, the others have a column for it.
    head, _, place = record.message.rpartition(" at character ")
    return head if place.isdigit() else record.message
