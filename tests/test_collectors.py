"""The collecting scripts: they run in plain shells, write nothing, and all that they print is read."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from confmend.__main__ import main
from confmend.cards import cards, known
from confmend.collectors import collectors
from confmend.engine import Analysis, analyse
from confmend.model import Paste
from programs.debian import MissingProgramError, command, unpacked
from programs.postgresql import servers
from programs.psql import running

SCRIPTS = {each.title: each for each in collectors()}
LINUX = SCRIPTS["Linux"]
SECRET = "Tr0ub4dor-example"
# What a plain Debian gives to any user.
ALWAYS = {"uname", "os_release", "meminfo", "sysctl_dump", "sockstat", "netstat_counters"}
HEADING = re.compile(r"^==> (.+) <==$", re.MULTILINE)
# strace's own words for a call that changes something in a file system, or reaches another machine.
WRITES = re.compile(
    r"open\w*\(.*(?:O_WRONLY|O_RDWR|O_CREAT)|\b(?:unlink|rename|mkdir|rmdir|chmod|chown|link|symlink|truncate|mknod|setxattr)\w*\("
    r"|connect\([^)]*AF_INET"
)
HARMLESS = re.compile(r'"/dev/(?:null|tty)"')


def shells() -> dict[str, list[str]]:
    """The shells by name, with how each is started."""
    found = {name: [path] for name in ("dash", "bash") if (path := shutil.which(name))}
    try:
        root = unpacked("busybox-static")
    except MissingProgramError:
        return found
    program = next(path for path in (root / "bin/busybox", root / "usr/bin/busybox") if path.exists())
    return {**found, "busybox": [str(program), "sh"]}


def run(shell: list[str], script: str = LINUX.text, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        shell,
        input=script,
        capture_output=True,
        text=True,
        errors="surrogateescape",
        env={**os.environ, **environment},
        timeout=60,
        check=False,
        cwd="/",
    )


@pytest.fixture(scope="module")
def printed() -> str:
    return run(["sh"]).stdout


@pytest.fixture(scope="module")
def analysis(printed: str) -> Analysis:
    return analyse([Paste(printed)])


@pytest.mark.parametrize("title", ["Linux", "macOS"])
def test_shellcheck_has_nothing_to_say(title: str, tmp_path: Path) -> None:
    script = tmp_path / SCRIPTS[title].name
    script.write_text(SCRIPTS[title].text)
    done = subprocess.run(
        [Path(sys.executable).parent / "shellcheck", script], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.returncode) == ("", 0)


@pytest.mark.parametrize("name", ["dash", "bash", "busybox"])
def test_it_runs_in_a_plain_shell_and_everything_is_read(name: str) -> None:
    done = run(shells()[name])
    assert done.returncode == 0
    assert re.fullmatch(r"(\n# Not seen as .*\n)?", done.stderr)
    found = analyse([Paste(done.stdout)])
    assert found.unread == ()
    assert {document.kind for document in found.documents} >= ALWAYS
    assert not [result for result in found.results if result.crash]


def test_every_heading_is_a_part_and_nothing_in_it_is_unread(printed: str, analysis: Analysis) -> None:
    names = {card["name"] for card in cards(analysis)}
    for heading in HEADING.findall(printed):
        assert heading in names
    unread = {document.name: [line for line in document.lines if line.problem] for document in analysis.documents}
    assert {name: lines for name, lines in unread.items() if lines and not name.startswith("/etc/")} == {}


def test_what_it_says_of_the_user_does_no_harm_in_the_paste() -> None:
    done = run(["sh"])
    found = analyse([Paste(done.stdout + (done.stderr or "\n# Not seen as app; root would add: dmesg\n"))])
    assert found.unread == ()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_an_ordinary_user_sees_less_and_is_told_so(tmp_path: Path) -> None:
    hidden = tmp_path / "98-confmend-test.conf"
    hidden.write_text("vm.swappiness = 60\n")
    hidden.chmod(0o600)
    # The folder is laid over the real one in a mount namespace of its own, so nothing on the machine changes.
    over = f"mount --bind {shlex.quote(str(tmp_path))} /etc/sysctl.d"
    nobody = "exec setpriv --reuid=nobody --regid=nogroup --clear-groups sh"
    start = ["unshare", "--mount", "sh", "-c", f"chmod 755 {shlex.quote(str(tmp_path))} && {over} && {nobody}"]
    done = subprocess.run(start, input=LINUX.text, capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 0
    assert re.search(r"# Not seen as nobody; root would add:.*98-confmend-test\.conf", done.stderr)
    assert {document.kind for document in analyse([Paste(done.stdout)]).documents} >= ALWAYS


def test_it_writes_nothing_and_reaches_nobody(tmp_path: Path) -> None:
    strace = shutil.which("strace")
    tracer = [strace] if strace else command(unpacked("strace"), "usr/bin/strace")
    log = tmp_path / "calls"
    calls = "trace=%file,%network,%desc"
    done = run([*tracer, "-f", "-qq", "-s", "200", "-e", calls, "-o", str(log), "sh"], PATH="/usr/bin:/bin:/usr/sbin")
    if not log.exists() or "ptrace" in done.stderr:
        pytest.skip("tracing is not allowed here")
    lines = log.read_text(errors="replace").splitlines()
    assert len(lines) > 100
    assert [line for line in lines if WRITES.search(line) and not HARMLESS.search(line)] == []


@pytest.mark.parametrize("title", SCRIPTS)
def test_no_script_asks_for_a_secret_or_writes(title: str) -> None:
    text = SCRIPTS[title].text
    commands = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    assert not re.search(
        r"\b(sudo|curl|wget|ssh|scp|nc|mktemp|tee|read|rm|mv|cp|Invoke-\w+|Set-\w+|New-\w+|Remove-\w+|Out-File)\b",
        commands,
    )
    assert not re.search(r"userlist|pgpass|pg_authid|pg_shadow|\bquery\b.*pg_stat_activity|pg_service", commands)
    for target in re.findall(r"[^<>=&\w](?:\d?)>{1,2}\s*(\S+)", re.sub(r"<==|==>", "", commands)):
        assert target.strip("\"';)") in ("/dev/null", "&1", "&2", "$null"), target


def test_the_powershell_script_only_gets() -> None:
    text = SCRIPTS["Windows"].text
    used = set(re.findall(r"\b([A-Z][a-z]+)-[A-Z]\w+", text))
    assert used <= {"Get", "Test", "Join", "Where", "For"}
    assert set(re.findall(r"\b(\w+)\.exe\b", text)) == {"reg", "netsh"}
    assert "reg.exe query" in text
    assert "netsh.exe int ipv4 show" in text


WINDOWS = r"""
==> answers <==
memory = 17179869184
cpus = 8

