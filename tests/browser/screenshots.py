"""Takes the pictures of the page's main states, for looking at and for the README.

    python tests/browser/screenshots.py [FOLDER]    all states into FOLDER (default test-results/screenshots)
    python tests/browser/screenshots.py --readme    only docs/page.png

It needs dist/ (python build.py) and what the browser tests need.
"""

import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "pysrc/confmend/incidents/no_buffer_space/pastes/bundle.txt"
WIDE, TABLET, PHONE = (1280, 860), (600, 900), (360, 780)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=ROOT / "dist")) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@contextmanager
def chromium() -> Iterator[Browser]:
    arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"]
    program = os.environ.get("CONFMEND_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


def ready(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("html")).to_have_attribute("data-engine", "ready", timeout=60_000)


def analysed(page: Page, address: str, text: str = "") -> None:
    ready(page, address)
    page.get_by_label("Paste your configuration").fill(text or EXAMPLE.read_text())
    page.get_by_role("button", name="Analyse").click()
    expect(page.get_by_role("status")).to_contain_text("Done")
    page.evaluate("document.activeElement.blur()")


def opened(page: Page, address: str) -> None:
    ready(page, address)
    page.get_by_label("Paste your configuration").fill("pasted, then put aside\n")
    page.get_by_role("button", name="Add another paste").click()
    page.locator("#files").set_input_files([{"name": "99-x.conf", "mimeType": "", "buffer": b"vm.swappiness = 10\n"}])
    page.get_by_text("What we can’t see").click()
    expect(page.get_by_role("status")).to_contain_text("Done")


def loading(page: Page, address: str) -> None:
    page.route("**/library-*.bin", lambda _: None)  # never comes
    page.goto(address)
    expect(page.locator("#bytes")).to_contain_text("3.")
    page.get_by_label("Paste your configuration").fill("vm.swappiness = 10\nvm.dirty_ratio = 20\n")
    expect(page.get_by_role("status")).to_contain_text("will be analysed")


def failed(page: Page, address: str) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=503)

    page.route("**/library-*.bin", refuse)
    page.goto(address)
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def shoot(
    browser: Browser,
    path: Path,
    state: Callable[[Page, str], None],
    address: str,
    size: tuple[int, int] = WIDE,
    scheme: Literal["light", "dark"] = "light",
    whole: bool = True,
) -> None:
    page = browser.new_page(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,
        reduced_motion="reduce",
        device_scale_factor=1.5 if not whole else 1,
    )
    state(page, address)
    page.screenshot(path=path, full_page=whole)
    page.close()
    print(path)


def main() -> None:
    with served() as address, chromium() as browser:
        if sys.argv[1:] == ["--readme"]:
            (ROOT / "docs").mkdir(exist_ok=True)
            shoot(browser, ROOT / "docs/page.png", analysed, address, whole=False)
            return
        folder = Path(sys.argv[1] if sys.argv[1:] else ROOT / "test-results/screenshots")
        folder.mkdir(parents=True, exist_ok=True)
        for scheme in ("light", "dark"):
            shoot(browser, folder / f"empty-{scheme}.png", ready, address, scheme=scheme)
            shoot(browser, folder / f"result-{scheme}.png", analysed, address, scheme=scheme)
        shoot(browser, folder / "result-phone.png", analysed, address, PHONE)
        shoot(browser, folder / "result-600.png", analysed, address, TABLET)
        shoot(browser, folder / "empty-phone.png", ready, address, PHONE)
        shoot(browser, folder / "opened.png", opened, address)
        shoot(browser, folder / "loading.png", loading, address)
        shoot(browser, folder / "failed.png", failed, address)
        unread = partial(analysed, text="This is nothing that anybody knows.\nReally.\n")
        shoot(browser, folder / "unread.png", unread, address)


if __name__ == "__main__":
    main()
