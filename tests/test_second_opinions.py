"""Our reading of the samples against two independent readers: jc's parsers and insights-core's.

Where they differ, ``KNOWN`` says which of them and why they are not followed. Whatever is not listed must be the same.
"""

import importlib
import os
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from confmend.document import Document, document
from confmend.formats import detect, formats

jc = pytest.importorskip("jc", reason="jc is not installed (tests/requirements.txt)")
insights = pytest.importorskip("insights", reason="insights-core is not installed (tests/requirements.txt)")

SAMPLES = Path(__file__).parent / "corpus"
COLLECTED = Path(os.environ.get("CONFMEND_CORPUS", Path(__file__).parents[2] / "shared" / "corpus"))
Said = Mapping[str, str]


def read(kind: str, text: str) -> Document:
    return document(formats()[kind], "x", text)


def ours(found: Document) -> dict[str, str]:
    """What wins for each key."""
    lines = ((key, found.get(key)) for key in found.settings)
    return {key: line.value for key, line in lines if line}


def texts(kind: str) -> Iterator[tuple[str, str]]:
    """The samples of a kind, and the collected files that are of it."""
    for path in sorted((SAMPLES / kind).iterdir()):
        if path.name != "cases.toml":
            yield path.name, path.read_bytes().decode("utf-8", "surrogateescape")
    for path in sorted((COLLECTED / kind).glob("*")):
        text = path.read_bytes().decode("utf-8", "surrogateescape")
        found = detect("", text)
        if found and found.kind == kind:
            yield path.name, text


# jc -----------------------------------------------------------------------------------------------------------------


def raw(parser: str, text: str) -> Any:
    return jc.parse(parser, text, quiet=True, raw=True)


def jc_free(text: str) -> Said:
    names = {"buff_cache": "buff/cache"}
    rows = ((row["type"], key, value) for row in raw("free", text) for key, value in row.items() if key != "type")
    return {f"{kind}/{names.get(key, key)}": value for kind, key, value in rows if value is not None}


def jc_meminfo(text: str) -> Said:
    return {key: str(value) for key, value in jc.parse("proc_meminfo", text, quiet=True).items()}


def jc_os_release(text: str) -> Said:
    return dict(jc.parse("os_release", text, quiet=True))


def jc_uname(text: str) -> Said:
    names = {"node_name": "nodename"}
    return {names.get(key, key).replace("_", "-"): value for key, value in raw("uname", text).items()}


def jc_counters(text: str) -> Said:
    groups = jc.parse("proc_net_netstat", text, quiet=True)
    return {f"{group['type']}/{key}": str(value) for group in groups for key, value in group.items() if key != "type"}


def jc_sysctl(text: str) -> Said:
    """What takes one line; jc joins what stands in several, and all that follows a key that it knows no end of."""
    return {key: value.strip() for key, value in raw("sysctl", text).items() if "\n" not in value.strip()}


def jc_cpuinfo(text: str) -> Said:
    return {"processors": str(sum("processor" in block for block in raw("proc_cpuinfo", text)))}


def jc_ss(text: str) -> Said:
    """The state of each Internet socket by its addresses."""
    found = {}
    for row in raw("ss", text):
        if row.get("netid") in ("tcp", "udp"):
            local, peer = (f"{row[f'{side}_address']}:{row[f'{side}_port']}" for side in ("local", "peer"))
            found[f"{local} {peer}"] = f"{row['state']} {row['recv_q']} {row['send_q']}"
    return found


def jc_netstat(text: str) -> Said:
    found = {}
    for row in raw("netstat", text):
        if row.get("kind") == "network":
            local, peer = (f"{row[f'{side}_address']}:{row[f'{side}_port']}" for side in ("local", "foreign"))
            found[f"{local} {peer}"] = f"{row.get('state') or ''} {row['recv_q']} {row['send_q']}"
    return found


# insights-core ------------------------------------------------------------------------------------------------------


def parsed(module: str, name: str, text: str) -> Any:
    from insights.tests import context_wrap

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return getattr(importlib.import_module(f"insights.parsers.{module}"), name)(context_wrap(text))


