"""How long the page takes from a paste or an answer to its report, and what 50 analyses leave in memory.

    .venv/bin/python tests/benchmarks/page.py [--repetitions N] [--write]    --write: the tables go to docs/speed.md

The time is from the change of the box, of the list of files for what a box can't hold, or of a field of the form, to
the report's display. The memory is Chromium's own measure of the page's heap after a collection;
tests/browser/test_memory.py looks at Python's.
"""

import argparse
import itertools
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "browser"), str(ROOT / "tests" / "benchmarks")]

from boot import Server, time_to_ready  # noqa: E402

import build  # noqa: E402
from conftest import chromium_arguments  # noqa: E402

SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
ANALYSES = 50
SPEED = ROOT / "docs" / "speed.md"
LOG_LINE = "2026-03-02 03:14:{:02}.031 UTC [{}] app@orders LOG:  could not receive data from client: Connection reset\n"
SETTINGS = "max_connections = 500\nshared_buffers = 14GB\nnet.ipv4.tcp_mem = 786432 1048576 26777216\n"
HEAD = f"==> meminfo <==\nMemTotal:       16090752 kB\n==> 99.conf <==\n{SETTINGS.splitlines()[2]}\n"
# The report's new content is shown in the same task; the frame after it is what a reader sees.
ANALYSE = """({ text, file, field }) => new Promise((resolve, reject) => {
  const box = document.getElementById("paste");
  const fill = (value) => {
    box.value = value;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  };
  if (!file && !field) fill(""); // else a text that is as long as the last looks like typing
  const since = performance.now();
  setTimeout(() => reject(new Error("no report")), 300_000);
  const seen = new MutationObserver(() => {
    if (!document.getElementById("status").textContent.startsWith("Done")) return;
    seen.disconnect();
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - since)));
  });
  seen.observe(document.getElementById("status"), { childList: true, characterData: true, subtree: true });
  if (field) {
    const answer = document.getElementById(`answer-${field}`);
    answer.value = text;
    answer.dispatchEvent(new Event("change", { bubbles: true }));
  } else if (file) {
    const given = new DataTransfer();
    given.items.add(new File([text], "paste.log"));
    const files = document.getElementById("files");
    files.files = given.files;
    files.dispatchEvent(new Event("change"));
  } else {
    fill(text);
  }
})"""
# The worker takes two turns for it, and lets calls in before each.
WARMED_UP = """async () => {
  for (let turn = 0; turn < 3; turn++) {
    await confmend.analyse([{ text: "vm.swappiness = 10" }]);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}"""
BOX_HOLDS = 500_000
# What the form is asked one after the other.
WHAT_IFS = {
    "memory": ("16GB", "64GB"),
    "clients": ("100", "2000"),
    "postgresql": ("14", "17"),
    "workload": ("web", "warehouse"),
    "middlebox": ("aws-nlb", "azure-lb"),
}
INCIDENT = "pysrc/confmend/incidents/no_buffer_space/pastes/bundle.txt"
BUNDLES = {
    "an incident's bundle": (INCIDENT,),
    "the same with all that sysctl -a prints": ("tests/corpus/sysctl_dump/debian-12.txt", INCIDENT),
}


def settings_and_log(size: int) -> str:
    """Give a bundle of this size: settings that are wrong, and a log for the rest."""
    postgresql = "==> postgresql.conf <==\n" + "".join(SETTINGS.splitlines(keepends=True)[:2])
    parts = [HEAD, postgresql, "==> postgresql-15-main.log <==\n"]
    length = sum(map(len, parts))
    for number in itertools.count():
        line = LOG_LINE.format(number % 60, 20000 + number % 9000)
        if length + len(line) > size:
            return "".join(parts)
        parts.append(line)
        length += len(line)
    raise AssertionError


def ready(page: Page, address: str) -> None:
    """Open the page and wait until the engine has warmed up, which it does while a reader still looks around."""
    time_to_ready(page, address)
    page.evaluate(WARMED_UP)


def paste_to_report(page: Page, address: str, size: int, repetitions: int) -> list[float]:
    """Measure that many times, each with a page of its own."""
    times = []
    for _ in range(repetitions):
        ready(page, address)
        asked = {"text": settings_and_log(size), "file": size > BOX_HOLDS}
        times.append(float(page.evaluate(ANALYSE, asked)))
    return times


