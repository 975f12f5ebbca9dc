"""The engine's start: its states, what the reader sees of it, and what may go wrong on the way."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from conftest import Site, engine_state, eventually, wait_for_engine

PASTE = {"name": "postgresql.conf", "text": "max_connections = 500\n"}


@pytest.fixture(autouse=True)
def messages(page: Page) -> list[str]:
    """What the console says while a test runs."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


def analysed(page: Page, text: str = PASTE["text"]) -> Any:
    """The engine's answer to a paste."""
    return page.evaluate("paste => confmend.analyse([paste])", {**PASTE, "text": text})


def slow_network(page: Page) -> None:
    """Let the page's network bring some 3 MB a second, as a good line at home does."""
    conditions = {"offline": False, "latency": 20, "downloadThroughput": 3_000_000, "uploadThroughput": 1_000_000}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", conditions)


def test_it_starts_on_a_sub_path_of_a_host_that_knows_no_file_types(
    page: Page, site: Site, messages: list[str]
) -> None:
    page.goto(site.url)
    wait_for_engine(page)
    assert [each["name"] for each in analysed(page)["documents"]] == ["postgresql.conf"]
    assert page.evaluate("performance.getEntriesByName('confmend:ready').length") == 1
    assert messages == []


def test_every_request_is_for_a_file_of_its_own_and_the_library_is_complete(page: Page, site: Site) -> None:
    page.goto(site.url)
    wait_for_engine(page)
    asked = [path.removeprefix("/wiki/tools/confmend/").partition("-")[0] for path in site.requests]
    assert sorted(asked) == ["", "app.js", "library", "pyodide", "style.css", "worker"]


def test_the_page_is_usable_before_the_engine_is_up(page: Page, site: Site) -> None:
    site.missing = {"library-"}
    page.goto(site.url)
    page.get_by_label("Paste your configuration").fill("max_connections = 500")
    wait_for_engine(page, "failed")
    assert page.get_by_label("Paste your configuration").input_value() == "max_connections = 500"


def test_it_goes_through_its_states_and_shows_its_progress(page: Page, site: Site) -> None:
    page.add_init_script(
        """
        window.states = [];
        window.shown = [];
        new MutationObserver(() => {
            const state = document.documentElement.dataset.engine;
            if (state && state !== states.at(-1)) states.push(state);
            const bar = document.querySelector("progress");
            if (bar?.max > 1) shown.push(bar.value / bar.max);
        }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
        """
    )
    slow_network(page)
    page.goto(site.url)
    wait_for_engine(page)
    analysed(page)
    eventually("ready after the call", lambda: page.evaluate("states.at(-1)") == "ready")
    assert page.evaluate("states.slice(0, 2)") == ["loading", "ready"]
    assert "working" in page.evaluate("states")
    on_the_way = [part for part in page.evaluate("shown") if 0 < part < 1]
    assert len(set(on_the_way)) >= 2
    assert on_the_way == sorted(on_the_way)


def test_where_the_network_stands_still_it_shows_what_is_there(page: Page, site: Site) -> None:
    page.route("**/library-*.bin", lambda _: None)  # never comes
    page.goto(site.url)
    files = json.loads(page.locator("#engine-files").text_content() or "")
    there = sum(files[key]["bytes"] for key in ("worker", "wasm"))
    expect(page.locator("#bytes")).to_contain_text(
        f"{there / 1e6:.1f} of {(there + files['library']['bytes']) / 1e6:.1f} MB"
    )


@pytest.mark.parametrize("missing", ["worker-", "pyodide-", "library-"])
def test_a_missing_file_is_named_and_a_retry_works_once_it_is_there(page: Page, site: Site, missing: str) -> None:
    site.missing = {missing}
    page.goto(site.url)
    wait_for_engine(page, "failed")
    expect(page.get_by_text(f"{missing}")).to_be_visible()
    site.missing = set()
    page.get_by_role("button", name="Try again").click()
    wait_for_engine(page)
    assert analysed(page)["documents"]


