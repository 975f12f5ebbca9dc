"""augtool, an editor of configuration files by grammars of its own (lenses): a second opinion on an edit's bytes."""

import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from programs.debian import command, unpacked

_PACKAGES = ("augeas-tools", "augeas-lenses")


@dataclass(frozen=True, slots=True)
class Edited:
    """What augtool made of a text: None where it changed nothing, and why it could not read or write it."""

    text: str | None
    error: str


def edited(lens: str, text: str, edits: Sequence[tuple[str, str]]) -> Sequence[Edited]:
    """Return the text after each edit by itself: an XPath below the file, and the new value."""
    root = unpacked(*_PACKAGES)
    words = command(root, "usr/bin/augtool")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copies = [folder / f"{number}.conf" for number in range(len(edits))]
        for copy in copies:
            copy.write_bytes(text.encode("utf-8", "surrogateescape"))
        lenses = root / "usr/share/augeas/lenses/dist"
        words += ["--root", name, "--nostdinc", "--include", str(lenses), "--noautoload"]
        words += ["--transform", f"{lens} incl /*.conf"]
        pairs = zip(copies, edits, strict=True)
        sets = [f'set "/files/{copy.name}/{path}" "{_escaped(value)}"' for copy, (path, value) in pairs]
        # Each file is saved by itself, so that a refusal of one does not hold back the others.
        asked = [f"print /augeas/files/{copy.name}/error" for copy in copies]
        script = "\n".join([*(line for line in sets for line in (line, "save")), *asked, "quit"]) + "\n"
        done = subprocess.run(words, input=script, capture_output=True, check=False, text=True, timeout=120)
        after = [copy.read_bytes().decode("utf-8", "surrogateescape") for copy in copies]
    errors = _errors(done.stdout)
    return [
        Edited(None if new == text else new, errors.get(copy.name, "")) for copy, new in zip(copies, after, strict=True)
    ]


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def _errors(printed: str) -> Mapping[str, str]:
    """Return augtool's complaint on each file, with the line that it names."""
    found: dict[str, str] = {}
    for line in printed.splitlines():
        where, separator, what = line.partition(" = ")
        if separator and where.startswith("/augeas/files/"):
            name, _, part = where.removeprefix("/augeas/files/").partition("/error")
            if part in ("", "/line", "/message"):
                found[name] = f"{found.get(name, '')} {part.removeprefix('/')} {what}".strip()
    return found
