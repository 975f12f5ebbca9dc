"""TCP's memory is at its limit.

/proc/net/sockstat counts the pages that TCP holds for data which is on its way or waits to be read. From the second
number of tcp_mem on the kernel shrinks windows and buffers; at the third it refuses: packets are dropped and sent
again, writers wait. On a database host the usual reason is not load but clients that stopped reading, each with up to
tcp_wmem[2] of results behind it, or a process that stopped reading its own sockets. A higher limit only postpones that.

sockstat is one moment. The counters tell whether it has happened before: `nstat -az TcpExtTCPMemoryPressures
TcpExtTCPAbortOnMemory`. There is no edit: end the stalled sessions first (pg_stat_activity, wait_event ClientWrite).
Raising tcp_mem takes effect at once and without a restart; the old numbers written again undo it.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.memory import Memory
from confmend.facts.page import PageSize
from confmend.facts.sockets import SocketMemory
from confmend.facts.tcp_limits import TcpLimits
from confmend.model import Example, Finding, Rule, Severity
from confmend.models.tcp_memory import raised, stalled_readers

# So close to the limit that the next burst meets it.
NEARLY_ALL = 0.9


def check(sockets: SocketMemory, limits: TcpLimits, page: PageSize, memory: Memory | None) -> Iterator[Finding]:
    """Compare what sockstat shows with the limits."""
    if sockets.mem < limits.pressure:
        return
    full = sockets.mem >= NEARLY_ALL * limits.high
    used, most = units.mib(sockets.mem * page.bytes), units.mib(limits.high * page.bytes)
    steps = [
        f"{sockets.mem:,} pages × {page.bytes:,} bytes = {used}",
        f"limits: pressure {limits.pressure:,}, max {limits.high:,} pages ({limits.source})",
        f"{sockets.mem:,} ÷ {limits.pressure:,} = {sockets.mem / limits.pressure:.2f} of the pressure limit",
        f"{most} ÷ 4 MiB (tcp_wmem[2]) = {stalled_readers(limits.high, page.bytes):,} stalled readers fill it",
    ]
    more = ""
    if memory:
        current = (limits.low, limits.pressure, limits.high)
        larger = raised(current, limits.high, sockets.mem, memory.ram // page.bytes)
        if larger:
            more = (
                " If every queue turns out to be work in progress, the most that is sensible here is tcp_mem = "
                f"{' '.join(map(str, larger))}."
            )
            steps.append(f"min(2.2 × {sockets.mem:,}, 25 % of RAM) = {larger[2]:,} pages; ×⅔ and ×½ for the others")
    state = "within a tenth of its limit" if full else "above the pressure limit, where the kernel shrinks buffers"
    yield Finding(
        f"TCP holds {sockets.mem:,} pages, {used}, for {sockets.inuse:,} sockets: {state} (max {most}). Find who holds "
        "it before raising anything: ss -tmn, sorted by Send-Q and Recv-Q. A full Send-Q is a client that stopped "
        f"reading; a full Recv-Q is a process here that stopped.{more}",
        (sockets.origin, *limits.origins),
        arithmetic=tuple(steps),
        severity=Severity.CRITICAL if full else Severity.WARNING,
    )


RULE = Rule(
    check,
    Severity.CRITICAL,
    sources=(
        "https://docs.kernel.org/networking/ip-sysctl.html#tcp-variables",
        "https://github.com/torvalds/linux/blob/v6.1/net/core/sock.c",
    ),
    examples=(
        Example(
            {
                "sockstat": "sockets: used 5120\nTCP: inuse 4800 orphan 3 tw 210 alloc 4850 mem 260000\n",
                "sysctl_dump": "net.ipv4.tcp_mem = 188562\t251418\t377124\nkernel.osrelease = 6.1.0\n",
            },
            {"sysctl_dump": "net.ipv4.tcp_mem = 188562\t251418\t377124\nkernel.osrelease = 6.1.0\n"},
        ),
        Example(
            {
                "sockstat": "sockets: used 5120\nTCP: inuse 4800 orphan 3 tw 210 alloc 4850 mem 251417\n",
                "sysctl_dump": "net.ipv4.tcp_mem = 188562\t251418\t377124\nkernel.osrelease = 6.1.0\n",
            }
        ),
    ),
)
