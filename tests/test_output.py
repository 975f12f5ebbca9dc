"""The JSON and its schema, the diff, the bridge, the command line."""

import json
import subprocess
import sys
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from confmend.__main__ import main
from confmend.analysis_json import as_json, json_text
from confmend.bridge import call
from confmend.catalog.applies import applies
from confmend.diff import unified
from confmend.engine import analyse
from confmend.incidents import example, incidents
from confmend.model import Paste
from confmend.pages import explain
from confmend.render import html_report, text_report
from confmend.rules import rules

SCHEMA = json.loads((resources.files("confmend") / "analysis.schema.json").read_text("utf-8"))
SYSCTL = "net.ipv4.tcp_mem = 786432 1048576 26777216\n"
MEMINFO = "MemTotal:       16090752 kB\nMemFree: 1 kB\n"
HOSTILE = "<script>alert(1)</script>\x1b[31m"
BUNDLES = [
    pytest.param(example(slug), id=slug) for slug in incidents()
] + [
    pytest.param((), id="nothing"),
    pytest.param((Paste(""), Paste("\0"), Paste("x \ud800 y")), id="unread"),
    pytest.param((Paste(f"work_mem = '{HOSTILE}'\n{HOSTILE} = 1\n", HOSTILE),), id="hostile"),
]  # fmt: skip


@pytest.mark.parametrize("pastes", BUNDLES)
def test_json_keeps_its_schema(pastes: tuple[Paste, ...]) -> None:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    validator.check_schema(SCHEMA)
    validator.validate(as_json(analyse(pastes)))


@given(pastes=st.lists(st.builds(Paste, st.text(), st.text(max_size=10)), max_size=3))
def test_any_paste_gives_a_whole_report(pastes: list[Paste]) -> None:
    analysis = analyse(pastes)
    jsonschema.validate(as_json(analysis), SCHEMA)
    assert not [result for result in analysis.results if result.crash]
    html_report(analysis)
    text_report(analysis)


BY_HAND = "at once with sysctl -w, until the host starts again"


@pytest.mark.parametrize(
    ("kind", "key", "when"),
    [
        ("postgresql_conf", "max_connections", "after a restart of PostgreSQL"),
        ("postgresql_conf", "log_connections", "after a reload, for new connections"),
        ("postgresql_conf", "autovacuum", "after a reload: select pg_reload_conf()"),
        ("pgbouncer_ini", "pgbouncer/max_client_conn", "after RELOAD on PgBouncer's console"),
        ("sysctl_dump", "net.core.somaxconn", f"{BY_HAND}; a program that listens has to listen anew"),
        ("sysctl_dump", "net.core.rmem_default", f"{BY_HAND}; open sockets keep the old value"),
        ("sysctl_dump", "vm.swappiness", BY_HAND),
        ("pgbouncer_ini", "pgbouncer/listen_port", "after a restart of PgBouncer"),
        ("pgbouncer_ini", "databases/app/pool_size", "after RELOAD on PgBouncer's console"),
    ],
)
def test_when_a_change_takes_effect(kind: str, key: str, when: str) -> None:
    assert applies(kind, key) == when


def test_json_of_a_finding() -> None:
    analysis = analyse([Paste(SYSCTL, "a.conf"), Paste(MEMINFO, "meminfo")])
    found = next(each for each in as_json(analysis)["findings"] if each["rule"] == "tcp_mem_exceeds_ram")
    assert found["severity"] == "critical"
    assert found["evidence"][0] == {"document": "a.conf", "line": 1, "text": SYSCTL.strip()}
    assert found["edits"] == [
        {
            "document": "a.conf",
            "key": "net.ipv4.tcp_mem",
            "before": "786432 1048576 26777216",
            "after": None,
            "applies": applies("sysctl_conf", "net.ipv4.tcp_mem", removed=True),
        }
    ]


