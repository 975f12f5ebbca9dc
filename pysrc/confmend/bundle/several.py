"""Texts whose every line says which file it is from: ``grep -r`` and unified diffs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_PREFIX = (
    r"(\.{0,2}/[\w.@+-]{1,100}(?:/[\w.@+-]{1,100}){0,30}|[\w@+-][\w.@+/-]{0,200}\.(?:conf|ini|cnf|env|txt|log))"
    r"(?::(?:[0-9]{1,9}:)?|-[0-9]{1,9}-)"
)
_HUNK = r"@@ -[0-9]+(?:,([0-9]+))? \+[0-9]+(?:,([0-9]+))? @@"
_OF_DIFFS = ("--- ", "diff ", "index ", "Index: ", "=====", "new ", "old ", "similarity ", "rename ", "deleted ")
_NAMED = "the file's name was taken off the start of each line"
_DIFF = "it came as a diff: its new side was read, what it takes out was left out"
_SYSCTL = "/proc/sys/"
_VALUES = ("/proc/", "/sys/")


@dataclass(frozen=True, slots=True)
class File:
    """One file's text out of a text of several, and what was done to get it."""

    name: str
    text: str
    note: str


def by_prefix(text: str, lines: Sequence[str]) -> list[File]:
    """Return the files of ``grep -r`` output: ``/etc/sysctl.conf:vm.swappiness = 1``. Empty if it is something else."""
    first = text.lstrip()[:300]
    prefix = re.compile(_PREFIX)
    if not prefix.match(first):
        return []
    found: dict[str, list[str]] = {}
    count = 0
    for line in lines:
        match = prefix.match(line)
        if match:
            name, rest = match[1], line[match.end() :]
            if name.startswith(_VALUES) and not name.startswith(_SYSCTL):
                return []  # its readers know it by these names
            if name.startswith(_SYSCTL):  # one value a file: grep . /proc/sys/vm/*
                key = name[len(_SYSCTL) :].translate({ord("/"): ".", ord("."): "/"})
                name, rest = "sysctl", f"{key} = {rest}"
            found.setdefault(name, []).append(rest)
            count += 1
        elif line.strip() and line.strip() != "--" and not line.startswith(("grep: ", "egrep: ")):
            return []
    # One line alone may be a mistake of another kind.
    return [File(name, "".join(rest), _NAMED) for name, rest in found.items()] if count > 1 else []


def by_diff(text: str, lines: Sequence[str]) -> list[File]:
    """Return the new sides of a unified diff, file by file, and what stands around them as files without a name."""
    if "\n+++ " not in text or "\n@@ -" not in text:
        return []
    hunk = re.compile(_HUNK)
    files: list[File] = []
    around: list[str] = []
    name, new, old_left, new_left = "", list[str](), 0, 0
    for line in lines:
        start = hunk.match(line) if old_left + new_left == 0 else None
        if old_left + new_left > 0:
            sign = line[:1]
            old_left -= sign in " -\r\n"
            new_left -= sign in " +\r\n"
            if sign in " +":
                new.append(line[1:])
            elif sign in "\r\n":
                new.append(line)
            elif sign not in "-\\":
                return []
        elif start and name:
            old_left, new_left = (int(count) if count else 1 for count in start.groups())
        elif line.startswith("+++ "):
            if new:
                files.append(File(name, "".join(new), _DIFF))
            name, new = line[4:].split("\t")[0].strip().removeprefix("b/"), []
        elif line.startswith("\\ ") and new:
            new[-1] = new[-1].rstrip("\r\n")
        elif line.strip() and not line.startswith(_OF_DIFFS):
            around.append(line)
    if new:
        files.append(File(name, "".join(new), _DIFF))
    return [*files, File("", "".join(around), "")] if files and around else files
