"""Fifty analyses in one tab: neither the page nor the Python in its worker holds more after them than after ten.

What the reader types or pastes the browser keeps to undo it: some nodes for each change of the box, a line of the old
text each. No page can let go of that, so the box is filled by script here, which has no undo; a control does what a
reader does, with analyses and without any, and finds the same nodes in both.
"""

from playwright.sync_api import Page, expect
from test_from_paste_to_download import BUNDLE

from conftest import PROBE_LINE, Site, wait_for_engine

WARM, ALL = 10, 50
CHANGES = 10
FILL = """text => {
  const box = document.getElementById("paste");
  box.value = text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}"""
# The page hears nothing of the next change.
DEAF = """() => addEventListener("input", (event) => event.stopImmediatePropagation(), { capture: true, once: true })"""
PYTHON = f"""{PROBE_LINE}
import gc, pyodide_js
gc.collect()
outcomes = [pyodide_js._module.HEAPU8.length, len(gc.get_objects()) + gc.get_freeze_count()]
"""


def held(page: Page) -> dict[str, float]:
    """Give what is held after a collection: bytes of JavaScript, nodes, bytes and objects of Python."""
    session = page.context.new_cdp_session(page)
    for _ in range(5):  # what one collection lets go of is what the next one finds
        session.send("HeapProfiler.collectGarbage")
        page.wait_for_timeout(200)
    heap = session.send("Runtime.getHeapUsage")["usedSize"]
    nodes = session.send("Memory.getDOMCounters")["nodes"]
    session.detach()
    memory, objects = page.evaluate("text => confmend.analyse([{ text }])", PYTHON)
    return {"heap": heap, "nodes": nodes, "python": memory, "objects": objects}


def bundle(number: int) -> str:
    return f"{BUNDLE}\n==> {number}.conf <==\nvm.swappiness = {number}\n"


def analysed(page: Page, number: int) -> None:
    page.keyboard.press("Control+Enter")
    expect(page.locator("#report")).to_contain_text(f"{number}.conf")
    expect(page.locator("#status")).to_contain_text("Done")


def test_memory_does_not_grow(page: Page, probing_site: Site) -> None:
    page.goto(probing_site.url)
    wait_for_engine(page)
    before: dict[str, float] = {}
    for number in range(ALL):
        page.evaluate(FILL, bundle(number))
        analysed(page, number)
        if number + 1 == WARM:
            before = held(page)
    after = held(page)
    print(before, after)
    assert after["python"] == before["python"]
    assert after["objects"] < before["objects"] * 1.05
    assert after["nodes"] - before["nodes"] < ALL - WARM  # not one for each
    assert after["heap"] < before["heap"] + 500_000


def test_what_is_kept_of_a_changed_box_is_the_browsers_undo(page: Page, probing_site: Site) -> None:
    page.goto(probing_site.url)
    wait_for_engine(page)
    box = page.get_by_label("Paste your configuration")
    box.fill(bundle(0))
    analysed(page, 0)
    nodes = [held(page)["nodes"]]
    for number in range(CHANGES):
        page.evaluate(DEAF)
        box.fill(bundle(number))
    nodes.append(held(page)["nodes"])
    for number in range(CHANGES):
        box.fill(bundle(number))
        analysed(page, number)
    nodes.append(held(page)["nodes"])
    print(nodes)
    without, with_analyses = nodes[1] - nodes[0], nodes[2] - nodes[1]
    assert without >= 50 * CHANGES  # the bundle's lines; where a browser keeps less, fill the box by hand above as well
    assert with_analyses <= without + 3 * CHANGES
