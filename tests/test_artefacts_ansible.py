"""The role, by Ansible itself: syntax, linter, --check, and runs against a real server until nothing changes."""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from artefact_cases import BAD_BOUNCER, BAD_SYSCTL, TEMPLATES, analysed, each_with, files
from confmend.artefacts import own_artefact
from confmend.artefacts.ansible import _stored, host_keys, lines_elsewhere, pooler_settings, statements
from confmend.artefacts.settings import setting
from confmend.artefacts.source import redacted
from confmend.artefacts.wanted import Change
from confmend.engine import analyse
from confmend.model import Paste
from programs.ansible import run
from programs.postgresql import Server, servers
from programs.psql import Running, running

INVENTORY = ("-i", "postgresql,", "-c", "local")
DEFAULTS = "ansible/roles/confmend/defaults/main.yml"


def _laid(case: str, folder: Path, own: bool = True) -> Path:
    for file in files(case, own)["ansible"].values():
        path = folder / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text, "utf-8")
    return folder / "ansible"


class _Defaults(yaml.SafeLoader):
    """YAML with Ansible's own tag, which keeps a text from being a template."""


_Defaults.add_constructor("!unsafe", lambda loader, node: {"unsafe": loader.construct_scalar(node)})  # type: ignore[arg-type]


@each_with("ansible")
def test_nothing_that_was_pasted_is_a_template(case: str) -> None:
    """What looks like one is tagged as unsafe or is one of the role's own shares of the memory."""
    for own in (True, False):
        loaded = yaml.load(files(case, own)["ansible"][DEFAULTS].text, _Defaults)
        own_texts = [
            text
            for name in ("confmend_settings", "confmend_kernel", "confmend_lines", "confmend_pgbouncer")
            for item in loaded[name]
            for text in item.values()
            if isinstance(text, str)
        ]
        signs = ("{{", "{%", "{#")
        number = r"\{\{ ansible_facts\['memtotal_mb'\] \* [0-9]+ // [0-9]+ \}\}"
        shares = [text for text in own_texts if any(sign in text for sign in signs)]
        assert all(re.fullmatch(rf"'?{number}(?: {number})*(?:kB)?'?", text) for text in shares)
        source = redacted(analysed(case))
        assert [each["name"] for each in loaded["confmend_settings"]] == [
            each.setting.name for each in statements(source)
        ]
        assert len(loaded["confmend_kernel"]) == len(host_keys(source))
        assert len(loaded["confmend_lines"]) == len(lines_elsewhere(source))
        assert [(each["name"], each["restart"]) for each in loaded["confmend_pgbouncer"]] == [
            (each.name, each.restart) for each in pooler_settings(source)
        ]


def test_ansible_and_its_linter_have_nothing_to_say(tmp_path: Path) -> None:
    """The linter takes texts that are tagged as unsafe for templates, so it gets none of those."""
    folder = _laid("host", tmp_path)
    read = run("ansible", "playbook", "--syntax-check", *INVENTORY, "site.yml", cwd=folder)
    assert read.returncode == 0, read.stderr + read.stdout
    linted = run("ansiblelint", "--offline", "--nocolor", "--profile", "production", cwd=folder)
    assert linted.returncode == 0, linted.stdout + linted.stderr
    said = re.search(r"Passed: 0 failure\(s\), 0 warning\(s\) (?:in|on) ([0-9]+) files", linted.stderr + linted.stdout)
    assert said, linted.stderr
    assert int(said[1]) >= 7


@pytest.mark.parametrize("case", ["host", "running_kernel"])
def test_check_changes_nothing(case: str, tmp_path: Path) -> None:
    """Where PostgreSQL does not run, the kernel's part is checked; a task counts once, however many keys it has."""
    folder = _laid(case, tmp_path)
    file = tmp_path / "60-postgresql.conf"
    given = {"confmend_sysctl_file": str(file), "confmend_settings": [], "confmend_lines": [], "ansible_become": False}
    done = _play(folder, given, "--check")
    assert _changed(done) == 1
    assert not file.exists()


