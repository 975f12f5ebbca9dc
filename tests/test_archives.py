"""Archives: only what is of use is read, whatever packed it; hostile ones cost little and harm nothing."""

import bz2
import gzip
import io
import json
import lzma
import random
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confmend.bridge import call
from confmend.bundle import archive, members, packed, tar
from confmend.bundle.packed import UnreadableError
from confmend.formats import detect, formats
from confmend.intake import folder, of_use, unpacked
from confmend.model import Paste
from zstd_frames import zstd

SYSCTL = b"net.ipv4.tcp_mem = 786432 1048576 26777216\n"
MEMINFO = b"MemTotal:       16090752 kB\nMemFree:          884212 kB\n"
POSTGRESQL = b"max_connections = 500\nshared_buffers = 14GB\nwork_mem = 64MB\n"
LOG = b"2026-03-02 03:14:55.031 UTC [20412] app@orders LOG:  checkpoint starting: time\n" * 50
REPORT = {
    "sosreport-db1-2026/proc/meminfo": MEMINFO,
    "sosreport-db1-2026/sos_commands/kernel/sysctl_-a": SYSCTL + b"vm.swappiness = 60\n",
    "sosreport-db1-2026/etc/sysctl.d/99-buffers.conf": SYSCTL,
    "sosreport-db1-2026/var/lib/pgsql/data/postgresql.conf": POSTGRESQL,
    "sosreport-db1-2026/var/log/postgresql/postgresql-15-main.log.1.gz": gzip.compress(LOG),
    "sosreport-db1-2026/etc/ssh/sshd_config": b"PermitRootLogin no\n",
    "sosreport-db1-2026/notes.txt": MEMINFO,
    "sosreport-db1-2026/etc/sysctl.d/README": b"",
}
READ = {
    "sosreport-db1-2026/proc/meminfo",
    "sosreport-db1-2026/sos_commands/kernel/sysctl_-a",
    "sosreport-db1-2026/etc/sysctl.d/99-buffers.conf",
    "sosreport-db1-2026/var/lib/pgsql/data/postgresql.conf",
}
Files = dict[str, bytes]


