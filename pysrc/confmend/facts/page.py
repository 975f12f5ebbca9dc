"""The size of a memory page, the unit of tcp_mem and of every ``mem`` in sockstat."""

from collections.abc import Iterator
from dataclasses import dataclass

from confmend import units
from confmend.facts import Documents
from confmend.model import Fact, Origin, Question

# x86-64 always; arm64 too unless it is built for 16 or 64 KiB.
USUAL = 4096
_ASKED = Question("page_size", "Page size of the host's kernel", "4096", units.size)


@dataclass(frozen=True, slots=True)
class PageSize:
    """Bytes in a page; without an origin it is the usual size, assumed."""

    bytes: int
    origin: Origin | None


def gather(documents: Documents) -> PageSize:
    """Return the answer, else the usual size."""
    answer = documents.answer(_ASKED)
    return PageSize(answer.value, answer.origin) if answer and answer.value else PageSize(USUAL, None)


def describe(page: PageSize) -> Iterator[tuple[str, str, str]]:
    """Say the size and where it is from."""
    source = "your answer" if page.origin else "assumed: all of x86-64, most of arm64 (getconf PAGE_SIZE tells)"
    yield "page size", f"{page.bytes:,} bytes", source


FACT = Fact(
    gather,
    "the page size (getconf PAGE_SIZE)",
    describe,
    (_ASKED,),
)
