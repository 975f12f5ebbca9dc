"""The patch, the corrected files, ALTER SYSTEM, sysctl.d, the script, drop-ins: each run by the tool that reads it."""

import functools
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate  # type: ignore[import-untyped]  # it has none
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from artefact_cases import ANSWERS, CASES, SECRET, WRITTEN_SECRET, analysed, each_with, file_of, files
from confmend import artefacts
from confmend.artefacts.files import as_bytes
from confmend.artefacts.kernel import kernel_in_containers, kernel_set
from confmend.artefacts.patroni import patroni_settings
from confmend.artefacts.script import cksum
from confmend.artefacts.settings import by_statement, setting
from confmend.artefacts.source import redacted
from confmend.artefacts.wanted import Change
from confmend.catalog import postgres as catalog
from confmend.engine import analyse, originals, rewrite
from confmend.facts.postgres import Postgres
from confmend.formats import formats
from confmend.model import Paste
from programs.debian import command, unpacked
from programs.postgresql import AUTO_CONF, Server, servers
from programs.procps import Sysctl, fresh, programs, refusal
from programs.psql import Running, running

CORPUS = Path(os.environ.get("CONFMEND_CORPUS") or Path(__file__).resolve().parents[2] / "shared" / "corpus")
COMPOSE_SCHEMA = "builtin_schemas/vendor/compose-spec.json"
SCRIPT = "confmend-apply.sh"


def _before(case: str) -> Mapping[str, bytes]:
    """Return the files that change as their owner has them, by the paths that the artefacts give them."""
    corrected = {each.name for each in rewrite(CASES[case], analysed(case))}
    documents = [each for each in originals(CASES[case], analysed(case)) if each.name in corrected]
    return {path: as_bytes(each.text) for path, each in zip(_after(case), documents, strict=True)}


def _after(case: str) -> Mapping[str, bytes]:
    made = files(case, own=True)["corrected"]
    return {name.removeprefix("corrected/"): as_bytes(file.text) for name, file in made.items()}


def _laid(folder: Path, tree: Mapping[str, bytes]) -> Path:
    for path, data in tree.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return folder


def _read(folder: Path) -> Mapping[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@each_with("corrected")
def test_corrected_files_are_what_the_engine_rewrites(case: str) -> None:
    assert list(_after(case).values()) == [as_bytes(each.text) for each in rewrite(CASES[case], analysed(case))]


PATCHING = {
    "patch": (["patch", "-p1", "--fuzz=0", "-s"], ["patch", "-p1", "--fuzz=0", "-s", "-R"]),
    "git": (["git", "apply", "--whitespace=nowarn"], ["git", "apply", "--whitespace=nowarn", "-R"]),
}


@pytest.mark.parametrize("tool", PATCHING)
@each_with("confmend.patch")
def test_the_patch_corrects_and_takes_back(case: str, tool: str, tmp_path: Path) -> None:
    forth, back = PATCHING[tool]
    diff = as_bytes(file_of(case, "confmend.patch"))
    _laid(tmp_path, _before(case))
    for words, wanted in ((forth, _after(case)), (back, _before(case))):
        done = subprocess.run(words, input=diff, capture_output=True, check=False, cwd=tmp_path)
        assert done.returncode == 0, done.stderr + done.stdout
        assert _read(tmp_path) == wanted


def test_the_redacted_patch_holds_no_secret_and_the_owners_does() -> None:
    assert WRITTEN_SECRET in file_of("postgresql", "confmend.patch")
    assert SECRET[:4] not in file_of("postgresql", "confmend.patch", own=False)


# The script.


def _run(shell: list[str], script: str, *arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*shell, "-s", "--", *arguments],
        input=as_bytes(script),
        capture_output=True,
        check=False,
        env={"PATH": "/usr/bin:/bin"},
    )


