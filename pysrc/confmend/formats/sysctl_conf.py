"""sysctl.conf and the files of sysctl.d, as procps and systemd-sysctl read them.

Sources: sysctl.conf(5), sysctl.d(5); procps-ng 4.0, src/sysctl.c (parse_setting_line, slashdot, write_setting_list,
PreloadSystem); systemd, src/sysctl/sysctl.c. ``key = value``; a line whose first character is ``#`` or ``;`` is a
comment and there are no comments behind a value; ``/`` or ``.`` separate, and the first of them decides; ``-`` before a
key lets a failure pass; ``-key`` without ``=`` keeps the key out of what globs set. A key that is written out wins over
every glob, wherever the two stand.

FreeBSD, OpenBSD and macOS read the same lines from their /etc/sysctl.conf. A script of ``sysctl -w key=value`` commands
is read for what it sets; in a file of settings such a command is refused.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from confmend.document import Format, split_lines
from confmend.model import Line

# The first part of a key; with dots or slashes behind it.
_LINUX = "abi|crypto|debug|dev|fs|kernel|net|sunrpc|user|vm"
_BSD = "compat|ddb|hw|kern|machdep|security|vfs"
# What C's isspace takes for blank.
_BLANK = " \t\n\v\f\r"
# Sysctl sees a line up to the first zero byte.
_ASSIGNMENT = re.compile(r"[ \t\v\f\r]*-?([^=\n\0]*)=[ \t\v\f\r]*([^\n\0]*)")
_COMMENTED = re.compile(rf"[ \t]*[#;]+[ \t]*((?:{_LINUX}|{_BSD})[./][A-Za-z0-9_./*:-]+)[ \t]*=[ \t]*([^\n]*)\n?")
_COMMAND = re.compile(
    r"(?:[^\s#$%>]*[#$%>][ \t]+)?[ \t]*(?:sudo[ \t]+)?(?:/(?:usr/)?s?bin/)?sysctl[ \t]+"
    r"(?:-[a-zA-Z]+[ \t]+|--\w+[ \t]+)*([\"']?)([^\s=\"'-][^\s=\"']*)[ \t]*=[ \t]*([^\n]*)\n?"
)
_SLASHES = re.compile("//+")
_HEADING = re.compile(r"^[ \t]*\[[A-Za-z_.]+\][ \t\r]*$", re.MULTILINE)
_EXCHANGED = {ord("/"): ".", ord("."): "/"}
_GLOB = frozenset("*?[")

NO_EQUALS = "no = between key and value: sysctl skips the line"
NO_KEY = "no key before the =: sysctl skips the line"
NO_SUCH_KEY = "no key has a blank in its name: sysctl skips the line"
COMMAND = "a command, not a setting: sysctl skips the line"
# The directories, strongest first; of several files of one name only the one in the strongest is read.
DIRECTORIES = ("etc/sysctl.d", "run/sysctl.d", "usr/local/lib/sysctl.d", "usr/lib/sysctl.d", "lib/sysctl.d")


def canonical(key: str) -> str:
    """Return a key with dots between its parts, whichever separator was written.

    If the first separator is a slash, the dots are part of names (``net/ipv4/conf/eth0.100/forwarding``); sysctl
    prints such a name with the two exchanged. Separators at the start or repeated count once.
    """
    first = next((char for char in key if char in "./"), "")
    path = key if first == "/" else key.translate(_EXCHANGED)
    return _SLASHES.sub("/", path).removeprefix("/").translate(_EXCHANGED)


def is_glob(key: str) -> bool:
    """Return whether a key stands for every key that it matches."""
    return not _GLOB.isdisjoint(key)


def read(text: str) -> Iterator[Line]:
    """Yield the lines; one that sysctl refuses whatever the kernel is carries the reason."""
    script = _is_script(text)
    for raw in split_lines(text):
        line = _line(raw)
        if script and line.commented:
            line = Line(raw)
        elif script and line.problem:
            line = replace(line, problem="")
        elif line.problem == COMMAND:
            line = Line(raw, problem=COMMAND)
        yield line


def _is_script(text: str) -> bool:
    """Return whether the text has commands that set keys, and nothing that sets one without a command."""
    if not any("sysctl" in raw and _COMMAND.fullmatch(raw) for raw in split_lines(text)):
        return False
    return not any("." in line.key and not (line.commented or line.problem) for line in map(_line, split_lines(text)))


def _line(raw: str) -> Line:
    seen = raw.partition("\0")[0].lstrip(_BLANK)
    if len(seen) < 2 and seen.isascii():
        # Nothing, or a single byte at the end of the file.
        return Line(raw)
    shown = seen.rstrip(_BLANK)
    if shown[0] in "#;":
        match = _COMMENTED.fullmatch(raw)
        if not match:
            return Line(raw)
        value = match[2].rstrip(_BLANK)
        span = (match.start(1), match.start(2), match.start(2) + len(value))
        return Line(raw, canonical(match[1]), value, *span, commented=True)
    if "sysctl" in shown and (match := _COMMAND.fullmatch(raw)):
        return _command(raw, match)
    match = _ASSIGNMENT.match(raw)
    if not match:
        if shown[0] == "-":
            return Line(raw, columns={"excluded": canonical(shown[1:].removeprefix("-"))})
        return Line(raw, problem=NO_EQUALS)
    # Of two signs the second is dropped where the file's name is made of the key.
    written = match[1].rstrip(_BLANK)
    name = written.removeprefix("-")
    key_at = match.start(1) + len(written) - len(name)
    value = match[2].rstrip(_BLANK)
    if not name.strip("./" + _BLANK):
        return Line(raw, problem=NO_KEY)
    if any(char in name for char in _BLANK):
        return Line(raw, problem=NO_SUCH_KEY)
    return Line(raw, canonical(name), value, key_at, match.start(2), match.start(2) + len(value))


def _command(raw: str, match: re.Match[str]) -> Line:
    """Return what ``sysctl -w key="1 2 3"`` sets, the shell's quotes taken off."""
    start, value = match.start(3), match[3].rstrip(" \t\r;")
    if match[1] and value.endswith(match[1]):
        value = value[:-1]
    end = start + len(value)
    plain = value[1:-1] if len(value) > 1 and value[0] in "\"'" and value[-1] == value[0] else value
    return Line(raw, canonical(match[2]), plain, match.start(2), start, end, problem=COMMAND)


