"""The policy, judged by Open Policy Agent's own engine: red on what was pasted, green on what is corrected."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from artefact_cases import CASES, analysed, each_with, files
from confmend.artefacts.files import as_bytes
from confmend.artefacts.policy import HOST, SERVER, _setting, checks
from confmend.artefacts.settings import setting, settings
from confmend.artefacts.source import Source, owners, redacted
from confmend.artefacts.wanted import Change
from confmend.facts.kernel import DUMP, FILE
from confmend.facts.postgres import KIND, Postgres
from programs.opa import Policy, RefusedError
from programs.postgresql import CONF, Server, servers
from programs.psql import Running, running

POLICY, TESTS = "rego/policy/confmend.rego", "rego/policy/confmend_test.rego"
# What no server here has the memory for.
TOO_MUCH = ("shared_buffers",)


def _policy(case: str, own: bool = True) -> Policy:
    made = files(case, own)["rego"]
    return Policy({name: made[name].text for name in (POLICY, TESTS)})


@each_with("rego")
def test_the_policys_own_tests_pass(case: str) -> None:
    for own in (True, False):
        wanted = re.findall(r"^(test_\w+) if", files(case, own)["rego"][TESTS].text, re.MULTILINE)
        assert len(wanted) == 4
        assert _policy(case, own).tests("main_test") == dict.fromkeys(wanted, True)


def test_a_failing_test_is_seen() -> None:
    made = files("templates", own=True)["rego"]
    changed = made[TESTS].text.replace("count(main.deny) == 0", "count(main.deny) == 1")
    passed = Policy({POLICY: made[POLICY].text, TESTS: changed}).tests("main_test")
    assert "test_corrected_passes" not in passed
    with pytest.raises(RefusedError):
        Policy({POLICY: "package main\n\ndeny[msg] { msg := 1 }\n"})


@each_with("rego")
def test_it_refuses_the_pasted_files_and_passes_the_corrected_ones(case: str) -> None:
    """Not the values that the policy was made of, but what a real server and the kernel's formats read in the files."""
    source = owners(CASES[case], analysed(case))
    asked = checks(source)
    policy = _policy(case)
    refused = policy.document("main.deny", _input(source, corrected=False))
    assert len(refused) == len(asked)
    if source.service or not any(each.kind in (KIND, FILE) for each in source.before):
        return
    held = {(each.where, each.key) for each in asked if not each.refused}
    passed = _input(source, corrected=True)
    # What only a running kernel or server says, no corrected file can hold.
    by_files = {(where, key) for where, found in passed.items() for key in found}
    denied = policy.document("main.deny", passed)
    assert all("is not in the input" in each for each in denied)
    assert len(denied) == len(held - by_files)


def _input(source: Source, corrected: bool) -> Mapping[str, Mapping[str, str]]:
    documents = source.after if corrected else source.before
    asked = checks(source)
    keys = [each.key for each in asked if each.where == SERVER]
    texts = [as_bytes(each.text).decode("utf-8", "surrogateescape") for each in documents if each.kind == KIND]
    found: dict[str, dict[str, str]] = {SERVER: {}, HOST: {}}
    if texts and not _server(source).complaints({CONF: "\n".join(texts)}):
        found[SERVER] = _server(source).values({CONF: "\n".join(texts)}, keys)
    else:
        told = [(each.key, each.corrected if corrected else each.pasted) for each in asked if each.where == SERVER]
        found[SERVER] = {key: value for key, value in told if value is not None and (texts or not corrected)}
    for each in asked:
        kinds = (FILE,) if corrected else (FILE, DUMP)
        lines = [document.get(each.key) for kind in kinds for document in documents if document.kind == kind]
        value = next((line.value for line in reversed(lines) if line), None)
        if each.where == HOST and value is not None:
            found[HOST][each.key] = value
    return found


def _server(source: Source) -> Server:
    known = source.analysis.facts[Postgres]
    return next(each for each in servers() if each.version == (known.version or servers()[-1].version))


def test_it_lets_somebody_go_further_but_not_back() -> None:
    policy = _policy("templates")
    good = json.loads(_constant("templates", "corrected"))
    assert policy.document("main.deny", good) == []
    for key, value, refused in (
        ("work_mem", "65536", False),
        ("work_mem", "4096", False),
        ("work_mem", "65537", True),
        ("work_mem", "64MB", True),
        ("work_mem", "", True),
        ("autovacuum", "off", True),
        ("autovacuum", True, True),
    ):
        given = {**good, SERVER: {**good[SERVER], key: value}}
        assert bool(policy.document("main.deny", given)) == refused, (key, value)
    assert policy.document("main.deny", {})
    assert policy.document("main.deny", [])


