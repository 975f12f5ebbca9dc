"""The straight line from pastes to a settled analysis."""

from collections.abc import Iterator

import pytest

from confmend import engine
from confmend.engine import analyse, rewrite, without
from confmend.facts.kernel import Kernel
from confmend.incidents import example, incidents
from confmend.model import Edit, Finding, MissingFactError, Paste, Rule, Severity
from confmend.parts import LARGEST

PASSWORD = "hunter2-and-more"
CONF = f"primary_conninfo = 'host=db2 user=r password={PASSWORD}'\nmax_connections = 500\n"
SYSCTL = "net.ipv4.tcp_mem = 786432 1048576 26777216\n"
MEMINFO = "MemTotal:       16090752 kB\nMemFree: 1 kB\n"


def rule(*findings: Finding, severity: Severity = Severity.WARNING) -> Rule:
    def check() -> Iterator[Finding]:
        yield from findings

    return Rule(check, severity, (), ())


def setting(key: str, value: str | None) -> Finding:
    return Finding("x", edits=(Edit("postgresql_conf", key, value),))


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> object:
    """Run the engine with rules of the test's own."""

    def install(**rules: Rule) -> None:
        monkeypatch.setattr(engine, "rules", lambda: rules)

    return install


def test_nothing_pasted() -> None:
    analysis = analyse([])
    assert (analysis.documents, analysis.unread, analysis.edits, analysis.worst) == ((), (), (), None)


def test_documents_are_named_by_heading_then_paste_then_kind() -> None:
    pastes = [Paste(f"==> /etc/a.conf <==\n{SYSCTL}"), Paste(SYSCTL, "mine"), Paste(SYSCTL), Paste(SYSCTL)]
    names = [each.name for each in analyse(pastes).documents]
    assert names == ["/etc/a.conf", "mine", "sysctl.conf", "sysctl.conf (2)"]


def test_secrets_are_hidden_before_anything_reads_them_and_come_back_in_the_owners_file(only) -> None:
    only(a=rule(setting("work_mem", "1.5 GB")))
    pastes = [Paste(CONF, f"host=x password={PASSWORD}")]
    analysis = analyse(pastes)
    assert PASSWORD not in repr(analysis)
    assert analysis.redactions[0].label == "password"
    (file,) = rewrite(pastes, analysis)
    assert file.text == CONF + "work_mem = '1.5 GB'\n"
    assert PASSWORD not in file.name


def test_only_changed_files_are_rewritten() -> None:
    pastes = [Paste(SYSCTL), Paste(MEMINFO), Paste("vm.swappiness = 10\n")]
    analysis = analyse(pastes)
    assert [(file.name, file.text) for file in rewrite(pastes, analysis)] == [("sysctl.conf", "")]


def test_skipping_a_rule_takes_its_edits_out() -> None:
    pastes = [Paste(SYSCTL), Paste(MEMINFO)]
    assert Edit("sysctl_conf", "net.ipv4.tcp_mem", None) in analyse(pastes).edits
    skipped = analyse(pastes, skip={"tcp_mem_exceeds_ram"})
    assert Edit("sysctl_conf", "net.ipv4.tcp_mem", None) not in skipped.edits
    assert "tcp_mem_exceeds_ram" not in [result.rule for result in skipped.results]


@pytest.mark.parametrize("slug", incidents())
def test_leaving_rules_out_later_is_skipping_them(slug: str) -> None:
    whole = analyse(example(slug))
    fired = [result for result in whole.results if result.findings]
    quiet = [result for result in whole.results if not result.findings][:1]
    for result in (*fired, *quiet):
        assert without(whole, {result.rule}) == analyse(example(slug), skip={result.rule})


def test_what_a_command_printed_is_no_file_to_give_back() -> None:
    pastes = [Paste("kernel.osrelease = 6.1.0\nnet.core.rmem_default = 31457280\n")]
    analysis = analyse(pastes)
    assert analysis.corrected[0].text == "kernel.osrelease = 6.1.0\nnet.core.rmem_default = 212992\n"
    assert rewrite(pastes, analysis) == ()


def test_a_name_is_one_line() -> None:
    (read,) = analyse([Paste(SYSCTL, "a\nb\t\x1b c" + "x" * 300)]).documents
    assert read.name == "a b c" + "x" * 195


def test_the_graver_finding_wins_and_the_other_is_recorded(only) -> None:
    only(
        a_mild=rule(setting("work_mem", "1MB")),
        b_grave=rule(setting("work_mem", "2MB"), severity=Severity.CRITICAL),
        c_same=rule(setting("work_mem", "2MB")),
    )
    analysis = analyse([Paste(CONF)])
    assert analysis.edits == (Edit("postgresql_conf", "work_mem", "2MB"),)
    ((conflict),) = analysis.conflicts
    assert (conflict.rule, conflict.winner, conflict.edit.value) == ("a_mild", "b_grave", "1MB")


