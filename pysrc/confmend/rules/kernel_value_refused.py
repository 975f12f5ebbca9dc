"""The kernel refuses a value in a sysctl file, or takes it for another number.

The kernel takes whole numbers separated by blanks. Units (16M, 5m), commas, quotes and fractions are refused: sysctl
prints Invalid argument at boot and the old value stays (quotes: take them off by hand). A number with a leading zero is
octal, as in C: 010 is 8, and nothing is printed. Of a vector that is too short only the first numbers change.

The line is mended where only one meaning is possible, and the value then is a usual one. To apply it: `sysctl -p FILE`,
then read each key back. To undo it, put the line back.
"""

import re
from collections.abc import Iterator

from confmend.catalog import sysctl as catalog
from confmend.facts.kernel import Kernel
from confmend.formats.sysctl_conf import is_glob
from confmend.model import Example, Finding, Rule, Severity
from confmend.models.tcp_buffers import LARGEST_START, STARTS

VECTORS = {
    "net.ipv4.tcp_rmem": 3,
    "net.ipv4.tcp_wmem": 3,
    "net.ipv4.tcp_mem": 3,
    "net.ipv4.udp_mem": 3,
    "net.ipv4.ip_local_port_range": 2,
    "kernel.sem": 4,
}
# net/ipv4/sysctl_net_ipv4.c: tcp_syn_retries_min and _max.
BOUNDS = {"net.ipv4.tcp_syn_retries": (1, 127)}
PORTS = "net.ipv4.ip_local_port_range"
# simple_strtoull with base 0: hexadecimal, octal, decimal.
_NUMBER = re.compile(r"-?(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)")
_OCTAL = re.compile(r"-?0[0-9]+")
_SIZED = re.compile(r"([1-9][0-9]*) ?([KMG])i?B?", re.IGNORECASE)
# Linux's own largest receive buffer before 6.18.
MODEST = 6 * 1024**2
_FACTORS = {"k": 1024, "m": 1024**2, "g": 1024**3}


def check(kernel: Kernel) -> Iterator[Finding]:
    """Read each value of a known numeric key as the kernel does."""
    for document in kernel.files:
        for key, indices in document.settings.items():
            count = _fields(key)
            value = document.lines[indices[-1]].value.strip()
            if not count or not value:
                continue
            fields = value.split()[:count]
            octal = next((field for field in fields if _OCTAL.fullmatch(field)), "")
            if octal and all(map(_NUMBER.fullmatch, fields)):
                text = f"{octal} is octal: the kernel takes it for {int(octal, 8)} and says nothing."
                meant = " ".join(str(int(field)) if _OCTAL.fullmatch(field) else field for field in fields)
            elif not all(map(_NUMBER.fullmatch, fields)):
                text = f"{_shown(value)} is refused (Invalid argument): the kernel takes whole numbers"
                text += f", {count} of them with blanks between." if count > 1 else "."
                meant = _meant(key, value, count)
            elif why := _beyond(key, fields):
                text, meant = f"{_shown(value)} is refused (Invalid argument): {why}.", ""
            elif len(fields) < count:
                text, meant = (
                    f"{key.rpartition('.')[2]} takes {count} numbers; only the first {len(fields)} change.",
                    "",
                )
            else:
                continue
            from_here = document is next((each for each in reversed(kernel.files) if key in each.settings), None)
            mended = bool(meant) and from_here
            harmless = mended and _in_range(key, meant)
            yield Finding(
                f"{key}: {text}" + (f" Write {meant}." if mended else ""),
                (document.origin(indices[-1]),),
                kernel.changed(key, meant, kernel.writes(key)[-1:]) if harmless else (),
            )


def _fields(key: str) -> int:
    """Return how many numbers a key takes; 0 for what is no number, or not known."""
    if key in VECTORS:
        return VECTORS[key]
    setting = catalog.settings().get(key)
    if is_glob(key) or not setting or setting.default is None:
        return 0
    return 1 if setting.default.isdecimal() else 0


