"""A profile of tuned: the sysctl keys that it sets over what the files of sysctl.d say.

Sources: tuned.conf(5); tuned, tuned/profiles/loader.py (Python's ConfigParser with ``=`` alone between name and value
and `` #`` as a comment behind a value) and plugin_sysctl.py (quotes around a value are taken off). A key here is
``section/name``; the heading of a section has the key ``section/``.
"""

import re
from collections.abc import Iterator

from confmend.document import Format, split_lines
from confmend.formats import sysctl_conf
from confmend.model import Line

_HEADING = re.compile(r"\[([^\]\n]+)\][^\n]*\n?")
_OPTION = re.compile(r"([^=\s#;\[][^=\n]*?)[ \t]*=[ \t]*([^\n]*)\n?")
_COMMENTED = re.compile(r"[#;]+[ \t]*([a-z][A-Za-z0-9_./*:-]*)[ \t]*=[ \t]*([^\n]*)\n?")
_INLINE = re.compile(r"(?:^|[ \t\r])#")


def read(text: str) -> Iterator[Line]:
    """Yield the lines; one that ConfigParser refuses carries the reason."""
    section = ""
    for raw in split_lines(text):
        line = _line(raw, section)
        if line.key.endswith("/"):
            section = line.key[:-1]
        yield line


def _line(raw: str, section: str) -> Line:
    if raw[:1] in ("#", ";"):
        match = _COMMENTED.fullmatch(raw) if section else None
        return _set(raw, section, match, commented=True) if match else Line(raw)
    heading = _HEADING.match(raw)
    if heading:
        return Line(raw, f"{heading[1]}/", heading[1], 1, 1, heading.end(1))
    # An indented line goes on with the value above it.
    if not raw.strip() or raw[0] in " \t" or raw.lstrip()[0] in "#;":
        return Line(raw)
    match = _OPTION.fullmatch(raw)
    if match and section:
        return _set(raw, section, match)
    return Line(raw, problem="an option before the first section" if match else "syntax error: no = behind the name")


def _set(raw: str, section: str, match: re.Match[str], commented: bool = False) -> Line:
    comment = _INLINE.search(match[2])
    written = match[2][: comment.start() if comment else None].rstrip()
    name = sysctl_conf.canonical(match[1]) if section == "sysctl" else match[1]
    plain = written[1:-1] if len(written) > 1 and written[0] in "\"'" and written[-1] == written[0] else written
    start = match.start(2)
    return Line(raw, f"{section}/{name}", plain, match.start(1), start, start + len(written), commented=commented)


def quote(new: str, old: str) -> str:
    """Write a value, in quotes if it was so; what would be a comment can't be written."""
    if _INLINE.search(new):
        raise ValueError("tuned takes a # behind a blank for a comment")
    return sysctl_conf.quote(new, old.replace("\t", " "))


def assign(key: str, value: str) -> str:
    """Return a whole line that sets ``section/name``."""
    return f"{key.partition('/')[2]} = {quote(value, '')}"


def detect(_name: str, text: str) -> float:
    """A profile has a [main] section that says what it is for, or sections that only tuned has."""
    if "[" not in text[:200_000]:
        return 0.0
    headings = set(re.findall(r"^\[([^\]\n]+)\]", text[:200_000], re.MULTILINE))
    in_main = re.search(r"^(?:summary|include)[ \t]*=", text[:200_000], re.MULTILINE) and "main" in headings
    if in_main and (headings & {"sysctl", "cpu", "vm", "disk", "net", "bootloader", "sysfs", "variables"}):
        return 0.95
    return 0.9 if "sysctl" in headings and not headings & {"databases", "pgbouncer"} else 0.6 if in_main else 0.0


FORMAT = Format("tuned_conf", "tuned profile", "tuned.conf", detect, read, quote, assign, sections=True)
