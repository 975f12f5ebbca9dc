"""The size of a memory page, the unit of tcp_mem and of every ``mem`` in sockstat."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from confmend import units
from confmend.facts import Documents
from confmend.facts.kernel import Kernel
from confmend.facts.log import ServerLog
from confmend.model import Fact, Origin, Question, Value

# x86-64 always; arm64 too unless it is built for 16 or 64 KiB.
USUAL = 4096
_ASKED = Question("page_size", "Page size of the host's kernel", "4096", units.size)
# As uname, lscpu, releases of Debian's and Red Hat's kernels, and the triple of a build write it.
_X86 = re.compile(r"(?:^|[.-])(?:x86_64|amd64)(?![a-z0-9])")


@dataclass(frozen=True, slots=True)
class PageSize:
    """Bytes in a page; without an origin it is the usual size, assumed."""

    bytes: int
    origin: Origin | None


def gather(documents: Documents, kernel: Kernel | None, log: ServerLog | None) -> PageSize:
    """Return the answer, else the only size that the host's processor has, else the usual size."""
    answer = documents.answer(_ASKED)
    if answer and answer.value:
        return PageSize(answer.value, answer.origin)
    return PageSize(
        USUAL, next((each.origin for each in _told(documents, kernel, log) if _X86.search(each.value)), None)
    )


def _told(documents: Documents, kernel: Kernel | None, log: ServerLog | None) -> Iterator[Value[str]]:
    """Yield what tells the host's processor. What only a client's host says of itself is not among it."""
    release = kernel.running("kernel.osrelease") if kernel else None
    built = log.platform() if log else None
    yield from (release,) if release else ()
    yield from (Value(*built),) if built else ()
    for kind, key in (("uname", "machine"), ("lscpu", "Architecture"), ("uname", "kernel-release")):
        for document in documents.of(kind):
            line = document.get(key)
            yield from (Value(line.value, document.origins(key)[-1]),) if line else ()


def describe(page: PageSize) -> Iterator[tuple[str, str, str]]:
    """Say the size and where it is from."""
    source = "assumed: all of x86-64, most of arm64 (getconf PAGE_SIZE tells)"
    if page.origin:
        where = f"x86-64 has no other ({page.origin.name}, line {page.origin.number})"
        source = "your answer" if page.origin.kind == "answers" else where
    yield "page size", f"{page.bytes:,} bytes", source


FACT = Fact(
    gather,
    "the page size (getconf PAGE_SIZE)",
    describe,
    (_ASKED,),
)