@pytest.fixture(params=["dash", "bash --posix", "busybox sh"])
def shell(request: pytest.FixtureRequest) -> list[str]:
    program, *words = str(request.param).split()
    if program == "busybox":
        root = unpacked("busybox")
        found = next(each for each in ("usr/bin/busybox", "bin/busybox") if (root / each).is_file())
        return [*command(root, found), *words]
    return [program, *words]


@each_with(SCRIPT)
def test_the_script_applies_once_and_rolls_back_to_the_byte(case: str, shell: list[str], tmp_path: Path) -> None:
    script = file_of(case, SCRIPT)
    before, after = _before(case), _after(case)
    _laid(tmp_path, before)
    kept = {f"{path}.before-confmend": data for path, data in before.items()}

    checked = _run(shell, script, "check", tmp_path)
    assert checked.returncode == 0, checked.stderr
    assert _read(tmp_path) == before
    assert _run(shell, script, "verify", tmp_path).returncode == 1
    for _ in range(2):
        applied = _run(shell, script, "apply", tmp_path)
        assert applied.returncode == 0, applied.stderr
        assert _read(tmp_path) == {**after, **kept}
        assert _run(shell, script, "verify", tmp_path).returncode == 0
    for _ in range(2):
        back = _run(shell, script, "rollback", tmp_path)
        assert back.returncode == 0, back.stderr
        assert _read(tmp_path) == before
    assert not Path("/tmp/owned").exists()


def test_the_script_knows_a_file_that_lost_its_tabs_and_keeps_its_rights(tmp_path: Path) -> None:
    script = file_of("postgresql", SCRIPT)
    ((path, data),) = _before("postgresql").items()
    other = data.replace(b"          # many", b"\t# many").removesuffix(b"\n")
    _laid(tmp_path, {path: other})
    (tmp_path / path).chmod(0o640)
    assert _run(["sh"], script, "apply", tmp_path).returncode == 0
    assert (tmp_path / path).stat().st_mode & 0o777 == 0o640
    assert _read(tmp_path)[path] == _after("postgresql")[path]
    assert _run(["sh"], script, "rollback", tmp_path).returncode == 0
    assert _read(tmp_path) == {path: other}


def test_the_script_writes_over_no_other_file(tmp_path: Path) -> None:
    """Of two files one is another than was pasted, or is not there: then none is touched."""
    script = file_of("no_end", SCRIPT)
    before = dict(_before("no_end"))
    for tree in ({**before, "sysctl.conf": b"vm.swappiness = 1\n"}, {"postgresql.conf": before["postgresql.conf"]}):
        shutil.rmtree(tmp_path)
        tmp_path.mkdir()
        _laid(tmp_path, tree)
        for verb in ("check", "apply", "verify"):
            assert _run(["sh"], script, verb, tmp_path).returncode == 1
        assert _read(tmp_path) == tree
        assert _run(["sh"], script, "rollback", tmp_path).returncode == 0
        assert _read(tmp_path) == tree


def test_the_script_asks_for_the_owners_download_where_something_is_hidden(tmp_path: Path) -> None:
    script = file_of("postgresql", SCRIPT, own=False)
    assert "/etc/postgresql/16/main/postgresql.conf. Take your own download for it." in script
    _laid(tmp_path, _before("postgresql"))
    assert _run(["sh"], script, "apply", tmp_path).returncode == 0
    assert _read(tmp_path) == _before("postgresql")


@each_with(SCRIPT)
def test_shellcheck_has_nothing_to_say(case: str) -> None:
    for own in (True, False):
        _shellcheck(file_of(case, SCRIPT, own))


