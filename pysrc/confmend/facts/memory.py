"""The host's RAM: what the reader says, else /proc/meminfo, `free`, else what the kernel derived from it at boot.

The kernel sizes some limits from RAM when it starts; as long as nobody has edited them they tell it. Each estimate is
used only while a test of its shape says that it is still the boot default; when all tests fail there is no estimate.
Sources: kernel/fork.c (set_max_threads, fork_init), net/ipv4/tcp.c (tcp_init_mem), net/ipv4/udp.c (udp_init).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from confmend import units
from confmend.facts import Documents
from confmend.facts.free_total import total
from confmend.facts.kernel import Kernel, integers
from confmend.facts.page import PageSize
from confmend.model import Fact, Origin, Question, Value

_ASKED = Question("memory", "RAM of the host", "16GB", units.size)
# THREAD_SIZE 16 KiB x 8 (kernel/fork.c): one thread for each 128 KiB of RAM; half as many namespaces.
_PER_THREAD = 128 * 1024
_PER_NAMESPACE = 2 * _PER_THREAD
# 2147483647 is what a user namespace shows; from a quarter of it on the value says nothing of RAM.
_NAMESPACES_MAX = 536_870_912
_NAMESPACES = tuple(f"user.max_{kind}_namespaces" for kind in ("user", "pid", "net", "mnt", "ipc", "uts", "cgroup"))
# Up to 3.10 the kernel gave TCP an eighth of the buffer pages, as UDP; since then a sixteenth.
_LAST_WITH_EIGHTH = (3, 10)
_AGREEMENT = 0.10


@dataclass(frozen=True, slots=True)
class Memory:
    """RAM in bytes, how it is known, how sure that is, and a second estimate where it differs by over 10 %."""

    ram: int
    how: str
    confidence: str
    origins: tuple[Origin, ...]
    doubt: str = ""


def gather(documents: Documents, page: PageSize, kernel: Kernel | None) -> Memory | None:
    """Return RAM from the best source that there is."""
    answer = documents.answer(_ASKED)
    if answer and answer.value and answer.origin:
        return Memory(answer.value, "your answer", "stated", (answer.origin,))
    for document in reversed(documents.of("meminfo")):
        line = document.get("MemTotal")
        match = re.fullmatch(r"([0-9]+) kB", line.value) if line else None
        if match:
            return Memory(int(match[1]) * 1024, "MemTotal of /proc/meminfo", "measured", document.origins("MemTotal"))
    for document in reversed(documents.of("free")):
        found = total(document)
        if found:
            how = f"the total of free, {found.unit if found.sure else 'taken for ' + found.unit}"
            return Memory(found.ram, how, "measured" if found.sure else "medium", document.origins("Mem/total"))
    return _inferred(kernel, page) if kernel else None


def _inferred(kernel: Kernel, page: PageSize) -> Memory | None:
    estimates = [found for found in _estimates(kernel, page) if found]
    if not estimates:
        return None
    best = estimates[0]
    others = [other for other in estimates[1:] if abs(other.ram - best.ram) > _AGREEMENT * best.ram]
    if not others:
        return Memory(best.ram, best.how, "high" if len(estimates) > 1 else best.confidence, best.origins)
    doubt = f"{others[0].how} would give {units.gib(others[0].ram)}"
    return Memory(best.ram, best.how, "low", best.origins, doubt)


def _estimates(kernel: Kernel, page: PageSize) -> Iterator[Memory | None]:
    yield _by_threads(kernel)
    yield _by_namespaces(kernel)
    yield _by_tcp_mem(kernel, page)
    yield _by_udp_mem(kernel, page)


def _by_threads(kernel: Kernel) -> Memory | None:
    threads = kernel.running("kernel.threads-max")
    count = integers(threads, 1)
    common = _common_namespaces(kernel)
    if not threads or not threads.origin or not count or common != count[0] // 2:
        return None
    return Memory(count[0] * _PER_THREAD, "inferred: kernel.threads-max × 128 KiB", "high", (threads.origin,))


def _by_namespaces(kernel: Kernel) -> Memory | None:
    common = _common_namespaces(kernel)
    if common is None:
        return None
    key = next(key for key in _NAMESPACES if integers(kernel.running(key), 1) == (common,))
    origin = _origin(kernel.running(key))
    return Memory(common * _PER_NAMESPACE, f"inferred: {key} × 256 KiB", "high", origin)


def _common_namespaces(kernel: Kernel) -> int | None:
    """Return the value that most of the namespace limits share, as they do while nobody has edited them."""
    found = [value[0] for value in (integers(kernel.running(key), 1) for key in _NAMESPACES) if value]
    if len(found) < 2:
        return None
    common = max(sorted(set(found)), key=found.count)
    return common if found.count(common) * 2 > len(found) and 0 < common < _NAMESPACES_MAX else None


def _by_tcp_mem(kernel: Kernel, page: PageSize) -> Memory | None:
    return _by_pages(kernel, page, "net.ipv4.tcp_mem", _tcp_share(kernel))


def _by_udp_mem(kernel: Kernel, page: PageSize) -> Memory | None:
    return _by_pages(kernel, page, "net.ipv4.udp_mem", 8)


def _by_pages(kernel: Kernel, page: PageSize, key: str, share: int) -> Memory | None:
    """Return RAM from the middle number of tcp_mem or udp_mem, if the triple has the boot default's shape."""
    for value in (kernel.running(key), *_hand_copied(kernel, key)):
        triple = integers(value, 3)
        if value and triple and is_boot_default(triple):
            how = f"inferred: {share} × the middle number of {key} × {page.bytes:,} bytes"
            return Memory(share * triple[1] * page.bytes, how, "medium", _origin(value))
    return None


