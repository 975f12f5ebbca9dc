"""/proc/cpuinfo: ``processor : 0`` and what follows, a block for each CPU (proc_pid_cpuinfo(5), arch/*/kernel/cpu).

On s390x the CPUs come first, ``processor 0: version = FF, ...``, and their blocks start with ``cpu number``.
"""

import re
from collections.abc import Iterator

from confmend.document import Format, split_lines
from confmend.formats.printed import HEAD, named, ran, share
from confmend.model import Line

_S390 = re.compile(r"processor ([0-9]+):")
_TELLING = re.compile(r"^[ \t]*(?:processor[ \t]+: ?[0-9]+[ \t\r]*$|processor [0-9]+: version =)", re.MULTILINE)
_LONGEST_NAME = 40


def read(text: str) -> Iterator[Line]:
    """Yield the lines, each a field; ``columns`` says of which processor."""
    processor = ""
    for raw in split_lines(text):
        key, colon, _ = raw.partition(":")
        s390 = _S390.match(raw)
        key = key.strip()
        if s390:
            start, end = s390.span(1)
            yield Line(raw, "processor", s390[1], 0, start, end, columns={"fields": raw[s390.end() :].strip()})
        elif colon and key and len(key) <= _LONGEST_NAME and not ran(raw, "cat", "grep"):
            line = named(raw, key, raw.index(":") + 1, processor=processor)
            processor = line.value if key in ("processor", "cpu number") else processor
            yield line
        else:
            known = not raw.strip() or ran(raw, "cat", "grep", "head", "less", "more")
            yield Line(raw, problem="" if known else "not a line of /proc/cpuinfo")


def detect(_name: str, text: str) -> float:
    """Return the share of fields, if one of them numbers a processor."""
    if "processor" not in text[:HEAD] or not _TELLING.search(text[:HEAD]):
        return 0.0
    return share(read, text)


FORMAT = Format("cpuinfo", "/proc/cpuinfo", "/proc/cpuinfo", detect, read)
