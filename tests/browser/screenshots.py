"""Takes the pictures of the page's main states, for looking at and for the README.

It needs dist/ (python build.py) and what the browser tests need.
"""

import argparse
import os
import shutil
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
expect.set_options(timeout=60_000)
WIDE, TABLET, PHONE = (1280, 860), (600, 900), (390, 844)
POOLED = """
==> pgbouncer.ini <==
[databases]
orders = host=10.0.0.5 dbname=orders
[pgbouncer]
pool_mode = transaction
max_client_conn = 800
default_pool_size = 20
"""
EMBEDDING = """<!doctype html><html lang=en><meta charset=utf-8><title>A wiki</title><body style="margin: 2rem">
<h1>Runbook</h1><p>When the log says so:</p><confmend-sandbox incident=no_buffer_space></confmend-sandbox>"""


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
    expect(page.locator("html")).to_have_attribute("data-engine", "ready")


def analysed(page: Page, address: str, text: str = "") -> None:
    ready(page, address)
    page.get_by_label("Paste your configuration").fill(text or EXAMPLE.read_text())
    page.get_by_role("button", name="Analyse").click()
    expect(page.locator("#status")).to_contain_text("Done")
    page.evaluate("document.activeElement.blur()")


def opened(page: Page, address: str) -> None:
    ready(page, address)
    page.get_by_label("Paste your configuration").fill("pasted, then put aside\n")
    page.get_by_role("button", name="Add another paste").click()
    page.locator("#files").set_input_files([{"name": "99-x.conf", "mimeType": "", "buffer": b"vm.swappiness = 10\n"}])
    page.get_by_text("What we can’t see").click()
    expect(page.locator("#status")).to_contain_text("Done")


def loading(page: Page, address: str) -> None:
    page.route("**/library-*.bin", lambda _: None)  # never comes
    page.goto(address)
    expect(page.locator("#bytes")).to_contain_text("3.", timeout=10_000)  # all but the library
    page.get_by_label("Paste your configuration").fill("vm.swappiness = 10\nvm.dirty_ratio = 20\n")
    expect(page.locator("#status")).to_contain_text("will be analysed")


def failed(page: Page, address: str) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=503)

    page.route("**/library-*.bin", refuse)
    page.goto(address)
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


def with_cards(page: Page, address: str) -> None:
    """Several texts, one of no kind that is known, one with a secret and a line that nobody reads."""
    ready(page, address)
    files = {
        "postgresql.conf": "work_mem = 64MB\nprimary_conninfo = 'host=db2 password=Tr0ub4dor-example'\nnonsense\n",
        "notes.txt": "Ask Kim about the disk.\n",
        "pgbouncer.ini": "[databases]\norders = host=db password=Tr0ub4dor-example\n[pgbouncer]\npool_mode = session\n",
    }
    given = [{"name": name, "mimeType": "", "buffer": text.encode()} for name, text in files.items()]
    page.locator("#files").set_input_files(given)
    expect(page.locator("#items > li")).to_have_count(len(files))
    page.get_by_label("Paste your configuration").fill(EXAMPLE.read_text())
    page.get_by_role("button", name="Analyse").click()
    expect(page.locator("#items > li")).to_have_count(len(files) + 1)
    expect(page.locator("#status")).to_contain_text("Done")
    page.evaluate("document.activeElement.blur()")


def form_filled(page: Page, address: str) -> None:
    analysed(page, address)
    page.get_by_text("What we can’t see").click()
    for name, value in {"memory": "64GB", "clients": "2000", "workload": "oltp", "middlebox": "aws-nlb"}.items():
        page.locator(f"#answer-{name}").fill(value)
        page.locator(f"#answer-{name}").press("Enter")
    expect(page.get_by_role("region", name="What is known of the host")).to_contain_text("64.00 GiB")
    expect(page.locator("#status")).to_contain_text("Done")


def trust_opened(page: Page, address: str) -> None:
    ready(page, address)
    page.get_by_text("What runs here").click()
    page.get_by_role("button", name="Try to send something").click()
    expect(page.locator("#sums li").first).to_be_visible()
    expect(page.locator("#sent")).not_to_be_empty()


def side_by_side(page: Page, address: str) -> None:
    analysed(page, address)
    page.locator("[data-view]").click()
    page.evaluate("document.activeElement.blur()")