def _hand_copied(kernel: Kernel, key: str) -> Iterator[Value[str]]:
    """Yield what files set a key to: many hold the default, copied from the kernel before it was changed."""
    for document in kernel.files:
        for index in document.settings.get(key, ()):
            yield Value(document.lines[index].value, document.origin(index))


def is_boot_default(triple: tuple[int, ...]) -> bool:
    """Return whether three limits have the shape that tcp_init_mem and udp_init give them."""
    low, pressure, high = triple
    return low == 3 * (pressure // 4) and high == 2 * low and pressure >= 128


def _tcp_share(kernel: Kernel) -> int:
    return 8 if kernel.version and kernel.version <= _LAST_WITH_EIGHTH else 16


def default_tcp_mem(memory: Memory, page: PageSize, kernel: Kernel | None = None) -> tuple[int, int, int]:
    """Return the pages that the kernel would set tcp_mem to on a host of this size (net/ipv4/tcp.c, tcp_init_mem).

    The running value is returned as it is where it still is the default; else it is computed, within 1 %.
    """
    triple = integers(kernel.running("net.ipv4.tcp_mem"), 3) if kernel else None
    share = _tcp_share(kernel) if kernel else 16
    pressure = memory.ram // page.bytes // share
    if triple and is_boot_default(triple) and abs(triple[1] - pressure) <= _AGREEMENT * pressure:
        return triple[0], triple[1], triple[2]
    low = 3 * (pressure // 4)
    return low, pressure, 2 * low


def _origin(value: Value[str] | None) -> tuple[Origin, ...]:
    return (value.origin,) if value and value.origin else ()


def describe(memory: Memory) -> Iterator[tuple[str, str, str]]:
    """Say how much, from where and how sure."""
    origin = memory.origins[0] if memory.origins else None
    where = f"; {origin.name}, line {origin.number}" if origin else ""
    doubt = f"; but {memory.doubt}" if memory.doubt else ""
    yield "RAM", units.gib(memory.ram), f"{memory.how} ({memory.confidence}{where}){doubt}"


FACT = Fact(
    gather,
    "the host's memory (cat /proc/meminfo, free, or the answer memory = 16GB)",
    describe,
    (_ASKED,),
)
