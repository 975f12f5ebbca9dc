"""sysctl.conf and the files of sysctl.d, as procps and systemd-sysctl read them.

Sources: sysctl.conf(5), sysctl.d(5). ``key = value``; a line whose first character is ``#`` or ``;`` is a comment and
there are no comments behind a value; ``/`` or ``.`` separate, and the first of them decides; ``-`` before a key lets a
failure pass; a key without ``=`` after ``-`` leaves the key out of what globs set.
"""

import re
from collections.abc import Iterator

from confmend.document import Format, split_lines
from confmend.model import Line

# The first part of a key, on Linux; with dots or slashes behind it.
ROOTS = ("abi", "crypto", "debug", "dev", "fs", "kernel", "net", "sunrpc", "user", "vm")
_ASSIGNMENT = re.compile(r"[ \t]*-?([^\s=#;][^\s=]*)[ \t]*=[ \t]*(.*?)[ \t\r]*\n?")
_COMMENTED = re.compile(rf"[ \t]*[#;]+[ \t]*((?:{'|'.join(ROOTS)})[./][A-Za-z0-9_./*:-]+)[ \t]*=[ \t]*(.*?)[ \t\r]*\n?")
_EXCLUDED = re.compile(r"[ \t]*-[^\s=]+[ \t\r]*\n?")


def canonical(key: str) -> str:
    """Return a key with dots between its parts, whichever separator was written.

    If the first separator is a slash, the dots are part of names (``net/ipv4/conf/eth0.100/forwarding``); sysctl
    prints such a name with the two exchanged.
    """
    slash, dot = key.find("/"), key.find(".")
    if slash != -1 and (dot == -1 or slash < dot):
        return key.translate(_EXCHANGED)
    return key


_EXCHANGED = {ord("/"): ".", ord("."): "/"}


def read(text: str) -> Iterator[Line]:
    """Yield the lines; one without ``=`` carries procps's complaint."""
    for raw in split_lines(text):
        match = _ASSIGNMENT.fullmatch(raw)
        if match:
            yield Line(raw, canonical(match[1]), match[2], match.start(1), match.start(2), match.end(2))
            continue
        match = _COMMENTED.fullmatch(raw)
        if match:
            span = (match.start(1), match.start(2), match.end(2))
            yield Line(raw, canonical(match[1]), match[2], *span, commented=True)
        elif not raw.strip() or raw.lstrip(" \t")[0] in "#;" or _EXCLUDED.fullmatch(raw):
            yield Line(raw)
        else:
            yield Line(raw, problem="no = between key and value: sysctl skips the line")


def quote(new: str, old: str) -> str:
    """Write a value; the fields of a vector are separated as they were."""
    if "\n" in new:
        raise ValueError("a sysctl value can't hold a line break")
    return new.replace(" ", "\t") if "\t" in old else new


def assign(key: str, value: str) -> str:
    """Return a whole line that sets ``key``."""
    return f"{key} = {quote(value, '')}"


def share(text: str, separators: str = "=") -> float:
    """Return the share of lines, comments and errors left out, that set a key under one of Linux's roots."""
    pattern = re.compile(rf"[ \t]*-?(?:{'|'.join(ROOTS)})[./][^\s=:]+[ \t]*[{separators}]")
    count = set_ = 0
    for raw in split_lines(text[:200_000]):
        if not raw.strip() or raw.lstrip(" \t")[0] in "#;" or raw.startswith("sysctl: ") or _EXCLUDED.fullmatch(raw):
            continue
        count += 1
        set_ += bool(pattern.match(raw))
    return set_ / count if count else 0.0


def detect(name: str, text: str) -> float:
    """Return the share of lines that set a sysctl key."""
    found = share(text)
    in_place = name.endswith("sysctl.conf") or ("sysctl.d/" in name and name.endswith(".conf"))
    return max(found, 0.95) if in_place and found > 0.3 else found * 0.9


FORMAT = Format("sysctl_conf", "sysctl.conf", "sysctl.conf", detect, read, quote, assign)