def embedded(page: Page, address: str) -> None:
    """Show the custom element in a page of its own."""
    host = f"{EMBEDDING}<script src='{address}embed.js'></script>"
    page.route(f"{address}wiki.html", lambda route: route.fulfill(content_type="text/html", body=host))
    page.goto(f"{address}wiki.html")
    expect(page.frame_locator("iframe").locator("#status")).to_contain_text("Done")


def part(name: str) -> Callable[[Page, str], None]:
    """Give the state in which this part of the report is on top."""

    def state(page: Page, address: str) -> None:
        analysed(page, address)
        page.evaluate("name => document.querySelector(name).scrollIntoView({ block: 'start' })", name)

    return state


def pictured(page: Page, address: str) -> None:
    """All three pictures, at the top of the window."""
    analysed(page, address, EXAMPLE.read_text() + POOLED)
    page.get_by_text("What we can’t see").click()
    for name, value in {"cpus": "8", "clients": "900", "middlebox": "aws-nlb"}.items():
        page.locator(f"#answer-{name}").fill(value)
        page.locator(f"#answer-{name}").press("Enter")
    expect(page.get_by_role("region", name="What is known of the host")).to_contain_text("AWS")
    page.evaluate("document.getElementById('pictures').scrollIntoView({ block: 'start' })")


def shoot(
    browser: Browser,
    path: Path,
    state: Callable[[Page, str], None],
    address: str,
    size: tuple[int, int] = WIDE,
    scheme: Literal["light", "dark"] = "light",
    whole: bool = True,
    forced: bool = False,
    sharp: bool = False,
    only: str = "",
) -> None:
    page = browser.new_page(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,
        forced_colors="active" if forced else "none",
        reduced_motion="reduce",
        device_scale_factor=1.5 if sharp else 1,
    )
    state(page, address)
    if only:
        page.locator(only).screenshot(path=path)
    else:
        page.screenshot(path=path, full_page=whole)
    page.close()
    print(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    states = ROOT / "test-results/screenshots"
    parser.add_argument("folder", nargs="?", type=Path, default=states, help="where all states go")
    parser.add_argument("--readme", action="store_true", help="take only docs/page.png and docs/pictures.png")
    options = parser.parse_args()
    folder: Path = options.folder
    with served() as address, chromium() as browser:
        if options.readme:
            (ROOT / "docs").mkdir(exist_ok=True)
            shoot(browser, ROOT / "docs/page.png", analysed, address, whole=False, sharp=True)
            section = "section:has(#pictures)"
            shoot(browser, ROOT / "docs/pictures.png", pictured, address, sharp=True, only=section)
            return
        folder.mkdir(parents=True, exist_ok=True)
        for scheme in ("light", "dark"):
            shoot(browser, folder / f"empty-{scheme}.png", ready, address, scheme=scheme)
            shoot(browser, folder / f"result-{scheme}.png", analysed, address, scheme=scheme)
            shoot(browser, folder / f"result-phone-{scheme}.png", analysed, address, PHONE, scheme)
            shoot(browser, folder / f"embedded-{scheme}.png", embedded, address, scheme=scheme)
        for name, size in {"wide": WIDE, "phone": PHONE}.items():
            shoot(browser, folder / f"cards-{name}.png", with_cards, address, size)
            shoot(browser, folder / f"form-{name}.png", form_filled, address, size)
            shoot(browser, folder / f"trust-{name}.png", trust_opened, address, size)
        shoot(browser, folder / "result-forced-colours.png", analysed, address, forced=True)
        shoot(browser, folder / "form-forced-colours.png", form_filled, address, forced=True)
        shoot(browser, folder / "side-by-side.png", side_by_side, address)
        shoot(browser, folder / "artefacts.png", part("#artefacts"), address, whole=False)
        shoot(browser, folder / "artefacts-phone.png", part("#artefacts"), address, PHONE, whole=False)
        shoot(browser, folder / "pictures.png", pictured, address, whole=False)
        shoot(browser, folder / "pictures-phone.png", pictured, address, PHONE, whole=False)
        shoot(browser, folder / "result-600.png", analysed, address, TABLET)
        shoot(browser, folder / "empty-phone.png", ready, address, PHONE)
        shoot(browser, folder / "opened.png", opened, address)
        shoot(browser, folder / "loading.png", loading, address)
        shoot(browser, folder / "failed.png", failed, address)
        unread = partial(analysed, text="This is nothing that anybody knows.\nReally.\n")
        shoot(browser, folder / "unread.png", unread, address)


if __name__ == "__main__":
    main()
