"""How long the page takes until its engine is up, against a bare ``loadPyodide()`` of the same Pyodide.

    .venv/bin/python tests/benchmarks/boot.py [--repetitions N] [--json FILE]

Both are served by the same server and opened in the same browser, in turns, so that what disturbs one disturbs the
other as well. Cold is a new browser context with an empty cache; warm is the same page opened again in it. The time is
from the navigation's start to the performance mark ``confmend:ready``.
"""

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import threading
from collections import Counter
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "browser")]

import build  # noqa: E402
from conftest import chromium_arguments  # noqa: E402

BARE = """<!doctype html><script type="module">
import { loadPyodide } from "./pyodide.mjs";
const pyodide = await loadPyodide();
pyodide.runPython("print(1 + 1)");
performance.mark("confmend:ready");
</script>"""
VARIANTS = {
    "bare": "bare/",
    "pyc": "page/?tier=pyc",
    "snapshot": "page/?tier=snapshot",
    "one file": "page/confmend.html",
}
TARGETS = {"pyc": (0.45, 0.55), "snapshot": (0.30, 0.30)}
MAX_TRANSFER = 6.5e6
PATIENCE_MS = 60_000


class Server(ThreadingHTTPServer):
    """Serves the page under /page/ and Pyodide's own files under /bare/, and counts the bytes of each."""

    def __init__(self, dist: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folders = {"page": dist, "bare": build.PYODIDE}
        self.sent: Counter[str] = Counter()
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(SimpleHTTPRequestHandler):
    """Answers with a cache lifetime, so that the warm runs are warm."""

    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        variant, _, name = self.path.partition("?")[0].removeprefix("/").partition("/")
        try:
            file = self.server.folders[variant] / (name or "index.html")
            body = BARE.encode() if (variant, name) == ("bare", "") else file.read_bytes()
        except (KeyError, OSError):
            self.send_error(404)
            return
        self.server.sent[variant] += len(body)
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if not name else self.guess_type(name))
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=3600")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the terminal for the table."""


def time_to_ready(page: Page, address: str) -> float:
    """Open the page and give the milliseconds until its engine was up."""
    page.goto(address, wait_until="commit")
    return float(
        page.evaluate(
            """patience => new Promise((resolve, reject) => {
                const marks = () => performance.getEntriesByName("confmend:ready");
                const look = () => marks().forEach((mark) => resolve(mark.startTime));
                new PerformanceObserver(look).observe({ type: "mark", buffered: true });
                const state = () => document.documentElement.dataset.engine ?? "not there";
                setTimeout(() => reject(new Error(`the engine is ${state()}`)), patience);
            })""",
            PATIENCE_MS,
        )
    )


def measure(browser: Browser, server: Server, repetitions: int) -> dict[str, dict[str, float]]:
    """Give the medians for each variant, measured in turns."""
    cold: dict[str, list[float]] = {name: [] for name in VARIANTS}
    warm: dict[str, list[float]] = {name: [] for name in VARIANTS}
    transferred: dict[str, int] = {}
    for _ in range(repetitions):
        for name, path in VARIANTS.items():
            address = f"http://127.0.0.1:{server.server_port}/{path}"
            server.sent.clear()
            context = browser.new_context()
            page = context.new_page()
            cold[name].append(time_to_ready(page, address))
            transferred[name] = server.sent.total()
            warm[name] += [time_to_ready(page, address) for _ in range(2)]
            context.close()
    return {
        name: {
            "cold_ms": statistics.median(cold[name]),
            "cold_ratio": statistics.median(cold[name]) / statistics.median(cold["bare"]),
            "warm_ms": statistics.median(warm[name]),
            "warm_ratio": statistics.median(warm[name]) / statistics.median(warm["bare"]),
            "transferred_bytes": transferred[name],
        }
        for name in VARIANTS
    }


def misses(results: dict[str, dict[str, float]]) -> list[str]:
    """Say which targets were not reached."""
    missed = [
        f"{name} {state}: {results[name][f'{state}_ratio']:.2f} is more than {target}"
        for name, targets in TARGETS.items()
        for state, target in zip(("cold", "warm"), targets, strict=True)
        if results[name][f"{state}_ratio"] > target
    ]
    if results["pyc"]["transferred_bytes"] > MAX_TRANSFER:
        missed.append(f"pyc: transfers more than {MAX_TRANSFER / 1e6} MB")
    return missed


def main() -> None:
    """Measure, print the table, write the JSON if it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--repetitions", type=int, default=9, help="cold runs of each variant; warm runs are twice as many"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    options = parser.parse_args()
    build.build()
    with tempfile.TemporaryDirectory() as folder:
        dist = Path(shutil.copytree(build.DIST, Path(folder, "dist")))  # another build may replace it meanwhile
        results = compare(dist, options.repetitions)
    show(results)
    if options.json:
        options.json.write_text(json.dumps({"repetitions": options.repetitions, "variants": results}, indent=1) + "\n")


def compare(dist: Path, repetitions: int) -> dict[str, dict[str, float]]:
    """Start server and browser, and measure."""
    with Server(dist) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=build.find_chromium(), args=chromium_arguments())
        time_to_ready(
            browser.new_page(), f"http://127.0.0.1:{server.server_port}/bare/"
        )  # the browser's own first time
        results = measure(browser, server, repetitions)
        browser.close()
        server.shutdown()
    return results


def show(results: dict[str, dict[str, float]]) -> None:
    """Print the table, and which targets were missed."""
    print(f"{'':10}{'cold ms':>9}{'ratio':>7}{'warm ms':>9}{'ratio':>7}{'MB':>7}")
    for name, row in results.items():
        print(
            f"{name:10}{row['cold_ms']:9.0f}{row['cold_ratio']:7.2f}{row['warm_ms']:9.0f}{row['warm_ratio']:7.2f}"
            f"{row['transferred_bytes'] / 1e6:7.2f}"
        )
    for miss in misses(results):
        print(f"missed: {miss}")


if __name__ == "__main__":
    main()