def _shellcheck(script: str) -> None:
    program = Path(sys.executable).parent / "shellcheck"
    done = subprocess.run(
        [program, "-s", "sh", "-o", "all", "-e", "SC2312,SC2310,SC2250", "-"],
        input=as_bytes(script),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode()


@given(st.text(alphabet=st.characters(exclude_characters="\0"), max_size=200))
def test_the_sum_is_cksums(text: str) -> None:
    line = text.replace("\n", "")
    program = "awk '{ gsub(/[ \\t\\r]/, \"\"); print }' | cksum"
    done = subprocess.run(
        ["sh", "-c", program],
        input=as_bytes(f"{line}\n"),
        capture_output=True,
        check=True,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
    )
    assert done.stdout.decode().strip() == cksum(f"{line}\n") == cksum(line or "\n")


# PostgreSQL.


def _server(case: str) -> Server:
    known = analysed(case).facts.get(Postgres)
    wanted = known.version if known and known.version else servers()[-1].version
    return next(each for each in servers() if each.version == wanted)


def _sets(script: str) -> Mapping[str, str]:
    return dict(re.findall(r"^ALTER SYSTEM SET (\S+) TO (.*);$", script, re.MULTILINE))


@pytest.fixture(scope="module")
def psqls() -> Iterator[Callable[[Server], Running]]:
    """Give each version's server, running; all end together."""
    with ExitStack() as stack:
        yield functools.cache(lambda server: stack.enter_context(running(server)))


@each_with("alter-system.sql")
def test_alter_system_is_run_twice_and_taken_back(case: str, psqls: Callable[[Server], Running]) -> None:
    server = _server(case)
    psql = psqls(server)
    auto_conf = psql.data / AUTO_CONF
    script = file_of(case, "alter-system.sql")
    wanted = {each.name: each.value for each in by_statement(redacted(analysed(case))) if not each.by_hand}
    set_ = re.findall(r"^ALTER SYSTEM SET (\S+) TO .*;$", script, re.MULTILINE)
    assert set(set_) == {name for name, value in wanted.items() if value is not None}
    written = []
    for _ in range(2):
        printed = psql.psql("-At", "-f", "-", stdin=script)
        written.append(auto_conf.read_text("utf-8"))
    assert written[0] == written[1]
    read = "select name, setting from pg_file_settings where sourcefile like '%postgresql.auto.conf'"
    assert {name: _meant(server, name, value) for name, value in psql.rows(read) if name} == {
        name: _meant(server, name, wanted[name]) for name in set_
    }
    assert not server.complaints({AUTO_CONF: written[0]})
    said = re.search(r"^-- These wait for a restart of PostgreSQL: (.*)\.$", script, re.MULTILINE)
    waiting = {name for (name,) in psql.rows("select name from pg_settings where pending_restart")}
    assert waiting <= set(said[1].split() if said else ())
    # Of the second run: what the first has set, and then what waits; nothing else holds instead.
    before, _, after = printed.partition("ALTER SYSTEM")
    assert {line.partition("|")[0] for line in before.splitlines() if "|" in line} == set(set_)
    assert {line.partition("|")[0] for line in after.splitlines() if "|" in line} == waiting
    psql.psql("-f", "-", stdin="".join(re.findall(r"^--   (.*\n)", script, re.MULTILINE)))
    left = [line for line in auto_conf.read_text("utf-8").splitlines() if not line.startswith("#")]
    assert sorted(left) == (["fsync = 'off'", "work_mem = '1GB'"] if case == "automatic" else [])
    psql.psql("-c", "alter system reset all")


def test_alter_system_says_what_it_had_set_and_what_wins_over_it(psqls: Callable[[Server], Running]) -> None:
    psql = psqls(_server("postgresql"))
    psql.psql("-c", "alter system set work_mem to '5MB'")
    psql.psql("-c", "alter role current_user set work_mem to '7MB'")
    try:
        printed = psql.psql("-At", "-f", "-", stdin=file_of("postgresql", "alter-system.sql"))
    finally:
        psql.psql("-c", "alter role current_user reset work_mem", "-c", "alter system reset all")
    before, _, after = printed.partition("ALTER SYSTEM")
    assert before.splitlines() == ["work_mem|5MB"]
    assert "work_mem|7168|user" in after.splitlines()


def _meant(server: Server, name: str, value: str | None) -> Any:
    row = catalog.settings(server.version)[name]
    assert value is not None
    if row.type in ("integer", "real"):
        return row.number(value)
    if row.type == "bool":
        return catalog.flag(value)
    return row.choice(value) if row.type == "enum" else value


def test_a_managed_service_gets_no_statement_it_has_not() -> None:
    assert "alter-system.sql" in files("show_all", own=True)
    assert not files("managed", own=True).keys() & {"alter-system.sql", "60-postgresql.conf", "patroni.yaml"}


def test_a_list_of_libraries_stays_one() -> None:
    """Written as one string it would be one library with a comma in its name, and the server would not start."""
    found = setting(Change("shared_preload_libraries", 'a, "b,c"', None, (), (), "", ""), 16)
    assert (found.values, found.by_hand) == (("a", "b,c"), "")


# The kernel.


@pytest.mark.skipif(bool(refusal()), reason=refusal() or "-")
@pytest.mark.parametrize("program", programs() if not refusal() else [], ids=lambda each: each.version)
@each_with("60-postgresql.conf")
def test_sysctl_takes_every_line(case: str, program: Sysctl) -> None:
    """In a network namespace of its own; of the host's other keys nothing can be written there."""
    text = file_of(case, "60-postgresql.conf")
    outcome = program.load(text)
    # The limit of connection tracking can be read everywhere and is written in the first namespace only.
    keys = {each.key: each.value for each in kernel_set(redacted(analysed(case)))}
    own = {key: value for key, value in keys.items() if key in fresh() and key != "net.netfilter.nf_conntrack_max"}
    for complaint in outcome.complaints:
        assert any(key in complaint.text or key.replace(".", "/") in complaint.text for key in keys), complaint
        assert not any(key in complaint.text for key in own), complaint
    for key, value in own.items():
        assert outcome.values[key].split() == (value or "").split()


@each_with("60-postgresql.conf")
def test_the_file_of_sysctl_d_is_read_as_it_was_meant(case: str) -> None:
    text = file_of(case, "60-postgresql.conf")
    lines = [each for each in formats()["sysctl_conf"].read(text) if each.key and not each.commented]
    assert [(each.key, each.value) for each in lines] == [
        (each.key, each.value) for each in kernel_set(redacted(analysed(case)))
    ]
    assert not [each for each in formats()["sysctl_conf"].read(text) if each.problem]


# Services and containers.


@each_with("systemd")
def test_systemd_reads_the_drop_in(case: str, tmp_path: Path) -> None:
    ((name, file),) = files(case, own=True)["systemd"].items()
    root = unpacked("systemd")
    program = command(root, "usr/bin/systemd-analyze")
    program[program.index("--library-path") + 1] += "".join(
        f":{library.parent}" for library in root.glob("**/libsystemd-shared-*.so")
    )
    folder = tmp_path / "etc/systemd/system"
    tree = {
        "pgbouncer.service": b"[Service]\nExecStart=/bin/true\n",
        name.removeprefix("systemd/"): as_bytes(file.text),
    }
    _laid(folder, tree)
    done = subprocess.run(
        [*program, "verify", "--man=no", "--recursive-errors=no", folder / "pgbouncer.service"],
        capture_output=True,
        check=False,
        text=True,
        env={"SYSTEMD_UNIT_PATH": f"{folder}:", "PATH": "/usr/bin:/bin"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"^LimitNOFILE=[0-9]+$", file.text, re.MULTILINE)


@each_with("containers")
def test_containers_are_asked_for_their_own_keys(case: str) -> None:
    made = {name.rpartition("/")[2]: file.text for name, file in files(case, own=True)["containers"].items()}
    wanted = {each.key: each.value for each in kernel_in_containers(redacted(analysed(case)))}
    compose = yaml.safe_load(made["compose.sysctls.yaml"])
    compose_schema = json.loads(resources.files("check_jsonschema").joinpath(COMPOSE_SCHEMA).read_text("utf-8"))
    whole = {"services": {"postgres": {"image": "postgres:16", **compose["services"]["postgres"]}}}
    jsonschema.validate(whole, compose_schema)
    assert compose["services"]["postgres"]["sysctls"] == wanted

    patch = yaml.safe_load(made["pod-sysctls.yaml"])
    pod = {"containers": [{"name": "db", "image": "postgres:16"}], **patch["spec"]["template"]["spec"]}
    stateful = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "db"},
        "spec": {
            "serviceName": "db",
            "selector": {"matchLabels": {"app": "db"}},
            "template": {"metadata": {"labels": {"app": "db"}}, "spec": pod},
        },
    }
    kubernetes_validate.validate(stateful, kubernetes_validate.latest_version(), strict=True)
    assert {each["name"]: each["value"] for each in pod["securityContext"]["sysctls"]} == wanted

    script = made["docker-run.sh"]
    _shellcheck(script)
    words = (
        _run(["sh"], script.replace("exec docker", "printf '%s\\n' docker"), "an image").stdout.decode().splitlines()
    )
    options = [f"{key}={value}" for key, value in wanted.items()]
    assert words == ["docker", "run", *(word for each in options for word in ("--sysctl", each)), "an image"]