def test_the_kernels_part_is_run_and_taken_back(tmp_path: Path) -> None:
    """With files of its own, and the running kernel as it is."""
    folder = _laid("host", tmp_path)
    own, other = tmp_path / "60-postgresql.conf", tmp_path / "99-tuning.conf"
    other.write_text(BAD_SYSCTL, "utf-8")
    lines = [
        {"file": str(other), "name": each.key, "value": each.value}
        for each in lines_elsewhere(redacted(analysed("host")))
    ]
    given = {
        "confmend_sysctl_file": str(own),
        "confmend_sysctl_now": False,
        "confmend_lines": lines,
        "confmend_settings": [],
        "ansible_become": False,
    }
    assert _changed(_play(folder, given)) == 2
    assert _keys(own) == {"vm.overcommit_memory": "0", "vm.swappiness": "10"}
    assert _keys(other) == {"net.ipv4.tcp_keepalive_time": "7200", "net.core.somaxconn": "128"}
    assert _changed(_play(folder, given)) == 0
    assert _changed(_play(folder, {**given, "confmend_back": True})) == 2
    assert not own.exists()
    assert _keys(other) == _keys_of(BAD_SYSCTL)


# Names of settings also stand in another section and behind a comment's sign; a line comes twice, and the last counts.
POOLER = (
    BAD_BOUNCER.replace("[pgbouncer]", "tcp_keepidle = host=10.0.0.6\n[pgbouncer]")
    + ";tcp_keepintvl = 5\ntcp_keepidle = 7200\nlisten_backlog=128\n\n[users]\napp = pool_mode=session\n"
)
EDITED = POOLER.replace("tcp_keepidle = 7200", "tcp_keepidle = 60").replace(
    "listen_backlog=128\n", "listen_backlog=128\ntcp_keepintvl = 10\ntcp_keepcnt = 6\n"
)
UNTOLD = {"confmend_pgbouncer_now": False, "confmend_settings": [], "confmend_kernel": [], "confmend_lines": []}


def _pooler_role(folder: Path, text: str) -> tuple[Path, Mapping[str, Any]]:
    """Return where the role is, laid for this pgbouncer.ini, and what it is told so that it edits that alone."""
    file = folder / "pgbouncer.ini"
    file.write_bytes(text.encode())
    file.chmod(0o640)
    pastes = [Paste(text, str(file)), Paste("pgbouncer = 1.21\nidle_limit = 350s\n", kind="answers")]
    for made in own_artefact(pastes, analyse(pastes), "ansible").files:
        path = folder / made.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made.text, "utf-8")
    return folder / "ansible", {**UNTOLD, "ansible_become": False}


def test_pgbouncers_file_is_edited_in_its_section_and_taken_back(tmp_path: Path) -> None:
    folder, given = _pooler_role(tmp_path, POOLER)
    file = tmp_path / "pgbouncer.ini"
    assert f"confmend_pgbouncer_file: {json.dumps(str(file))}" in (tmp_path / DEFAULTS).read_text("utf-8")
    assert _changed(_play(folder, given, "--check", "--diff")) == 1
    assert file.read_text("utf-8") == POOLER
    said = _play(folder, given, "--diff")
    assert _changed(said) == 1
    assert "tcp_keepidle: 60" in said
    assert "Tr0ub4dor" not in said
    assert file.read_text("utf-8") == EDITED
    assert file.stat().st_mode & 0o777 == 0o640
    kept = list(tmp_path.glob("pgbouncer.ini.*~"))
    assert POOLER in [each.read_text("utf-8") for each in kept]
    assert {each.stat().st_mode & 0o777 for each in kept} == {0o640}
    assert _changed(_play(folder, given)) == 0
    assert _changed(_play(folder, {**given, "confmend_back": True})) == 1
    assert file.read_text("utf-8") == POOLER
    assert _changed(_play(folder, {**given, "confmend_back": True})) == 0


def test_a_restart_of_pgbouncer_is_said_where_a_setting_waits_for_it(tmp_path: Path) -> None:
    folder, given = _pooler_role(tmp_path, POOLER)
    item = {"name": "listen_backlog", "value": "1024", "old": "128", "restart": True}
    told = {**given, "confmend_pgbouncer": [item, {**item, "name": "tcp_keepcnt", "value": "6", "restart": False}]}
    said = _play(folder, told)
    assert "These wait for a restart of PgBouncer: listen_backlog" in said
    assert "These wait" not in _play(folder, told)


