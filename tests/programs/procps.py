"""sysctl, as procps packs it, and systemd-sysctl, run where they can change nothing but a network of their own.

Each run gets a user, a network and a mount namespace that end with it, and a root folder that holds the files it may
read. There, only the keys of that network can be written: every other folder of /proc/sys is mounted read-only, and a
test that runs as root becomes nobody first, where the machine lets ordinary users make namespaces.
"""

import functools
import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from programs.debian import command, unpacked

_BECOME_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
_UNSHARE = ("unshare", "--map-root-user", "--net", "--mount", "--ipc")
_COMPLAINT = re.compile(r"^sysctl: (?:.*\(([0-9]+)\): )?(.*)$", re.MULTILINE)
# An interface with a dot in its name, so that dots and slashes differ. A bridge needs no module on most kernels.
_PRELUDE = """\
ip link add name eth0.100 type bridge 2>/dev/null
mount --rbind /proc "$ROOT/proc" || exit 99
for each in /proc/sys/*; do
    name=${each##*/}
    [ "$name" = net ] || mount --bind "$each" "$ROOT/proc/sys/$name" || exit 98
    [ "$name" = net ] || mount -o remount,bind,ro "$ROOT/proc/sys/$name" || exit 97
done
"""
_READ_BACK = "find /proc/sys/net -type f -exec grep -s '' {} +\n"
_MARK = "--- what is set now ---\n"


@dataclass(frozen=True, slots=True)
class Complaint:
    """What sysctl says of a line (from 1), 0 if it names none."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run leaves: the values of the network's keys by their names with dots, what it printed and complained."""

    values: Mapping[str, str]
    printed: str
    complaints: Sequence[Complaint]


@dataclass(frozen=True)
class Sysctl:
    """One version of one of the two programs."""

    version: str
    folder: Path
    command: Sequence[str]

    @property
    def by_systemd(self) -> bool:
        """Whether it is systemd-sysctl."""
        return "systemd" in self.version

    def load(self, text: str) -> Outcome:
        """Return what ``sysctl -p`` makes of a file of this text."""
        option = () if self.by_systemd else ("-p",)
        return self._run({"one.conf": text}, *option, "/one.conf")

    def system(self, files: Mapping[str, str]) -> Outcome:
        """Return what ``sysctl --system``, or a boot, makes of files by their paths."""
        return self._run(files, *(() if self.by_systemd else ("--system",)))

    def _run(self, files: Mapping[str, str], *arguments: str) -> Outcome:
        words = shlex.join([*self.command, *arguments])
        script = f'mount --bind {shlex.quote(str(self.folder))} "$ROOT"{shlex.quote(str(self.folder))} || exit 96\n'
        return _isolated(script + f'SYSTEMD_LOG_TARGET=console chroot "$ROOT" {words}\n', files, self.folder)


def written(assignments: Sequence[tuple[str, str]]) -> Outcome:
    """Return what plain writes below /proc/sys make of keys and values; a refused one is a complaint."""
    lines = (
        f"printf '%s\\n' {shlex.quote(value)} > {shlex.quote('/proc/sys/' + path(key))}"
        f" || echo sysctl: {shlex.quote(key)} >&2\n"
        for key, value in assignments
    )
    return _isolated("".join(lines), {}, None)


@functools.cache
def fresh() -> Mapping[str, str]:
    """Return the keys of a fresh network namespace with their values."""
    return _isolated("", {}, None).values


@functools.cache
def programs() -> Sequence[Sysctl]:
    """Return the machine's own suite's sysctl, a newer one and systemd's. MissingProgramError where none can be had."""
    found: list[Sysctl] = []
    for package, names, suite in (
        ("procps", ("usr/sbin/sysctl", "sbin/sysctl"), ""),
        ("procps", ("usr/sbin/sysctl", "sbin/sysctl"), "trixie"),
        ("systemd", ("usr/lib/systemd/systemd-sysctl", "lib/systemd/systemd-sysctl"), ""),
    ):
        folder = unpacked(package, suite=suite)
        name = next(each for each in names if (folder / each).is_file())
        words = command(folder, name)
        # systemd's programs share a library that lies in a folder of its own.
        for library in folder.glob("**/libsystemd-shared-*.so"):
            words[words.index("--library-path") + 1] += f":{library.parent}"
        done = subprocess.run([*words, "--version"], capture_output=True, check=True, text=True)
        version = done.stdout.splitlines()[0]
        if version not in {each.version for each in found}:
            found.append(Sysctl(version, folder, words))
    return found


@functools.cache
def refusal() -> str:
    """Return why no namespaces can be had here, nothing if they can."""
    try:
        done = subprocess.run([*_prefix(), "true"], capture_output=True, check=False, text=True)
    except OSError as error:
        return f"no namespaces here: {error}"
    return f"no namespaces here: {done.stderr.strip()}" if done.returncode else ""


@functools.cache
def _prefix() -> Sequence[str]:
    if os.geteuid():
        return _UNSHARE
    words = [*_BECOME_NOBODY, *_UNSHARE]
    done = subprocess.run([*words, "true"], capture_output=True, check=False)
    return _UNSHARE if done.returncode else words


def path(key: str) -> str:
    """Return where a key with dots lies below /proc/sys."""
    return key.translate({ord("."): "/", ord("/"): "."})


def _isolated(script: str, files: Mapping[str, str], folder: Path | None) -> Outcome:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        root.chmod(0o755)
        (root / "proc").mkdir()
        if folder:
            (root / folder.relative_to("/")).mkdir(parents=True)
        for file, text in files.items():
            place = root / file.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text.encode("utf-8", "surrogateescape"))
        whole = _PRELUDE + script + f"printf '%s' {shlex.quote(_MARK)}\n" + _READ_BACK
        done = subprocess.run(
            [*_prefix(), "sh", "-c", whole],
            capture_output=True,
            check=False,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "ROOT": str(root)},
            timeout=60,
        )
    printed, _, values = done.stdout.decode("utf-8", "surrogateescape").partition(_MARK)
    said = done.stderr.decode("utf-8", "surrogateescape")
    assert values, said
    complaints = [Complaint(match[2], int(match[1] or 0)) for match in _COMPLAINT.finditer(said)]
    return Outcome(dict(map(_read, values.splitlines())), printed, complaints)


def _read(line: str) -> tuple[str, str]:
    file, _, value = line.partition(":")
    return path(file.removeprefix("/proc/sys/")), value
