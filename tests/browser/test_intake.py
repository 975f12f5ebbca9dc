"""What can be handed over: archives, folders, files; the card of each text with its kind; the form beside them."""

import gzip
import io
import json
import shlex
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from confmend.collectors import collectors
from conftest import ROOT, Site, eventually, wait_for_engine
from zstd_frames import zstd

CONF = "net.ipv4.tcp_mem = 786432 1048576 26777216\n"
MEMORY = "MemTotal:       16090752 kB\n"
SECRET = "Tr0ub4dor-example"
BUNDLE = f"==> 99.conf <==\n{CONF}==> meminfo <==\n{MEMORY}"
REPORT = {
    "sosreport-db1/proc/meminfo": MEMORY,
    "sosreport-db1/etc/sysctl.d/99-buffers.conf": CONF,
    "sosreport-db1/etc/ssh/sshd_config": "PermitRootLogin no\n",
    "sosreport-db1/sos_commands/kernel/lsmod": "ip_tables 32768 0\n",
}


def tarred(files: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            made.addfile(info, io.BytesIO(text.encode()))
    return out.getvalue()


def zipped(files: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in files.items():
            made.writestr(name, text)
    return out.getvalue()


def ready(page: Page, site: Site) -> None:
    page.goto(site.url)
    wait_for_engine(page)


def cards(page: Page) -> Locator:
    return page.get_by_role("list", name="Added to the analysis")


def findings(page: Page) -> Locator:
    return page.get_by_role("region", name="Findings", exact=True)


def add(page: Page, name: str, content: bytes) -> None:
    page.locator("#files").set_input_files([{"name": name, "mimeType": "", "buffer": content}])


def pasted(page: Page, text: str = BUNDLE) -> None:
    page.get_by_label("Paste your configuration").fill(text)
    expect(findings(page)).to_be_visible()


@pytest.mark.parametrize(
    ("name", "data"),
    [("report.tar.gz", gzip.compress(tarred(REPORT))), ("r.tar", tarred(REPORT)), ("r.zip", zipped(REPORT))],
)
def test_of_an_archive_what_is_of_use_is_read_in_the_browser(page: Page, site: Site, name: str, data: bytes) -> None:
    ready(page, site)
    asked = len(site.requests)
    add(page, name, data)
    expect(findings(page)).to_contain_text("102.15 GiB")
    expect(cards(page)).to_contain_text("sosreport-db1/proc/meminfo")
    expect(cards(page)).not_to_contain_text("sshd_config")
    expect(page.locator("#notes")).to_contain_text(f"From {name}: 2 files. 2 files of no kind that is read.")
    assert len(site.requests) == asked


def test_an_archive_that_holds_nothing_of_use_or_that_nothing_unpacks_is_said_to_be(page: Page, site: Site) -> None:
    ready(page, site)
    add(page, "letters.zip", zipped({"letter.txt": "Dear all,\nplease look.\n"}))
    expect(page.locator("#unreadable")).to_contain_text("letters.zip: nothing in it is of a kind that is read")
    add(page, "x.7z", b"7z\xbc\xaf\x27\x1c" + bytes(99))
    expect(page.locator("#unreadable")).to_contain_text("7z archives can't be unpacked here: pack it as zip or tar.gz")


def test_a_zstd_archive_is_read(page: Page, site: Site, tmp_path: Path) -> None:
    ready(page, site)
    add(page, "report.tar.zst", zstd(tarred(REPORT)))
    expect(findings(page)).to_contain_text("102.15 GiB")


def test_of_a_folder_what_is_of_use_is_read(page: Page, site: Site, tmp_path: Path) -> None:
    for name, text in {**REPORT, "base/1/1259": "\0" * 9000, "photo.png": "x"}.items():
        file = tmp_path / "host" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    ready(page, site)
    page.locator("#folder").set_input_files(tmp_path / "host")
    expect(findings(page)).to_contain_text("102.15 GiB")
    expect(page.locator("#notes")).to_contain_text("Of the folder: 2 files.")
    assert page.locator("#items > li").count() == 2


def drop(page: Page, *paths: Path) -> None:
    """Drop what lies on the disk on the page, as the desktop does."""
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": 200, "y": 200, "data": data})
    session.detach()


def test_a_dropped_folder_is_read_to_its_depth(page: Page, site: Site, tmp_path: Path) -> None:
    # More files than a browser lists at once.
    rest = {f"sosreport-db1/var/spool/{number}": "x" for number in range(230)}
    for name, text in {**REPORT, **rest}.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    beside = tmp_path / "pgbouncer.ini"
    beside.write_text(f"[databases]\no = host=db password={SECRET}\n[pgbouncer]\nlisten_port = 6432\n")
    ready(page, site)
    drop(page, tmp_path / "sosreport-db1", beside)
    expect(findings(page)).to_contain_text("102.15 GiB")
    expect(page.locator("#notes")).to_contain_text("Of the folder: 3 files.")
    expect(page.locator("#notes")).to_contain_text("232 files of no kind that is read.")
    names = cards(page).locator("> li > .head > b").all_text_contents()
    own = ("sosreport-db1/etc/sysctl.d/99-buffers.conf", "sosreport-db1/proc/meminfo", "pgbouncer.ini")
    assert sorted(names) == sorted(own)


def test_dropped_files_and_archives_are_read(page: Page, site: Site, tmp_path: Path) -> None:
    conf, report = tmp_path / "99.conf", tmp_path / "host.tar"
    conf.write_text(CONF)
    report.write_bytes(tarred(REPORT))
    ready(page, site)
    drop(page, conf, report)
    expect(findings(page)).to_contain_text("102.15 GiB")
    expect(cards(page)).to_contain_text("99.conf")
    expect(cards(page)).to_contain_text("proc/meminfo")


def test_each_text_is_a_card_with_its_kind_its_secrets_and_its_unread_lines(page: Page, site: Site) -> None:
    ready(page, site)
    pasted(page, f"{BUNDLE}==> pgbouncer.ini <==\n[databases]\no = host=db password={SECRET}\n[pgbouncer]\nnonsense\n")
    card = cards(page).get_by_role("listitem").filter(has=page.get_by_text("pgbouncer.ini", exact=True)).last
    expect(card.get_by_role("combobox", name="Kind of pgbouncer.ini")).to_have_value("pgbouncer_ini")
    expect(card).to_contain_text("1 hidden")
    expect(card.get_by_role("link", name="1 line not read")).to_have_attribute("href", "#problems")


def test_a_kind_can_be_said_and_holds_until_the_text_is_another(page: Page, site: Site) -> None:
    ready(page, site)
    pasted(page, "==> a <==\nwork_mem = 64MB\n==> meminfo <==\n" + MEMORY)
    kind = page.get_by_role("combobox", name="Kind of a", exact=True)
    kind.select_option("tuned_conf")
    expect(page.get_by_role("combobox", name="Kind of a", exact=True)).to_have_value("tuned_conf")
    page.get_by_role("button", name="Add another paste").click()
    page.get_by_label("Paste your configuration").fill(CONF)
    expect(findings(page)).to_contain_text("102.15 GiB")
    expect(page.get_by_role("combobox", name="Kind of a", exact=True)).to_have_value("tuned_conf")


def test_the_form_fills_itself_and_an_answer_counts_for_more(page: Page, site: Site) -> None:
    ready(page, site)
    pasted(page)
    page.get_by_text("What we can’t see").click()
    memory = page.get_by_label("RAM of the host")
    expect(memory).to_have_attribute("placeholder", "15.35 GiB")
    expect(page.locator("#answer-memory-source")).to_contain_text("MemTotal of /proc/meminfo")
    memory.fill("256GB")
    memory.press("Enter")
    expect(page.get_by_role("region", name="What is known of the host")).to_contain_text("256.00 GiB")
    expect(page.locator("#answer-memory-source")).to_have_text("your answer counts")


# What is answered in the form, and what the report then says is known.
WHAT_IFS = {
    "memory": ("64GB", "64.00 GiB"),
    "clients": ("2000", "2,000"),
    "postgresql": ("17", "17"),
    "workload": ("warehouse", "warehouse"),
    "middlebox": ("gcp", "600 s (Google Cloud VPC firewall)"),
}


def test_a_what_if_follows_without_a_button(page: Page, site: Site) -> None:
    """How fast it follows is measured in tests/benchmarks/page.py."""
    ready(page, site)
    pasted(page, whole_bundle())
    page.get_by_text("What we can’t see").click()
    before = page.locator("#report").inner_html()
    for field, (answer, known) in WHAT_IFS.items():
        page.locator(f"#answer-{field}").evaluate(
            "(each, value) => { each.value = value; each.dispatchEvent(new Event('change', { bubbles: true })); }",
            answer,
        )
        region = page.get_by_role("region", name="What is known of the host")
        expect(region.get_by_text(known, exact=False).first).to_be_attached()
        expect(page.locator(f"#answer-{field}-source")).to_have_text("your answer counts")
        after = page.locator("#report").inner_html()
        assert after != before
        before = after


def test_a_what_if_leaves_the_reader_where_they_are(page: Page, site: Site) -> None:
    """What an answer does not change stays as it is; the focus and the page stay where they are, on a phone too."""
    ready(page, site)
    pasted(page, whole_bundle())
    page.set_viewport_size({"width": 390, "height": 700})
    page.evaluate("location.hash = '#rule=tcp_mem_exceeds_ram'")
    page.get_by_text("What we can’t see").click()
    page.get_by_label("RAM of the host").fill("32GB")
    page.evaluate("document.querySelector('#report .texts, #report pre').kept = true")
    top = page.evaluate("scrollY")
    page.get_by_label("RAM of the host").press("Enter")
    expect(page.get_by_role("region", name="What is known of the host")).to_contain_text("32.00 GiB")
    expect(page.get_by_label("RAM of the host")).to_be_focused()
    assert abs(page.evaluate("scrollY") - top) < 100
    assert page.evaluate("document.querySelector('#report .texts, #report pre').kept")


def whole_bundle() -> str:
    """An incident's paste, with the settings of both programs in it."""
    return (ROOT / "pysrc/confmend/incidents/no_buffer_space/pastes/bundle.txt").read_text()


def test_the_collector_is_offered_for_three_systems(page: Page, site: Site) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ready(page, site)
    linux = next(each for each in collectors() if each.title == "Linux")
    page.get_by_role("button", name="Copy the command").click()
    expect(page.get_by_role("button", name="Copy the command")).to_have_class("main done")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert linux.text in copied
    for shell in (["sh"], ["bash"]):
        printed = subprocess.run(shell, input=copied, capture_output=True, text=True, timeout=60, check=False)
        assert "==> /proc/meminfo <==" in printed.stdout, shlex.join(shell)
    page.get_by_role("button", name="Windows").click()
    expect(page.locator("#collector")).to_contain_text("Get-CimInstance")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download it").click()
    assert download.value.suggested_filename == "windows.ps1"


def test_examples_are_found_by_their_words(page: Page, site: Site) -> None:
    ready(page, site)
    page.get_by_label("Find an error").fill("buffer space")
    shown = page.locator("#examples li li:visible")
    eventually("few examples", lambda: 0 < shown.count() < 6)
    page.get_by_role("button", name="could not receive data from client: No buffer space available").click()
    expect(findings(page)).to_contain_text("tcp_mem")


def test_hostile_names_in_an_archive_are_shown_as_text(page: Page, site: Site) -> None:
    page.add_init_script("window.ran = []")
    ready(page, site)
    name = "a<img src=x onerror=ran.push(1)>/etc/sysctl.conf"
    add(page, "<b>x</b>.tar", tarred({name: CONF, "proc/meminfo": MEMORY}))
    expect(findings(page)).to_contain_text("102.15 GiB")
    expect(cards(page)).to_contain_text(name)
    assert page.locator("#items img, #notes b, #report img").count() == 0
    assert json.loads(page.evaluate("JSON.stringify(ran)")) == []