def test_an_edit_that_would_hold_a_placeholder_is_refused(only) -> None:
    placeholder = analyse([Paste(CONF)]).redactions[0].placeholder
    only(a=rule(setting("application_name", f"x {placeholder}")))
    analysis = analyse([Paste(CONF)])
    assert analysis.edits == ()
    assert analysis.conflicts[0].reason == "the new value would hold a hidden secret: make this change by hand"


def test_an_edit_that_no_file_can_hold_is_refused(only) -> None:
    only(a=rule(setting("application_name", "x\ny")))
    analysis = analyse([Paste(CONF)])
    assert analysis.edits == ()
    assert "line break" in analysis.conflicts[0].reason


def test_an_edit_without_a_document_is_dropped(only) -> None:
    only(a=rule(Finding("x", edits=(Edit("pgbouncer_ini", "pgbouncer/pool_mode", "session"),))))
    analysis = analyse([Paste(CONF)])
    assert (analysis.edits, analysis.conflicts) == ((), ())


def test_a_setting_goes_into_the_file_that_wins(only) -> None:
    only(a=rule(setting("max_connections", "100")))
    auto = Paste("max_connections = '300'\n", "postgresql.auto.conf")
    corrected = {each.name: each.text for each in analyse([auto, Paste(CONF, "postgresql.conf")]).corrected}
    assert corrected["postgresql.auto.conf"] == "max_connections = '100'\n"
    assert "max_connections = 500" in corrected["postgresql.conf"]


def test_a_removal_takes_every_line(only) -> None:
    only(a=rule(setting("max_connections", None)))
    pastes = [Paste("max_connections = 1\nport = 1\nmax_connections = 2\n", "a"), Paste(CONF, "b")]
    assert [each.text for each in analyse(pastes).corrected] == [
        "port = 1\n",
        analyse(pastes).documents[1].text.splitlines(True)[0],
    ]


def test_a_crash_shows_and_the_rest_stands(only) -> None:
    def broken() -> Iterator[Finding]:
        yield Finding("before")
        raise ZeroDivisionError("division by zero")

    only(a=Rule(broken, Severity.INFO, (), ()), b=rule(Finding("y")))
    first, second = analyse([Paste(CONF)]).results
    assert first.crash == "ZeroDivisionError: division by zero"
    assert [finding.message for finding in first.findings] == ["before"]
    assert [finding.message for finding in second.findings] == ["y"]


def test_a_missing_fact_says_what_to_paste(only) -> None:
    def asks(kernel: Kernel) -> Iterator[Finding]:
        raise MissingFactError("the version")
        yield

    only(a=Rule(asks, Severity.INFO, (), ()))
    assert analyse([Paste(CONF)]).results[0].missing == ("sysctl -a, or the sysctl lines in question",)
    assert analyse([Paste(SYSCTL)]).results[0].missing == ("the version",)


UNREAD = [
    ("", "paste 1", "there is nothing in it"),
    (" \n\t\n", "paste 1", "there is nothing in it"),
    ("a\nb\0c", "paste 1", "it holds a NUL character (line 2)"),
    ("Dear all", "paste 1", "it is none of the kinds that are read: paste a file whole"),
    ("x" * (LARGEST + 1), "paste 1", "are more than the 24,000,000 that are read"),
]


@pytest.mark.parametrize(("text", "name", "reason"), UNREAD, ids=["empty", "blank", "nul", "prose", "large"])
def test_what_cannot_be_read_is_named_with_its_reason(text: str, name: str, reason: str) -> None:
    analysis = analyse([Paste(text), Paste(SYSCTL)])
    (unread,) = analysis.unread
    assert unread.name == name
    assert reason in unread.reason
    assert [each.name for each in analysis.documents] == ["sysctl.conf"]


def test_unread_text_is_redacted_too() -> None:
    (unread,) = analyse([Paste(f"Dear all,\nmy password: {PASSWORD}\n")]).unread
    assert PASSWORD not in unread.text
    assert unread.text.startswith("Dear all,\nmy password: PASSWORD_1")


@pytest.mark.parametrize(
    "text",
    [
        "work_mem = '\ud800'\nport = 1\n",
        "work_mem = " + "x" * 100_000 + "\nport = 1\n",
        "\ufeffwork_mem = 1MB\nport = 1\n",
    ],
    ids=["lone surrogate", "long line", "byte order mark"],
)
def test_odd_text_is_kept(text: str) -> None:
    (read,) = analyse([Paste(text)]).documents
    assert read.text == text


def test_answers_that_nobody_asked_or_that_cannot_be_read_are_problems() -> None:
    (read,) = analyse([Paste("memory = lots\nfoo = 1\ncpus = 4\n", kind="answers")]).documents
    memory, foo, cpus = (line.problem for line in read.lines)
    assert memory == "memory can't be read from this; an example is 16GB"
    assert foo.startswith("there is no question foo; there are ")
    assert cpus == ""


def test_a_kind_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no kind 'nginx'"):
        analyse([Paste("x", kind="nginx")])
