"""The recipe for nginx in docs/hosting.md, given to a real nginx: the page starts, and only the wiki frames it."""

import os
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from conftest import ROOT, SUB_PATH, Site, serve, wait_for_engine
from programs import debian

RECIPE = re.search(r"```nginx\n(.*?)```", (ROOT / "docs" / "hosting.md").read_text(), re.DOTALL)


@pytest.fixture
def wiki(tmp_path: Path) -> Iterator[Site]:
    """The site that the recipe lets frame the page. To a browser localhost is another site than 127.0.0.1."""
    (tmp_path / "wiki").mkdir()
    for wiki in serve(Site(tmp_path / "wiki")):
        wiki.origin = wiki.origin.replace("127.0.0.1", "localhost")
        yield wiki


@pytest.fixture
def hosted(dist: Path, tmp_path: Path, wiki: Site) -> Iterator[str]:
    """The page's address on an nginx with the recipe, in which only places and names are replaced."""
    try:
        root = debian.unpacked("nginx", "nginx-common")
    except debian.MissingProgramError as missing:
        pytest.skip(str(missing))
    assert RECIPE
    recipe = RECIPE[1].replace("/srv/www/confmend/", f"{dist}/").replace("https://wiki.example", wiki.origin)
    port = free_port()
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"    {kind}_temp_path {tmp_path}/{kind};\n" for kind in kinds)
    user = "user root;\n" if hasattr(os, "geteuid") and os.geteuid() == 0 else ""
    conf = tmp_path / "nginx.conf"
    conf.write_text(
        f"{user}daemon off;\nmaster_process off;\npid {tmp_path}/nginx.pid;\nerror_log {tmp_path}/error.log;\n"
        "events {}\n"
        f"http {{\n    include {root}/etc/nginx/mime.types;\n    access_log {tmp_path}/access.log;\n{places}"
        f"    server {{\n        listen 127.0.0.1:{port};\n{recipe}    }}\n}}\n"
    )
    command = [*debian.command(root, "usr/sbin/nginx"), "-e", str(tmp_path / "error.log"), "-c", str(conf)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    address = f"http://127.0.0.1:{port}/confmend/"
    try:
        for _ in range(200):
            assert server.poll() is None, server.stdout and server.stdout.read()
            try:
                urllib.request.urlopen(address).close()
                break
            except OSError:
                time.sleep(0.05)
        yield address
    finally:
        server.terminate()
        server.wait()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def frame(site: Site, address: str, sandbox: str = "") -> str:
    (site.folder / "index.html").write_text(
        "<!doctype html><title>A wiki</title>"
        f'<iframe width="600" height="800" {sandbox} src="{address}?embed=1"></iframe>'
    )
    return site.url


def works(page: Page) -> None:
    inside = page.frame_locator("iframe")
    inside.get_by_label("Paste your configuration").fill("fsync = off\nautovacuum = off\n")  # longer than what is typed
    expect(inside.get_by_role("region", name="Findings")).to_be_visible()


def test_the_page_starts_and_can_be_kept(page: Page, hosted: str, dist: Path) -> None:
    page.goto(f"{hosted}offline.html")
    page.get_by_role("button", name="Keep it").click()
    expect(page.locator("#state")).to_contain_text("it is what the host has")
    page.goto(hosted)
    wait_for_engine(page)
    page.goto(f"{hosted}incidents/no_buffer_space.html")
    expect(page.get_by_role("heading", level=1)).to_contain_text("No buffer space available")


def test_its_files_are_cached_as_they_may_be_and_what_is_missing_is_missing(hosted: str, dist: Path) -> None:
    (library,) = dist.glob("library-*")
    with urllib.request.urlopen(hosted + library.name) as answer:
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.read() == library.read_bytes()
    for name in ("", "app.js", "embed.js", "sw.js", "offline.json"):
        with urllib.request.urlopen(hosted + name) as answer:
            assert answer.headers["Cache-Control"] == "no-cache"
            assert "frame-ancestors" in answer.headers["Content-Security-Policy"]
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{hosted}library-0000.bin")


@pytest.mark.parametrize("sandbox", ["", 'sandbox="allow-scripts"'])
def test_the_wiki_that_the_recipe_names_may_frame_it(page: Page, hosted: str, wiki: Site, sandbox: str) -> None:
    page.goto(frame(wiki, hosted, sandbox))
    works(page)


def test_another_site_may_not(page: Page, hosted: str, canary: Site) -> None:
    page.goto(frame(canary, hosted))
    page.wait_for_timeout(1000)
    assert page.frame_locator("iframe").get_by_label("Paste your configuration").count() == 0
    assert SUB_PATH in canary.requests