def tarred(files: Files, form: int = tarfile.GNU_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as made:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            made.addfile(info, io.BytesIO(content))
    return out.getvalue()


def zipped(files: Files, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return out.getvalue()


PACKERS: dict[str, Callable[[Files], bytes]] = {
    "tar, GNU": tarred,
    "tar, pax": lambda files: tarred(files, tarfile.PAX_FORMAT),
    "tar, ustar": lambda files: tarred(files, tarfile.USTAR_FORMAT),
    "tar.gz": lambda files: gzip.compress(tarred(files)),
    "tar.xz": lambda files: lzma.compress(tarred(files)),
    "tar.bz2": lambda files: bz2.compress(tarred(files)),
    "tar.gz in two members": lambda files: gzip.compress(tarred(files)[:700]) + gzip.compress(tarred(files)[700:]),
    "zip": zipped,
    "zip, stored": lambda files: zipped(files, zipfile.ZIP_STORED),
    "zip, lzma": lambda files: zipped(files, zipfile.ZIP_LZMA),
}


def texts(data: bytes, name: str = "report") -> dict[str, str]:
    return {paste.name: paste.text for paste in unpacked(name, memoryview(data)).pastes}


@pytest.mark.parametrize("pack", PACKERS.values(), ids=list(PACKERS))
def test_of_a_report_what_is_of_use_is_read(pack: Callable[[Files], bytes]) -> None:
    found = texts(pack(REPORT))
    log = "sosreport-db1-2026/var/log/postgresql/postgresql-15-main.log.1.gz"
    assert set(found) - {log.removesuffix(".gz"), "sosreport-db1-2026/notes.txt"} == READ
    for name in READ:
        assert found[name].encode() == REPORT[name]


def test_rotated_logs_are_unpacked_on_the_way() -> None:
    found = texts(tarred({"var/log/postgresql/postgresql-15-main.log.gz": gzip.compress(LOG)}))
    assert found == {"var/log/postgresql/postgresql-15-main.log": LOG.decode()}


def test_in_a_folder_without_known_paths_the_content_tells() -> None:
    found = texts(zipped({"a.txt": MEMINFO, "b/c": SYSCTL, "d.txt": b"Dear all,\nplease look.\n", "e.png": MEMINFO}))
    assert set(found) == {"a.txt", "b/c"}


def test_a_compressed_file_is_one_paste() -> None:
    for data in (gzip.compress(MEMINFO), lzma.compress(MEMINFO), bz2.compress(MEMINFO)):
        assert texts(data, "meminfo.gz") == {"meminfo": MEMINFO.decode()}


def test_what_is_left_is_said_with_the_reason() -> None:
    taken = unpacked(
        "report", memoryview(tarred(REPORT | {"inner.tar.gz": b"x", "big/pg_log/a.log": bytes(30_000_000)}))
    )
    assert "Not read, archives inside the archive: add them by themselves: 1 file (inner.tar.gz)." in taken.notes
    assert any(note.startswith("Not read, larger than the 24,000,000 bytes") for note in taken.notes)
    assert any(note.endswith("of no kind that is read.") for note in taken.notes)


@pytest.mark.parametrize(("form", "title"), [(b"7z\xbc\xaf\x27\x1c" + bytes(99), "7z"), (b"Rar!" + bytes(99), "RAR")])
def test_an_archive_that_nothing_here_unpacks_is_refused_by_name(form: bytes, title: str) -> None:
    assert archive.is_archive(memoryview(form))
    with pytest.raises(UnreadableError, match=f"{title} archives can't be unpacked here: pack it as zip or tar.gz"):
        unpacked("x", memoryview(form))


def test_zstd_is_read_where_python_can_and_refused_in_a_sentence_elsewhere() -> None:
    data = zstd(tarred(REPORT))
    if sys.version_info >= (3, 14):
        assert set(texts(data)) >= READ
    else:
        with pytest.raises(UnreadableError, match="unpack it with unzstd, or pack it with gzip or xz"):
            unpacked("x", memoryview(data))


def test_the_bridge_takes_bytes_and_gives_pastes() -> None:
    asked = json.dumps({"id": 1, "call": "unpack", "args": {"name": "r.zip"}})
    value = json.loads(call(asked, zipped(REPORT)))["value"]
    assert {each["name"] for each in value["pastes"]} >= READ
    refused = json.loads(call(asked, b"Rar!" + bytes(99)))
    assert refused["error"].startswith("RAR archives")


# Hostile archives ----------------------------------------------------------------------------------------------------


def links(kind: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        info = tarfile.TarInfo("proc/meminfo")
        info.type, info.linkname = kind, "/etc/shadow"
        made.addfile(info)
        real = tarfile.TarInfo("meminfo")
        real.size = len(MEMINFO)
        made.addfile(real, io.BytesIO(MEMINFO))
    return out.getvalue()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_are_not_followed(kind: bytes) -> None:
    assert texts(links(kind)) == {"meminfo": MEMINFO.decode()}


@pytest.mark.parametrize(
    "path", ["../../etc/sysctl.conf", "/etc/sysctl.conf", "..\\..\\etc/sysctl.conf", "./a/../etc/sysctl.conf"]
)
@pytest.mark.parametrize("pack", [tarred, zipped])
def test_a_path_leads_nowhere(pack: Callable[[Files], bytes], path: str, tmp_path: Path) -> None:
    for name in texts(pack({path: SYSCTL})):
        assert ".." not in name.split("/")
        assert not name.startswith("/")
        assert "\\" not in name


def test_a_name_with_control_characters_is_one_line() -> None:
    (name,) = texts(tarred({"a\n==> b <==\x1b[31m/etc/sysctl.conf": SYSCTL}))
    assert name.isprintable()


class Zeros(io.RawIOBase):
    """A file of zeros, as long as one likes."""

    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, size: int = -1) -> bytes:
        size = min(size if size >= 0 else self.left, self.left)
        self.left -= size
        return bytes(size)


def bomb(size: int, open_: Callable[[io.BytesIO], object]) -> bytes:
    out = io.BytesIO()
    with open_(out) as file, tarfile.open(fileobj=file, mode="w|") as made:  # type: ignore[attr-defined]
        info = tarfile.TarInfo("var/log/wtmp")
        info.size = size
        made.addfile(info, Zeros(size))
    return out.getvalue()


def test_a_bomb_stops_long_before_its_end() -> None:
    data = bomb(150_000_000, lambda out: gzip.GzipFile(fileobj=out, mode="wb"))
    assert len(data) < 300_000
    with pytest.raises(UnreadableError, match="as no report does"):
        unpacked("bomb.tar.gz", memoryview(data))


def test_what_came_before_the_bomb_stands() -> None:
    head = tarred({"proc/meminfo": MEMINFO})[:1024]
    tail = gzip.decompress(bomb(90_000_000, lambda out: gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1)))
    taken = unpacked("x.tar.xz", memoryview(lzma.compress(head + tail, preset=0)))
    assert [paste.name for paste in taken.pastes] == ["proc/meminfo"]
    assert any("as no report does" in note for note in taken.notes)


def test_a_member_of_a_zip_that_lies_about_its_size_is_left() -> None:
    data = bytearray(zipped({"var/log/postgresql/a.log": bytes(40_000_000), "meminfo": MEMINFO}))
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):  # the sizes in both headers
        at = data.find(mark) + offset
        data[at : at + 4] = (1000).to_bytes(4, "little")
    assert set(texts(bytes(data))) == {"meminfo"}


