"""The page around the story: its states, bad input, hostile input, the keyboard, small screens, one file on a disk."""

import itertools
import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, Route, expect

from conftest import Site, engine_state, eventually, wait_for_engine

CONF = "net.ipv4.tcp_mem = 786432 1048576 26777216\n"
MEMORY = "MemTotal:       16090752 kB\n"
BUNDLE = f"==> 99.conf <==\n{CONF}==> meminfo <==\n{MEMORY}"
FIFTY_MB = 50_000_000


def box(page: Page) -> Locator:
    return page.get_by_label("Paste your configuration")


def status(page: Page) -> Locator:
    return page.locator("#status")


def findings(page: Page) -> Locator:
    return page.get_by_role("region", name="Findings", exact=True)


def ready(page: Page, site: Site) -> None:
    page.goto(site.url)
    wait_for_engine(page)


def analysed(page: Page, text: str = BUNDLE) -> None:
    box(page).fill(text)
    page.get_by_role("button", name="Analyse").click()
    expect(status(page)).to_contain_text("Done")


def start_over(page: Page) -> None:
    page.get_by_role("button", name="Start over").click()
    expect(findings(page)).to_have_count(0)


def add_file(page: Page, name: str, content: bytes) -> None:
    page.locator("#files").set_input_files([{"name": name, "mimeType": "", "buffer": content}])


# States --------------------------------------------------------------------------------------------------------------


def test_what_is_pasted_while_the_engine_loads_is_analysed_when_it_is_up(page: Page, site: Site) -> None:
    held: list[Route] = []
    page.route("**/library-*", lambda route: held.append(route))
    page.goto(site.url)
    box(page).fill(BUNDLE)
    expect(status(page)).to_have_text("It will be analysed as soon as the engine is up.")
    expect(page.get_by_role("progressbar", name="Loading the engine")).to_be_visible()
    expect(page.locator("#bytes")).to_contain_text("MB")
    eventually("the library is asked for", lambda: held)
    held[0].continue_()
    expect(findings(page)).to_contain_text("102.15 GiB")
    expect(page.get_by_role("progressbar")).to_be_hidden()


def test_an_engine_that_does_not_come_keeps_the_paste_and_offers_a_retry(page: Page, site: Site) -> None:
    site.missing = {"library-"}
    page.goto(site.url)
    box(page).fill(BUNDLE)
    wait_for_engine(page, "failed")
    expect(page.get_by_role("alert")).to_contain_text("could not be fetched: the host answers 404")
    page.keyboard.press("Control+Enter")
    site.missing = set()
    page.get_by_role("button", name="Try again").click()
    expect(findings(page)).to_contain_text("102.15 GiB")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_paste_is_analysed_without_a_button_and_typing_only_marks_the_report_as_old(page: Page, site: Site) -> None:
    ready(page, site)
    box(page).fill(BUNDLE)
    expect(findings(page)).to_contain_text("102.15 GiB")
    box(page).press("End")
    box(page).press_sequentially("x")
    expect(page.get_by_text("The text has changed since this analysis.")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("The text has changed since this analysis.")).to_be_hidden()


def test_a_newer_input_supersedes_a_long_run(page: Page, site: Site) -> None:
    ready(page, site)
    line = (
        b"2026-03-02 03:14:55.031 UTC [20412] app@orders LOG:  could not receive data from client: Connection reset\n"
    )
    add_file(page, "long.log", line * 80_000)
    eventually("the long run", lambda: engine_state(page) == "working")
    page.get_by_role("button", name="Remove long.log").click()
    box(page).fill(BUNDLE)
    expect(findings(page)).to_contain_text("102.15 GiB")
    expect(page.locator("#report")).not_to_contain_text("long.log")


def test_starting_over_puts_everything_aside_and_can_bring_it_back(page: Page, site: Site) -> None:
    ready(page, site)
    add_file(page, "99.conf", CONF.encode())
    analysed(page, MEMORY)
    expect(findings(page)).to_contain_text("102.15 GiB")
    page.get_by_role("button", name="Start over").click()
    expect(findings(page)).to_have_count(0)
    expect(box(page)).to_have_value("")
    page.get_by_role("button", name="Bring it back").click()
    expect(box(page)).to_have_value(MEMORY)
    expect(findings(page)).to_contain_text("102.15 GiB")