def quote(new: str, old: str) -> str:
    """Write a value; the fields of a vector are separated as they were, and a shell's quotes stay."""
    if not set(new).isdisjoint("\n\0"):
        raise ValueError("a sysctl value can't hold a line break")
    if "\t" in old and "\t" not in new:
        new = new.replace(" ", "\t")
    sign = old[:1]
    return f"{sign}{new}{sign}" if len(old) > 1 and sign in ('"', "'") and old[-1] == sign else new


def assign(key: str, value: str) -> str:
    """Return a whole line that sets ``key``."""
    return f"{key} = {quote(value, '')}"


def insert(lines: Sequence[Line], key: str, value: str) -> tuple[int, str]:
    """Return the new line at the end; in a script of commands it is one of them."""
    newline = "\r\n" if lines and lines[0].raw.endswith("\r\n") else "\n"
    before = newline if lines and not lines[-1].raw.endswith("\n") else ""
    if any(line.key and _COMMAND.fullmatch(line.raw) for line in lines):
        quoted = quote(value, "''")
        return len(lines), f"{before}sysctl -w {key}={quoted}{newline}"
    return len(lines), f"{before}{assign(key, value)}{newline}"


def rank(name: str) -> tuple[int, str]:
    """Order files as ``sysctl --system`` does: sysctl.d's by their names without directory, /etc/sysctl.conf last.

    systemd-sysctl reads /etc/sysctl.conf only through a link, which sorts by its own name (99-sysctl.conf).
    """
    folder, _, own = name.rpartition("/")
    sorted_ = own.endswith(".conf") and (own != "sysctl.conf" or folder.endswith("sysctl.d"))
    return (0, own) if sorted_ else (1, "")


def unmasked(names: Iterable[str]) -> frozenset[str]:
    """Return the names of the files that are read: of one name in several directories only the strongest's."""
    everything = tuple(names)
    strongest: dict[str, int] = {}
    for name in everything:
        place, own = _place(name)
        strongest[own] = min(place, strongest.get(own, place))
    return frozenset(name for name in everything if _place(name)[0] in (-1, strongest[_place(name)[1]]))


def _place(name: str) -> tuple[int, str]:
    """Return the number of the directory, strongest first, and the file's own name; -1 if it lies elsewhere."""
    folder, _, own = name.rpartition("/")
    for number, directory in enumerate(DIRECTORIES):
        if folder.endswith(directory) and folder[: -len(directory)][-1:] in ("", "/"):
            return number, own
    return -1, name


def share(text: str, separators: str = "=") -> float:
    """Return the share of lines, comments and errors left out, that set a key under one of a kernel's roots."""
    pattern = re.compile(rf"[ \t]*-?(?:{_LINUX}|{_BSD})[./][^\s=:]+[ \t]*[{separators}]")
    count = set_ = 0
    for raw in split_lines(text[:200_000]):
        shown = raw.strip()
        if not shown or shown[0] in "#;" or shown.startswith("sysctl: ") or (shown[0] == "-" and "=" not in shown):
            continue
        count += 1
        set_ += bool(pattern.match(raw) or ("sysctl" in shown and _COMMAND.fullmatch(raw)))
    return set_ / count if count else 0.0


# What a person's file has and a kernel's answer has not: comments, signs, globs, slashes, commands.
_WRITTEN = re.compile(
    rf"^[ \t]*(?:[#;]|-(?:{_LINUX})[./]|(?:{_LINUX})(?:/|\.[a-z0-9_.]*[*?\[])|(?:sudo )?sysctl -)", re.MULTILINE
)
_ABOUT = re.compile(r"^[ \t]*[#;].*\bsysctl(?:\.conf|\.d|\(8\))", re.MULTILINE)


def is_written(text: str) -> bool:
    """Return whether somebody wrote the text, as opposed to a kernel's answer."""
    return _WRITTEN.search(text[:200_000]) is not None


def detect(name: str, text: str) -> float:
    """Return the share of lines that set a sysctl key; a file of comments alone must speak of sysctl."""
    if _HEADING.search(text[:200_000]):
        return 0.0
    found = share(text)
    in_place = name.endswith("sysctl.conf") or ("sysctl.d/" in name and name.endswith(".conf"))
    if in_place and found > 0.3:
        return max(found, 0.95)
    if not found and _only_comments(text[:200_000]):
        return 0.6 if _ABOUT.search(text) or any(map(_COMMENTED.fullmatch, split_lines(text[:200_000]))) else 0.0
    return found * 0.9 if found > 0.6 else found


def _only_comments(text: str) -> bool:
    return "#" in text and all(raw.lstrip()[:1] in ("", "#", ";") for raw in split_lines(text))


FORMAT = Format("sysctl_conf", "sysctl.conf", "sysctl.conf", detect, read, quote, assign, rank=rank, insert=insert)