def insights_meminfo(text: str) -> Said:
    found = parsed("meminfo", "MemInfo", text)
    return {"MemTotal": str(found.total), "SwapTotal": str(found.swap.total), "CommitLimit": str(found.commit.limit)}


def insights_lscpu(text: str) -> Said:
    info = parsed("lscpu", "LsCPU", text).info
    names = {"CPUs": "CPU(s)", "On-line CPUs list": "On-line CPU(s) list", "Threads per core": "Thread(s) per core"}
    return {names[key]: value for key, value in info.items() if key in names}


def insights_cpuinfo(text: str) -> Said:
    return {"processors": str(parsed("cpuinfo", "CpuInfo", text).cpu_count)}


def insights_uname(text: str) -> Said:
    found = parsed("uname", "Uname", text)
    return {"kernel-name": found.name, "nodename": found.nodename, "kernel-release": found.kernel}


def insights_sysctl(text: str) -> Said:
    return dict(parsed("sysctl", "Sysctl", text).data)


def insights_counters(text: str) -> Said:
    return dict(parsed("netstat", "ProcNsat", text).data)


def insights_sentences(text: str) -> Said:
    said = parsed("netstat", "NetstatS", text).data["tcpext"]
    names = {
        "times_the_listen_queue_of_a_socket_overflowed": "TcpExt/ListenOverflows",
        "syns_to_listen_sockets_dropped": "TcpExt/ListenDrops",
        "tcp_ran_low_on_memory_times": "TcpExt/TCPMemoryPressures",
        "connections_aborted_due_to_memory_pressure": "TcpExt/TCPAbortOnMemory",
    }
    return {names[key]: value for key, value in said.items() if key in names}


def insights_limits(text: str) -> Said:
    rows = parsed("proc_limits", "HttpdLimits", text).data
    return {row["Limit"].replace("_", " ").capitalize(): row["Soft_Limit"] for row in rows}


# Ours, in the shape of the other ------------------------------------------------------------------------------------


def plain(kind: str, text: str) -> Said:
    return ours(read(kind, text))


def in_bytes(kind: str, text: str) -> Said:
    return {key: str(int(value.removesuffix(" kB")) * 1024) for key, value in plain(kind, text).items()}


def without_unit(kind: str, text: str) -> Said:
    return {key: value.removesuffix(" kB") for key, value in plain(kind, text).items()}


def without_group(kind: str, text: str) -> Said:
    return {key.partition("/")[2]: value for key, value in plain(kind, text).items()}


def processors(kind: str, text: str) -> Said:
    return {"processors": str(len(read(kind, text).settings.get("processor", ())))}


def queues(kind: str, text: str) -> Said:
    return {
        line.key: f"{line.value} {line.columns['Recv-Q']} {line.columns['Send-Q']}"
        for line in read(kind, text).lines
        if line.key
    }


OPINIONS: Mapping[str, tuple[str, Callable[[str], Said], Callable[[str, str], Said]]] = {
    "jc free": ("free", jc_free, plain),
    "jc proc_meminfo": ("meminfo", jc_meminfo, without_unit),
    "jc os_release": ("os_release", jc_os_release, plain),
    "jc uname": ("uname", jc_uname, plain),
    "jc proc_net_netstat": ("netstat_counters", jc_counters, plain),
    "jc sysctl": ("sysctl_dump", jc_sysctl, plain),
    "jc proc_cpuinfo": ("cpuinfo", jc_cpuinfo, processors),
    "jc ss": ("ss_sockets", jc_ss, queues),
    "jc netstat": ("netstat_sockets", jc_netstat, queues),
    "insights meminfo": ("meminfo", insights_meminfo, in_bytes),
    "insights lscpu": ("lscpu", insights_lscpu, plain),
    "insights cpuinfo": ("cpuinfo", insights_cpuinfo, processors),
    "insights uname": ("uname", insights_uname, plain),
    "insights sysctl": ("sysctl_dump", insights_sysctl, plain),
    "insights netstat": ("netstat_counters", insights_counters, without_group),
    "insights netstat -s": ("netstat_s", insights_sentences, plain),
    "insights proc_limits": ("process_limits", insights_limits, plain),
}

