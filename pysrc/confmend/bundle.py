"""One paste may hold several files. This cuts it where a heading, a shell prompt or a Markdown fence says so.

The parts, joined, are the paste again; the lines that only separate are parts of their own (``separator``).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from confmend.document import split_lines

_HEADING = re.compile(r"[ \t]*==>[ \t]+(.+?)[ \t]+<==[ \t\r]*\n?")
# root@db1:~# cat /proc/meminfo, [postgres@db1 ~]$ ..., $ ...; a lone # would be a comment.
_PROMPT = re.compile(
    r"[ \t]*(?:\([^()\s]+\) )?"
    r"(?:(?:\[[^\]\n]{1,80}\]|[A-Za-z0-9_.-]{1,64}@[A-Za-z0-9_.-]{1,255}(?::[^\n#$]{0,200}?)?)[ ]?[#$]|\$)"
    r"[ ]+(?P<command>\S[^\n]*?)[ \t\r]*\n?"
)
_FENCE = re.compile(r"[ \t]*(```+|~~~+)[ \t]*([^\n`]*?)[ \t\r]*\n?")
_COMMANDS = ("cat", "head", "tail", "less", "more", "grep", "egrep", "zcat", "journalctl", "sysctl", "sudo", "psql")
_READS_A_FILE = re.compile(
    r"(?:sudo\s+(?:-\S+\s+)*)?(?:cat|head|tail|less|more|zcat)\s+(?:-\S+\s+(?:[0-9]+\s+)?)*(\S+)"
)
_FILE_NAME = re.compile(r"[#*`_\s]*((?:/[\w.@-]+)+|[\w.@-]+\.(?:conf|ini|log|txt|env|csv|json))[*`_:\s]*")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a paste: ``name`` is what the heading, prompt or fence calls it, empty without one."""

    text: str
    name: str = ""
    separator: bool = False


def parts(text: str, name: str = "") -> tuple[Part, ...]:
    """Cut a paste; what nothing names has the paste's own ``name``."""
    return tuple(_parts(text, name))


def _parts(text: str, name: str) -> Iterator[Part]:
    held: list[str] = []
    called, fence, before = name, "", ""
    for raw in split_lines(text):
        new, closing = _separator(raw, fence, before)
        if new is None and not closing:
            held.append(raw)
            before = raw if raw.strip() else before
            continue
        if held:
            yield Part("".join(held), called)
            held = []
        yield Part(raw, separator=True)
        match = _FENCE.fullmatch(raw)
        if match:
            fence = "" if closing else match[1]
        called = name if closing else new or name
        before = ""
    if held:
        yield Part("".join(held), called)


def _separator(raw: str, fence: str, before: str) -> tuple[str | None, bool]:
    """Return what a separating line calls the text behind it (None: it separates nothing), and if it closes a fence."""
    match = _HEADING.fullmatch(raw)
    if match:
        return match[1], False
    match = _FENCE.fullmatch(raw)
    if match and fence:
        closes = match[1].startswith(fence) and not match[2]
        return None, closes
    if match:
        inside = _FILE_NAME.fullmatch(match[2].rpartition(" ")[2]) if match[2] else None
        above = _FILE_NAME.fullmatch(before)
        return (inside or above)[1] if inside or above else "", False  # type: ignore[index]  # one of them matched
    match = _PROMPT.fullmatch(raw)
    if match and match["command"].split()[0].rpartition("/")[2] in _COMMANDS:
        return _command_name(match["command"]), False
    return None, False


def _command_name(command: str) -> str:
    """Return the file that a command reads, else the command itself."""
    match = _READS_A_FILE.fullmatch(command)
    return match[1] if match else command