@pytest.mark.parametrize("content", [b"<!doctype html><title>Not found</title>", b"\x1f\x8b\x08\x00cut"])
def test_a_host_that_gives_something_else_is_a_clear_failure(page: Page, site: Site, content: bytes) -> None:
    site.changed = {"library-": content}
    page.goto(site.url)
    wait_for_engine(page, "failed")
    expect(page.get_by_text("did not arrive whole")).to_be_visible()


def test_an_engine_that_is_not_python_is_a_clear_failure(page: Page, site: Site, dist: Path) -> None:
    (worker,) = dist.glob("worker-*")
    site.changed = {"pyodide-": worker.read_bytes()}
    page.goto(site.url)
    wait_for_engine(page, "failed")


def test_one_file_works_from_a_disk_without_any_network(page: Page, dist: Path, messages: list[str]) -> None:
    page.context.set_offline(True)
    page.goto((dist / "confmend.html").as_uri())
    wait_for_engine(page)
    assert analysed(page)["documents"]
    assert messages == []


def test_one_file_gives_the_answers_of_the_hosted_page(page: Page, site: Site) -> None:
    page.goto(site.url)
    wait_for_engine(page)
    hosted = analysed(page)
    page.goto(f"{site.url}confmend.html")
    wait_for_engine(page)
    assert analysed(page) == hosted


def test_the_snapshot_gives_the_answers_of_the_library(context: BrowserContext, site: Site) -> None:
    answers = []
    for tier in ("pyc", "snapshot"):
        page = context.new_page()
        page.goto(f"{site.url}?tier={tier}")
        wait_for_engine(page)
        answers.append(analysed(page))
        page.close()
    assert answers[0] == answers[1]
    assert sum("/snapshot-" in path for path in site.requests) == 1
    assert sum("/library-" in path for path in site.requests) == 1


def test_a_snapshot_that_answers_wrongly_gives_way_to_the_library(
    page: Page, site: Site, dist: Path, messages: list[str]
) -> None:
    (snapshot,) = dist.glob("snapshot-*")
    whole = gzip.decompress(snapshot.read_bytes())
    site.changed = {"snapshot-": gzip.compress(whole.replace(b'\\"schema\\": 1', b'\\"schema\\": 7', 1))}
    page.goto(f"{site.url}?tier=snapshot")
    wait_for_engine(page)
    assert analysed(page)["documents"]
    assert any("/library-" in path for path in site.requests)
    assert any("without its snapshot" in message for message in messages)


@pytest.mark.parametrize("harm", ["missing", "no gzip", "cut short", "garbage"])
def test_a_harmed_snapshot_gives_way_to_the_library(page: Page, site: Site, dist: Path, harm: str) -> None:
    (snapshot,) = dist.glob("snapshot-*")
    whole = gzip.decompress(snapshot.read_bytes())
    middle = len(whole) // 2 // 4 * 4
    contents = {
        "no gzip": b"<!doctype html>",
        "cut short": gzip.compress(whole[:middle]),
        "garbage": gzip.compress(whole[:middle] + bytes(range(256)) * 4096),
    }
    if harm == "missing":
        site.missing = {"snapshot-"}
    else:
        site.changed = {"snapshot-": contents[harm]}
    page.goto(f"{site.url}?tier=snapshot")
    wait_for_engine(page)
    assert analysed(page)["documents"]


def test_a_restart_needs_no_network(page: Page, site: Site) -> None:
    page.goto(site.url)
    wait_for_engine(page)
    page.evaluate("() => { window.running = confmend.analyse([{ text: 'x = 1\\n'.repeat(300000) }]).catch(String) }")
    asked = len(site.requests)
    assert engine_state(page) == "working"
    page.context.set_offline(True)
    page.evaluate("() => { document.getElementById('retry').click() }")
    assert page.evaluate("running") == "Error: The engine was restarted."
    wait_for_engine(page)
    assert analysed(page)["documents"]
    assert len(site.requests) == asked