def test_a_time_of_none_is_no_short_time() -> None:
    """tcp_keepalives_idle = 0 is the kernel's two hours: an upper limit alone would let it pass."""
    policy = _policy("connection_reset")
    good = json.loads(_constant("connection_reset", "corrected"))
    for value, refused in (("0", True), ("1", False), ("60", False), ("61", True)):
        given = {**good, SERVER: {**good[SERVER], "tcp_keepalives_idle": value}}
        assert bool(policy.document("main.deny", given)) == refused


def _constant(case: str, name: str) -> str:
    found = re.search(rf"^{name} := (.*)$", files(case, own=True)["rego"][TESTS].text, re.MULTILINE)
    assert found
    return found[1]


# What it looks at.


def _collected(case: str, path: str, server: Running | None = None) -> Any:
    script = files(case, own=True)["rego"]["rego/input.sh"].text
    env = {"PATH": f"{path}:/usr/sbin:/usr/bin:/sbin:/bin"}
    if server:
        env |= {"PGHOST": str(server.socket), "PGUSER": "nobody", "PGDATABASE": "postgres"}
    done = subprocess.run(["sh"], input=script.encode(), capture_output=True, check=False, env=env)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _psql(folder: Path, server: Running) -> str:
    program = folder / "psql"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(server.program)} "$@"\n', "utf-8")
    program.chmod(0o755)
    return str(folder)


@pytest.mark.parametrize("case", ["templates", "connection_reset"])
def test_a_real_server_is_refused_before_and_passes_after(case: str, tmp_path: Path) -> None:
    asked = [each for each in settings(redacted(analysed(case))) if each.name not in TOO_MUCH]
    before = {each.name: each.old for each in asked if each.old is not None}
    after = {each.name: each.value for each in asked if each.value is not None}
    policy = _policy(case)
    server = _server(redacted(analysed(case)))
    with running(server, before) as old:
        found = _collected(case, _psql(tmp_path, old), old)
        refused = policy.document("main.deny", found)
        assert all(any(each.startswith(f"{name} is ") for each in refused) for name in before)
    with running(server, after) as new:
        refused = policy.document("main.deny", _collected(case, _psql(tmp_path, new), new))
        assert [each for each in refused if not each.startswith(TOO_MUCH)] == []


def test_a_server_that_does_not_answer_gives_no_input(tmp_path: Path) -> None:
    script = files("templates", own=True)["rego"]["rego/input.sh"].text
    (tmp_path / "psql").write_text("#!/bin/sh\nexit 2\n", "utf-8")
    (tmp_path / "psql").chmod(0o755)
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = subprocess.run(["sh"], input=script.encode(), capture_output=True, check=False, env=env)
    assert (done.returncode, done.stdout) == (2, b"")


@pytest.mark.skipif(
    not shutil.which("sysctl", path=f"{os.environ['PATH']}:/usr/sbin:/sbin"), reason="there is no sysctl"
)
def test_the_kernels_keys_are_those_of_this_host(tmp_path: Path) -> None:
    found = _collected("running_kernel", str(tmp_path))[HOST]
    keys = [each.key for each in checks(redacted(analysed("running_kernel"))) if each.where == HOST]
    there = [key for key in keys if Path("/proc/sys", *key.split(".")).is_file()]
    assert found == {key: " ".join(Path("/proc/sys", *key.split(".")).read_text().split()) for key in there}


@pytest.mark.parametrize("case", ["templates", "host", "running_kernel", "same_place"])
def test_shellcheck_has_nothing_to_say(case: str) -> None:
    script = files(case, own=True)["rego"]["rego/input.sh"].text
    done = subprocess.run(
        [Path(sys.executable).parent / "shellcheck", "-s", "sh", "-o", "all", "-e", "SC2312,SC2310,SC2250", "-"],
        input=script.encode(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode()


def test_a_check_is_made_only_of_what_changes() -> None:
    """The same value in another writing can't fail, and a value that the server refuses can't be held."""
    for old, new in (("64MB", "65536"), ("64MB", "65536kB"), ("lots", "64MB")):
        wanted = setting(Change("work_mem", new, old, (), (), "", ""), 16)
        assert _setting(wanted, 16) is None
    wanted = setting(Change("work_mem", "64MB", "512MB", (), (), "", ""), 16)
    found = _setting(wanted, 16)
    assert found
    assert (found.low, found.high, found.pasted, found.corrected) == ((), (65536,), "524288", "65536")
