"""The kernel may keep fewer closing connections than it would by itself.

tcp_max_orphans caps connections that no process holds any more but that still have data to deliver; beyond it the
kernel resets them, and a client may lose the end of an answer. tcp_max_tw_buckets caps TIME_WAIT; beyond it that state
is destroyed and late packets can reach a new connection. Both defaults grow with RAM. Lowering them is old advice
against denial of service; the memory that it saves is some hundred bytes for each.

Leave them on a host that must never give TCP more. The change holds at once; to undo it, put the line back.
"""

from collections.abc import Iterator

from confmend import units
from confmend.facts.kernel import Kernel, evidence
from confmend.facts.memory import Memory
from confmend.model import Example, Finding, Rule, Severity

KEYS = ("net.ipv4.tcp_max_orphans", "net.ipv4.tcp_max_tw_buckets")
# Half of the buckets for established connections, one for 128 KiB of RAM, a power of two (net/ipv4/tcp.c, tcp_init).
PER_BUCKET, MOST_BUCKETS = 128 * 1024, 524_288
# RAM just beside a power of two, and what a boot reserves, may halve it.
SHARE = 0.5


def check(kernel: Kernel, memory: Memory) -> Iterator[Finding]:
    """Compare with what the kernel makes of this RAM."""
    default = min(1 << (-(-memory.ram // PER_BUCKET) - 1).bit_length(), MOST_BUCKETS) // 2
    for key in KEYS:
        for values, found in kernel.numbers(key):
            if found[0] < SHARE * default:
                yield Finding(
                    f"{key.rpartition('.')[2]} is {found[0]:,}; the kernel itself would allow about {default:,} on a "
                    f"host with {units.gib(memory.ram)}. Beyond it connections are cut off while they close. Remove "
                    "the line.",
                    (*evidence(*values), *memory.origins),
                    kernel.undone(key, str(default), values),
                    (f"{units.gib(memory.ram)} ÷ 128 KiB, to a power of two, at most 524,288, ÷ 2 = {default:,}",),
                )


RULE = Rule(
    check,
    Severity.WARNING,
    sources=(
        "https://docs.kernel.org/networking/ip-sysctl.html#tcp-variables",
        "https://github.com/torvalds/linux/blob/v6.1/net/ipv4/tcp.c",
    ),
    examples=(
        Example(
            {"sysctl_conf": "net.ipv4.tcp_max_tw_buckets = 5000\n", "answers": "memory = 16GB\n"}, {"sysctl_conf": ""}
        ),
        # 16 GB make 131,072 buckets, so 65,536.
        Example({"sysctl_conf": "net.ipv4.tcp_max_orphans = 32768\n", "answers": "memory = 16GB\n"}),
    ),
    side_effect="In a flood of closing connections the kernel holds more of them, up to 64 KiB for an orphan.",
)
