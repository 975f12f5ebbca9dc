"""The page inside other pages: a second origin with a strict policy, sandboxes, and a host that means no good."""

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Frame, FrameLocator, Page, expect

import build
from conftest import SUB_PATH, Site, eventually, serve

SECRET = "Tr0ub4dor-example"
CONF = f"fsync = off\nprimary_conninfo = 'host=db1.example user=replicator password={SECRET}'\n"
INCIDENT = "no_buffer_space"
TITLE = "No buffer space available"
# A host page notes every message that reaches it, whoever sent it.
NOTES = "window.heard = []; addEventListener('message', ({ data, origin }) => heard.push([origin, data]));"
# And here every message that comes over a port, which the element keeps to itself.
PORTS = """
    window.ported = [];
    const channel = MessageChannel;
    window.MessageChannel = function () {
        const made = new channel();
        made.port1.addEventListener("message", ({ data }) => ported.push(data));
        return made;
    };
"""


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Site]:
    """Another site with pages of its own. To a browser localhost and 127.0.0.1 have nothing in common."""
    (tmp_path / "host").mkdir()
    for host in serve(Site(tmp_path / "host")):
        host.origin = host.origin.replace("127.0.0.1", "localhost")
        yield host


def host_page(host: Site, body: str, name: str = "index.html", policy: str = "") -> str:
    """Write a page of the host's, and return its address."""
    (host.folder / "notes.js").write_text(NOTES)
    declared = f'<meta http-equiv="Content-Security-Policy" content="{policy}">' if policy else ""
    text = f'<!doctype html><meta charset="utf-8">{declared}<title>A wiki</title><script src="notes.js"></script>{body}'
    (host.folder / name).write_text(text)
    return host.url + name


def element(site: Site, attributes: str = "", content: str = "") -> str:
    return f'<script src="{site.url}embed.js"></script><confmend-sandbox {attributes}>{content}</confmend-sandbox>'