def test_long_evidence_is_cut() -> None:
    long = f"x LOG:  could not receive data from client: Connection reset by peer {'y' * 100_000}\n"
    report = as_json(analyse([Paste(long)]))
    assert len(report["incidents"][0]["evidence"][0]["text"]) < 600


def test_json_is_written_as_browsers_write_it() -> None:
    assert json_text({"a": ["\ud800é\u2028\x7f\x00"], "b": [], "c": {}}) == (
        '{\n  "a": [\n    "\\ud800é\u2028\x7f\\u0000"\n  ],\n  "b": [],\n  "c": {}\n}'
    )


def test_text_shows_control_characters_and_html_escapes() -> None:
    analysis = analyse([Paste(f"listen_addresses = {HOSTILE}\nport = 1\n", HOSTILE)])
    assert "\x1b" not in text_report(analysis)
    assert "<script>" not in html_report(analysis)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\nb\nc\n", "a\nx\nc\n"),
        ("a\nb", "a\nc"),
        ("a\r\nb\r\n", "a\r\nc\r\n"),
        ("", "a\n"),
        ("a\n" * 5 + "b\n", "a\n" * 5),
    ],
)
def test_patch_takes_the_diff(before: str, after: str, tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    file = tmp_path / "etc" / "x.conf"
    file.write_bytes(before.encode())
    command = ["patch", "--binary", "-p1", "-d", str(tmp_path)]
    subprocess.run(command, input=unified("/etc/x.conf", before, after).encode(), check=True, capture_output=True)
    assert (file.read_bytes() if file.exists() else b"") == after.encode()


def test_no_diff_without_a_change() -> None:
    assert unified("a", "x\n", "x\n") == ""


def asked(name: str, **args: object) -> object:
    answer = json.loads(call(json.dumps({"id": 7, "call": name, "args": args})))
    assert answer["id"] == 7
    return answer


def test_bridge_gives_the_same_analysis() -> None:
    pastes = [{"text": SYSCTL, "name": "a.conf"}, {"text": MEMINFO}]
    given_here = as_json(analyse([Paste(SYSCTL, "a.conf"), Paste(MEMINFO)]))
    assert asked("analyse", pastes=pastes) == {"id": 7, "value": given_here}
    report = asked("report", pastes=pastes, skip=["tcp_mem_exceeds_ram"])
    assert "tcp_mem_exceeds_ram" not in [each["rule"] for each in report["value"]["analysis"]["findings"]]
    assert asked("rewrite", pastes=pastes) == {"id": 7, "value": [{"name": "a.conf", "text": ""}]}


def test_bridge_refuses_in_a_sentence() -> None:
    assert asked("analyse", pastes=[{"text": "x", "kind": "nginx"}])["error"].startswith("there is no kind 'nginx'")


def test_bridge_quotes_nothing_of_an_unexpected_failure() -> None:
    answer = asked("analyse", pastes=[{"txt": "password=hunter2"}])
    assert answer == {"id": 7, "error": "confmend made a mistake (KeyError in analyse); nothing was shown or sent"}


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("a.conf").write_text(SYSCTL)
    Path("meminfo").write_text(MEMINFO)
    return tmp_path


STATUS = [
    (["a.conf", "meminfo"], 1),
    (["--fail-on", "critical", "a.conf", "meminfo"], 1),
    (["--skip", "tcp_mem_exceeds_ram", "a.conf", "meminfo"], 0),
    (["meminfo"], 0),
    (["--set", "memory=16GB", "a.conf"], 1),
]


@pytest.mark.usefixtures("bundle")
@pytest.mark.parametrize(("argv", "status"), STATUS)
def test_exit_status_of_analyse(argv: list[str], status: int) -> None:
    assert main(["analyse", *argv]) == status


COULD_NOT_RUN = [
    (["analyse"], "nothing to read"),
    (["analyse", "absent.conf"], "can't read absent.conf: No such file or directory"),
    (["analyse", "."], "can't read .: Is a directory"),
    (["analyse", "--skip", "nope", "a.conf"], "there is no rule nope"),
    (["analyse", "--set", "foo=1", "a.conf"], "--set foo=1: not one of "),
    (["analyse", "--set", "memory=lots", "a.conf"], "--set memory=lots: can't be read; an example is memory=16GB"),
    (["explain", "nope"], "there is no rule or incident nope"),
]


@pytest.mark.usefixtures("bundle")
@pytest.mark.parametrize(("argv", "sentence"), COULD_NOT_RUN)
def test_what_keeps_it_from_running_is_one_sentence(
    argv: list[str], sentence: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 2
    error = capfd.readouterr().err
    assert sentence in error
    assert error.count("\n") == 1


@pytest.mark.usefixtures("bundle")
def test_an_unknown_option_exits_with_two(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["analyse", "--nope"])
    assert left.value.code == 2
    capfd.readouterr()


@pytest.mark.usefixtures("bundle")
def test_json_on_the_command_line(capfd: pytest.CaptureFixture[str]) -> None:
    main(["analyse", "--format", "json", "a.conf", "meminfo"])
    expected = as_json(analyse([Paste(SYSCTL, "a.conf"), Paste(MEMINFO, "meminfo")]))
    assert capfd.readouterr().out == json_text(expected) + "\n"


def confmend(*arguments: str, text: bytes = b"") -> bytes:
    command = [sys.executable, "-m", "confmend", *arguments]
    return subprocess.run(command, input=text, capture_output=True, check=True).stdout


def test_restore_undoes_redact_in_a_text_that_was_edited_since(tmp_path: Path) -> None:
    original = b"password = hunter2x # Heron\r\nhost = 10.1.2.3\nlisten = 127.0.0.1\n"
    (tmp_path / "f").write_bytes(original)
    chosen = ("--level", "addresses", "--hide", "Heron")
    redacted = confmend("redact", str(tmp_path / "f"), *chosen)
    for secret in (b"hunter2x", b"Heron", b"10.1.2.3"):
        assert secret not in redacted
    assert redacted.endswith(b"\nlisten = 127.0.0.1\n")
    assert confmend("restore", str(tmp_path / "f"), *chosen, text=redacted) == original
    edited = confmend("restore", str(tmp_path / "f"), *chosen, text=b"host is\n" + redacted.replace(b"listen", b"bind"))
    assert edited == b"host is\n" + original.replace(b"listen", b"bind")
    assert b"hunter2x" in confmend("redact", str(tmp_path / "f"), "--keep", "hunter2x")


def test_redact_is_a_filter_that_keeps_every_other_byte() -> None:
    text = b"password = hunter2\r\n\xff\xfe odd \xe9\n"
    done = subprocess.run(
        [sys.executable, "-m", "confmend", "redact", "-"], input=text, capture_output=True, check=True
    )
    assert b"hunter2" not in done.stdout
    assert done.stdout.startswith(b"password = ")
    assert done.stdout.endswith(b"\r\n\xff\xfe odd \xe9\n")


def test_utf_16_is_read(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x").write_bytes(SYSCTL.encode("utf-16"))
    main(["analyse", "--format", "json", str(tmp_path / "x")])
    assert json.loads(capfd.readouterr().out)["documents"][0]["kind"] == "sysctl_conf"


def test_rules_and_explain(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    assert [line.split()[0] for line in capfd.readouterr().out.splitlines()] == list(rules())
    name, rule = next(iter(rules().items()))
    assert main(["explain", name]) == 0
    assert capfd.readouterr().out == explain(name)
    assert explain(name).startswith(f"{name} ({rule.severity.label})\n")


def test_a_problem_shows_its_whole_line() -> None:
    rule = "hostssl all all ::/0 cert clientcert=1"
    report = as_json(analyse([Paste(f"local all all peer\n{rule}\n", kind="pg_hba")]))
    (document,) = report["documents"]
    assert [(each["line"], each["text"]) for each in document["problems"]] == [(2, rule)]
