"""The log says "no buffer space available", but TCP's memory is nearly unused.

"could not receive data from client: No buffer space available" looks like a lack of kernel buffers, and many pages
advise larger ones. Linux's recv() on a TCP socket never returns that error (ENOBUFS): at its limits Linux drops
packets, makes writers wait, or resets. /proc/net/sockstat counts what TCP really holds. While that is a small part of
the limit, raising tcp_mem, rmem_* or wmem_* changes nothing, except that the host loses its protection.

So the error comes from elsewhere: from a server on Windows, BSD or macOS, from a network layer that is not Linux's own
(user-space TCP, a sandboxed kernel such as gVisor), or from something that sits between the socket and the server.
sockstat is one moment; the counters in the message tell whether it was ever different. There is nothing to edit.
"""

import re
from collections.abc import Iterator

from confmend import units
from confmend.facts.log import ServerLog
from confmend.facts.page import PageSize
from confmend.facts.platform import Platform
from confmend.facts.sockets import SocketMemory
from confmend.facts.tcp_limits import TcpLimits
from confmend.model import Example, Finding, Rule, Severity

ENOBUFS = re.compile(
    "(?:could not (?:receive data from|send data to) client|could not accept new connection): .*"
    "(?:no buffer space available|lacked sufficient buffer space)",
    re.IGNORECASE,
)
# Below a tenth of the pressure limit nothing in the kernel has even begun to save.
SHARE = 0.1
SHOWN = 3
ELSEWHERE = {
    "Windows": "on Windows that error is 10055: no free client port (netsh int ipv4 show dynamicport tcp; netstat "
    "-ano, count TIME_WAIT) or no non-paged pool left",
    "macOS": "on macOS it means that the network buffers (mbufs) ran out: netstat -m",
    "FreeBSD": "on FreeBSD it means that the network buffers (mbufs) ran out: netstat -m, kern.ipc.nmbclusters",
}


def check(
    log: ServerLog, sockets: SocketMemory, limits: TcpLimits, page: PageSize, platform: Platform | None
) -> Iterator[Finding]:
    """Look for the error in the log and for pressure in sockstat."""
    lines = tuple(log.matching(ENOBUFS))
    if not lines or sockets.mem >= SHARE * limits.pressure:
        return
    used = units.human(sockets.mem * page.bytes)
    share = sockets.mem / limits.pressure
    all_kinds = (
        f"The {sockets.used:,} sockets in use are of every kind, Unix and netlink too; that number is no memory. "
        if sockets.used is not None
        else ""
    )
    yield Finding(
        f'The log has {len(lines):,} × "no buffer space available", yet TCP holds {sockets.mem:,} pages, {used}, for '
        f"{sockets.inuse:,} TCP sockets: {share:.1%} of the {units.mib(limits.pressure * page.bytes)} at which the "
        f"kernel would begin to save. {all_kinds}Kernel buffers are not the cause, and raising tcp_mem, rmem_* or "
        f"wmem_* will not help. {_where_to_look(platform)}",
        (*lines[:SHOWN], sockets.origin, *limits.origins),
        arithmetic=(
            f"{sockets.mem:,} pages × {page.bytes:,} bytes = {used}",
            f"pressure limit: {limits.pressure:,} pages = {units.mib(limits.pressure * page.bytes)} ({limits.source})",
            f"{sockets.mem:,} ÷ {limits.pressure:,} = {share:.1%}",
        ),
    )


def _where_to_look(platform: Platform | None) -> str:
    name = platform.name if platform else ""
    if name in ELSEWHERE:
        return f"The log comes from a server on {name}, sockstat from Linux; {ELSEWHERE[name]}."
    return (
        "Look in this order: (1) which system printed it (select version()): on Windows client ports or non-paged "
        "pool, on BSD and macOS mbufs (netstat -m); (2) on Linux plain recv() on TCP never returns this error, so look "
        "for a network layer that is not the kernel's: user-space TCP, an LD_PRELOAD library, a sandbox such as "
        "gVisor; (3) nstat -az TcpExtTCPMemoryPressures TcpExtTCPAbortOnMemory: two zeros prove that TCP never lacked "
        "memory since boot; (4) a memory limit of the container or service (memory.max, memory.events), which sockstat "
        "does not show."
    )


RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://github.com/torvalds/linux/blob/v6.1/net/ipv4/tcp.c",
        "https://github.com/torvalds/linux/blob/v6.1/net/core/sock.c",
        "https://github.com/postgres/postgres/blob/REL_15_STABLE/src/backend/libpq/pqcomm.c",
        "https://learn.microsoft.com/en-us/windows/win32/winsock/windows-sockets-error-codes-2",
    ),
    examples=(
        Example(
            {
                "pg_log": "2024-05-01 10:00:00 UTC [4711] LOG:  could not receive data from client: "
                "No buffer space available\n",
                "sockstat": "sockets: used 41234\nTCP: inuse 512 orphan 0 tw 31 alloc 540 mem 1204\n",
                "answers": "memory = 16GB\n",
            },
            {},
        ),
        # 10 % of the pressure limit of 16 GB, 262,144 pages.
        Example(
            {
                "pg_log": "2024-05-01 10:00:00 UTC [4711] LOG:  could not receive data from client: "
                "No buffer space available\n",
                "sockstat": "sockets: used 41234\nTCP: inuse 512 orphan 0 tw 31 alloc 540 mem 26215\n",
                "answers": "memory = 16GB\n",
            }
        ),
        Example(
            {
                "pg_log": "2024-05-01 10:00:00 UTC [4711] LOG:  could not receive data from client: "
                "Connection reset by peer\n",
                "sockstat": "sockets: used 41234\nTCP: inuse 512 orphan 0 tw 31 alloc 540 mem 1204\n",
                "answers": "memory = 16GB\n",
            }
        ),
    ),
)
