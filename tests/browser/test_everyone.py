"""The page for everyone: axe-core in every state, the keyboard, zoom, small screens, forced colours, no motion."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, TypedDict

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from test_from_paste_to_download import BUNDLE, LOG, POSTGRESQL

from conftest import PATIENCE_S, ROOT, Site, eventually, wait_for_engine

AXE = ROOT / "tests" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN_AXE = """async (tags) => {
  const { violations } = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html, any, all }) =>
    `${id}: ${html.slice(0, 160)} ${[...any, ...all].map(({ message }) => message).join(" ").slice(0, 200)}`));
}"""
CLEAR = "vm.swappiness = 10\n"
UNREAD = "Dear colleagues,\nnothing to read here.\n"
SUSPECT = "==> notes.conf <==\nnet.core.somaxconn = 4096\n# aGVyb24tMTk4NC1leGFtcGxlLXRva2Vu8Zq3\n"
PROBLEM = "==> postgresql.conf <==\nshared_buffers 4GB 5GB\nno_such_setting = 1\nshared_buffers = 14GBs\n"
LONG_NAME = f"==> /etc/{'a-long-folder-name-' * 12}/postgresql.conf <==\nwork_mem = {'9' * 200}kB\n# {'x' * 3000}\n"


class Look(TypedDict, total=False):
    viewport: dict[str, int]
    color_scheme: Literal["light", "dark"]
    forced_colors: Literal["active"]
    reduced_motion: Literal["reduce"]
    has_touch: bool
    is_mobile: bool


LOOKS: dict[str, Look] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
    "dark phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
    "forced colours": {"forced_colors": "active"},
    "zoom of 200 %": {"viewport": {"width": 640, "height": 480}},
    "zoom of 400 %": {"viewport": {"width": 320, "height": 256}},
    "no motion": {"reduced_motion": "reduce"},
}


@pytest.fixture
def looked_at(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A page as some reader's system shows it."""
    look: Any = LOOKS[getattr(request, "param", "light")]
    context = browser.new_context(**look)
    context.set_default_timeout(PATIENCE_S * 1000)
    yield context.new_page()
    context.close()


def found_by_axe(page: Page) -> list[str]:
    """Say what axe-core objects to in what is shown now."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    return list(page.evaluate(RUN_AXE, TAGS))


def too_wide(page: Page) -> list[str]:
    """Say what makes the page itself scroll sideways, which makes each line a journey when it is zoomed."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide <= 0:
        return []
    outside = """() => [...document.querySelectorAll("body *")]
      .filter((each) => each.getBoundingClientRect().right > innerWidth + 1 && each.checkVisibility())
      .slice(0, 5).map((each) => each.outerHTML.slice(0, 120))"""
    return [f"{wide} px too wide: {page.evaluate(outside)}"]


def assert_nothing(found: dict[str, list[str]]) -> None:
    told = [f"{state}: {each}" for state, objections in found.items() for each in objections]
    assert not told, "\n".join(["", *told])


def analyse(page: Page, text: str) -> None:
    page.get_by_label("Paste your configuration").fill(text)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#status")).to_contain_text("Done")
    expect(page.locator("body")).not_to_have_class("working")


def unfold(page: Page) -> None:
    page.locator("details").evaluate_all("all => all.forEach((each) => (each.open = true))")


def start_over(page: Page) -> None:
    page.get_by_role("button", name="Start over").click()


def several_cards(page: Page) -> None:
    page.locator("#files").set_input_files(
        [
            {"name": "postgresql.conf", "mimeType": "", "buffer": POSTGRESQL.encode()},
            {"name": "server.log", "mimeType": "", "buffer": LOG.encode()},
            {"name": "odd.bin", "mimeType": "", "buffer": bytes(range(256))},
        ]
    )
    expect(page.locator("#items select")).not_to_have_count(0)


STATES: dict[str, Callable[[Page], None]] = {
    "empty": lambda _: None,
    "findings": lambda page: analyse(page, BUNDLE),
    "findings, unfolded": lambda page: unfold(page),
    "beside each other": lambda page: page.locator("[data-view]").evaluate_all(
        "all => all.forEach((it) => it.click())"
    ),
    "left out": lambda page: page.get_by_role("checkbox", name="in the diff").first.uncheck(),
    "put aside": start_over,
    "files": several_cards,
    "unread lines": lambda page: analyse(page, PROBLEM),
    "a suspect": lambda page: analyse(page, SUSPECT),
    "long words": lambda page: (analyse(page, LONG_NAME), unfold(page))[0],
    "clear": lambda page: (start_over(page), analyse(page, CLEAR))[0],
    "unread": lambda page: (start_over(page), analyse(page, UNREAD))[0],
}


@pytest.mark.parametrize("looked_at", [each for each in LOOKS if each != "no motion"], indirect=True)
def test_axe_finds_nothing_and_nothing_is_too_wide_in_any_state(looked_at: Page, site: Site) -> None:
    looked_at.goto(site.url)
    wait_for_engine(looked_at)
    eventually("the questions", lambda: looked_at.locator("#answers-panel:not([hidden])").count())
    found = {}
    for name, enter in STATES.items():
        enter(looked_at)
        found[name] = [*too_wide(looked_at), *found_by_axe(looked_at)]
    assert_nothing(found)


