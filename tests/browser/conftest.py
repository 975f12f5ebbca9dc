"""A real Chromium, a host that knows no file types and lives under a sub-path, and a canary that nobody may reach."""

import fcntl
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import build  # noqa: E402  the repository's own, which is no package

SUB_PATH = "/wiki/tools/confmend/"
# Only what a browser insists on: a page, a style sheet and a service worker. Everything else is bytes.
MEDIA_TYPES = {".html": "text/html", ".css": "text/css", "sw.js": "text/javascript"}
# A busy machine is no failure: speed is measured in tests/benchmarks/, not here.
PATIENCE_S = 120
expect.set_options(timeout=PATIENCE_S * 1000)
# In the probing build a paste that starts with this line is Python to run; what it leaves in `outcomes` is the answer.
PROBE_LINE = "# probe"
PROBE = f"""

_answer = call
_names = {{}}


def call(message, data=None):
    asked = json.loads(message)
    texts = [paste["text"] for paste in asked["args"].get("pastes", [])]
    if not texts or not texts[0].startswith({PROBE_LINE!r}):
        return _answer(message, data)
    exec(texts[0], _names)
    return json.dumps({{"id": asked["id"], "value": _names.get("outcomes")}})
"""


@dataclass
class Site:
    """A folder served on this machine, and what was asked of it."""

    folder: Path
    origin: str = ""
    requests: list[str] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)
    """Prefixes of file names that the host pretends not to have."""
    changed: dict[str, bytes] = field(default_factory=dict)
    """Prefixes of file names, with the bytes that the host gives instead."""
    headers: dict[str, str] = field(default_factory=lambda: {"Access-Control-Allow-Origin": "*"})
    """What the host says with each file."""

    @property
    def url(self) -> str:
        """The page's address."""
        return self.origin + SUB_PATH


@contextmanager
def building() -> Iterator[None]:
    """Build alone: tests run side by side, and what the first has built the others find."""
    build.WORK.mkdir(exist_ok=True)
    with (build.WORK / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page, built once, in a copy that no later build replaces."""
    with building():
        build.build()
    return Path(shutil.copytree(build.DIST, tmp_path_factory.mktemp("built") / "dist"))


@pytest.fixture(scope="session")
def probing_dist(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page with an engine that also runs the Python it is given. Such an engine is never shipped."""
    work = build.WORK / "probing"
    project = work / "project"
    with building():
        shutil.rmtree(project, ignore_errors=True)
        project.mkdir(parents=True)
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, project)
        shutil.copytree(ROOT / "pysrc", project / "pysrc", ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"))
        with (project / "pysrc" / "confmend" / "bridge.py").open("a", encoding="utf-8") as bridge:
            bridge.write(PROBE)
        wheels = work / "own-wheel"
        build.make_own_wheel(project, wheels)
        build.make_engine([build.WORK / "wheels", wheels], work / "engine")
        build.assemble(work / "engine", build.WORK / "scripts", build.WORK / "pages", work / "dist")
    return Path(shutil.copytree(work / "dist", tmp_path_factory.mktemp("probing") / "dist"))


@pytest.fixture
def site(dist: Path) -> Iterator[Site]:
    """The page on a host, under a sub-path."""
    yield from serve(Site(dist))


@pytest.fixture
def probing_site(probing_dist: Path) -> Iterator[Site]:
    """The same with the probing engine."""
    yield from serve(Site(probing_dist))


@pytest.fixture
def canary(tmp_path: Path) -> Iterator[Site]:
    """Another origin. It would welcome anybody, so that only the page's own policy keeps requests from it."""
    yield from serve(Site(tmp_path))


def serve(site: Site) -> Iterator[Site]:
    """Serve until the test is over."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.requests.append(self.path)
            path, _, _ = self.path.partition("?")
            name = path.removeprefix(SUB_PATH) or "index.html"
            file = site.folder / name
            if not path.startswith(SUB_PATH) or not file.is_file() or any(map(name.startswith, site.missing)):
                self.send_error(404)
                return
            changed = [content for prefix, content in site.changed.items() if name.startswith(prefix)]
            self.send_response(200)
            self.send_header(
                "Content-Type",
                MEDIA_TYPES.get(file.name if file.name in MEDIA_TYPES else file.suffix, "application/octet-stream"),
            )
            for header, value in site.headers.items():
                self.send_header(header, value)
            self.end_headers()
            self.wfile.write(changed[0] if changed else file.read_bytes())

        do_POST = do_HEAD = do_OPTIONS = do_GET  # noqa: N815  http.server names them

        def log_message(self, *_: object) -> None:
            """Keep the terminal for pytest."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        site.origin = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield site
        server.shutdown()
        thread.join()


def chromium_arguments() -> list[str]:
    """Give the switches for a Chromium that tests drive: root has no sandbox, and nobody needs its background work."""
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    quiet = ["background-networking", "component-update", "sync", "quic", "gpu", "dev-shm-usage"]
    return [*root, "--no-first-run", *(f"--disable-{what}" for what in quiet)]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Start the Chromium that build.py found; without one, pytest-playwright starts Playwright's own."""
    found = build.find_chromium()
    return browser_type_launch_args | {"args": chromium_arguments()} | ({"executable_path": found} if found else {})


@pytest.fixture
def context(context: BrowserContext) -> BrowserContext:
    """A window that is as patient with clicks and loads as ``expect`` is with what is shown."""
    context.set_default_timeout(PATIENCE_S * 1000)
    return context


def eventually(what: str, look: Callable[[], Any]) -> Any:
    """Look until the answer is true. Playwright's own waits evaluate strings in the page, which its policy forbids."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {PATIENCE_S} s: {what}")


def engine_state(page: Page) -> str:
    """Say in which state the page's engine is."""
    return str(page.evaluate("document.documentElement.dataset.engine ?? ''"))


def wait_for_engine(page: Page, state: str = "ready") -> None:
    """Wait until the page's engine is in this state."""
    eventually(f"engine {state}", lambda: engine_state(page) == state)
