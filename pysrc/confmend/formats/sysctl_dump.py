"""What ``sysctl -a`` prints: the running kernel's values, ``key = value`` (Linux), ``key: value`` (FreeBSD, macOS) or
``key=value`` (OpenBSD).

Error lines that land in the same output (``sysctl: permission denied on key ...``) and the prompt with the command are
understood and say nothing. Linux prints the key before every line of a value; the others print a value's further lines
as they are (FreeBSD's ``kern.geom.confxml``). Source: procps-ng 4.0, src/sysctl.c (ReadSetting); sysctl(8) of FreeBSD,
OpenBSD and macOS.
"""

import re
from collections.abc import Iterator

from confmend.document import Format, split_lines
from confmend.formats.sysctl_conf import assign, is_written, quote, share
from confmend.model import Line

_PRINTED = re.compile(r"([A-Za-z0-9_%]+\.[^\s=:]*(?::[^\s=:]+)*)( = | =|=|: |:)([^\n]*)\n?")
_COMMAND = re.compile(r"(?:.{0,80}[#$%>][ \t]*)?(?:sudo[ \t]+)?(?:/(?:usr/)?s?bin/)?sysctl(?:[ \t]+[^=]*)?")
# Keys that no file sets: a text that holds one of them is what a kernel printed.
_READ_ONLY = re.compile(
    r"^(?:fs\.(?:file-nr|inode-nr|inode-state|dentry-state|aio-nr)|kernel\.(?:version|osrelease|ostype|random\.boot_id)"
    r"|net\.netfilter\.nf_conntrack_count|kern\.(?:ostype|osrelease|version)|hw\.(?:ncpu|physmem|memsize))(?: =|=|:)",
    re.MULTILINE,
)
_ERROR = re.compile(r"^sysctl: ", re.MULTILINE)
# Between the fields of a vector the kernel prints a tab, which hardly anybody types.
_TABBED = re.compile(r"^net\.\S+ = [0-9]+\t[0-9]+[\t0-9]*\s*$", re.MULTILINE)
_BSD = re.compile(
    r"(?:compat|ddb|debug|dev|hw|kern|machdep|net\.(?:inet|inet6|link|local|route|wlan)|p1003_1b|security|user|vfs|vm"
    r")\.[^\s:=]+(: ?|=)"
)
# As a paste's name: the command itself, or a sosreport's file of it.
_NAMED = re.compile(r"(?:^|[\s/`$])sysctl(?:[ _]+-|\s|$)")
# More keys than people write by hand.
_MANY = 200


def read(text: str) -> Iterator[Line]:
    """Yield the lines, each a key and what the kernel says of it."""
    goes_on = False
    for raw in split_lines(text):
        match = _PRINTED.fullmatch(raw)
        if raw.startswith("sysctl: ") or not raw.strip():
            yield Line(raw)
        elif match:
            goes_on = match[2] != " = " and _BSD.match(raw) is not None
            value = match[3].rstrip(" \r")
            yield Line(raw, match[1], value, match.start(1), match.start(3), match.start(3) + len(value))
        elif goes_on or _COMMAND.fullmatch(raw.strip()):
            yield Line(raw)
        else:
            yield Line(raw, problem="not a line that sysctl prints")


def detect(name: str, text: str) -> float:
    """Return the share of sysctl lines, if the text is what a kernel printed rather than what somebody wrote."""
    head = text[:200_000]
    bsd, colons = _bsd_share(head)
    found = max(share(head), bsd)
    command = _NAMED.search(name) is not None
    errors = _ERROR.search(head) is not None
    if errors and not found and _only_errors(head):
        return 0.8
    if command or errors or colons or _READ_ONLY.search(head):
        return max(found, 0.6) if command and found else found
    if is_written(head):
        return found * 0.5
    return found if head.count("\n") > _MANY or _TABBED.search(head) else found * 0.5


def _only_errors(text: str) -> bool:
    lines = [raw.strip() for raw in split_lines(text) if raw.strip()]
    return all(line.startswith("sysctl: ") or _COMMAND.fullmatch(line) for line in lines)


def _bsd_share(text: str) -> tuple[float, bool]:
    """Return the share of lines like ``net.inet.tcp.keepidle: 7200000``, and whether most are so, with a colon.

    The further lines of a value are not counted.
    """
    count = found = colons = 0
    for raw in split_lines(text):
        match = _BSD.match(raw)
        if match:
            found += 1
            colons += match[1] != "="
        elif not raw.startswith((" ", "\t", "<", "}", "--")) and raw.strip():
            count += 1
    return (found / (count + found), colons * 2 > found) if found else (0.0, False)


FORMAT = Format("sysctl_dump", "sysctl -a", "sysctl -a", detect, read, quote, assign, printed=True)
