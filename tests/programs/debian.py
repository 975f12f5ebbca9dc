"""Programs out of Debian's packages, unpacked beside the tests instead of installed: any user may do it.

The packages, and the shared libraries that they need, come from the mirror that this machine's own apt uses, with a
state of its own, so nothing on the machine changes. ``suite`` asks that mirror for another suite than the machine's: a
program of it then runs with that suite's own libraries. What is unpacked is kept in ``tests/.programs/``; to fetch
newer packages, delete that folder.
"""

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = Path(__file__).resolve().parents[1] / ".programs"
_SOURCE = re.compile(r"(\S+)\|(\S+)\|(\S+)\|(\S*)\|Packages")
_PACKAGE = re.compile(r"^Inst (\S+) \((\S+) ", re.MULTILINE)


class MissingProgramError(Exception):
    """The packages can't be had here; its text says why."""


def unpacked(*packages: str, suite: str = "") -> Path:
    """Return the root folder of the packages and of the shared libraries that they need.

    Other packages that they depend on are not in it: name those that the program can't do without.
    MissingProgramError, in one sentence, where apt or its mirror is missing.
    """
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        raise MissingProgramError("there is no apt-get here to fetch Debian's packages with")
    folder = PROGRAMS / (suite or "own")
    root = folder / "+".join(sorted(packages))
    with _alone(folder):
        if not root.is_dir():
            options = _apt(folder, suite)
            downloads = folder / "downloads"
            shutil.rmtree(downloads, ignore_errors=True)
            downloads.mkdir()
            wanted = _closure(options, packages)
            _run("apt-get", *options, "download", *(f"{name}={version}" for name, version in wanted), cwd=downloads)
            unfinished = folder / "unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            for package in sorted(downloads.iterdir()):
                _run("dpkg", "-x", str(package), str(unfinished))
            unfinished.chmod(0o755)
            unfinished.rename(root)
            shutil.rmtree(downloads)
    return root


def command(root: Path, program: str) -> list[str]:
    """Return how to run ``program``, such as ``usr/sbin/pgbouncer``, with the libraries of its own suite."""
    # In some suites /lib is a folder of its own, in others only its links to /usr/lib are left out.
    folders = [folder for each in ("lib", "usr/lib") for folder in sorted((root / each).glob("*-linux-*"))]
    loaders = [path for each in ("lib*", "usr/lib*") for path in sorted((root / each).glob("ld-linux*.so.*"))]
    loaders += [path for folder in folders for path in sorted(folder.glob("ld-linux*.so.*"))]
    found = next((path.resolve() for path in loaders if path.resolve().is_file()), None)
    if not found:
        raise MissingProgramError(f"there is no dynamic loader in {root.name}")
    return [str(found), "--inhibit-cache", "--library-path", ":".join(map(str, folders)), str(root / program)]


def _apt(folder: Path, suite: str) -> Sequence[str]:
    """Make an apt state of our own in the folder, with fresh lists, and return the options that use it."""
    state = folder / "apt"
    (state / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    (state / "cache" / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    (state / "status").write_bytes(b"")
    settings = {
        "Dir::State": state,
        "Dir::State::status": state / "status",
        "Dir::Cache": state / "cache",
        "APT::Sandbox::User": "",
        "APT::Install-Recommends": "false",
        "Acquire::Languages": "none",
        "Acquire::Retries": "5",
    }
    if suite:
        (state / "sources").write_text(_source(suite), "utf-8")
        settings |= {"Dir::Etc::SourceList": state / "sources", "Dir::Etc::SourceParts": "/dev/null"}
    options = [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
    _run("apt-get", *options, "-qq", "update")
    return options


def _source(suite: str) -> str:
    """Return the line of a sources list that has ``suite`` from where this machine has its own."""
    listed = _run(
        "apt-get", "indextargets", "--format", "$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(SIGNED_BY)|$(CREATED_BY)"
    )
    own = re.search(r"^VERSION_CODENAME=(\w+)", Path("/etc/os-release").read_text("utf-8"), re.MULTILINE)
    for uri, release, component, key in _SOURCE.findall(listed):
        if own and release == own[1] and component == "main":
            signed = f"[signed-by={key}] " if key.startswith("/") else ""
            return f"deb {signed}{uri} {suite} main\n"
    raise MissingProgramError(f"this machine's apt names no mirror to look for {suite} on")


def _closure(options: Sequence[str], packages: Sequence[str]) -> list[tuple[str, str]]:
    """Return name and version of the packages and of the libraries they need, as if nothing were installed."""
    found = _PACKAGE.findall(_run("apt-get", *options, "-s", "install", *packages))
    return [(name, version) for name, version in found if name in packages or name.startswith("lib")]


def _run(*command: str, cwd: Path | None = None) -> str:
    env = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(command, capture_output=True, check=False, text=True, cwd=cwd, env=env, timeout=600)
    if done.returncode:
        said = next((line for line in done.stderr.splitlines() if line.startswith("E:")), done.stderr.strip()[-200:])
        raise MissingProgramError(f"{command[0]} can't fetch Debian's packages: {said}")
    return done.stdout


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let other processes wait until the packages are there."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