def _meant(key: str, value: str, count: int) -> str:
    """Return the only thing that a refused value can mean, empty if there is none."""
    bare = value.rstrip(";").strip()
    if bare[:1] in "\"'":
        return ""  # quotes are not for an edit to take away: in a script of commands they are the shell's
    fields = bare.replace(",", " ").split() if count > 1 else [bare]
    if key == PORTS and re.fullmatch("[0-9]+-[0-9]+", bare):
        fields = bare.split("-")
    setting = catalog.settings().get(key)
    if setting and setting.bytes:
        sized = [_SIZED.fullmatch(field) for field in fields]
        per = setting.bytes
        fields = [
            str(int(match[1]) * _FACTORS[match[2].lower()] // per) if match else field
            for match, field in zip(sized, fields, strict=True)
        ]
    plain = len(fields) == count and all(re.fullmatch("0|[1-9][0-9]*", field) for field in fields)
    return " ".join(fields) if plain and not _beyond(key, fields) else ""


def _beyond(key: str, fields: list[str]) -> str:
    if key in BOUNDS and len(fields) == 1:
        least, most = BOUNDS[key]
        return "" if least <= int(fields[0], 0) <= most else f"it must be {least} to {most}"
    if key == PORTS and len(fields) == 2:
        first, last = (int(field, 0) for field in fields)
        if first > last:
            return "the first port is above the last"
        return "" if first >= 1 and last <= 65_535 else "ports are 1 to 65535"
    return ""


def _in_range(key: str, meant: str) -> bool:
    """Return whether a value needs no further word; else it is only said, for it is a mistake of another kind too."""
    setting = catalog.settings().get(key)
    number = int(meant) if meant.isdecimal() else None
    if key in STARTS:
        least, start, most = map(int, meant.split())
        return least <= start <= LARGEST_START and start <= most <= MODEST
    if setting is None or number is None or (setting.low is None and setting.high is None):
        return False
    return (setting.low is None or setting.low <= number) and (setting.high is None or number <= setting.high)


def _shown(value: str) -> str:
    return value if len(value) <= 60 else f"{value[:57]}..."


RULE = Rule(
    check,
    Severity.ERROR,
    sources=(
        "https://github.com/torvalds/linux/blob/v6.1/kernel/sysctl.c",
        "https://man7.org/linux/man-pages/man5/sysctl.conf.5.html",
    ),
    examples=(
        Example(
            {
                "sysctl_conf": "net.ipv4.tcp_rmem = 4096,131072,6291456\nnet.core.rmem_max = 16M\n"
                'net.ipv4.tcp_wmem = "4096 16384 4194304"\nnet.ipv4.tcp_fin_timeout = 030\n'
                "net.ipv4.ip_local_port_range = 60000 1024\n"
            },
            {
                "sysctl_conf": "net.ipv4.tcp_rmem = 4096 131072 6291456\nnet.core.rmem_max = 16777216\n"
                'net.ipv4.tcp_wmem = "4096 16384 4194304"\nnet.ipv4.tcp_fin_timeout = 30\n'
                "net.ipv4.ip_local_port_range = 60000 1024\n"
            },
        ),
        Example(
            {"sysctl_conf": "net.ipv4.tcp_fin_timeout = 1m\nnet.ipv4.tcp_wmem = 4096 65536\n"},
            {"sysctl_conf": "net.ipv4.tcp_fin_timeout = 1m\nnet.ipv4.tcp_wmem = 4096 65536\n"},
        ),
        Example(
            {
                "sysctl_conf": "net.ipv4.tcp_rmem = 4096\t131072\t6291456\nnet.core.rmem_max=0x100000\n"
                "kernel.core_pattern = core.%p\nnet.ipv4.ip_local_reserved_ports = 5432,6432-6440\n"
            }
        ),
    ),
    side_effect="A value that the kernel has refused until now takes effect.",
)
