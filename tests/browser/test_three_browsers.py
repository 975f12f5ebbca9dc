"""The first story in Firefox and in WebKit: paste, findings, diff, the file with the real password."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from other_browsers import Browser, firefox, webkit
from test_from_paste_to_download import BUNDLE, POSTGRESQL, SECRET

import build
from conftest import PATIENCE_S, Site

DOCUMENT = "/etc/postgresql/15/main/postgresql.conf"


@pytest.fixture(params=["firefox", "webkit"])
def browser_of_another_kind(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Browser]:
    start, find = {"firefox": (firefox, build.find_firefox), "webkit": (webkit, build.find_webkit)}[request.param]
    program = find()
    assert program, f"python build.py test provides {request.param}"
    with start(program, tmp_path) as started:
        yield started


def downloaded(folder: Path, name: str) -> str:
    """Wait until the browser has written the file."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        files = list(folder.iterdir())
        if [file.name for file in files] == [name] and files[0].stat().st_size:
            return files[0].read_text("utf-8")
        time.sleep(0.1)
    raise AssertionError(f"there is no {name} but {[file.name for file in folder.iterdir()]}")


def test_from_the_paste_to_the_download(browser_of_another_kind: Browser, site: Site, tmp_path: Path) -> None:
    page = browser_of_another_kind
    page.open(site.url)
    page.eventually("return document.documentElement.dataset.engine === 'ready'")
    served = list(site.requests)
    page.run(
        """const box = document.getElementById("paste");
        box.value = arguments[0];
        box.dispatchEvent(new Event("input", { bubbles: true }));""",
        BUNDLE,
    )
    page.press("#analyse")
    page.eventually("return document.getElementById('status').textContent.startsWith('Done')")
    report = page.run("return document.getElementById('report').innerText")
    assert "26,777,216 pages × 4,096 bytes = 109,679,476,736 bytes = 102.15 GiB" in report
    changes = """const diff = document.querySelector(`[aria-label='Diff of ${arguments[0]}']`);
        return [...diff.querySelectorAll(arguments[1])].map((each) => each.textContent.trim());"""
    assert page.run(changes, DOCUMENT, "del") == ["-shared_buffers = 14GB"]
    assert page.run(changes, DOCUMENT, "ins") == ["+shared_buffers = 3904MB"]
    page.press(f"[data-download='{DOCUMENT}']")
    fixed = downloaded(tmp_path / "downloads", "postgresql.conf")
    assert fixed == POSTGRESQL.replace("14GB", "3904MB") + "\n"
    held = page.run("return document.documentElement.outerHTML + document.documentElement.textContent + location.href")
    assert SECRET in fixed
    assert SECRET not in held
    assert site.requests == served
    refused = page.run("try { document.body.innerHTML = '<b>x</b>'; } catch (error) { return error.name; }")
    assert refused == "TypeError", "this browser knows no Trusted Types"
