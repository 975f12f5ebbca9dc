"""What ``uname -a`` prints, and /proc/version: ``Linux db1 6.1.0-18-amd64 #1 SMP ... x86_64 GNU/Linux``.

It comes in pieces by the names of uname(1): kernel-name, nodename, kernel-release, kernel-version, machine,
operating-system. ``uname -r`` alone is only known by its name.
"""

import re
from collections.abc import Iterator

from confmend.document import Format, split_lines
from confmend.formats.printed import ran, words
from confmend.model import Line

_KERNELS = ("Linux", "Darwin", "FreeBSD", "OpenBSD", "NetBSD", "SunOS", "AIX", "GNU/kFreeBSD", "DragonFly")
_MACHINE = re.compile(
    r"x86_64|amd64|i[3-6]86|i86pc|aarch64|arm64|armv[0-9]\w*|ppc64(?:le)?|s390x?|riscv64|loongarch64|mips\w*|sparc\w*|"
    r"unknown|\(unknown\)|GenuineIntel|AuthenticAMD|arm|i386|evbarm"
)
_SYSTEMS = ("GNU/Linux", "Android", "Toybox", "Linux", "Msys", "Cygwin")
_RELEASE = re.compile(r"[0-9]+\.[0-9]+\S*")
_FEWEST_WORDS, _MOST_LINES, _LONGEST = 5, 4, 2000
Span = tuple[str, int, int]


def read(text: str) -> Iterator[Line]:
    """Yield the line in pieces."""
    for raw in split_lines(text):
        found = words(raw[:_LONGEST])
        spans = list(_spans(found))
        if spans:
            yield from _pieces(raw, spans)
        else:
            problem = "" if not found or ran(raw, "uname", "cat") else "not a line that uname prints"
            yield Line(raw, problem=problem)


def _spans(found: list[re.Match[str]]) -> Iterator[Span]:
    texts = [word[0] for word in found]
    if len(texts) == 1 and _RELEASE.fullmatch(texts[0]):
        yield "kernel-release", *found[0].span()
    elif len(texts) >= _FEWEST_WORDS and texts[:2] == ["Linux", "version"] and _RELEASE.match(texts[2]):
        yield "kernel-name", *found[0].span()
        yield "kernel-release", *found[2].span()
        start = next((word.start() for word in found if re.match("#[0-9]", word[0])), None)
        if start is not None:
            yield "kernel-version", start, found[-1].end()
    elif len(texts) >= _FEWEST_WORDS and texts[0] in _KERNELS and _RELEASE.match(texts[2]):
        yield from _printed(found, texts)


def _printed(found: list[re.Match[str]], texts: list[str]) -> Iterator[Span]:
    for name, word in zip(("kernel-name", "nodename", "kernel-release"), found, strict=False):
        yield name, *word.span()
    last = len(texts)
    system = texts[-1] in _SYSTEMS
    last -= system
    first = last
    while first > max(last - 3, 4) and _MACHINE.fullmatch(texts[first - 1]):
        first -= 1
    if first > 3:
        yield "kernel-version", found[3].start(), found[first - 1].end()
    for name, word in zip(("machine", "processor", "hardware-platform"), found[first:last], strict=False):
        yield name, *word.span()
    if system:
        yield "operating-system", *found[-1].span()


def _pieces(raw: str, spans: list[Span]) -> Iterator[Line]:
    last = 0
    for key, start, end in spans:
        yield Line(raw[last:end], key, raw[start:end], start - last, start - last, end - last)
        last = end
    yield Line(raw[last:])


def detect(name: str, text: str) -> float:
    """Be sure of a line or two that start with a kernel's name, and have a release where it belongs."""
    if len(text) > _LONGEST:
        return 0.0
    lines = [raw for raw in split_lines(text) if raw.strip()]
    told = [raw for raw in lines if not ran(raw, "uname", "cat")]
    if not told or len(lines) > _MOST_LINES:
        return 0.0
    if len(told) == 1 and len(told[0].split()) == 1:
        asked = ran(name, "uname") or any(ran(raw, "uname") for raw in lines)
        return float(asked and bool(_RELEASE.fullmatch(told[0].strip())))
    return float(all(any(True for _ in _spans(words(raw))) for raw in told))


FORMAT = Format("uname", "uname -a", "uname -a", detect, read)