==> reg query HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters <==

HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters
    KeepAliveTime    REG_DWORD    0x6ddd00
    TcpTimedWaitDelay    REG_DWORD    0x1e

==> C:\Program Files\PostgreSQL\16\data\postgresql.conf <==
max_connections = 100
shared_buffers = 4GB
"""


def test_what_windows_prints_is_read() -> None:
    found = analyse([Paste(WINDOWS)])
    assert [document.kind for document in found.documents] == ["answers", "windows_reg_query", "postgresql_conf"]
    assert not [line.problem for document in found.documents for line in document.lines if line.problem]


def test_what_macos_would_print_is_read(tmp_path: Path) -> None:
    dump = (Path(__file__).parent / "corpus/sysctl_dump/macos.txt").read_text()
    fake = tmp_path / "sysctl"
    (tmp_path / "dump").write_text(dump)
    fake.write_text(
        f'#!/bin/sh\ncase "$*" in *memsize) echo 17179869184 ;; *ncpu) echo 8 ;; -a) cat {tmp_path}/dump ;; esac\n'
    )
    fake.chmod(0o755)
    done = run(["bash", "--posix"], SCRIPTS["macOS"].text, PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert done.returncode == 0
    found = analyse([Paste(done.stdout)])
    assert {document.kind for document in found.documents} >= {"answers", "sysctl_dump", "ulimit"}


def test_passwords_in_what_it_shows_are_hidden(tmp_path: Path) -> None:
    script = LINUX.text.replace("/etc/pgbouncer/pgbouncer.ini", str(tmp_path / "pgbouncer.ini"))
    (tmp_path / "pgbouncer.ini").write_text(
        f"[databases]\norders = host=db password={SECRET}\n[pgbouncer]\nlisten_port = 6432\n"
    )
    done = run(["sh"], script)
    assert SECRET in done.stdout
    found = analyse([Paste(done.stdout)])
    assert any(document.kind == "pgbouncer_ini" for document in found.documents)
    assert not any(SECRET in document.text for document in found.documents)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A server that runs, and a psql in the path that may ask it."""
    newest = max(servers(), key=lambda each: each.version)
    with running(newest, {"cluster_name": SECRET, "max_connections": "57"}) as found:
        folder = tmp_path_factory.mktemp("bin")
        (folder / "psql").write_text(f'#!/bin/sh\nexec {shlex.join(found.program)} "$@"\n')
        (folder / "psql").chmod(0o755)
        path = f"{folder}:{os.environ['PATH']}"
        yield {"PATH": path, "PGHOST": str(found.socket), "PGUSER": "nobody", "VERSION": str(newest.version)}


def test_the_server_is_asked_where_that_needs_no_password(database: dict[str, str]) -> None:
    done = run(["sh"], **database)
    found = analyse([Paste(done.stdout)])
    assert {"pg_version", "pg_settings", "pg_stat_activity", "pg_stat_database"} <= {
        each.kind for each in found.documents
    }
    settings = next(each for each in found.documents if each.kind == "pg_settings")
    line = settings.get("max_connections")
    assert line
    assert line.value == "57"
    said = {each["key"]: each["value"] for each in known(found)}
    assert said["postgresql"] == database["VERSION"]
    assert "SELECT state, count(*)" not in run(["sh"], **{**database, "PGUSER": "nobody-there"}).stdout


def test_the_command_line_prints_the_script(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["collect"]) == 0
    assert capfdbinary.readouterr().out.decode() == LINUX.text
    assert main(["collect", "--for", "windows"]) == 0
    assert capfdbinary.readouterr().out.decode() == SCRIPTS["Windows"].text