# Opinion, file, key (patterns), and why the other one is not followed.
KNOWN = (
    ("jc free", "german.*", ".*", "jc keeps the German headings as they are, so nothing that asks for total finds it"),
    ("jc free", "busybox.*|procps-3.*", "-/[+]/.*", "jc cuts the row's name -/+ buffers/cache at its blank"),
    ("jc proc_meminfo|insights meminfo", "percona__.*", "", "free's output stands above; both raise on the whole text"),
    (
        "jc os_release",
        "quoting.*",
        "PRETTY_NAME",
        r'os-release(5): \\" \\$ \\\\ \\` are escapes; jc leaves the backslashes',
    ),
    ("jc uname", "debian-12.*", "processor|hardware-platform", "uname(1) leaves out what is unknown; jc makes it up"),
    ("jc uname", "proc-version.*", ".*", "/proc/version is none of jc's; it takes it for uname's all the same"),
    ("insights uname", "proc-version.*", "nodename", "as jc"),
    ("insights uname", "freebsd.*|macos.*", "", "only Linux is known"),
    ("insights proc_limits", "prlimit.*", "", "only the file is known, not the command"),
    ("insights sysctl", ".*", "kern(el)?.version", "everything behind # is thrown away, also in a value: #1 SMP ..."),
    (
        "insights sysctl",
        "(kellyjonbrazil__jc|percona__percona-toolkit)__sysctl.*",
        "(?s).*",
        "FreeBSD's key: value lines are cut at the first = in them",
    ),
    ("jc sysctl", ".*", "", "jc raises at a text that starts with an error line of sysctl"),
    (
        "jc sysctl",
        "kellyjonbrazil__jc__sysctl.*",
        "vm.phys_locality",
        "the value stands below its key; jc joins the lines",
    ),
    ("jc proc_cpuinfo", "s390x.*", "processors", "on s390x a CPU is a line: processor 0: version = ..."),
    ("jc ss", ".*", "", "jc reads ss only with -a or -tu: without a Netid column it raises KeyError"),
)


def known(opinion: str, name: str, key: str) -> bool:
    given = (opinion, name, key)
    return any(all(re.fullmatch(*pair) for pair in zip(row[:3], given, strict=True)) for row in KNOWN)


def differences(opinion: str, text: str) -> Mapping[str, tuple[str | None, str]]:
    """What the other reader says otherwise: key, ours, theirs. A reader that raises says nothing at all."""
    kind, theirs, own = OPINIONS[opinion]
    mine = own(kind, text)
    try:
        said = theirs(text)
    except Exception as refusal:
        return {"": (None, f"{type(refusal).__name__}: {refusal}")}
    return {
        key: (mine.get(key), value)
        for key, value in said.items()
        if key not in mine or mine[key].split() != str(value).split()
    }


@pytest.mark.parametrize("opinion", OPINIONS)
def test_second_opinion(opinion: str) -> None:
    found = {
        (name, key): values
        for name, text in texts(OPINIONS[opinion][0])
        for key, values in differences(opinion, text).items()
        if not known(opinion, name, key)
    }
    assert dict(list(found.items())[:5]) == {}


@pytest.mark.parametrize("row", KNOWN, ids=lambda row: f"{row[0]}: {row[1]} {row[2]}")
def test_known_differences_still_differ(row: tuple[str, str, str, str]) -> None:
    seen = [
        key
        for opinion in OPINIONS
        if re.fullmatch(row[0], opinion)
        for name, text in texts(OPINIONS[opinion][0])
        if re.fullmatch(row[1], name)
        for key in differences(opinion, text)
        if re.fullmatch(row[2], key)
    ]
    if not seen and not COLLECTED.is_dir():
        pytest.skip("it shows only in a collected file (CONFMEND_CORPUS)")
    assert seen