def test_a_packed_log_that_grows_too_large_is_left() -> None:
    found = unpacked("x", memoryview(tarred({"pg_log/a.log.gz": gzip.compress(bytes(90_000_000)), "meminfo": MEMINFO})))
    assert [paste.name for paste in found.pastes] == ["meminfo"]
    assert any("larger than the" in note for note in found.notes)


def test_no_more_than_the_limits_is_kept() -> None:
    rng = random.Random(7)
    body = "".join(
        f"2026-03-02 03:14:55.031 UTC [{rng.randrange(9999)}] LOG:  checkpoint starting\n" for _ in range(250_000)
    )
    logs = {f"pg_log/postgresql-{day}.log": body.encode() for day in range(6)}
    found = archive.contents("x", memoryview(tarred(logs | {"postgresql.conf": POSTGRESQL})), lambda _path, _data: True)
    assert sum(len(member.data) for member in found.members) <= 60_000_000
    assert found.members[-1].path == "postgresql.conf"  # logs leave room for it
    assert any(each.reason == archive.NO_ROOM for each in found.skipped)


def test_a_locked_zip_is_said_to_be(tmp_path: Path) -> None:
    data = bytearray(zipped({"proc/meminfo": MEMINFO, "etc/sysctl.conf": SYSCTL}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # the flag of the first member, in both headers
        data[data.find(mark) + offset] |= 1
    taken = unpacked("x.zip", memoryview(bytes(data)))
    assert [paste.name for paste in taken.pastes] == ["etc/sysctl.conf"]
    assert any("locked with a password" in note for note in taken.notes)


WHOLE = {name: pack(REPORT) for name, pack in PACKERS.items()}


@given(name=st.sampled_from(sorted(WHOLE)), data=st.data())
def test_a_damaged_archive_gives_what_can_be_read_or_a_sentence(name: str, data: st.DataObject) -> None:
    whole = bytearray(WHOLE[name])
    for _ in range(data.draw(st.integers(0, 3))):
        whole[data.draw(st.integers(8, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(8, len(whole)))])
    try:
        found = unpacked("x", memoryview(cut))
    except UnreadableError:
        return
    assert found.pastes


@given(data=st.binary(max_size=2000))
def test_no_bytes_break_it(data: bytes) -> None:
    for start in (b"", packed.GZIP, packed.XZ, packed.BZIP2, packed.ZSTD, b"PK\x03\x04"):
        if archive.is_archive(memoryview(start + data)):
            with pytest.raises(UnreadableError):
                unpacked("x", memoryview(start + data))


# The table of paths, folders -----------------------------------------------------------------------------------------


def test_every_path_stands_for_a_kind_that_there_is() -> None:
    assert set(members.paths()) <= set(formats())
    assert set(members.paths()) >= members.LOGS


@pytest.mark.parametrize("kind", sorted(members.paths()))
def test_a_path_of_the_table_is_known_wherever_the_report_puts_it(kind: str) -> None:
    for pattern in members.paths()[kind]:
        path = pattern.replace("**/", "a/b/").replace("*", "x")
        for before in ("", "sosreport-x/", "a/b/"):
            assert members.kind(before + path, 10) not in ("", members.UNKNOWN), before + path


def test_long_paths_take_no_time() -> None:
    assert members.kind("postgresql/" * 5_000 + "x.png", 10) == ""


def test_of_a_folder_what_is_of_use_is_chosen_before_anything_is_read() -> None:
    files = [("pg/postgresql.conf", 10), ("pg/base/1/1259", 8192), ("a.png", 10), ("big.txt", 9_000_000), ("note", 5)]
    assert folder(files) == (True, True, False, False, True)
    assert of_use("x", MEMINFO.decode())
    assert of_use("x", f"==> meminfo <==\n{MEMINFO.decode()}")
    assert not of_use("x", "Dear all,\nplease look.\n")
    assert sum(folder([(f"{number}.txt", 10) for number in range(9_999)])) == members.MOST_UNKNOWN


@given(
    names=st.lists(st.text("abc/é.", min_size=1, max_size=180).filter(lambda name: name.strip("/.")), max_size=5),
    form=st.sampled_from((tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)),
)
def test_headers_say_what_tarfile_reads_in_them(names: list[str], form: int) -> None:
    data = tarred({name.strip("/"): b"x" * len(name) for name in names if name.strip("/")}, form)
    found = list(tar.entries(tar.Stream(iter([data]))))
    with tarfile.open(fileobj=io.BytesIO(data)) as theirs:
        assert [(each.path, each.size) for each in found] == [(each.name, each.size) for each in theirs]


def test_what_is_taken_out_is_detected_as_before() -> None:
    for paste in unpacked("x", memoryview(tarred(REPORT))).pastes:
        assert isinstance(paste, Paste)
        assert detect(paste.name, paste.text)
