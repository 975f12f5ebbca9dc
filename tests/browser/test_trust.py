"""What the page says of itself so that it can be trusted is measured, and true."""

import hashlib
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from conftest import Site, wait_for_engine


def checks(page: Page, address: str) -> None:
    page.goto(address)
    wait_for_engine(page)
    page.get_by_text("What runs here").click()
    expect(page.locator("#sums li").first).to_be_visible()


def test_the_sums_are_those_of_the_bytes_that_came(page: Page, site: Site, dist: Path) -> None:
    checks(page, site.url)
    shown = {
        item.evaluate("(item) => item.firstChild.data.split(',')[0]"): item.locator("code").inner_text()
        for item in page.locator("#sums li").all()
    }
    assert {name.partition("-")[0] for name in shown} == {"worker", "pyodide", "library"}
    listed = dict(line.split("  ")[::-1] for line in (dist / "SHA256SUMS").read_text().splitlines())
    for name, sum_ in shown.items():
        assert sum_ == hashlib.sha256((dist / name).read_bytes()).hexdigest() == listed[name]
    expect(page.locator("#versions")).to_have_text(re.compile(r"^confmend \d.*, Python 3\.\d+.*, Pyodide \d"))


def test_other_bytes_have_another_sum(page: Page, site: Site, dist: Path) -> None:
    (library,) = dist.glob("library-*")
    changed = library.read_bytes()
    changed = changed[:4] + b"\x07" + changed[5:]  # gzip's time stamp: it unpacks to the same
    site.changed = {"library-": changed}
    checks(page, site.url)
    expect(page.locator("#sums li", has_text="library-").locator("code")).to_have_text(
        hashlib.sha256(changed).hexdigest()
    )


def test_sha256sums_lists_every_file(dist: Path) -> None:
    listed = dict(line.split("  ")[::-1] for line in (dist / "SHA256SUMS").read_text().splitlines())
    files = {path.relative_to(dist).as_posix(): path for path in dist.rglob("*") if path.is_file()}
    unlisted = {"SHA256SUMS", "offline.json", ".made-from"}
    assert listed.keys() == files.keys() - unlisted
    for name, sum_ in listed.items():
        assert hashlib.sha256(files[name].read_bytes()).hexdigest() == sum_, name


@pytest.mark.parametrize("name", ["", "confmend.html"])
def test_sending_is_tried_and_refused(page: Page, site: Site, name: str) -> None:
    checks(page, site.url + name)
    site.requests.clear()
    page.get_by_role("button", name="Try to send something").click()
    expect(page.locator("#sent")).to_contain_text("connect-src of the policy forbids it")
    assert site.requests == []
    expect(page.locator("#policy")).to_contain_text("connect-src 'none'")
    expect(page.locator("#policy")).to_contain_text("default-src 'none'")
    page.wait_for_timeout(1200)  # the count is renewed each second
    expect(page.locator("#requests")).to_have_text("0")


def test_a_page_that_is_not_sealed_would_be_found_out(page: Page, site: Site, dist: Path) -> None:
    open_policy = (dist / "index.html").read_text().replace("connect-src 'self'", "connect-src *")
    script = (dist / "app.js").read_text()
    unsealed = script.replace("Content-Security-Policy", "Nothing")
    assert unsealed != script
    site.changed = {"index.html": open_policy.encode(), "app.js": unsealed.encode()}
    checks(page, site.url)
    page.get_by_role("button", name="Try to send something").click()
    expect(page.locator("#sent")).to_contain_text("It got out!")
    expect(page.locator("#requests")).to_have_text("1")


def test_without_a_network_the_page_says_that_it_works(page: Page, site: Site) -> None:
    page.goto(site.url)
    wait_for_engine(page)
    expect(page.locator("#network")).to_have_text("")
    page.context.set_offline(True)
    expect(page.locator("#network")).to_contain_text("off now")
    page.get_by_label("Paste your configuration").fill("max_connections = 500\n")
    expect(page.get_by_role("region", name="Findings")).to_be_visible()


def test_the_one_file_is_offered_and_is_the_built_one(page: Page, site: Site, dist: Path) -> None:
    page.goto(site.url)
    wait_for_engine(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="confmend.html").click()
    assert Path(download.value.path()).read_bytes() == (dist / "confmend.html").read_bytes()


def test_the_one_file_names_nothing_that_lies_beside_it(page: Page, site: Site, dist: Path) -> None:
    checks(page, (dist / "confmend.html").as_uri())
    hrefs = page.locator("a:visible").evaluate_all("(links) => links.map((link) => link.getAttribute('href'))")
    assert [href for href in hrefs if not href.startswith(("#", "https://"))] == []
