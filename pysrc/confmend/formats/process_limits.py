"""/proc/PID/limits: ``Max open files  1024  524288  files``, and the same from ``prlimit``: ``NOFILE  max number ...``.

The value is the soft limit, which is the one in force (fs/proc/base.c, proc_pid_limits; prlimit(1)).
"""

import re
from collections.abc import Iterator

from confmend.document import Format, split_lines
from confmend.formats.printed import ran, share
from confmend.model import Line

_LIMIT = r"(unlimited|[0-9]+)"
_KERNEL = re.compile(rf"[ \t]*(Max(?: [a-z]+){{1,4}}) +{_LIMIT} +{_LIMIT}(?: +([a-z]+))?\s*")
_PRLIMIT = re.compile(rf"([A-Z]{{2,10}}) +([A-Za-z-]+(?: [A-Za-z-]+)*) +{_LIMIT} +{_LIMIT}(?: +([a-z]+))?\s*")
_HEADINGS = ("Limit Soft Limit Hard Limit Units", "RESOURCE DESCRIPTION SOFT HARD UNITS")


def read(text: str) -> Iterator[Line]:
    """Yield the lines, each a limit."""
    for raw in split_lines(text):
        kernel, printed = _KERNEL.fullmatch(raw), _PRLIMIT.fullmatch(raw)
        if kernel:
            columns = {"Soft Limit": kernel[2], "Hard Limit": kernel[3], "Units": kernel[4] or ""}
            yield Line(raw, kernel[1], kernel[2], kernel.start(1), *kernel.span(2), columns=columns)
        elif printed:
            columns = {"DESCRIPTION": printed[2], "SOFT": printed[3], "HARD": printed[4], "UNITS": printed[5] or ""}
            yield Line(raw, printed[1], printed[3], 0, *printed.span(3), columns=columns)
        else:
            known = " ".join(raw.split()) in ("", *_HEADINGS) or ran(raw, "cat", "grep", "prlimit")
            yield Line(raw, problem="" if known else "not a line of /proc/PID/limits")


def detect(_name: str, text: str) -> float:
    """Return the share of limits."""
    if "Max " not in text[:2000] and "RESOURCE " not in text[:2000]:
        return 0.0
    return share(read, text)


FORMAT = Format("process_limits", "/proc/PID/limits", "/proc/PID/limits", detect, read)