def test_several_pastes_go_into_one_analysis(page: Page, site: Site) -> None:
    ready(page, site)
    box(page).fill(CONF)
    page.get_by_role("button", name="Add another paste").click()
    expect(box(page)).to_be_focused()
    expect(box(page)).to_have_value("")
    analysed(page, MEMORY)
    expect(findings(page)).to_contain_text("102.15 GiB")
    page.get_by_role("button", name="Edit Paste 1").click()
    expect(box(page)).to_have_value(CONF)


def test_files_can_be_dropped_anywhere(page: Page, site: Site) -> None:
    ready(page, site)
    page.evaluate(
        """([name, text]) => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([text], name));
            document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
        }""",
        ["dropped.conf", "net.ipv4.tcp_mem = 3 2 1\n"],
    )
    expect(page.get_by_role("list", name="Added to the analysis")).to_contain_text("dropped.conf")
    expect(findings(page)).to_contain_text("dropped.conf")


def test_a_large_paste_becomes_an_item_of_the_list(page: Page, site: Site) -> None:
    ready(page, site)
    page.evaluate(
        """text => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/plain", text);
            const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
            document.getElementById("paste").dispatchEvent(event);
        }""",
        CONF + "# comment\n" * 60_000,
    )
    expect(page.get_by_role("list", name="Added to the analysis")).to_contain_text("600 kB")
    expect(box(page)).to_have_value("")


# Bad input -----------------------------------------------------------------------------------------------------------


def test_nothing_to_analyse_is_said(page: Page, site: Site) -> None:
    ready(page, site)
    box(page).fill(" \n")
    page.get_by_role("button", name="Analyse").click()
    expect(status(page)).to_have_text("There is nothing to analyse yet: paste something, or add a file.")
    expect(box(page)).to_be_focused()


BAD_FILES = {
    "empty": (b"", "there is nothing in it"),
    "binary": (bytes(range(256)) * 64, "NUL character"),
    "nul": (b"vm.swappiness = 10\n\0\n", "NUL character (line 2)"),
    "unknown": ("Zwölf Boxkämpfer\n".encode() * 9, "it is none of the kinds that are read"),
    "garbage": (bytes(range(1, 256)) * 4096, "it is none of the kinds that are read"),
}


def test_a_file_that_cannot_be_read_is_named_with_the_reason(page: Page, site: Site) -> None:
    ready(page, site)
    for name, (content, reason) in BAD_FILES.items():
        add_file(page, f"{name}.dat", content)
        expect(page.get_by_text(f"Not read: {name}.dat")).to_contain_text(reason)
        still_usable(page)
        start_over(page)


ODD_TEXTS = (f"{CONF}# \ud800\n", f"{CONF}#{'x' * 100_000}\n", f"#{'y ' * 50_000}\n{CONF}")


def test_odd_texts_are_analysed_like_others(page: Page, site: Site) -> None:
    ready(page, site)
    for text in ODD_TEXTS:
        add_file(page, "meminfo", MEMORY.encode())
        page.evaluate(
            """text => {
                document.getElementById("paste").value = text;
                document.getElementById("paste").dispatchEvent(new Event("input"));
            }""",
            text,
        )
        expect(findings(page)).to_contain_text("102.15 GiB")
        assert page.evaluate("document.getElementById('paste').value") == text
        no_sideways_scroll(page)
        still_usable(page)
        start_over(page)


