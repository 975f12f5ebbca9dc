"""rmem_default or wmem_default gives every socket but TCP's a huge buffer.

net.core.rmem_default and wmem_default are the buffers of sockets that are not TCP: UDP, netlink, and the Unix sockets
over which local PostgreSQL clients connect. TCP takes its own from tcp_rmem and tcp_wmem. They are limits, not
allocations: they fill with data that nobody reads, and such memory can't be swapped. With the kernel's 208 KiB a
stalled socket pins little; with megabytes a few hundred of them take the host down.

A program that needs more for one socket asks for it (SO_RCVBUF, SO_SNDBUF, up to rmem_max and wmem_max), so the
defaults may stay as they are. Leave them if a program that does not ask is known to lose packets (UDP: RcvbufErrors in
nstat). The change: the line goes and the kernel's 212992 holds from the next boot; `sysctl -w
net.core.rmem_default=212992` makes it so at once, for new sockets only, without a restart. To undo it, put the line
back.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.kernel import Kernel, evidence, integers
from confmend.facts.memory import Memory
from confmend.facts.sockets import SocketMemory
from confmend.model import Example, Finding, Rule, Severity

KEYS = {"net.core.rmem_default": "net.ipv4.tcp_rmem", "net.core.wmem_default": "net.ipv4.tcp_wmem"}
# 256 packets of 832 bytes, bookkeeping included (net/core/sock.c, SK_RMEM_MAX and SK_WMEM_MAX).
DEFAULT = 212_992
# Twenty times the default; what some UDP receivers ask for stays below.
MOST = 4 * 1024**2


def check(kernel: Kernel, memory: Memory | None, sockets: SocketMemory | None) -> Iterator[Finding]:
    """Look at the sizes in each layer; RAM and the number of sockets only make the arithmetic plainer."""
    for key, of_tcp in KEYS.items():
        for values in kernel.alike(key):
            size = integers(values[0], 1)
            if not size or size[0] <= MOST:
                continue
            name, buffer = key.rpartition(".")[2], units.human(size[0])
            pinned = f"; {memory.ram // size[0]:,} of them are the whole RAM, {units.gib(memory.ram)}" if memory else ""
            yield Finding(
                f"{name} is {buffer}. It reaches every UDP, netlink and Unix socket, local PostgreSQL clients "
                f"included, and no TCP socket: those take {of_tcp.rpartition('.')[2]}. A stalled one may pin up to "
                f"{buffer} that can't be swapped{pinned}. Remove the line; the kernel's default is {DEFAULT:,} bytes "
                "(208 KiB).",
                evidence(*values),
                kernel.undone(key, str(DEFAULT), values),
                tuple(_steps(size[0], memory, sockets)),
            )


def _steps(size: int, memory: Memory | None, sockets: SocketMemory | None) -> Iterator[str]:
    yield f"{size:,} ÷ {DEFAULT:,} bytes = {size / DEFAULT:,.0f} times the kernel's default"
    if memory:
        yield f"{units.gib(memory.ram)} RAM ÷ {units.human(size)} = {memory.ram // size:,} sockets with a full buffer"
    if sockets and sockets.used is not None and sockets.used > sockets.inuse:
        others = f"{sockets.used:,} sockets − {sockets.inuse:,} TCP = {sockets.used - sockets.inuse:,} others"
        yield f"{others} (TCP over IPv6 is among them, and has its own size)"


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://docs.kernel.org/admin-guide/sysctl/net.html#rmem-default",
        "https://github.com/torvalds/linux/blob/v6.1/net/core/sock.c",
        "https://github.com/torvalds/linux/blob/v6.1/net/ipv4/tcp.c",
    ),
    examples=(
        Example(
            {
                "sysctl_conf": "net.core.rmem_default = 31457280\nvm.swappiness = 10\nnet.core.wmem_default=8388608\n",
                "answers": "memory = 16GB\n",
            },
            {"sysctl_conf": "vm.swappiness = 10\n"},
        ),
        Example(
            {"sysctl_dump": "net.core.rmem_default = 31457280\nkernel.osrelease = 6.1.0\n"},
            {"sysctl_dump": "net.core.rmem_default = 212992\nkernel.osrelease = 6.1.0\n"},
        ),
        Example({"sysctl_conf": "net.core.rmem_default = 4194304\nnet.core.wmem_default = 4194304\n"}),
    ),
    side_effect=(
        "New UDP and Unix sockets start with smaller buffers: a receiver of UDP bursts that relied on the default "
        "has to ask for its own."
    ),
)
