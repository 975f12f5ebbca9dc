"""What ``sysctl -a`` prints: the running kernel's values, ``key = value`` (Linux) or ``key: value`` (BSD, macOS).

Error lines that land in the same output (``sysctl: permission denied on key ...``) are understood and say nothing.
"""

import re
from collections.abc import Iterator

from confmend.document import Format, split_lines
from confmend.formats.sysctl_conf import assign, quote, share
from confmend.model import Line

_PRINTED = re.compile(r"([A-Za-z0-9_][^\s=:]*(?::[^\s=:]+)*)(?: = | =|=|: |:)(.*?)[ \r]*\n?")
# Keys that no file sets: a text that holds one of them is what a kernel printed.
_READ_ONLY = re.compile(
    r"^(?:fs\.(?:file-nr|inode-nr|inode-state|dentry-state|aio-nr)|kernel\.(?:version|osrelease|ostype|random\.boot_id)"
    r"|net\.netfilter\.nf_conntrack_count|kern\.(?:ostype|osrelease|version))(?: =|=|:)",
    re.MULTILINE,
)
# More keys than people write by hand.
_MANY = 200


def read(text: str) -> Iterator[Line]:
    """Yield the lines, each a key and what the kernel says of it."""
    for raw in split_lines(text):
        match = _PRINTED.fullmatch(raw)
        if raw.startswith(("sysctl: ", "sysctl -a")) or not raw.strip():
            yield Line(raw)
        elif match:
            yield Line(raw, match[1], match[2], match.start(1), match.start(2), match.end(2))
        else:
            yield Line(raw, problem="not a line that sysctl prints")


def detect(name: str, text: str) -> float:
    """Return the share of sysctl lines, if the text is what a kernel printed rather than what somebody wrote."""
    found = max(share(text), _bsd_share(text))
    command = re.search(r"\bsysctl\b(?!\.)", name) is not None
    printed = command or _READ_ONLY.search(text) or text.startswith("sysctl: ") or "\nsysctl: " in text
    if printed or (text.count("\n") > _MANY and "\n#" not in text):
        return max(found, 0.6) if command else found
    # Between the fields of a vector the kernel prints a tab, which hardly anybody types.
    return found if re.search(r"^net\.ipv4\.\S+ = [0-9]+\t[0-9]+\t[0-9]+\s*$", text, re.MULTILINE) else found * 0.5


def _bsd_share(text: str) -> float:
    """Return the share of lines like ``net.inet.tcp.keepidle: 7200000``."""
    lines = [raw for raw in split_lines(text[:200_000]) if raw.strip()]
    roots = re.compile(
        r"(?:hw|kern|net\.(?:inet|inet6|link|local)|machdep|security|vfs|vm|debug|user)\.[^\s:]+(?:: |=)"
    )
    return sum(bool(roots.match(raw)) for raw in lines) / len(lines) if lines else 0.0


FORMAT = Format("sysctl_dump", "sysctl -a", "sysctl -a", detect, read, quote, assign, printed=True)