def strict(site: Site) -> str:
    """A policy that lets in the page's frame and embed.js, and nothing inline."""
    return (
        f"default-src 'none'; script-src 'self' {site.origin}; frame-src {site.origin}; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def embedded(page: Page) -> FrameLocator:
    return page.frame_locator("iframe").first


def frame_of(page: Page, site: Site) -> Frame:
    """The frame that shows confmend."""

    def look() -> Frame | None:
        page.wait_for_timeout(20)  # Playwright hears of new frames only while it waits
        return next((frame for frame in page.frames if frame.url.startswith(site.url)), None)

    found: Frame = eventually("the frame", look)
    return found


def findings(page: Page) -> Any:
    return embedded(page).get_by_role("region", name="Findings")


def heard(page: Page) -> Any:
    return page.evaluate("heard")


def test_an_address_opens_an_incidents_example(page: Page, site: Site) -> None:
    page.goto(f"{site.url}#incident={INCIDENT}")
    expect(page.get_by_role("region", name="Findings")).to_contain_text("tcp_mem")
    expect(page.locator("header.top")).to_be_visible()
    page.evaluate("location.hash = '#incident=too_many_clients'")
    expect(page.get_by_label("Paste your configuration")).to_have_value(re.compile("too many clients"))


def test_an_unknown_incident_is_said_and_nothing_else_happens(page: Page, site: Site) -> None:
    page.goto(f"{site.url}#incident=nothing_such")
    for slug in ("<img src=x onerror=alert(1)>", "../../x", "%00"):
        expect(page.locator("#error")).to_contain_text("there is no example")
        assert page.locator("#error *").count() == 0
        page.evaluate("document.getElementById('error').textContent = ''")
        page.evaluate("slug => { location.hash = `#incident=${slug}`; }", slug)
    expect(page.locator("#error")).to_contain_text("there is no example")
    assert page.locator("#error *").count() == 0


def test_a_plain_frame_is_compact_and_tells_its_host_nothing(page: Page, site: Site, host: Site) -> None:
    page.goto(
        host_page(host, f'<iframe width="600" height="800" src="{site.url}?embed=1#incident={INCIDENT}"></iframe>')
    )
    expect(findings(page)).to_contain_text("tcp_mem")
    expect(embedded(page).locator("header.top")).to_be_hidden()
    expect(embedded(page).locator("#offline")).to_be_hidden()
    expect(embedded(page).locator("#requests")).to_have_text("0")
    frame = frame_of(page, site)
    assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert heard(page) == []


def test_a_frame_out_of_sight_loads_no_engine_and_an_element_out_of_sight_nothing(
    page: Page, site: Site, host: Site
) -> None:
    far = '<style>.far { height: 4000px }</style><div class="far"></div>'
    frame = f'<iframe width="600" height="500" src="{site.url}?embed=1#incident={INCIDENT}"></iframe>'
    page.goto(host_page(host, f"{far}{frame}{far}{element(site, f'incident={INCIDENT}')}"))
    eventually("the frame's page", lambda: f"{SUB_PATH}app.js" in site.requests)
    page.wait_for_timeout(1000)
    assert not [path for path in site.requests if path.endswith(".bin")]
    assert sum("?embed=1" in path for path in site.requests) == 1
    page.locator("iframe").first.scroll_into_view_if_needed()
    expect(findings(page)).to_contain_text("tcp_mem")
    assert sum("?embed=1" in path for path in site.requests) == 1
    page.locator("confmend-sandbox").scroll_into_view_if_needed()
    eventually("the element's frame", lambda: sum("?embed=1" in path for path in site.requests) == 2)


def test_the_element_lives_under_a_strict_policy_and_is_as_high_as_its_content(
    page: Page, site: Site, host: Site
) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(host_page(host, element(site, f"incident={INCIDENT}"), policy=strict(site)))
    expect(findings(page)).to_contain_text("tcp_mem")
    frame = frame_of(page, site)
    heights = "[document.documentElement.scrollHeight, innerHeight]"
    inner, outer = eventually("the height", lambda: (h := frame.evaluate(heights))[0] <= h[1] and h)
    assert outer > 1500
    assert outer - inner < 4
    # The page around it must not move by itself.
    assert page.evaluate("scrollY") == 0
    frame.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    eventually("more height", lambda: frame.evaluate("innerHeight") > outer)
    assert said == []
    assert heard(page) == []  # all goes over the port


def test_the_elements_text_is_analysed_and_only_what_is_redacted_comes_back(page: Page, site: Site, host: Site) -> None:
    page.add_init_script(PORTS)
    page.goto(host_page(host, element(site, content=f"<pre>\n{CONF}</pre>")))
    page.evaluate(
        """window.results = [], document.querySelector("confmend-sandbox")
            .addEventListener("confmend-result", ({ detail }) => results.push(detail))"""
    )
    expect(findings(page)).to_be_visible()
    box = embedded(page).get_by_label("Paste your configuration")
    expect(box).to_have_value(CONF.rstrip())
    (result,) = eventually("the result", lambda: page.evaluate("results"))
    assert "HIDDEN" in json.dumps(result)
    assert result == frame_of(page, site).evaluate("text => confmend.analyse([{ text }])", CONF.rstrip())
    ported = page.evaluate("ported")
    assert {"hello", "ready", "result", "resize"} <= {message["type"] for message in ported}
    assert SECRET not in json.dumps(ported)


def test_what_the_reader_does_in_the_frame_stays_there(page: Page, site: Site, host: Site) -> None:
    page.add_init_script(PORTS)
    page.goto(host_page(host, element(site)))
    box = embedded(page).get_by_label("Paste your configuration")
    box.fill(CONF)
    expect(findings(page)).to_be_visible()
    with page.expect_download() as download:
        embedded(page).locator("[data-download]").click()
    assert SECRET in Path(download.value.path()).read_text()
    assert {message["type"] for message in page.evaluate("ported")} == {"hello", "ready", "resize"}
    assert SECRET not in json.dumps([page.evaluate("ported"), heard(page)])
    asked = "document.querySelector('confmend-sandbox').analyse('shared_buffers = 1GB').then(JSON.stringify)"
    answer = page.evaluate(asked)
    assert "shared_buffers = 1GB" in answer
    assert "replicator" not in answer  # the reader's text is in no answer
    assert box.input_value() == CONF
    # A frame of another site may have no storage at all; the page on its own has, and leaves nothing in it.
    assert SECRET not in frame_of(page, site).url
    page.goto(f"{site.url}?embed=1")
    page.get_by_label("Paste your configuration").fill(CONF)
    expect(page.get_by_role("region", name="Findings")).to_be_visible()
    assert page.url == f"{site.url}?embed=1"
    assert page.evaluate("[{ ...localStorage }, { ...sessionStorage }, document.cookie]") == [{}, {}, ""]
    assert page.evaluate("caches.keys()") == []
    assert page.evaluate("indexedDB.databases()") == []


def connected(page: Page, site: Site, declared: str, sender: str = "window", asked: str = "{}") -> Any:
    """Do by hand what the element does, from ``sender``, and say what the frame answers within two seconds."""
    return page.evaluate(
        """async ([address, sender, asked]) => {
            const frame = document.createElement("iframe");
            Object.assign(frame, { width: 600, height: 600, src: address });
            document.body.append(frame);
            await new Promise((resolve) => frame.addEventListener("load", resolve));
            const answers = [];
            const from = sender === "window" ? window : document.querySelector(sender).contentWindow;
            const { port1, port2 } = new from.MessageChannel();
            port1.onmessage = ({ data }) => answers.push(data);
            const post = "(w, p) => w.postMessage({ confmend: 1, type: 'connect' }, '*', [p])";
            from.eval(post)(frame.contentWindow, port2);
            for (const each of JSON.parse(asked)) port1.postMessage({ confmend: 1, ...each });
            await new Promise((resolve) => setTimeout(resolve, 2000));
            const wanted = JSON.parse(asked).filter((each) => "id" in each).length;
            const got = () => answers.filter((each) => each.id !== undefined).length;
            const pause = () => new Promise((resolve) => setTimeout(resolve, 100));
            for (let left = 300; answers.length && got() < wanted && left; left--) await pause();
            return answers.filter(({ type }) => type !== "resize" && type !== "ready");
        }""",
        [f"{site.url}?embed=1&host={declared}", sender, asked if asked != "{}" else "[]"],
    )


def test_only_the_page_around_it_that_the_address_names_is_heard(page: Page, site: Site, host: Site) -> None:
    page.goto(host_page(host, '<iframe id="sibling" src="other.html"></iframe>'))
    (host.folder / "other.html").write_text("<!doctype html>")
    page.reload()
    assert [each["type"] for each in connected(page, site, host.origin)] == ["hello"]
    assert connected(page, site, "https://wiki.example") == []
    assert connected(page, site, host.origin, "#sibling") == []
    assert connected(page, site, "") == []


def test_the_build_can_name_the_only_hosts(page: Page, host: Site, tmp_path: Path, dist: Path) -> None:
    for allowed, heard_there in ((["https://wiki.example"], False), (["https://wiki.example", host.origin], True)):
        folder = tmp_path / str(heard_there) / "dist"
        build.assemble(build.WORK / "engine", build.WORK / "scripts", build.WORK / "pages", folder, allowed)
        for site in serve(Site(folder)):
            page.goto(host_page(host, ""))
            assert bool(connected(page, site, host.origin)) == heard_there
            assert bool(connected(page, site, "https://wiki.example")) is False


@pytest.mark.parametrize("text", ["wiki.example", "https://wiki.example/", "https://Wiki.example", "*", "https://a b"])
def test_what_is_no_origin_is_refused_at_build_time(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is no origin"):
        build.origin(text)


def test_a_hostile_host_gets_refusals_and_the_readers_text_stays(page: Page, site: Site, host: Site) -> None:
    page.goto(host_page(host, ""))
    asked = [
        {"type": "analyse", "id": 1, "text": CONF},
        {"type": "analyse", "id": 2, "text": {"toString": "x"}},
        {"type": "rewrite", "id": 3, "text": CONF},
        {"type": "restore", "id": 4, "text": "PASSWORD_1_HIDDEN"},
        {"type": "load", "id": 5, "text": "max_connections = 7\n"},
        {"type": "analyse", "id": 6},
        {"type": "theme", "scheme": "<style>"},
    ]
    answers = connected(page, site, host.origin, asked=json.dumps(asked))
    by_id = {each["id"]: each for each in answers if "id" in each}
    assert {number: each["type"] for number, each in by_id.items()} == {
        1: "result", 2: "error", 3: "error", 4: "error", 5: "result", 6: "error",
    }  # fmt: skip
    assert SECRET not in json.dumps(answers)
    box = embedded(page).get_by_label("Paste your configuration")
    expect(box).to_have_value("max_connections = 7\n")


def test_a_host_cannot_replace_what_the_reader_has_pasted(page: Page, site: Site, host: Site) -> None:
    page.goto(host_page(host, element(site, content="max_connections = 5")))
    expect(findings(page).or_(embedded(page).locator("#report")).first).to_be_visible()
    box = embedded(page).get_by_label("Paste your configuration")
    box.fill(CONF)
    # The same port, used as the element would use it.
    answer = page.evaluate(
        """address => new Promise((resolve) => {
            const frame = document.querySelector("confmend-sandbox").shadowRoot.querySelector("iframe");
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = ({ data }) => data.id && resolve(data);
            frame.contentWindow.postMessage({ confmend: 1, type: "connect" }, address, [port2]);
            port1.postMessage({ confmend: 1, type: "load", id: 1, text: "shared_buffers = 1GB" });
        })""",
        site.origin,
    )
    assert answer["type"] == "error"
    assert "at work" in answer["message"]
    assert box.input_value() == CONF


CONTEXTS = {
    "no sandbox": ("{page}", None),
    "scripts and its own origin": ("{page}", "allow-scripts allow-same-origin"),
    "scripts": ("{page}", "allow-scripts"),
    "one file": ("{one}", None),
    "one file, scripts": ("{one}", "allow-scripts"),
}


@pytest.mark.parametrize("kind", CONTEXTS)
def test_it_works_in_each_kind_of_frame(page: Page, site: Site, host: Site, kind: str) -> None:
    address, sandbox = CONTEXTS[kind]
    source = address.format(page=f"{site.url}?embed=1", one=f"{site.url}confmend.html?embed=1")
    attribute = f'sandbox="{sandbox}"' if sandbox else ""
    page.goto(host_page(host, f'<iframe width="600" height="800" {attribute} src="{source}"></iframe>'))
    works(page)


def test_one_file_works_as_the_text_of_a_frame(page: Page, site: Site, host: Site, dist: Path) -> None:
    page.goto(host_page(host, ""))
    page.evaluate(
        """text => {
            const frame = Object.assign(document.createElement("iframe"), { width: 600, height: 800, srcdoc: text });
            frame.sandbox = "allow-scripts";
            document.body.append(frame);
        }""",
        (dist / "confmend.html").read_text(),
    )
    works(page)


def works(page: Page) -> None:
    embedded(page).get_by_label("Paste your configuration").fill(CONF)
    expect(findings(page)).to_be_visible()
    expect(embedded(page).locator("#requests")).to_have_text("0")
    expect(embedded(page).locator("#report")).not_to_contain_text(SECRET)


def test_a_sandbox_without_an_origin_and_a_host_without_cors_is_a_clear_failure(
    page: Page, site: Site, host: Site
) -> None:
    site.headers = {}
    source = f"{site.url}?embed=1"
    page.goto(host_page(host, f'<iframe width="600" height="800" sandbox="allow-scripts" src="{source}"></iframe>'))
    expect(embedded(page).get_by_text("could not be fetched")).to_be_visible()


def test_an_isolated_element_has_no_origin_and_needs_nothing_of_the_host(page: Page, site: Site, host: Site) -> None:
    site.headers = {}
    page.goto(host_page(host, element(site, "isolated", f"<pre>{CONF}</pre>"), policy=strict(site)))
    expect(findings(page)).to_be_visible()
    assert frame_of(page, site).evaluate("origin") == "null"


def test_the_element_works_where_the_host_page_itself_has_no_origin(page: Page, site: Site, host: Site) -> None:
    host_page(host, element(site, content=f"<pre>{CONF}</pre>"), "inner.html")
    page.goto(host_page(host, '<iframe width="700" height="900" sandbox="allow-scripts" src="inner.html"></iframe>'))
    inner = embedded(page).frame_locator("iframe")
    expect(inner.get_by_role("region", name="Findings")).to_be_visible()


def test_the_frame_has_the_colours_of_its_host(page: Page, site: Site, host: Site) -> None:
    dark = "<style>.dark { background: #111; color: #eee }</style>"
    page.goto(host_page(host, dark + element(site)))
    background = "getComputedStyle(document.body).backgroundColor"
    frame = frame_of(page, site)
    assert frame.evaluate(background) == "rgb(244, 245, 246)"
    page.evaluate("document.body.classList.add('dark')")
    eventually("dark", lambda: frame.evaluate(background) == "rgb(19, 22, 25)")
    page.evaluate("document.querySelector('confmend-sandbox').setAttribute('theme', 'light')")
    eventually("light", lambda: frame.evaluate(background) == "rgb(244, 245, 246)")


def test_a_frame_that_does_not_come_leaves_a_link(page: Page, site: Site, host: Site) -> None:
    page.clock.install()
    page.goto(
        host_page(
            host, element(site, f"incident={INCIDENT}"), policy=f"script-src 'self' {site.origin}; frame-src 'none'"
        )
    )
    eventually("the frame", lambda: page.locator("confmend-sandbox iframe").count())
    page.clock.fast_forward(30_000)
    link = page.locator("confmend-sandbox a")
    expect(link).to_have_attribute("href", f"{site.url}#incident={INCIDENT}")


def test_the_host_says_who_may_frame_it(page: Page, site: Site, host: Site) -> None:
    address = host_page(host, f'<iframe width="600" height="800" src="{site.url}?embed=1"></iframe>')
    site.headers = {"Content-Security-Policy": "frame-ancestors https://wiki.example"}
    page.goto(address)
    page.wait_for_timeout(500)
    assert embedded(page).get_by_label("Paste your configuration").count() == 0
    site.headers = {"Content-Security-Policy": f"frame-ancestors {host.origin}"}
    page.goto(address)
    works(page)


def test_the_page_of_an_incident_opens_its_example_in_a_frame(page: Page, site: Site) -> None:
    page.goto(f"{site.url}incidents/{INCIDENT}.html")
    page.wait_for_timeout(300)
    assert not [path for path in site.requests if path.endswith(".bin")]
    page.get_by_text("Try it on this page").click()
    expect(findings(page)).to_contain_text("tcp_mem")
