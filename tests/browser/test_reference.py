"""The pages of incidents and rules as they are hosted: the sandbox on a page, the search, the way between them."""

from playwright.sync_api import Page, expect

from conftest import Site, wait_for_engine


def test_the_sandbox_on_an_incidents_page_runs_its_example(page: Page, site: Site) -> None:
    page.goto(f"{site.url}incidents/no_buffer_space.html")
    assert not page.locator("iframe").is_visible()
    page.get_by_text("Try it on this page").click()
    page.locator("iframe").scroll_into_view_if_needed()
    findings = page.frame_locator("iframe").get_by_role("region", name="Findings")
    expect(findings).to_contain_text("tcp_mem lets TCP take more than half of the RAM")


def test_the_search_finds_by_message_and_by_rule(page: Page, site: Site) -> None:
    page.goto(f"{site.url}reference.html")
    search = page.get_by_label("Search")
    search.fill("slots reserved superuser")
    expect(page.locator(".entries a:visible")).to_have_text(["sorry, too many clients already"])
    search.fill("tcp_mem_exceeds_ram")
    expect(page.locator("#found")).to_have_text("1 found")
    page.locator(".entries a:visible").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("tcp_mem lets TCP take more than half")


def test_a_line_from_a_chat_leads_to_its_page(page: Page, site: Site) -> None:
    page.goto(site.url)
    wait_for_engine(page)
    page.get_by_label("Paste your configuration").fill("we get: sorry, too many clients already, what now?\n")
    page.get_by_role("button", name="Analyse").click()
    expect(page.locator("#report")).to_contain_text("To tell its cause: paste postgresql.conf")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="the page of this incident").click()
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("sorry, too many clients already")
