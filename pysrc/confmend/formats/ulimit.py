"""What ``ulimit -a`` prints in bash, ksh, zsh, mksh, busybox and dash, and ``limit`` in zsh and csh.

Each shell has its own names; the key is the option, ``-n`` for open files, and ``columns`` holds the shell's name and
unit. ``ulimit -n`` alone prints one number: then the text's name or the prompt above it must say so.
"""

import re
from collections.abc import Iterator

from confmend.document import Format, split_lines
from confmend.formats.printed import HEAD, named, one_number, ran, share
from confmend.model import Line

_VALUE = r"(unlimited|[0-9]+(?:[kMG]B| kbytes)?)"
# open files                          (-n) 1024; core file size              (blocks, -c) 0
_BASH = re.compile(rf"[ \t]*([A-Za-z]+(?:[ -][A-Za-z]+)*) *\((?:([^,()\n]+), )?(-[A-Za-z])\) +{_VALUE}\s*")
# -n: file descriptors                1024
_LETTERED = re.compile(rf"[ \t]*(-[A-Za-z])(?: [0-9]+)?: (\S+(?: \S+)*?) +{_VALUE}\s*")
# nofiles              1024; descriptors     1024
_BARE = re.compile(rf"[ \t]*([a-z_]+(?: [a-z]+)?)(?:\(([a-z]+)\))? +{_VALUE}\s*")
_NUMBER = re.compile(r"\s*(?:unlimited|[0-9]{1,10})\s*")
_OPTIONS = {
    "-t": ("time", "cputime"),
    "-f": ("file", "filesize"),
    "-d": ("data", "datasize"),
    "-s": ("stack", "stacksize"),
    "-c": ("coredump", "coredumpsize"),
    "-m": ("memory", "resident", "memoryuse"),
    "-l": ("locked memory", "memorylocked"),
    "-u": ("process", "maxproc"),
    "-n": ("nofiles", "descriptors", "openfiles"),
    "-v": ("vmemory", "addressspace", "vmemoryuse"),
    "-x": ("locks", "maxfilelocks"),
    "-i": ("sigpending",),
    "-q": ("msgqueue",),
    "-e": ("nice",),
    "-r": ("rtprio", "rt_priority"),
    "-R": ("rt_time",),
}
_OPTION = {name: option for option, names in _OPTIONS.items() for name in names}
_ALONE = re.compile(r"\bulimit (?:-[HS] ?)?-?[HS]?([a-zA-Z])\b")


def read(text: str) -> Iterator[Line]:
    """Yield the lines, each a limit."""
    asked = ""
    for raw in split_lines(text):
        bash, lettered = _BASH.fullmatch(raw), _LETTERED.fullmatch(raw)
        bare = None if bash or lettered else _BARE.fullmatch(raw)
        if bash:
            columns = {"name": bash[1], "unit": bash[2] or ""}
            yield Line(raw, bash[3], bash[4], bash.start(1), *bash.span(4), columns=columns)
        elif lettered:
            columns = {"name": lettered[2], "unit": ""}
            yield Line(raw, lettered[1], lettered[3], lettered.start(1), *lettered.span(3), columns=columns)
        elif bare and bare[1] in _OPTION:
            columns = {"name": bare[1], "unit": bare[2] or ""}
            yield Line(raw, _OPTION[bare[1]], bare[3], bare.start(1), *bare.span(3), columns=columns)
        elif _NUMBER.fullmatch(raw):
            yield named(raw, asked or "-n", 0)
        elif ran(raw, "ulimit", "limit"):
            alone = _ALONE.search(raw)
            asked = f"-{alone[1]}" if alone else ""
            yield Line(raw)
        else:
            yield Line(raw, problem="not a line that ulimit prints" if raw.strip() else "")


def detect(name: str, text: str) -> float:
    """Return the share of limits; one number counts if ``ulimit -n`` printed it."""
    if one_number(text, "ulimit"):
        heads = [name, *(raw for raw in split_lines(text[:HEAD]) if ran(raw, "ulimit"))]
        letters = [match[1] for match in map(_ALONE.search, heads) if match]
        return float("n" in letters[-1:])
    lettered = "-n" in text[:HEAD] or "(-" in text[:HEAD] or "-t:" in text[:HEAD]
    if not lettered and not any(word in text[:HEAD] for word in ("nofiles", "descriptors", "openfiles")):
        return 0.0
    return share(read, text)


FORMAT = Format("ulimit", "ulimit -a", "ulimit -a", detect, read)
