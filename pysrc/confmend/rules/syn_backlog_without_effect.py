"""tcp_max_syn_backlog was changed, but it does nothing while SYN cookies are on.

From Linux 4.4 on half-open connections are counted against the listening socket's own queue. The kernel looks at
tcp_max_syn_backlog only when tcp_syncookies is 0; with the default 1 a full queue is answered with cookies and nothing
is lost. So the line has no effect; what limits a burst of connections is the server's own backlog and somaxconn.

The advice is wrong if tcp_syncookies is going to be 0, which nobody should want. The change: the line goes; nothing
needs a restart, and nothing changes. To undo it, put the line back.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.kernel import Kernel, evidence, integers
from confmend.facts.memory import Memory
from confmend.model import Example, Finding, Rule, Severity

KEY, COOKIES = "net.ipv4.tcp_max_syn_backlog", "net.ipv4.tcp_syncookies"
# Before 4.4 the queue of half-open connections was a table of this size.
FIRST = (4, 4)
# The default is the number of buckets for established connections by 128, up to 4.18 by 256, and at least 128
# (net/ipv4/tcp_ipv4.c, tcp_sk_init); there is a bucket for each 128 KiB of RAM, rounded up to a power of two.
LAST_WITH_256 = (4, 18)
PER_BUCKET, MOST_BUCKETS, LEAST = 128 * 1024, 524_288, 128


def check(kernel: Kernel, memory: Memory) -> Iterator[Finding]:
    """Compare with the default of this kernel; a kernel of unknown version is left alone."""
    version = kernel.version
    cookies = integers(kernel.effective(COOKIES), 1)
    if version is None or version < FIRST or (cookies and cookies[0] != 1):
        return
    default = _default(memory.ram, version)
    for values in kernel.alike(KEY):
        backlog = integers(values[0], 1)
        # Half and double are what RAM just beside a power of two may give.
        if not backlog or default // 2 <= backlog[0] <= default * 2:
            continue
        yield Finding(
            f"tcp_max_syn_backlog is {backlog[0]:,} instead of {default:,}, but the kernel looks at it only while "
            "tcp_syncookies is 0, and here it is 1. The line has no effect; remove it.",
            evidence(*values, kernel.effective(COOKIES)),
            kernel.undone(KEY, str(default), values),
            (
                f"{units.gib(memory.ram)} ÷ 128 KiB, rounded up to a power of two = {_buckets(memory.ram):,} buckets",
                f"default: {_buckets(memory.ram):,} ÷ {_divisor(version)} = {default:,}",
            ),
        )


def _buckets(ram: int) -> int:
    wanted = -(-ram // PER_BUCKET)
    return min(1 << (wanted - 1).bit_length(), MOST_BUCKETS)


def _divisor(version: tuple[int, int]) -> int:
    return 256 if version <= LAST_WITH_256 else 128


def _default(ram: int, version: tuple[int, int]) -> int:
    return max(LEAST, _buckets(ram) // _divisor(version))


RULE = Rule(
    check,
    Severity.INFO,
    sources=(
        "https://github.com/torvalds/linux/blob/v6.1/net/ipv4/tcp_input.c",
        "https://github.com/torvalds/linux/blob/v6.1/net/ipv4/tcp_ipv4.c",
        "https://docs.kernel.org/networking/ip-sysctl.html#tcp-variables",
    ),
    examples=(
        Example(
            {
                "sysctl_conf": "net.ipv4.tcp_max_syn_backlog = 65535\nvm.swappiness = 10\n",
                "sysctl_dump": "kernel.osrelease = 6.1.0-18-amd64\nnet.ipv4.tcp_syncookies = 1\n",
                "answers": "memory = 16GB\n",
            },
            {
                "sysctl_conf": "vm.swappiness = 10\n",
                "sysctl_dump": "kernel.osrelease = 6.1.0-18-amd64\nnet.ipv4.tcp_syncookies = 1\n",
            },
        ),
        Example(
            {
                "sysctl_conf": "net.ipv4.tcp_max_syn_backlog = 2048\n",
                "sysctl_dump": "kernel.osrelease = 6.1.0-18-amd64\nnet.ipv4.tcp_syncookies = 1\n",
                "answers": "memory = 16GB\n",
            }
        ),
        Example(
            {
                "sysctl_conf": "net.ipv4.tcp_max_syn_backlog = 65535\n",
                "sysctl_dump": "kernel.osrelease = 6.1.0-18-amd64\nnet.ipv4.tcp_syncookies = 0\n",
                "answers": "memory = 16GB\n",
            }
        ),
    ),
    side_effect="None: the value had no effect.",
)
