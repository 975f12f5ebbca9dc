"""What the reader decides about hiding: more of it, own words, values that are no secret; and a long analysis."""

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from conftest import Site, wait_for_engine
from secret_contexts import CONTEXTS, all_left, drawn

SECRET = "Tr0ub4dor&3-example"
POSTGRESQL = f"""\
# of the Heron project
shared_buffers = 4GB
primary_conninfo = 'host=10.20.30.40 user=replicator password={SECRET}'
"""
OUTSIDE = "document.querySelector('#report').textContent"


def hidden(page: Page) -> Locator:
    return page.get_by_role("region", name="What was hidden", exact=True)


def analysed(page: Page, site: Site, text: str = POSTGRESQL) -> None:
    page.goto(site.url)
    wait_for_engine(page)
    page.get_by_label("Paste your configuration").fill(text)
    page.get_by_role("button", name="Analyse").click()
    expect(page.locator("#status")).to_contain_text("Done")


def redacted(page: Page) -> str:
    with page.expect_download() as download:
        hidden(page).get_by_role("button", name="Download it for a ticket").click()
    assert download.value.suggested_filename == "redacted.txt"
    return Path(download.value.path()).read_text("utf-8")


def test_addresses_and_own_words_are_hidden_when_asked_for(page: Page, site: Site) -> None:
    analysed(page, site)
    assert "Heron" in redacted(page)
    assert "host=10.20.30.40 user=replicator password=PASSWORD_1CM_HIDDEN'" in redacted(page)
    hidden(page).get_by_label("addresses").check()
    expect(hidden(page)).to_contain_text("1 × address")
    expect(hidden(page).get_by_label("addresses")).to_be_checked()
    hidden(page).get_by_label("a word of your own").fill("Heron")
    hidden(page).get_by_role("button", name="Hide it everywhere").click()
    expect(hidden(page)).to_contain_text("1 × word")
    text = redacted(page)
    for secret in ("Heron", "10.20.30.40", SECRET):
        assert secret not in text
        assert secret not in page.evaluate(OUTSIDE)
    assert text.startswith("==> postgresql.conf <==\n# of the WORD_1NH_HIDDEN project\nshared_buffers = 4GB\n")


def test_a_value_that_is_no_secret_is_shown_and_can_be_hidden_again(page: Page, site: Site) -> None:
    analysed(page, site)
    assert SECRET not in page.evaluate(OUTSIDE)
    hidden(page).get_by_text("Each secret, and why").click()
    hidden(page).get_by_role("button", name="this is no secret").click()
    expect(hidden(page)).to_contain_text("No secret was recognised.")
    assert SECRET in redacted(page)
    hidden(page).get_by_role("button", name=f"Hide {SECRET} again").click()
    expect(hidden(page)).to_contain_text("1 × password")
    assert SECRET not in page.evaluate(OUTSIDE)


def test_no_run_of_a_secret_is_left_in_the_document(page: Page, site: Site) -> None:
    secrets = [(context, drawn(3, context)) for context in CONTEXTS]
    files = [f"==> /etc/{n}/{each.file or 'x'} <==\n{each.of(secret)}\n" for n, (each, secret) in enumerate(secrets)]
    analysed(page, site, "".join(files))
    held = page.evaluate("document.documentElement.outerHTML") + page.evaluate("document.documentElement.textContent")
    assert "_HIDDEN" in held
    assert not all_left(secrets, held)
    assert not all_left(secrets, redacted(page))


def test_what_looks_like_a_secret_is_shown_and_hidden_with_one_click(page: Page, site: Site) -> None:
    word = "q7Zt0vKx3RbW9sLmE5yUaH2c"
    analysed(page, site, f"# {word}\nshared_buffers = 4GB\n")
    hidden(page).get_by_role("button", name=f"Hide {word}").click()
    expect(hidden(page)).to_contain_text("1 × word")
    assert word not in page.evaluate(OUTSIDE)


def test_the_reason_is_told_where_a_secret_stood(page: Page, site: Site) -> None:
    analysed(page, site)
    mark = hidden(page).locator("mark").first
    expect(mark).to_have_text("PASSWORD_1CM_HIDDEN")
    expect(mark).to_have_attribute("title", "password: a password of a libpq connection string")


def test_a_long_analysis_shows_that_it_goes_on_and_can_be_stopped(page: Page, site: Site) -> None:
    analysed(page, site)
    line = "2026-03-02 03:14:55.031 UTC [20412] app@orders LOG:  duration: 12.5 ms  statement: select 1 from orders\n"
    content = (line * (15_000_000 // len(line))).encode()
    page.locator("#files").set_input_files([{"name": "postgresql.log", "mimeType": "", "buffer": content}])
    stop = page.get_by_role("button", name="Stop")
    expect(stop).to_be_visible()
    expect(page.get_by_role("progressbar", name="Analysing")).to_be_visible()
    page.get_by_label("Paste your configuration").press("End")  # the page answers meanwhile
    stop.click()
    expect(page.locator("#status")).to_have_text("Stopped: this was not analysed.")
    expect(stop).to_be_hidden()
    page.get_by_role("button", name="Remove postgresql.log").click()
    expect(page.locator("#status")).to_contain_text("Done")