# Patroni's own check of a value. In a process of its own, for its import changes the umask.
PATRONIS_VALUES = """
import json, sys
from patroni.collections import CaseInsensitiveSet
from patroni.postgresql.validator import transform_postgresql_parameter_value as transformed
version, names, parameters = json.load(sys.stdin)
names = CaseInsensitiveSet(names)
print(json.dumps({name: str(transformed(version, name, value, names)) for name, value in parameters.items()}))
"""


@each_with("patroni.yaml")
def test_patroni_takes_the_settings(case: str) -> None:
    parameters = yaml.safe_load(file_of(case, "patroni.yaml"))["postgresql"]["parameters"]
    wanted = {each.name: each.value for each in patroni_settings(redacted(analysed(case)))}
    assert parameters == wanted
    server = _server(case)
    done = subprocess.run(
        [sys.executable, "-c", PATRONIS_VALUES],
        input=json.dumps([server.version * 10000, list(catalog.settings(server.version)), parameters]),
        capture_output=True,
        check=True,
        text=True,
    )
    taken = json.loads(done.stdout)
    assert {name: _meant(server, name, value) for name, value in taken.items()} == {
        name: _meant(server, name, value) for name, value in wanted.items()
    }


# Files that people wrote.


@pytest.mark.skipif(not CORPUS.is_dir(), reason="no corpus: name it in CONFMEND_CORPUS")
@pytest.mark.parametrize("kind", ["postgresql_conf", "sysctl_conf", "pgbouncer_ini"])
def test_real_files_are_patched_and_laid_and_given_back(kind: str, tmp_path: Path) -> None:
    pastes = [
        Paste(file.read_bytes().decode("utf-8", "surrogateescape"), f"/etc/{kind}/{number}")
        for number, file in enumerate(sorted((CORPUS / kind).iterdir())[:: 4 if kind == "postgresql_conf" else 1])
    ]
    changed = 0
    for paste in pastes:
        analysis = analyse((paste, ANSWERS))
        made = {each.name: each.files[0] for each in artefacts.own_artefacts((paste, ANSWERS), analysis)}
        if "corrected" not in made:
            continue
        changed += 1
        path = paste.name.lstrip("/")
        after = as_bytes(made["corrected"].text)
        for words, wanted in ((PATCHING["patch"][0], after), (PATCHING["git"][1], as_bytes(paste.text))):
            _laid(tmp_path, {path: as_bytes(paste.text)} if wanted == after else {})
            done = subprocess.run(
                words, input=as_bytes(made["confmend.patch"].text), capture_output=True, check=False, cwd=tmp_path
            )
            assert done.returncode == 0, (paste.name, done.stderr, done.stdout)
            assert (tmp_path / path).read_bytes() == wanted
        for verb, wanted in (("apply", after), ("verify", after), ("rollback", as_bytes(paste.text))):
            done = _run(["dash"], made[SCRIPT].text, verb, tmp_path)
            assert done.returncode == 0, (paste.name, verb, done.stderr)
            assert (tmp_path / path).read_bytes() == wanted
    assert changed
