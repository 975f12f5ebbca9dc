"""The first story, whole: an incident's paste, what is wrong, the corrected diff, the file with the real password."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from confmend.bridge import call
from confmend.incidents import example
from conftest import Site, wait_for_engine

SECRET = "Tr0ub4dor&3-example"
SYSCTL = """\
# from a blog post
net.core.rmem_default = 31457280
net.ipv4.tcp_mem = 786432 1048576 26777216
vm.swappiness = 10
"""
POSTGRESQL = f"""\
max_connections = 500\t\t\t# (change requires restart)
shared_buffers = 14GB
primary_conninfo = 'host=db2.example.internal user=replicator password={SECRET}'
"""
LOG = """\
2026-03-02 03:11:07.214 UTC [1041] LOG:  starting PostgreSQL 15.10 (Debian 15.10-0+deb12u1) on x86_64-pc-linux-gnu
2026-03-02 03:14:55.031 UTC [20412] app@orders LOG:  could not receive data from client: no buffer space available
"""
BUNDLE = f"""\
==> /etc/sysctl.d/99-buffers.conf <==
{SYSCTL}
==> /proc/meminfo <==
MemTotal:       16090752 kB
MemFree:          884212 kB

==> /etc/postgresql/15/main/postgresql.conf <==
{POSTGRESQL}
==> postgresql-15-main.log <==
{LOG}"""


def region(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def finding(page: Page, title: str) -> Locator:
    return region(page, "Findings").get_by_role("article").filter(has=page.get_by_role("heading", name=title))


def pasted(page: Page, site: Site, text: str = BUNDLE) -> None:
    page.goto(site.url)
    wait_for_engine(page)
    page.get_by_label("Paste your configuration").fill(text)
    page.get_by_role("button", name="Analyse").click()
    expect(page.locator("#status")).to_contain_text("Done")


def held(page: Page) -> str:
    """Everything that the document says, shown or not; what the reader typed stays in the box."""
    return page.content() + str(page.evaluate("document.documentElement.textContent"))


def downloaded(page: Page, document: str) -> bytes:
    change = page.locator(".change", has=page.get_by_role("heading", name=document))
    with page.expect_download() as download:
        change.get_by_role("button", name="Download corrected file").click()
    assert download.value.suggested_filename == document.rpartition("/")[2]
    return Path(download.value.path()).read_bytes()


def test_from_the_paste_to_what_is_wrong(page: Page, site: Site) -> None:
    pasted(page, site)
    expect(page.get_by_role("heading", level=2).first).to_contain_text("critical")
    tcp_mem = finding(page, "tcp_mem lets TCP take more than half of the RAM")
    expect(tcp_mem).to_contain_text("26,777,216 pages × 4,096 bytes = 109,679,476,736 bytes = 102.15 GiB")
    expect(tcp_mem).to_contain_text("15.35 GiB")
    expect(tcp_mem.get_by_role("list", name="Where it stands")).to_contain_text(
        "/etc/sysctl.d/99-buffers.conf:3 net.ipv4.tcp_mem = 786432 1048576 26777216"
    )
    expect(finding(page, "rmem_default or wmem_default gives every socket")).to_contain_text("30 MiB")
    expect(region(page, "Seen in the log")).to_contain_text("No buffer space available")
    expect(page.get_by_role("list", name="What is missing")).to_contain_text("pgbouncer.ini")
    expect(region(page, "What is known of the host")).to_contain_text("MemTotal of /proc/meminfo")


def test_the_corrected_diff(page: Page, site: Site) -> None:
    pasted(page, site)
    sysctl = page.get_by_role("group", name="Diff of /etc/sysctl.d/99-buffers.conf")
    assert sysctl.locator("del").all_inner_texts() == [
        "-net.core.rmem_default = 31457280\n",
        "-net.ipv4.tcp_mem = 786432 1048576 26777216\n",
    ]
    assert sysctl.locator("ins").all_inner_texts() == []
    postgresql = page.get_by_role("group", name="Diff of /etc/postgresql/15/main/postgresql.conf")
    assert postgresql.locator("del").all_inner_texts() == ["-shared_buffers = 14GB\n"]
    assert postgresql.locator("ins").all_inner_texts() == ["+shared_buffers = 3904MB\n"]


def test_the_download_has_the_real_password_and_nothing_else_has(page: Page, site: Site) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    pasted(page, site)
    expected = POSTGRESQL.replace("14GB", "3904MB") + "\n"
    assert downloaded(page, "/etc/postgresql/15/main/postgresql.conf").decode() == expected
    page.get_by_role("button", name="Copy all diffs").click()
    expect(page.get_by_role("button", name="Copy all diffs")).to_have_class("done")
    copied = page.evaluate("navigator.clipboard.readText()")
    analysis = page.evaluate("text => confmend.analyse([{ text }])", BUNDLE)
    assert copied == "".join(document["diff"] for document in analysis["documents"])
    assert "password=PASSWORD_1CM_HIDDEN" in copied
    page.locator("summary").evaluate_all("summaries => summaries.forEach((each) => (each.parentElement.open = true))")
    expect(page.get_by_text("PASSWORD_1CM_HIDDEN").last).to_be_visible()
    for place in (held(page), copied, json.dumps(analysis), page.url):
        assert SECRET not in place


def test_unticking_a_finding_takes_its_edits_out_of_the_diff(page: Page, site: Site) -> None:
    pasted(page, site)
    diff = region(page, "Corrected diff")
    switch = finding(page, "tcp_mem lets TCP take more").get_by_role("checkbox", name="in the diff")
    verdict = page.locator("#verdict").inner_text()
    switch.uncheck()
    expect(diff).not_to_contain_text("-net.ipv4.tcp_mem")
    expect(diff).to_contain_text("-net.core.rmem_default = 31457280")
    expect(switch).not_to_be_checked()
    expect(switch).to_be_focused()
    assert page.locator("#verdict").inner_text() == verdict  # it is as wrong as before
    kept = SYSCTL.replace("net.core.rmem_default = 31457280\n", "") + "\n"
    assert downloaded(page, "/etc/sysctl.d/99-buffers.conf").decode() == kept
    switch.check()
    expect(diff).to_contain_text("-net.ipv4.tcp_mem")


def test_nothing_is_asked_of_the_network_once_the_engine_is_up(page: Page, site: Site) -> None:
    page.goto(site.url)
    wait_for_engine(page)
    served = list(site.requests)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_label("Paste your configuration").fill(BUNDLE)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#status")).to_contain_text("Done")
    finding(page, "tcp_mem lets TCP take more").get_by_role("checkbox").uncheck()
    expect(region(page, "Corrected diff")).not_to_contain_text("-net.ipv4.tcp_mem")
    downloaded(page, "/etc/postgresql/15/main/postgresql.conf")
    page.locator("#files").set_input_files([{"name": "more.conf", "mimeType": "", "buffer": b"vm.swappiness = 10\n"}])
    expect(region(page, "What was hidden")).to_contain_text("more.conf")
    page.get_by_role("button", name="Start over").click()
    page.get_by_role("button", name="could not receive data from client: No buffer space available").click()
    expect(region(page, "Findings")).to_contain_text("tcp_mem")
    assert [url for url in asked if not url.startswith("blob:")] == []
    assert site.requests == served
    expect(page.get_by_text("Requests since the engine was up: 0")).to_be_visible()


PARITY: dict[str, dict[str, bytes]] = {
    "the bundle": {"bundle.txt": BUNDLE.encode()},
    "files of their own": {
        "99-buffers.conf": SYSCTL.encode(),
        "postgresql.conf": POSTGRESQL.encode(),
        "meminfo": b"MemTotal:       16090752 kB\n",
    },
    "odd bytes": {
        "crlf.conf": SYSCTL.replace("\n", "\r\n").encode(),
        "postgresql.conf": b"\xef\xbb\xbf#f\xe9 \xe2\x82 \xf0\x9f\x90\x98 \xed\xa0\x80\nshared_buffers = 14GB #\xff\n",
        "utf16.log": LOG.encode("utf-16"),
    },
    "nothing to read": {"empty": b"", "binary": bytes(range(256)), "prose.txt": "Schöne Grüße\n".encode()},
}


@pytest.mark.parametrize("files", PARITY.values(), ids=list(PARITY))
def test_the_json_is_byte_for_byte_that_of_the_command_line(
    page: Page, site: Site, tmp_path: Path, files: dict[str, bytes]
) -> None:
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    command = [sys.executable, "-m", "confmend", "analyse", "--format", "json", *files]
    printed = subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE, check=False).stdout
    page.goto(site.url)
    wait_for_engine(page)
    pastes = [{"name": name, "text": _text(content)} for name, content in files.items()]
    answer = page.evaluate("async (pastes) => JSON.stringify(await confmend.analyse(pastes), null, 2)", pastes)
    assert answer.encode() + b"\n" == printed


def _text(content: bytes) -> str:
    if content.startswith(b"\xff\xfe"):
        return content.decode("utf-16")
    return content.decode("utf-8", "surrogateescape")


@pytest.mark.parametrize("name", ["crlf.conf", "postgresql.conf"])
def test_a_file_of_odd_bytes_comes_back_with_only_its_edits(page: Page, site: Site, name: str) -> None:
    content = PARITY["odd bytes"][name]
    memory = b"MemTotal:       16090752 kB\n"
    (expected,) = rewritten([("meminfo", memory.decode()), (name, _text(content))])
    page.goto(site.url)
    wait_for_engine(page)
    page.locator("#files").set_input_files(
        [
            {"name": "meminfo", "mimeType": "", "buffer": memory},
            {"name": name, "mimeType": "", "buffer": content},
        ]
    )
    expect(page.locator("#status")).to_contain_text("Done")
    assert downloaded(page, name) == expected.encode("utf-8", "surrogateescape")


def rewritten(pastes: list[tuple[str, str]]) -> list[str]:
    asked = {"id": 1, "call": "rewrite", "args": {"pastes": [{"name": name, "text": text} for name, text in pastes]}}
    return [file["text"] for file in json.loads(call(json.dumps(asked)))["value"]]


def test_an_example_is_analysed_at_one_click(page: Page, site: Site) -> None:
    (paste,) = example("no_buffer_space")
    page.goto(site.url)
    wait_for_engine(page)
    page.get_by_role("button", name="could not receive data from client: No buffer space available").click()
    expect(page.locator("#status")).to_contain_text("Done")
    assert page.get_by_label("Paste your configuration").input_value() == paste.text
    expect(region(page, "Findings")).to_contain_text("102.15 GiB")


def test_an_answer_counts_as_a_fact(page: Page, site: Site) -> None:
    pasted(page, site, f"==> 99.conf <==\n{SYSCTL}")
    expect(page.get_by_role("list", name="What is missing")).to_contain_text("the host's memory")
    page.get_by_text("What we can’t see").click()
    page.get_by_label("RAM of the host").fill("16GB")
    page.get_by_label("RAM of the host").blur()
    expect(finding(page, "tcp_mem lets TCP take more")).to_contain_text("16.00 GiB RAM")
    expect(page.get_by_text("1 answered")).to_be_visible()
