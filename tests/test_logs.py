"""What the logs of the server and of the kernel say, in one shape whatever form they have."""

import re
from pathlib import Path

import pytest

from confmend.document import Document, document
from confmend.facts.kernel_messages import KernelLog
from confmend.facts.log import Record, ServerLog, alike
from confmend.formats import detect, formats

CORPUS = Path(__file__).parent / "corpus"


def read(kind: str, text: str) -> Document:
    return document(formats()[kind], "x", text)


def sample(kind: str, name: str) -> Document:
    return read(kind, (CORPUS / kind / name).read_bytes().decode("utf-8"))


def records(read: Document) -> list[Record]:
    return list(ServerLog((read,)).records())


# One line each, and what its prefix shows; each text is one log, so that its lines tell together what is what.
SHOWN = [
    (
        "2026-03-02 03:14:55.031 UTC [20412] app@orders LOG:  x\n",
        {"time": "2026-03-02 03:14:55.031 UTC", "pid": "20412", "user": "app", "database": "orders"},
    ),
    (
        "2026-03-02 03:14:55 UTC:10.0.0.7(51432):app@orders:[20412]:LOG:  x\n",
        {"pid": "20412", "user": "app", "database": "orders", "host": "10.0.0.7"},
    ),
    (
        "2026-03-02 03:14:55 CET [20412]: [3-1] db=orders,user=app,app=order desk,client=fe80::1 ERROR:  x\n",
        {"pid": "20412", "user": "app", "database": "orders", "host": "fe80::1", "application": "order desk"},
    ),
    ("LOG:  x\n", {"time": "", "pid": "", "user": "", "sqlstate": ""}),
    (
        "2026-03-02 03:14:55 UTC [20412] 00000 app@orders LOG:  a\n"
        "2026-03-02 03:14:55 UTC [20413] 42601 app@orders ERROR:  b\n",
        {"pid": "20413", "sqlstate": "42601"},
    ),
    ("69a50a1f.4fbc 4/71 0 LOG:  x\n", {"session": "69a50a1f.4fbc", "pid": ""}),
    ("1772421295.031 [7] client backend app@orders LOG:  x\n", {"time": "1772421295.031", "backend": "client backend"}),
    ("Mar  2 03:14:55 db1 postgres[20412]: [3-1] LOG:  x\n", {"time": "Mar  2 03:14:55", "pid": "20412"}),
    ("<134>1 2026-03-02T03:14:55Z db1 postgres 20412 - - LOG:  x\n", {"time": "2026-03-02T03:14:55Z", "pid": "20412"}),
    ("2026-03-02 03:14:55 UTC [1] [unknown]@[unknown] LOG:  x\n", {"user": "", "database": ""}),
    ("2026-03-02 03:14:55 UTC [9] app@orders ERROR:  42601: x\nLOCATION:  f, g.c:1\n", {"sqlstate": "42601"}),
]


@pytest.mark.parametrize(("text", "shown"), SHOWN)
def test_what_a_prefix_shows(text: str, shown: dict[str, str]) -> None:
    record = records(read("pg_log", text))[-1]
    assert {name: getattr(record, name) for name in shown} == shown


def test_a_verbose_servers_sqlstate_is_no_part_of_the_message() -> None:
    (record,) = records(read("pg_log", "x [9] ERROR:  42601: syntax error\nx [9] LOCATION:  f, g.c:1\n"))
    assert (record.message, record.notes) == ("syntax error", (("LOCATION", "f, g.c:1"),))


@pytest.mark.parametrize(
    ("kind", "name"),
    [("pg_csvlog", "cut-off.csv"), ("pg_jsonlog", "container.log"), ("pg_log", "debian-15.log")],
)
def test_one_shape_for_every_form(kind: str, name: str) -> None:
    record = next(each for each in records(sample(kind, name)) if each.level == "ERROR")
    assert record.message.removesuffix(" at character 1") == 'syntax error at or near "selec"'
    statement = dict(record.notes)["STATEMENT"]
    assert re.fullmatch(r"selec 1\n\t?from orders;?", statement)
    assert record.database == "orders"


