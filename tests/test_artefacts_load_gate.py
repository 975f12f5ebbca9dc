"""The gate, run on real servers: red on the pasted postgresql.conf, green on the corrected one."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from artefact_cases import CASES, analysed, files, with_artefact
from confmend.artefacts.files import as_bytes
from confmend.artefacts.load_gate import load_gate
from confmend.artefacts.source import redacted
from confmend.engine import originals, rewrite
from confmend.facts.postgres import KIND, Postgres
from programs.debian import command, unpacked
from programs.pgbench import pgbench
from programs.postgresql import CONF, Server, servers

CASES_WITH = with_artefact("load-gate")
# Of each way to be red one, and the oldest and the newest server.
TRIED = ("little_wal", "standby_settings_too_low", "parameter_unknown", "wal_archiving_needs_wal_level")
_AS_ORDINARY: Mapping[str, Any] = {"user": "nobody"} if os.geteuid() == 0 else {}


def _gate(case: str) -> str:
    return files(case, own=True)["load-gate"]["load-gate/load-gate.sh"].text


def _server(case: str) -> Server:
    known = analysed(case).facts[Postgres].version
    return next((each for each in servers() if each.version == known), servers()[-1])


def _conf(case: str, corrected: bool) -> str:
    made = {each.name: each.text for each in rewrite(CASES[case], analysed(case))}
    (document,) = [each for each in originals(CASES[case], analysed(case)) if each.kind == KIND]
    return made[document.name] if corrected else document.text


def _programs(server: Server, folder: Path) -> Path:
    """Make a folder with the programs that an image of PostgreSQL has in its PATH."""
    psql = command(unpacked("postgresql-client-15", suite="bookworm"), "usr/lib/postgresql/15/bin/psql")
    bin_folder = server.folder / "bin"
    found: Mapping[str, Sequence[str]] = {
        "pgbench": pgbench(),
        "psql": psql,
        "initdb": [str(bin_folder / "initdb")],
        "pg_ctl": [str(bin_folder / "pg_ctl")],
    }
    folder.mkdir()
    for name, words in found.items():
        (folder / name).write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', "utf-8")
        (folder / name).chmod(0o755)
    return folder


def _judged(script: str, conf: str, server: Server, folder: Path) -> subprocess.CompletedProcess[str]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "load-gate.sh").write_text(script, "utf-8")
    (folder / CONF).write_bytes(as_bytes(conf))
    temporary = folder / "tmp"
    temporary.mkdir(mode=0o777)
    for each in (folder, temporary):
        each.chmod(0o777)
    programs = _programs(server, folder / "bin")
    done = subprocess.run(
        ["sh", folder / "load-gate.sh", folder / CONF],
        capture_output=True,
        check=False,
        text=True,
        cwd=folder,
        env={"PATH": f"{programs}:/usr/bin:/bin", "TMPDIR": str(temporary)},
        timeout=300,
        **_AS_ORDINARY,
    )
    assert not list(temporary.iterdir()), done
    return done


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Give a folder that the servers' user may enter; of pytest's own the user may not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name, "work")


@pytest.mark.parametrize("case", TRIED)
def test_it_is_red_on_the_pasted_file_and_green_on_the_corrected_one(case: str, open_folder: Path) -> None:
    server = _server(case)
    red = _judged(_gate(case), _conf(case, corrected=False), server, open_folder)
    assert red.returncode == 1, red.stdout + red.stderr
    assert "red: " in red.stderr
    said = {
        "little_wal": "checkpoints are occurring too frequently",
        "standby_settings_too_low": "too many clients already",
        "parameter_unknown": "unrecognized configuration parameter",
        "wal_archiving_needs_wal_level": 'wal_level is "minimal"',
    }
    assert said[case] in red.stderr
    green = _judged(_gate(case), _conf(case, corrected=True), server, open_folder)
    assert (green.returncode, green.stderr) == (0, ""), green.stdout + green.stderr
    assert "green: " in green.stdout


@pytest.mark.parametrize("server", [servers()[0], servers()[-1]], ids=lambda server: str(server.version))
def test_an_ordinary_file_of_a_real_host_is_green(server: Server, open_folder: Path) -> None:
    """What only that host has is left out: its libraries, certificates, memory, folders and languages."""
    conf = (
        "shared_buffers = 512GB\nhuge_pages=on\nshared_preload_libraries = 'no_such_library'\n"
        "ssl = on\nSSL_cert_file '/etc/none.pem'\nlc_monetary = 'xx_XX.UTF-8'\nunix_socket_directories = '/var/none'\n"
        "logging_collector = on\nlog_directory = '/var/none'\ndata_directory = '/var/lib/none'\n"
        "synchronous_standby_names = '*'\nwork_mem = 16MB\nmax_connections = 200"
    )
    done = _judged(_gate(TRIED[1]), conf, server, open_folder)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("case", CASES_WITH)
def test_the_corrected_file_is_one_that_the_server_takes(case: str) -> None:
    """Where the gate is for a file that is refused, the server says so of the pasted one."""
    server = _server(case)
    assert not server.complaints({CONF: _conf(case, corrected=True)})
    gate = load_gate(redacted(analysed(case)))
    assert gate
    # These two a server checks as it starts, behind its reading of the file.
    at_start = {"wal_level_minimal_conflict", "reserved_connections_exceed_all"} & set(gate.rules)
    if any(each.startswith("the server") for each in gate.why) and not at_start:
        assert server.complaints({CONF: _conf(case, corrected=False)})


def test_it_says_when_there_is_no_file(tmp_path: Path) -> None:
    script = tmp_path / "load-gate.sh"
    script.write_text(_gate(TRIED[0]), "utf-8")
    done = subprocess.run(["sh", script, tmp_path / "none.conf"], capture_output=True, check=False)
    assert done.returncode == 2


def test_no_load_tells_no_gate() -> None:
    """Memory that the real host lacks, or a file that stays refused, gives none."""
    assert {"postgresql", "host", "nothing", "managed", "show_all", "hostile_values"}.isdisjoint(CASES_WITH)
    assert set(TRIED) <= set(CASES_WITH)


@pytest.mark.parametrize("case", TRIED)
def test_shellcheck_has_nothing_to_say(case: str) -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "shellcheck", "-s", "sh", "-o", "all", "-e", "SC2312,SC2310,SC2250", "-"],
        input=_gate(case).encode(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode()


@pytest.mark.parametrize("case", CASES_WITH)
@pytest.mark.parametrize(
    ("name", "schema"), [("github", "vendor/github-workflows.json"), ("gitlab", "vendor/gitlab-ci.json")]
)
def test_the_workflows_fit_their_schemas(case: str, name: str, schema: str) -> None:
    text = files(case, own=True)["load-gate"][f"load-gate/{name}/load-gate.yml"].text
    told = json.loads((resources.files("check_jsonschema") / "builtin_schemas" / schema).read_text("utf-8"))
    # GitHub and GitLab read YAML 1.2, where "on" is a word.
    loaded = yaml.load(text, yaml.BaseLoader) if name == "github" else yaml.safe_load(text)
    if name == "github":
        loaded["jobs"]["load-gate"]["timeout-minutes"] = int(loaded["jobs"]["load-gate"]["timeout-minutes"])
    jsonschema.validate(loaded, told)
    assert "gosu postgres sh load-gate.sh" in text
    assert f"postgres:{_server(case).version}" in text
