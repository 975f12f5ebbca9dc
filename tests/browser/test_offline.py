"""The page kept in the browser: only when asked for, checked, replaced only when asked for, and never needed."""

import json
import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from conftest import SUB_PATH, Site, engine_state, eventually, serve, wait_for_engine

CONF = "max_connections = 500\n"


@pytest.fixture
def host(dist: Path, tmp_path: Path) -> Iterator[Site]:
    """The page on a host of its own, whose files a test may replace."""
    yield from serve(Site(Path(shutil.copytree(dist, tmp_path / "dist"))))


def registrations(page: Page) -> int:
    count: int = page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)")
    return count


def keep(page: Page, host: Site) -> str:
    """Keep the page as a reader does, and return the version that is kept."""
    page.goto(f"{host.url}offline.html")
    page.get_by_role("button", name="Keep it").click()
    expect(page.locator("#state")).to_contain_text("it is what the host has")
    eventually(
        "the service worker", lambda: page.evaluate("navigator.serviceWorker.ready.then(({ active }) => !!active)")
    )
    return version(host)


def version(host: Site) -> str:
    return str(json.loads((host.folder / "offline.json").read_text())["version"])


def renewed(host: Site) -> None:
    """Put another version of the page onto the host: its title is another one."""
    page = host.folder / "index.html"
    page.write_text(page.read_text().replace("<title>confmend</title>", "<title>confmend, newer</title>"))
    listed = json.loads((host.folder / "offline.json").read_text())
    for each in listed["files"]:
        each["sha256"] = sha256((host.folder / each["name"]).read_bytes()).hexdigest()
    listed["version"] = sha256(json.dumps(listed["files"]).encode()).hexdigest()[:16]
    (host.folder / "offline.json").write_text(json.dumps(listed))


def analysed(page: Page) -> Any:
    return page.evaluate("text => confmend.analyse([{ text }])", CONF)


def test_nothing_is_kept_unasked(page: Page, site: Site) -> None:
    page.goto(site.url)
    wait_for_engine(page)
    assert registrations(page) == 0
    assert page.evaluate("caches.keys()") == []
    assert not any("offline" in path for path in site.requests)


def test_the_kept_page_works_when_its_host_is_gone_and_asks_for_nothing(page: Page, host: Site) -> None:
    keep(page, host)
    page.goto(host.url)
    wait_for_engine(page)
    before = analysed(page)
    host.missing = {""}  # every file
    host.requests.clear()
    for address in (host.url, f"{host.url}index.html", f"{host.url}?embed=1#incident=no_buffer_space"):
        page.goto("about:blank")
        page.goto(address)
        wait_for_engine(page)
        assert analysed(page) == before
        expect(page.locator("#requests")).to_have_text("0")
    # What the host was asked for: its list of files, and the service worker's script, by the browser itself.
    assert {path.removeprefix(SUB_PATH) for path in host.requests} <= {"offline.json", "sw.js"}


def test_another_version_is_offered_and_taken_only_when_the_reader_takes_it(page: Page, host: Site) -> None:
    kept = keep(page, host)
    page.goto(host.url)
    wait_for_engine(page)
    expect(page.locator("#update")).to_be_hidden()
    renewed(host)
    for _ in range(2):
        page.reload()
        wait_for_engine(page)
        expect(page.locator("#update")).to_be_visible()
        assert page.title() == "confmend"
    expect(page.locator("#requests")).to_have_text("0")
    page.goto(f"{host.url}offline.html")
    expect(page.locator("#state")).to_contain_text(f"Version {kept} is kept. The host has {version(host)}.")
    page.get_by_role("button", name="Take the newer version").click()
    expect(page.locator("#state")).to_contain_text(f"{version(host)} is kept, and it is what")
    assert len(page.evaluate("caches.keys()")) == 1
    page.goto(host.url)
    wait_for_engine(page)
    assert page.title() == "confmend, newer"
    expect(page.locator("#update")).to_be_hidden()


def test_files_that_are_not_what_the_list_says_are_not_kept(page: Page, host: Site) -> None:
    keep(page, host)
    renewed(host)
    host.changed = {"app.js": b"alert('not what was built')"}
    page.goto(f"{host.url}offline.html")
    page.get_by_role("button", name="Take the newer version").click()
    expect(page.locator("#problem")).to_contain_text("app.js is not what the host’s list says")
    assert len(page.evaluate("caches.keys()")) == 1  # the version before is still whole
    page.goto(host.url)
    wait_for_engine(page)
    assert page.title() == "confmend"


def test_removing_it_leaves_nothing(page: Page, host: Site) -> None:
    keep(page, host)
    page.goto(host.url)
    wait_for_engine(page)
    page.goto(f"{host.url}offline.html")
    page.get_by_role("button", name="Remove it").click()
    expect(page.locator("#state")).to_contain_text("not kept yet")
    assert registrations(page) == 0
    assert page.evaluate("caches.keys()") == []


def test_no_text_is_kept(page: Page, host: Site) -> None:
    keep(page, host)
    page.goto(host.url)
    wait_for_engine(page)
    page.get_by_label("Paste your configuration").fill("password = 'Tr0ub4dor-example'\nmax_connections = 500\n")
    expect(page.get_by_role("region", name="Findings")).to_be_visible()
    names = page.evaluate(
        """async () => {
            const names = [];
            for (const name of await caches.keys()) {
                for (const { url } of await (await caches.open(name)).keys()) names.push(url);
            }
            return names;
        }"""
    )
    listed = [each["name"] for each in json.loads((host.folder / "offline.json").read_text())["files"]]
    assert sorted(names) == sorted(host.url + name for name in ["", "whole", *listed])
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_a_broken_service_worker_is_not_needed(page: Page, host: Site) -> None:
    host.missing = {"sw.js"}
    page.goto(f"{host.url}offline.html")
    page.get_by_role("button", name="Keep it").click()
    expect(page.locator("#problem")).to_be_visible()
    page.goto(host.url)
    wait_for_engine(page)
    assert analysed(page)["documents"]


def test_the_page_itself_can_start_no_service_worker(page: Page, site: Site) -> None:
    page.goto(site.url)
    wait_for_engine(page)
    outcome = page.evaluate("navigator.serviceWorker.register('sw.js').then(() => 'started', ({ name }) => name)")
    assert outcome != "started"
    assert registrations(page) == 0


def test_a_frame_without_an_origin_is_told_plainly(page: Page, host: Site) -> None:
    page.goto(f"{host.url}reference.html")
    (host.folder / "around.html").write_text(
        '<!doctype html><iframe sandbox="allow-scripts" src="offline.html"></iframe>'
    )
    page.goto(f"{host.url}around.html")
    expect(page.frame_locator("iframe").locator("#problem")).to_contain_text("can’t keep it")


def test_it_can_be_installed(page: Page, host: Site) -> None:
    page.goto(f"{host.url}offline.html")
    session = page.context.new_cdp_session(page)
    manifest = session.send("Page.getAppManifest")
    assert manifest["errors"] == []
    errors = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [each["errorId"] for each in errors if each["errorId"] != "in-incognito"] == []
    assert engine_state(page) == ""