def test_axe_finds_nothing_while_the_engine_loads_and_when_it_fails(looked_at: Page, site: Site) -> None:
    held: list[Route] = []
    looked_at.route("**/library-*", lambda route: held.append(route))
    looked_at.goto(site.url)
    expect(looked_at.get_by_role("progressbar", name="Loading the engine")).to_be_visible()
    assert found_by_axe(looked_at) == []
    eventually("the library is asked for", lambda: held)
    held[0].abort()
    wait_for_engine(looked_at, "failed")
    assert found_by_axe(looked_at) == []


@pytest.mark.parametrize("looked_at", ["light", "dark phone"], indirect=True)
def test_axe_finds_nothing_on_the_pages_beside_it(looked_at: Page, site: Site, dist: Path) -> None:
    pages = ["offline.html", "reference.html", "licences.txt"]
    for folder in ("incidents", "rules"):
        pages += [each.relative_to(dist).as_posix() for each in sorted((dist / folder).rglob("*.html"))[:2]]
    found = {}
    for name in (each for each in pages if each.endswith(".html")):
        looked_at.goto(site.url + name)
        found[name] = [*too_wide(looked_at), *found_by_axe(looked_at)]
    assert_nothing(found)


def test_the_keyboard_leads_from_the_paste_to_the_download(looked_at: Page, site: Site) -> None:
    looked_at.goto(site.url)
    wait_for_engine(looked_at)
    looked_at.get_by_label("Paste your configuration").focus()
    looked_at.keyboard.insert_text(BUNDLE)
    assert names_by_tab(looked_at, 2)[0].startswith("Analyse")
    looked_at.keyboard.press("Control+Enter")
    expect(looked_at.locator("#status")).to_contain_text("Done")
    expect(looked_at.locator("#verdict")).to_be_focused()
    names = names_by_tab(looked_at, 80)
    assert names[0] == looked_at.locator(".verdict .first a").inner_text()
    order = ["the corrected diff", "in the diff", "Download corrected file with your real values"]
    places = [next((at for at, name in enumerate(names) if name == wanted), -1) for wanted in order]
    assert places[0] >= 0, names
    assert places == sorted(places), dict(zip(order, places, strict=True))
    assert "" not in names


def names_by_tab(page: Page, steps: int) -> list[str]:
    """Press Tab and tell what a screen reader says of each stop: where none says anything, an empty text."""
    session = page.context.new_cdp_session(page)
    names = []
    for _ in range(steps):
        page.keyboard.press("Tab")
        focused = session.send("Runtime.evaluate", {"expression": "document.activeElement"})["result"]["objectId"]
        (node,) = session.send("Accessibility.getPartialAXTree", {"objectId": focused, "fetchRelatives": False})[
            "nodes"
        ]
        names.append(str(node.get("name", {}).get("value", "")).strip())
    session.detach()
    return names


def test_every_stop_of_the_keyboard_can_be_seen(looked_at: Page, site: Site) -> None:
    looked_at.goto(site.url)
    wait_for_engine(looked_at)
    analyse(looked_at, BUNDLE)
    seen = """() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
      const { width, height, top, bottom } = document.activeElement.getBoundingClientRect();
      const shown = width > 0 && height > 0 && bottom > 0 && top < innerHeight;
      const marked = outlineStyle !== "none" && parseFloat(outlineWidth) >= 1;
      return shown && marked ? "" : document.activeElement.outerHTML.slice(0, 150);
    }"""
    unseen = []
    for _ in range(40):
        looked_at.keyboard.press("Tab")
        unseen.append(looked_at.evaluate(seen))
    assert [each for each in unseen if each] == []


@pytest.mark.parametrize("looked_at", ["no motion"], indirect=True)
def test_nothing_moves_where_the_reader_wants_no_motion(looked_at: Page, site: Site) -> None:
    looked_at.goto(site.url)
    wait_for_engine(looked_at)
    looked_at.get_by_label("Paste your configuration").fill(BUNDLE)
    moving = "document.getAnimations().length"
    counts = set()
    for _ in range(20):
        counts.add(looked_at.evaluate(moving))
        looked_at.wait_for_timeout(20)
    expect(looked_at.locator("#status")).to_contain_text("Done")
    assert counts == {0}


def test_a_report_that_comes_moves_nothing_that_was_there(looked_at: Page, site: Site) -> None:
    looked_at.goto(site.url)
    wait_for_engine(looked_at)
    looked_at.evaluate(
        """() => {
          window.shifts = [];
          new PerformanceObserver((list) => list.getEntries().forEach(({ value, sources }) => {
            const name = ({ node }) => node?.id || node?.className || node?.localName;
            window.shifts.push({ value, of: sources.map(name) });
          })).observe({ type: "layout-shift" });
        }"""
    )
    analyse(looked_at, BUNDLE)
    looked_at.wait_for_timeout(200)
    shifts = looked_at.evaluate("window.shifts")
    assert sum(each["value"] for each in shifts) <= 0.1, shifts
