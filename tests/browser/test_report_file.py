"""The report as a file: opened from a disk it is whole, and it asks for nothing."""

from pathlib import Path

from playwright.sync_api import Page

from artefact_cases import file_of


def test_the_report_opens_from_a_disk_and_asks_for_nothing(page: Page, tmp_path: Path) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    for case in ("hostile_values", "hostile_names", "connection_timed_out"):
        file = tmp_path / f"{case}.html"
        file.write_text(file_of(case, "confmend-report.html"), "utf-8")
        asked.clear()
        page.goto(file.as_uri())
        assert asked == [file.as_uri()]
        assert page.locator("h1").inner_text() == "What confmend found"
        assert page.locator("article").count() > 0
        assert page.evaluate("document.scripts.length + document.images.length + document.styleSheets.length") == 1
        # Its colours come from its own style, which its own policy allows.
        assert page.locator("article").first.evaluate("each => getComputedStyle(each).borderTopWidth") == "1px"
    assert not said
