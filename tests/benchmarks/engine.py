"""How fast the engine is: the same pastes on CPython and in the page's Pyodide, in one run.

    .venv/bin/python tests/benchmarks/engine.py [--repetitions N] [--json FILE]

Each round analyses every bundle once on each side, so that what disturbs one disturbs the other as well. In the page
the time is the whole way that a visitor waits: JSON to the worker, the analysis, JSON back.
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "browser")]

import build  # noqa: E402
from confmend.analysis_json import as_json, json_text  # noqa: E402
from confmend.engine import analyse  # noqa: E402
from confmend.incidents import example  # noqa: E402
from confmend.model import Paste  # noqa: E402
from conftest import chromium_arguments  # noqa: E402
from screenshots import served  # noqa: E402

LOG_LINE = (
    "2026-03-02 03:14:{:02d}.{:03d} UTC [{}] app@orders LOG:  duration: {}.{:03d} ms  execute <unnamed>: "
    "SELECT id, total FROM orders WHERE customer = $1 AND day > now() - interval '7 days'\n"
)
ANALYSE = """async (pastes) => {
    const start = performance.now();
    await confmend.analyse(pastes);
    return performance.now() - start;
}"""


def log(size: int) -> str:
    """Return a PostgreSQL log of about ``size`` characters."""
    lines = (LOG_LINE.format(n % 60, n % 1000, 20_000 + n % 500, n % 90, n % 1000) for n in range(size // 190))
    return "".join(lines)


def dump(count: int) -> str:
    """Return what ``sysctl -a`` prints for ``count`` keys."""
    head = "kernel.osrelease = 6.1.0\nnet.ipv4.tcp_mem = 188562\t251418\t377124\n"
    return head + "".join(f"net.ipv4.conf.eth{n}.rp_filter = {n % 3}\n" for n in range(count))


BUNDLES: dict[str, list[Paste]] = {
    "an incident's bundle": list(example("no_buffer_space")),
    "sysctl -a, 3,000 keys": [Paste(dump(3_000))],
    "log, 1 MB": [Paste(log(1_000_000))],
    "log, 10 MB": [Paste(log(10_000_000))],
}


def on_cpython(pastes: list[Paste]) -> float:
    """Return the milliseconds of one analysis here."""
    start = time.perf_counter()
    json_text(as_json(analyse(pastes)))
    return (time.perf_counter() - start) * 1000


def in_page(page: Page, pastes: list[Paste]) -> float:
    """Return the milliseconds of one analysis in the page."""
    return float(page.evaluate(ANALYSE, [{"text": paste.text, "name": paste.name} for paste in pastes]))


def measure(page: Page, repetitions: int) -> dict[str, dict[str, float]]:
    """Return the medians of each bundle on both sides."""
    times: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in BUNDLES}
    for _ in range(repetitions):
        for name, pastes in BUNDLES.items():
            times[name][0].append(on_cpython(pastes))
            times[name][1].append(in_page(page, pastes))
    return {name: figures(BUNDLES[name], *map(statistics.median, pair)) for name, pair in times.items()}


def figures(pastes: list[Paste], cpython_ms: float, page_ms: float) -> dict[str, float]:
    """Return one row of the table."""
    megabytes = sum(len(paste.text.encode()) for paste in pastes) / 1e6
    return {
        "megabytes": megabytes,
        "cpython_ms": cpython_ms,
        "cpython_mb_per_s": megabytes / cpython_ms * 1000,
        "page_ms": page_ms,
        "page_mb_per_s": megabytes / page_ms * 1000,
        "ratio": page_ms / cpython_ms,
    }


def main() -> None:
    """Measure, print the table, write the JSON if it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    options = parser.parse_args()
    build.build()
    with served() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=build.find_chromium(), args=chromium_arguments())
        page = browser.new_page()
        page.goto(address)
        for pastes in BUNDLES.values():  # each side's first time, which loads and compiles
            on_cpython(pastes)
            in_page(page, pastes)
        rows = measure(page, options.repetitions)
        browser.close()
    print(f"{'':24}{'MB':>7}{'CPython ms':>12}{'MB/s':>7}{'page ms':>10}{'MB/s':>7}{'ratio':>7}")
    for name, row in rows.items():
        print(
            f"{name:24}{row['megabytes']:7.2f}{row['cpython_ms']:12.1f}{row['cpython_mb_per_s']:7.1f}"
            f"{row['page_ms']:10.1f}{row['page_mb_per_s']:7.1f}{row['ratio']:7.2f}"
        )
    if options.json:
        options.json.write_text(json.dumps({"repetitions": options.repetitions, "bundles": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