def test_a_file_of_50_mb_is_refused_and_the_page_does_not_freeze(page: Page, site: Site, tmp_path: Path) -> None:
    large = tmp_path / "postgresql.log"
    line = b"2026-03-02 03:14:55.031 UTC [20412] app@orders LOG:  checkpoint starting: time\n"
    large.write_bytes(line * (FIFTY_MB // len(line) + 1))
    ready(page, site)
    page.evaluate(
        """() => {
            window.longest = 0;
            let last = performance.now();
            setInterval(() => {
                const now = performance.now();
                window.longest = Math.max(window.longest, now - last);
                last = now;
            }, 20);
        }"""
    )
    for _ in range(4):  # again before it is believed: the machine may be busy
        page.evaluate("window.longest = 0")
        page.locator("#files").set_input_files(large)
        expect(page.get_by_role("list", name="Added to the analysis")).to_contain_text("50.0 MB")
        expect(page.get_by_text("Not read: postgresql.log")).to_contain_text("paste the part around the error")
        if (longest := page.evaluate("longest")) < 2000:
            break
        start_over(page)
    assert longest < 2000
    still_usable(page)


def test_an_unknown_kind_is_refused_by_name(page: Page, site: Site) -> None:
    ready(page, site)
    refused = page.evaluate("confmend.analyse([{ text: 'x', kind: 'nope' }]).then(String, String)")
    assert refused.startswith("Error: there is no kind 'nope'; there are answers, ")
    still_usable(page)


def test_an_answer_that_cannot_be_read_is_shown_with_an_example(page: Page, site: Site) -> None:
    ready(page, site)
    analysed(page, CONF)
    page.get_by_text("What we can’t see").click()
    page.get_by_label("RAM of the host").fill("a lot")
    page.get_by_label("RAM of the host").blur()
    problems = page.get_by_role("region", name="Lines that their program refuses or does not read")
    expect(problems).to_contain_text("memory can't be read from this; an example is 16GB")


def still_usable(page: Page) -> None:
    """The next analysis works, and what was there before is still there."""
    before = added(page)
    analysed(page)
    expect(findings(page)).to_contain_text("102.15 GiB")
    assert added(page)[: len(before)] == before


def added(page: Page) -> list[str]:
    """The names of what lies beside the box."""
    return page.locator("#items > li > .head:has(.size) > b").all_inner_texts()


# Hostile input -------------------------------------------------------------------------------------------------------

ATTACKS = [
    "<script>ran.push(1)</script>",
    "<img src=x onerror=ran.push(2)>",
    '"><svg onload=ran.push(3)>',
    "' autofocus onfocus=ran.push(4) x='",
    "</pre></textarea></title><iframe srcdoc='<script>parent.ran.push(5)</script>'></iframe>",
    "<a href=javascript:ran.push(6)>here</a>",
    "<style>body{display:none}</style><base href=//x.invalid/><meta http-equiv=refresh content=0;url=//x.invalid>",
    "{{ 7 * 7 }}{% raw %}&lt",
]
# How the fields write an attack, where it can't stand as it is.
SHOWN: dict[str, Callable[[str], str]] = {
    "file name": lambda attack: attack.replace("/", ""),
    "refused value": lambda attack: attack.replace("'", "''"),
}
FIELDS: dict[str, Callable[[str], dict[str, str]]] = {
    "value": lambda attack: {"99.conf": f"{CONF}net.core.rmem_max = {attack}\n"},
    "refused value": lambda attack: {"postgresql.conf": f"shared_buffers = '{SHOWN['refused value'](attack)}'\n"},
    "key": lambda attack: {"99.conf": f"{CONF}{attack} = 1\n"},
    "comment beside a change": lambda attack: {"99.conf": f"# {attack}\n{CONF}# {attack}\n", "meminfo": MEMORY},
    "file name": lambda attack: {f"{SHOWN['file name'](attack)}.conf": CONF, "meminfo": MEMORY},
    "name of a part": lambda attack: {"bundle": f"==> {attack}.conf <==\n{CONF}==> m <==\n{MEMORY}"},
    "log line": lambda attack: {
        "pg.log": "2026-03-02 03:14:55.031 UTC [7] LOG:  starting PostgreSQL 15.10 on x86_64-pc-linux-gnu\n"
        "2026-03-02 03:14:55.031 UTC [7] LOG:  could not receive data from client: no buffer space available "
        f"{attack}\n"
    },
    "unread": lambda attack: {"prose": f"{attack} and more\n"},
    "secret": lambda attack: {"env": f"{CONF}# password={attack}\n# {attack}\n"},
}


# What may be made of a text by mistake; the report itself is made of none of these, but for its pictures.
MADE = (
    "script, img, svg:not(svg.picture), iframe, style, base, meta, animate, foreignObject, "
    "[autofocus], [href^=javascript], [onload], [onerror], [onfocus], [onbegin]"
)


def test_hostile_text_is_shown_as_text(page: Page, site: Site) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.add_init_script("window.ran = []")
    ready(page, site)
    for field, written in FIELDS.items():
        files = [each for attack in ATTACKS for each in written(attack).items()]
        page.locator("#files").set_input_files(
            [{"name": name, "mimeType": "", "buffer": text.encode()} for name, text in files]
        )
        expect(page.locator("#report")).to_be_visible()
        expect(status(page)).to_contain_text("Done")
        page.locator("details").evaluate_all("all => all.forEach((each) => (each.open = true))")
        if field == "secret":  # it is hidden, in the comment below it as well
            expect(page.locator("#report mark").first).to_be_visible()
            assert "ran.push(1)" not in page.evaluate("document.querySelector('#report').textContent")
        for attack in ATTACKS if field != "secret" else ():
            expect(page.locator("#report")).to_contain_text(SHOWN.get(field, str)(attack))
        for place in ("#report", "#items"):
            assert page.locator(place).locator(MADE).count() == 0, field
        assert page.evaluate("ran") == [], field
        assert said == [], field
        start_over(page)


def test_hostile_answers_are_shown_as_text(page: Page, site: Site) -> None:
    ready(page, site)
    analysed(page)
    page.get_by_text("What we can’t see").click()
    for attack in ATTACKS:
        page.get_by_label("RAM of the host").fill(attack)
        page.get_by_label("RAM of the host").blur()
        expect(page.locator("#report")).to_contain_text(f"memory = {attack}")
        assert page.locator("#report").locator(MADE).count() == 0


# For everyone --------------------------------------------------------------------------------------------------------


def test_the_whole_story_by_keyboard(page: Page, site: Site) -> None:
    ready(page, site)
    page.keyboard.press("Tab")
    expect(box(page)).to_be_focused()
    page.keyboard.insert_text(BUNDLE)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#verdict")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="tcp_mem lets TCP take more")).to_be_focused()
    switch = page.get_by_role("checkbox", name="in the diff")
    for _ in range(30):
        page.keyboard.press("Tab")
        if switch.evaluate("each => each === document.activeElement"):
            break
    page.keyboard.press("Space")
    expect(page.get_by_role("region", name="Corrected diff")).to_contain_text("Every change is left out")
    expect(switch).to_be_focused()


def test_headings_are_in_order_and_everything_has_a_name(page: Page, site: Site) -> None:
    ready(page, site)
    analysed(page)
    levels = page.locator("h1, h2, h3, h4").evaluate_all(
        "all => all.filter((h) => h.checkVisibility()).map((h) => +h.tagName[1])"
    )
    assert levels[0] == 1
    assert all(next_ - level <= 1 for level, next_ in itertools.pairwise(levels))
    for control in (
        page.get_by_role("button").all() + page.get_by_role("checkbox").all() + page.get_by_role("textbox").all()
    ):
        expect(control).not_to_have_accessible_name("")


def test_no_screen_is_too_narrow(page: Page, site: Site) -> None:
    ready(page, site)
    for width in (320, 360, 600, 1024):
        page.set_viewport_size({"width": width, "height": 780})
        no_sideways_scroll(page)
        add_file(page, f"{'a-very-long-name-' * 10}.conf", CONF.encode())
        analysed(page, f"{BUNDLE}==> postgresql.conf <==\nshared_buffers = 14GB # {'wide ' * 60}\n")
        expect(page.locator("#verdict")).to_be_in_viewport()
        page.locator("details").evaluate_all("all => all.forEach((each) => (each.open = true))")
        no_sideways_scroll(page)
        start_over(page)


def no_sideways_scroll(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_one_file_on_a_disk_tells_the_whole_story(page: Page, dist: Path) -> None:
    page.context.set_offline(True)
    page.goto((dist / "confmend.html").as_uri())
    wait_for_engine(page)
    analysed(page)
    expect(findings(page)).to_contain_text("102.15 GiB")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download corrected file").click()
    assert Path(download.value.path()).read_text() == ""
    expect(page.get_by_role("link", name="confmend.html")).to_be_hidden()
    expect(page.get_by_text("Requests since the engine was up: 0")).to_be_visible()


def test_nothing_is_kept_by_the_browser_and_nothing_is_in_the_address(page: Page, site: Site) -> None:
    ready(page, site)
    analysed(page)
    kept = page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])")
    assert json.loads(kept) == [{}, {}, ""]
    assert page.url == site.url


def test_the_command_that_the_page_offers_runs_in_a_plain_shell(page: Page, site: Site, tmp_path: Path) -> None:
    ready(page, site)
    command = page.get_by_role("group", name="Command to run on the server").inner_text()
    environment = {**os.environ, "LC_ALL": "C"}
    printed = subprocess.run(
        ["sh", "-c", command],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        check=False,
    )
    assert re.fullmatch(rb"(\n# Not seen as [^\n]*\n)?", printed.stderr)
    add_file(page, "collected.txt", printed.stdout)
    expect(page.get_by_role("region", name="What is known of the host")).to_contain_text("RAM")
    expect(page.get_by_role("region", name="What is known of the host")).to_contain_text("/proc/meminfo")
