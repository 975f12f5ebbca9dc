"""TCP keepalive where neither a program nor an administrator sets it, by operating system.

Sources: Documentation/networking/ip-sysctl.rst (Linux); tcp(4) and sysctl net.inet.tcp (macOS, FreeBSD); KeepAliveTime
and KeepAliveInterval of Windows, whose number of probes is fixed.
"""

from collections.abc import Mapping

from confmend.units import SECOND

# Microseconds until the first probe and between probes, and how many there are.
USUAL: Mapping[str, tuple[int, int, int]] = {
    "Linux": (7200 * SECOND, 75 * SECOND, 9),
    "macOS": (7200 * SECOND, 75 * SECOND, 8),
    "FreeBSD": (7200 * SECOND, 75 * SECOND, 8),
    "Windows": (7200 * SECOND, SECOND, 10),
}
# Where the running system says it, and the microseconds of its unit.
KEYS: Mapping[str, tuple[tuple[str, str, str], int]] = {
    "Linux": (("net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes"), SECOND),
    "macOS": (("net.inet.tcp.keepidle", "net.inet.tcp.keepintvl", "net.inet.tcp.keepcnt"), 1_000),
    "FreeBSD": (("net.inet.tcp.keepidle", "net.inet.tcp.keepintvl", "net.inet.tcp.keepcnt"), 1_000),
}
