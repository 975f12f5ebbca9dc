"""The table of the kernel's keys, against the kernel that the tests run on and dumps of real hosts."""

import os
import platform
from pathlib import Path

import pytest

from confmend.catalog import sysctl
from confmend.document import Document, document
from confmend.formats import formats
from programs import procps

RUNNING = sysctl.version(platform.release()) or (0, 0)
DUMPS = Path(os.environ.get("CONFMEND_CORPUS") or Path(__file__).resolve().parents[2] / "shared" / "corpus")
ROOT = Path("/proc/sys")
on_linux = pytest.mark.skipif(not ROOT.is_dir(), reason="not on Linux")
in_namespaces = pytest.mark.skipif(bool(procps.refusal()), reason=procps.refusal())
# A host says so, or its distribution: kept apart from the defaults of a fresh network.
BACKPORTED = {
    "3.10": (
        "kernel.numa_balancing", "net.core.bpf_jit_harden", "net.ipv4.tcp_autocorking", "net.ipv4.tcp_min_tso_segs",
        "net.ipv4.tcp_invalid_ratelimit", "net.ipv4.tcp_notsent_lowat", "vm.overcommit_kbytes",
    ),
    # The remedy against SACK panic went into every kernel that was maintained in 2019.
    "": ("net.ipv4.tcp_min_snd_mss",),
}  # fmt: skip


def is_there(name: str) -> bool:
    return (ROOT / procps.path(name)).exists()


@on_linux
def test_the_running_kernel_has_the_keys_that_the_table_says() -> None:
    settings = sysctl.settings().values()
    absent = [each.name for each in settings if each.exists_in(RUNNING) and not each.module and not is_there(each.name)]
    gone = [each.name for each in settings if each.removed and not each.exists_in(RUNNING) and is_there(each.name)]
    assert (absent, gone) == ([], [])


@in_namespaces
def test_a_fresh_network_has_the_namespaced_keys_and_no_others() -> None:
    fresh = procps.fresh()
    for each in sysctl.settings().values():
        if each.name.startswith("net.") and each.exists_in(RUNNING) and (not each.module or is_there(each.name)):
            assert (each.name in fresh) == (each.namespaced in ("net", "shown")), each.name


@in_namespaces
def test_a_fresh_network_shows_the_defaults() -> None:
    fresh = procps.fresh()
    compared = 0
    for each in sysctl.settings().values():
        default = each.default_in(RUNNING)
        if default is not None and each.is_per_network and each.name in fresh:
            assert fresh[each.name].split() == default.split(), each.name
            compared += 1
    assert compared


@in_namespaces
def test_a_fresh_network_refuses_what_it_only_shows() -> None:
    shown = [each.name for each in sysctl.settings().values() if each.namespaced == "shown" and is_there(each.name)]
    outcome = procps.written([(name, procps.fresh()[name]) for name in shown if name in procps.fresh()])
    assert {complaint.text for complaint in outcome.complaints} == {name for name in shown if name in procps.fresh()}


def dumps() -> list[tuple[str, Document]]:
    folder = DUMPS / "sysctl_dump"
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    form = formats()["sysctl_dump"]
    return [(path.name, document(form, path.name, path.read_text("utf-8", "surrogateescape"))) for path in paths]


@pytest.mark.skipif(not dumps(), reason="no collection of real dumps here")
def test_dumps_of_older_kernels_have_no_key_before_its_time_or_after_it() -> None:
    seen = set()
    for name, dump in dumps():
        release = dump.get("kernel.osrelease")
        version = sysctl.version(release.value) if release and release.value[0].isdigit() else None
        if not version or version < (3, 10) or dump.get("kern.ostype"):
            continue
        seen.add(version)
        allowed = {*BACKPORTED[""], *BACKPORTED.get(".".join(map(str, version)), ())}
        wrong = [
            each.name
            for each in sysctl.settings().values()
            if dump.get(each.name) and not each.exists_in(version) and each.name not in allowed
        ]
        assert not wrong, name
    assert len(seen) > 1


def test_a_table_of_typed_fields() -> None:
    setting = sysctl.settings()["net.core.somaxconn"]
    assert (setting.default_in((5, 3)), setting.default_in((5, 4)), setting.is_per_network) == ("128", "4096", True)
    output = sysctl.settings()["net.ipv4.tcp_limit_output_bytes"]
    assert [output.default_in(version) for version in ((4, 19), (6, 1), (6, 18))] == ["262144", "1048576", "4194304"]
    assert sysctl.settings()["net.ipv4.ip_local_port_range"].default_in((4, 2)) == "32768 61000"
    assert sysctl.settings()["net.ipv4.tcp_mem"].default is None
    assert sysctl.settings()["vm.dirty_expire_centisecs"].seconds == 0.01


def test_the_same_key_has_another_unit_elsewhere() -> None:
    idle = {system: sysctl.counterparts(system)["net.inet.tcp.keepidle"] for system in ("FreeBSD", "Darwin", "OpenBSD")}
    assert [int(each.default or 0) / each.factor for each in idle.values()] == [7200, 7200, 7200]
    assert [each.seconds for each in idle.values()] == [0.001, 0.001, 0.5]
    for system in ("FreeBSD", "macOS", "OpenBSD"):
        for each in sysctl.counterparts(system).values():
            assert not each.linux or each.linux in sysctl.settings()


def test_every_row_says_what_it_is_and_from_where() -> None:
    for each in sysctl.settings().values():
        assert each.source
        assert each.namespaced in ("net", "shown", "ipc", "no")
        assert each.low is None or each.high is None or each.low <= each.high
        assert not (each.since and each.removed) or each.since < each.removed
