"""The pictures as a browser lays them out: with its own fonts, on a phone and a desk, in every scheme and on paper."""

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from confmend.engine import analyse
from confmend.model import Paste
from confmend.pictures import pictures
from confmend.render import html_pictures
from conftest import ROOT

PASTES = (
    Paste("[databases]\na = host=10.0.0.5\n[pgbouncer]\nlisten_addr = *\nmax_client_conn = 5000\n", "pgbouncer.ini"),
    Paste("listen_addresses = '*'\nmax_connections = 20\nshared_buffers = 8GB\nwork_mem = 256MB\n", "postgresql.conf"),
    Paste("net.ipv4.tcp_mem = 786432 1048576 26777216\n", "99-tcp.conf"),
    Paste("sockets: used 5120\nTCP: inuse 4800 orphan 3 tw 210 alloc 4850 mem 200000\n", "sockstat"),
    Paste("memory = 15714MB\ncpus = 16\npostgresql = 16\nclients = 12000\nidle_limit = 350s\n", kind="answers"),
)
# Each text with its place in the picture, and the width of a unit on the screen.
MEASURED = """pictures => pictures.map(picture => ({
  unit: picture.getBoundingClientRect().width / picture.viewBox.baseVal.width,
  box: (({x, y, width, height}) => [x, y, x + width, y + height])(picture.viewBox.baseVal),
  texts: [...picture.querySelectorAll("text")].map(text => {
    const {x, y, width, height} = text.getBBox();
    return [text.textContent, x, y, x + width, y + height, parseFloat(getComputedStyle(text).fontSize)];
  }),
}))"""


@pytest.fixture
def report(page: Page, tmp_path: Path) -> Page:
    (tmp_path / "style.css").write_bytes((ROOT / "web/style.css").read_bytes())
    html = '<link rel="stylesheet" href="style.css"><main><div class="results"><div id="report">{}</div></div></main>'
    file = tmp_path / "report.html"
    file.write_text(f'<!doctype html><meta charset="utf-8">{html.format(html_pictures(analyse(PASTES)))}', "utf-8")
    page.goto(file.as_uri())
    return page


@pytest.mark.parametrize("width", [360, 390, 700, 1280])
def test_every_word_can_be_read(report: Page, width: int) -> None:
    report.set_viewport_size({"width": width, "height": 800})
    measured = report.locator("svg.picture").evaluate_all(MEASURED)
    assert len(measured) == len(pictures())
    for picture in measured:
        left, top, right, bottom = picture["box"]
        for index, (text, x, y, end, below, size) in enumerate(picture["texts"]):
            assert size * picture["unit"] >= 12, text
            assert left <= x <= end <= right, text
            assert top <= y <= below <= bottom, text
            for other, x2, _, end2, below2, _ in picture["texts"][:index]:
                # On one line, the letters of neither begin before those of the other end.
                assert abs(below - below2) > size or end <= x2 or end2 <= x, (text, other)
    assert report.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_patterns_stand_out_from_the_page(report: Page, scheme: Literal["light", "dark"]) -> None:
    report.emulate_media(color_scheme=scheme)
    for look in report.locator("svg.picture rect").all():
        ink, ground = (
            _luminance(element.evaluate(f"each => getComputedStyle(each).{name}"))
            for element, name in ((look, "color"), (report.locator("#report > section"), "backgroundColor"))
        )
        assert (max(ink, ground) + 0.05) / (min(ink, ground) + 0.05) >= 3


def _luminance(colour: str) -> float:
    """WCAG's relative luminance of ``rgb(1, 2, 3)``."""
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_forced_colours_are_the_only_ones(report: Page) -> None:
    report.emulate_media(forced_colors="active")
    colours = report.locator("svg.picture :is(rect, text)").evaluate_all(
        "all => [...new Set(all.map(each => getComputedStyle(each).color))]"
    )
    assert len(colours) == 1


def test_pictures_are_on_paper(report: Page) -> None:
    report.emulate_media(media="print")
    for picture in report.locator("svg.picture").all():
        expect(picture).to_be_visible()
