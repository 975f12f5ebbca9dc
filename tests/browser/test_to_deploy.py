"""What there is to deploy, by the report's buttons: copies hold no secret, downloads hold the real values."""

import io
import json
import zipfile
from pathlib import Path

from playwright.sync_api import Locator, Page, expect
from test_from_paste_to_download import BUNDLE, SECRET, pasted, region

from confmend.bridge import call
from conftest import Site, eventually

STAND_IN = """
window.copied = null;
Object.defineProperty(navigator, "clipboard", { value: { writeText: async (text) => { window.copied = text; } } });
"""


def offered(page: Page) -> Locator:
    return region(page, "To deploy").get_by_role("listitem")


def downloaded(page: Page, button: Locator) -> tuple[str, bytes]:
    with page.expect_download() as download:
        button.click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def by_engine(name: str, *, redacted: bool) -> list[dict[str, str]]:
    """Give the files of an artefact as the engine makes them outside of the browser."""
    args = {"pastes": [{"text": BUNDLE}], "name": name, "redacted": redacted}
    files: list[dict[str, str]] = json.loads(call(json.dumps({"id": 1, "call": "artefact", "args": args})))["value"][
        "files"
    ]
    return files


def test_each_artefact_is_copied_redacted_and_downloaded_whole(page: Page, site: Site) -> None:
    page.add_init_script(STAND_IN)
    pasted(page, site)
    site.requests.clear()
    single = 0
    for number in range(offered(page).count()):
        item = offered(page).nth(number)
        name = item.locator("code").first.inner_text()
        expect(item.locator("p")).not_to_be_empty()
        copy = item.get_by_role("button", name="Copy")
        if not copy.count():
            file, content = downloaded(page, item.get_by_role("button", name="Download as zip"))
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                assert {each.filename for each in archive.infolist()} == {
                    each["name"] for each in by_engine(name, redacted=False)
                }
            assert file.endswith(".zip")
            continue
        single += 1
        page.evaluate("window.copied = null")
        copy.click()
        (shared,) = by_engine(name, redacted=True)
        assert eventually("copied", lambda: page.evaluate("window.copied")) == shared["text"]
        assert SECRET not in shared["text"]
        (own,) = by_engine(name, redacted=False)
        file, content = downloaded(page, item.get_by_role("button", name="Download"))
        assert (file, content.decode()) == (own["name"].rpartition("/")[2], own["text"])
    assert single >= 5
    assert site.requests == []


def test_all_of_them_are_one_zip_with_the_real_values(page: Page, site: Site) -> None:
    pasted(page, site)
    names = [offered(page).nth(number).locator("code").first.inner_text() for number in range(offered(page).count())]
    _, content = downloaded(page, region(page, "To deploy").get_by_role("button", name="Download all as one zip"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        texts = {each.filename: archive.read(each).decode() for each in archive.infolist()}
    for name in names:
        for each in by_engine(name, redacted=False):
            (found,) = [text for path, text in texts.items() if path.endswith(each["name"])]
            assert found == each["text"]
    assert any(SECRET in text for text in texts.values())
