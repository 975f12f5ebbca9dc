"""Reading the report: addresses of findings, from evidence to its line, the diff in two views, on paper."""

from playwright.sync_api import Locator, Page, expect

from conftest import Site, wait_for_engine

COMMENTS = "".join(f"# comment {number}\n" for number in range(40))
SYSCTL = f"{COMMENTS}net.ipv4.tcp_mem = 786432 1048576 26777216\n{COMMENTS}"
BUNDLE = f"""\
==> /etc/sysctl.d/99-buffers.conf <==
{SYSCTL}
==> /proc/meminfo <==
MemTotal:       16090752 kB

==> /etc/postgresql/15/main/postgresql.conf <==
max_connections = 500
shared_buffers = 14GB  # half
"""
RULE = "tcp_mem_exceeds_ram"


def analysed(page: Page, site: Site, fragment: str = "") -> None:
    page.goto(site.url + fragment)
    wait_for_engine(page)
    page.get_by_label("Paste your configuration").fill(BUNDLE)
    expect(page.locator("#status")).to_contain_text("Done")


def finding(page: Page) -> Locator:
    return page.locator(f'article[data-rule="{RULE}"]')


def test_an_address_leads_to_a_finding(page: Page, site: Site) -> None:
    analysed(page, site, f"#rule={RULE}")
    expect(finding(page)).to_be_focused()
    expect(finding(page)).to_be_in_viewport()


def test_a_finding_gives_its_address(page: Page, site: Site) -> None:
    analysed(page, site)
    finding(page).get_by_role("link", name=RULE).click()
    expect(finding(page)).to_be_focused()
    assert page.url == f"{site.url}#rule={RULE}"


def test_an_address_that_names_nothing_does_no_harm(page: Page, site: Site) -> None:
    analysed(page, site, '#rule="]<b>')
    expect(page.locator("#verdict")).to_be_in_viewport()


def test_evidence_leads_to_its_line_and_escape_back(page: Page, site: Site) -> None:
    analysed(page, site)
    link = finding(page).get_by_role("link", name="/etc/sysctl.d/99-buffers.conf:41")
    link.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("String(getSelection())").strip() == "net.ipv4.tcp_mem = 786432 1048576 26777216"
    text = page.get_by_role("group", name="/etc/sysctl.d/99-buffers.conf, redacted")
    expect(text).to_be_focused()
    expect(text).to_be_in_viewport()
    assert page.evaluate("getSelection().getRangeAt(0).getBoundingClientRect().top") > 0
    page.keyboard.press("Escape")
    expect(link).to_be_focused()
    assert page.url == site.url


def test_findings_stand_under_what_to_do(page: Page, site: Site) -> None:
    analysed(page, site)
    groups = page.get_by_role("region", name="Findings", exact=True).locator("h3").all_inner_texts()
    assert any(group.startswith("Change now") for group in groups)
    assert any(group.startswith("Change, and restart PostgreSQL") for group in groups)
    page.locator(".first").get_by_role("link").click()
    expect(page.locator("#finding-1")).to_be_in_viewport()


def test_the_diff_folds_what_stays_and_marks_what_differs(page: Page, site: Site) -> None:
    analysed(page, site)
    diff = page.get_by_role("group", name="Diff of /etc/postgresql/15/main/postgresql.conf")
    expect(diff.locator("del b")).to_have_text("14GB")
    sysctl = page.get_by_role("group", name="Diff of /etc/sysctl.d/99-buffers.conf")
    expect(sysctl.get_by_text("# comment 5\n", exact=False).first).to_be_hidden()
    sysctl.get_by_text("Lines 1 to 37 stay").click()
    expect(sysctl.get_by_text("# comment 5", exact=False).first).to_be_visible()


def test_the_diff_can_be_read_side_by_side_and_stays_so(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    analysed(page, site)
    row = page.get_by_role("group", name="Diff of /etc/postgresql/15/main/postgresql.conf").locator(
        ".row", has=page.locator("ins")
    )

    def beside() -> bool:
        old, new = row.locator("del").bounding_box(), row.locator("ins").bounding_box()
        assert old
        assert new
        return new["x"] > old["x"] + 100

    assert not beside()
    page.get_by_role("button", name="Side by side").click()
    assert beside()
    finding(page).get_by_role("checkbox", name="in the diff").uncheck()
    expect(page.locator("article.left-out")).to_have_count(1)
    assert beside()
    expect(page.get_by_role("button", name="Side by side")).to_have_attribute("aria-pressed", "true")


def test_on_paper_there_is_the_report_and_no_button(page: Page, site: Site) -> None:
    analysed(page, site)
    page.emulate_media(media="print")
    expect(page.locator("#verdict")).to_be_visible()
    expect(finding(page)).to_be_visible()
    expect(page.locator("button:visible")).to_have_count(0)
    expect(page.locator(".input")).to_be_hidden()


def test_the_verdict_says_how_sure_and_how_to_get_what_is_missing(page: Page, site: Site) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    analysed(page, site)
    expect(page.get_by_text("How sure:")).to_contain_text("Not seen but guessed: page size 4,096 bytes")
    page.get_by_role("button", name="copy the command").click()
    expect(page.locator("button.inline.done")).to_be_visible()
    assert "sysctl -a" in page.evaluate("navigator.clipboard.readText()")
