"""Ansible and its linter from PyPI, and the collections out of Debian's package: the two that the role uses.

``tests/ansible.txt`` pins and hashes ansible-core and ansible-lint; pip unpacks them to ``tests/.programs/ansible`` on
the first use. PyPI has collections in one package only, with all others; Debian's is a third of its size.
"""

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from programs.debian import PROGRAMS, MissingProgramError, unpacked

PINS = Path(__file__).resolve().parents[1] / "ansible.txt"
_COLLECTIONS = "usr/lib/python3/dist-packages"
_SUITE = "trixie"


def run(
    module: str, *words: str | Path, cwd: Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a module of Ansible, such as ``ansiblelint``, with nothing of its user's own, and return what it said."""
    folder = _installed()
    home = cwd / ".home"
    home.mkdir(exist_ok=True)
    own = {
        "PATH": f"{folder}/bin:{os.environ['PATH']}:/usr/sbin:/sbin",
        "PYTHONPATH": str(folder),
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_HOME": str(home),
        "ANSIBLE_COLLECTIONS_PATH": str(_collections()),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_NOCOLOR": "true",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        **(env or {}),
    }
    return subprocess.run(
        [sys.executable, "-m", module, *words], capture_output=True, check=False, text=True, cwd=cwd, env=own
    )


@functools.cache
def _collections() -> Path:
    return unpacked("ansible", suite=_SUITE) / _COLLECTIONS


@functools.cache
def _installed() -> Path:
    folder = PROGRAMS / "ansible"
    kept = folder / PINS.name
    if kept.is_file() and kept.read_bytes() == PINS.read_bytes():
        return folder
    unfinished = PROGRAMS / "ansible.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"),
            *("--require-hashes", "--only-binary=:all:", "--target", unfinished, "-r", PINS),
        ],
        capture_output=True,
        check=False,
        text=True,
    )
    if done.returncode:
        raise MissingProgramError(f"pip can't fetch Ansible: {done.stderr[-300:]}")
    shutil.copy(PINS, unfinished)
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)
    return folder