def test_a_note_is_found_where_it_stands() -> None:
    pattern = re.compile("selec 1")
    csv, stderr = sample("pg_csvlog", "cut-off.csv"), sample("pg_log", "debian-15.log")
    assert [origin.number for origin in ServerLog((csv, stderr)).matching(pattern)] == [2, 5]


def test_other_containers_lines_are_no_part_of_a_message() -> None:
    read = sample("pg_log", "compose.log")
    assert [record.level for record in records(read)] == ["LOG", "ERROR", "FATAL"]


def test_repeats_are_counted() -> None:
    line = '2026-03-02 03:14:5{} UTC [{}] LOG:  temporary file: path "base/{}", size {}\n'
    text = "".join(line.format(n, 20 + n, n, n * 7) for n in range(3)) + "x LOG:  ready\n"
    first, second = ServerLog((read("pg_log", text),)).repeats()
    assert (first.count, first.pattern) == (3, 'temporary file: path "…", size N')
    assert (first.first.time[-6:], first.last.time[-6:]) == ("50 UTC", "52 UTC")
    assert second.count == 1


def test_what_differs_only_in_names_and_numbers_is_alike() -> None:
    assert alike('role "a" of 10.0.0.1:5432') == alike('role "b" of 10.0.0.22:1')
    assert alike("role a") != alike("role b")


def test_the_lines_of_a_process_belong_together() -> None:
    text = "".join(f"2026-03-02 03:14:55 UTC [{pid}] LOG:  {n}\n" for n, pid in enumerate((7, 8, 7)))
    found = ServerLog((read("pg_log", text),)).processes()
    assert {pid: [each.message for each in every] for pid, every in found.items()} == {"7": ["0", "2"], "8": ["1"]}


def test_the_kernels_lines_of_a_syslog_are_the_kernels() -> None:
    both = sample("pg_log", "syslog.log")
    pattern = re.compile("SYN flooding")
    assert not list(ServerLog((both,)).matching(pattern))
    assert [origin.number for origin in KernelLog((both,)).matching(pattern)] == [8]


def test_a_kernels_message_has_its_time() -> None:
    (first, *_) = KernelLog((sample("kernel_log", "dmesg-T.txt"),)).messages()
    assert first.time == "Mon Mar  2 03:14:55 2026"


NOT_LOGS = [
    "2026-03-02 03:11:07.214 UTC [123] LOG C-0x55f0: orders/app@10.0.0.7:5 login attempt: db=orders user=app\n",
    "TCP: inuse 27 orphan 0 tw 3 alloc 41 mem 5\nUDP: inuse 5 mem 3\n",
    "INFO:     Started server process [1]\nINFO:     Waiting for application startup.\n",
    "name,setting\nlog_line_prefix,%m\n",
    "Linux version 6.1.0-28-amd64 (x@y)\n",
]


@pytest.mark.parametrize("text", NOT_LOGS)
def test_what_is_no_log(text: str) -> None:
    found = detect("", text)
    assert found is None or not found.kind.startswith(("pg_log", "pg_csvlog", "pg_jsonlog", "kernel_log"))


HOSTILE = [
    '2026-03-02 03:14:55 UTC,"' * 4_000,
    '2026-03-02 03:14:55 UTC,""""x,' * 4_000,
    '"message":"' + '\\"' * 50_000,
    ":  " * 30_000,
    ("a= " + " " * 400 + "LOG:  x\n") * 200,
    ("0:" * 200 + "LOG:  x\n\t") * 200,
    "LOG:  x\n\t" * 10_000,
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("kind", ["pg_log", "pg_csvlog", "pg_jsonlog", "kernel_log"])
def test_hostile_text_is_read_in_linear_time(kind: str, text: str) -> None:
    # A quadratic reader needs minutes for the last of these.
    for size in (1, 8):
        read_again = read(kind, text * size)
        assert read_again.text == text * size
        ServerLog((read_again,)).repeats()