def what_if(page: Page, address: str, files: Iterable[str], repetitions: int) -> list[float]:
    """Measure from each change of the form to the report that follows it."""
    ready(page, address)
    page.evaluate(ANALYSE, {"text": "".join((ROOT / each).read_text("utf-8") for each in files)})
    asked = [{"field": field, "text": answer} for field, answers in WHAT_IFS.items() for answer in answers]
    return [float(page.evaluate(ANALYSE, each)) for each in asked * repetitions]


def memory(page: Page) -> dict[str, float]:
    """Give the bytes and nodes that the page holds, after a collection."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")["usedSize"]
    nodes = session.send("Memory.getDOMCounters")["nodes"]
    session.detach()
    return {"page": heap, "nodes": nodes}


def after_each_analysis(page: Page, address: str, count: int) -> list[dict[str, float]]:
    """Analyse one bundle after another, each a little different, and give what is held after each."""
    ready(page, address)
    held = []
    for number in range(count):
        text = settings_and_log(20_000) + f"# the paste of number {number}\n"
        page.evaluate(ANALYSE, {"text": text})
        held.append(memory(page))
    return held


def tables(times: dict[int, list[float]], what_ifs: dict[str, list[float]], held: list[dict[str, float]]) -> str:
    """Write the three tables."""
    rows = [row(name(size), each) for size, each in times.items()]
    answers = [row(bundle, each) for bundle, each in what_ifs.items()]
    kept = [
        f"| {number} | {held[number - 1]['page'] / 1e6:.1f} | {held[number - 1]['nodes']:,.0f} |"
        for number in (1, 5, 10, 25, 50)
    ]
    return "\n".join(
        [
            "| paste | median ms | fastest | slowest |",
            "|---|---|---|---|",
            *rows,
            "",
            "| an answer, beside | median ms | fastest | slowest |",
            "|---|---|---|---|",
            *answers,
            "",
            "| after analysis | heap MB | DOM nodes |",
            "|---|---|---|",
            *kept,
        ]
    )


def row(what: str, times: list[float]) -> str:
    return f"| {what} | {statistics.median(times):,.0f} | {min(times):,.0f} | {max(times):,.0f} |"


def name(size: int) -> str:
    return f"{size // 1_000_000} MB" if size >= 1_000_000 else f"{size // 1000} kB"


INTRODUCTION = """\
# How fast the page is

`.venv/bin/python tests/benchmarks/page.py --write` measures this and writes the page: Chromium, headless, on two cores.

From a paste to the shown report, and the frame in which a reader sees it. The page waits 50 ms after a paste for more
of it, which the times include. The pastes are settings with mistakes and a PostgreSQL log for the rest, so nearly every
line of a large one is an incident. Then from a change of the form (RAM, clients, version, workload, middlebox) to the
report that follows it. Then the memory of one tab that analyses 50 different bundles of 20 kB, after a garbage
collection each: the page's JavaScript heap and the nodes of its documents. Python's memory in the worker is looked at
by a test.

"""


def main() -> None:
    """Measure, print the tables, write them if it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repetitions", type=int, default=3, help="of each size")
    parser.add_argument("--write", action="store_true", help=f"write {SPEED.name}")
    options = parser.parse_args()
    build.build()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        dist = Path(shutil.copytree(build.DIST, Path(folder, "dist")))
        browser = playwright.chromium.launch(executable_path=build.find_chromium(), args=chromium_arguments())
        with Server(dist) as server:
            address = f"http://127.0.0.1:{server.server_port}/page/"
            page = browser.new_page()
            times = {size: paste_to_report(page, address, size, options.repetitions) for size in SIZES}
            what_ifs = {bundle: what_if(page, address, files, options.repetitions) for bundle, files in BUNDLES.items()}
            held = after_each_analysis(page, address, ANALYSES)
            browser.close()
            server.shutdown()
    print(tables(times, what_ifs, held))
    if options.write:
        SPEED.write_text(INTRODUCTION + tables(times, what_ifs, held) + "\n", "utf-8")


if __name__ == "__main__":
    main()
