"""The kernel's TCP memory is near the limit from which it saves (tcp_mem, in pages)."""

from confmend import units
from confmend.facts.page import PageSize
from confmend.facts.sockets import SocketMemory
from confmend.facts.tcp_limits import TcpLimits
from confmend.model import Shown, Sign

# Of the pressure limit. Below a tenth nothing in the kernel has even begun to save; one moment proves no more.
_FAR_FROM = 0.1


def check(sockets: SocketMemory, limits: TcpLimits, page: PageSize) -> Shown | None:
    """Compare sockstat's mem with the pressure limit."""
    used, pressure = (units.human(pages * page.bytes) for pages in (sockets.mem, limits.pressure))
    because = f"TCP holds {used}, {sockets.mem / limits.pressure:.1%} of the {pressure} where it begins to save"
    evidence = (sockets.origin, *limits.origins)
    if sockets.mem >= limits.pressure:
        return Shown(True, because, evidence)
    return Shown(False, because, evidence) if sockets.mem < _FAR_FROM * limits.pressure else None


SIGN = Sign(
    "TCP's memory is short",
    check,
    examples=(
        ({"sockstat": "TCP: inuse 512 orphan 0 tw 31 alloc 540 mem 262144\n", "answers": "memory = 16GB\n"}, True),
        ({"sockstat": "TCP: inuse 512 orphan 0 tw 31 alloc 540 mem 1204\n", "answers": "memory = 16GB\n"}, False),
        ({"sockstat": "TCP: inuse 512 orphan 0 tw 31 alloc 540 mem 100000\n", "answers": "memory = 16GB\n"}, None),
        ({"answers": "memory = 16GB\n"}, None),
    ),
    paste="nstat -az TcpExtTCPMemoryPressures TcpExtTCPAbortOnMemory",
)