@pytest.mark.parametrize("text", ["tcp_keepidle = 7200\n", f"{POOLER}[pgbouncer]\ntcp_keepidle = 7200\n"])
def test_a_pgbouncer_ini_with_none_or_two_of_its_sections_is_left_alone(text: str, tmp_path: Path) -> None:
    """A section that comes later sets back to the defaults what stands before it."""
    folder, given = _pooler_role(tmp_path, POOLER)
    file = tmp_path / "pgbouncer.ini"
    file.write_text(text, "utf-8")
    words = ("-e", json.dumps({"ansible_python_interpreter": sys.executable, **given}))
    done = run("ansible", "playbook", *INVENTORY, *words, "site.yml", cwd=folder)
    assert done.returncode != 0
    assert "change it by hand" in done.stdout
    assert file.read_text("utf-8") == text
    file.unlink()
    assert _changed(_play(folder, given)) == 0
    assert not file.exists()


def _keys(file: Path) -> Mapping[str, str]:
    return _keys_of(file.read_text("utf-8"))


def _keys_of(text: str) -> Mapping[str, str]:
    pairs = [line.split("=", 1) for line in text.splitlines() if "=" in line]
    return {key.strip(): value.strip() for key, value in pairs}


def test_settings_are_set_once_and_taken_back(tmp_path: Path) -> None:
    """The values have braces, quotes, dollars and backquotes, and stand as they are in the server's own file."""
    folder = _laid("templates", tmp_path)
    with running(servers()[-1]) as live:
        given: Mapping[str, Any] = {
            "confmend_login": {"login_db": "postgres", "login_user": "nobody", "login_unix_socket": str(live.socket)},
            "ansible_become": False,
        }
        assert _changed(_play(folder, given, "--check")) > 0
        assert _stands(live) == {}
        first = _play(folder, given)
        assert "These wait for a restart: shared_buffers" in first
        ram = int(re.findall(r"[0-9]+", Path("/proc/meminfo").read_text("utf-8"))[0]) // 1024
        wanted = {
            "autovacuum": "on",
            "fsync": "on",
            "log_line_prefix": f"%m [%p] {TEMPLATES}",
            "shared_buffers": f"{ram * 4194304 // 16384}kB",
            "tcp_keepalives_idle": "60",
            "tcp_keepalives_interval": "10",
            "work_mem": f"{ram * 65536 // 16384}kB",
        }
        assert _stands(live) == wanted
        assert _changed(_play(folder, given)) == 0
        assert _changed(_play(folder, {**given, "confmend_back": True})) > 0
        assert _stands(live) == {}


def _stands(live: Running) -> Mapping[str | None, str | None]:
    asked = "select name, setting from pg_file_settings where sourcefile like '%postgresql.auto.conf'"
    return {row[0]: row[1] for row in live.rows(asked)}


def _play(folder: Path, given: Mapping[str, Any], *words: str) -> str:
    told = json.dumps({"ansible_python_interpreter": sys.executable, **given})
    done = run("ansible", "playbook", *INVENTORY, "-e", told, *words, "site.yml", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _changed(said: str) -> int:
    found = re.search(r"^postgresql +: .* changed=([0-9]+) +unreachable=0 +failed=0", said, re.MULTILINE)
    assert found, said
    return int(found[1])


@pytest.mark.parametrize("server", [servers()[0], servers()[-1]], ids=lambda server: str(server.version))
def test_a_list_stands_as_alter_system_writes_it(server: Server) -> None:
    """Else each run would set it anew."""
    lists = ("a, b", 'pg_stat_statements, "Mixed Case", "b,c"', '"with ""quotes""", x', "one")
    with running(server) as live:
        for value in lists:
            made = setting(Change("session_preload_libraries", value, None, (), (), "", ""), server.version)
            words = ", ".join("'" + each.replace("'", "''") + "'" for each in made.values)
            live.psql("-c", f"alter system set session_preload_libraries to {words}")
            assert _stands(live) == {"session_preload_libraries": _stored(made.values)}
