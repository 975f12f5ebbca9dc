"""Firefox and WebKit, each driven by the protocol that it speaks itself, with nothing but the standard library.

Firefox: Marionette, JSON with its length in front over a socket. WebKit: WebDriver over HTTP by WebKitWebDriver, which
starts WebKitGTK's MiniBrowser. Both take the same commands. Chromium is pytest-playwright's.
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from conftest import PATIENCE_S

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key under which WebDriver names an element

Send = Callable[[str, str, dict[str, Any]], Any]


class Browser:
    """A browser with one tab."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def open(self, address: str) -> None:
        """Go to an address and wait until the page is loaded."""
        self._send("WebDriver:Navigate", "POST url", {"url": address})

    def run(self, script: str, *arguments: object) -> Any:
        """Run the body of a function in the page and give what it returns."""
        return self._send("WebDriver:ExecuteScript", "POST execute/sync", {"script": script, "args": list(arguments)})

    def press(self, selector: str, text: str = "") -> None:
        """Press the element with the mouse, as a reader does: it has to be there, to be seen and not to be covered.

        ``text``: what it has to say, where several suit the selector.
        """
        find = (
            "return [...document.querySelectorAll(arguments[0])].find((each) => each.innerText.includes(arguments[1]))"
        )
        found = self.run(find, selector, text)
        assert found, f"no {selector} says {text!r}"
        name = found[ELEMENT]
        self._send("WebDriver:ElementClick", f"POST element/{name}/click", {"id": name})

    def eventually(self, script: str, *arguments: object) -> Any:
        """Run the script until it returns something true, and give that."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            if found := self.run(script, *arguments):
                return found
            time.sleep(0.1)
        raise AssertionError(f"not within {PATIENCE_S} s: {script}; the page says: {self.run(STATE)}")


STATE = (
    "return `${document.documentElement.dataset.engine}: ${document.querySelector('main')?.innerText.slice(0, 500)}`"
)


@contextmanager
def firefox(program: str, folder: Path) -> Iterator[Browser]:
    """Start Firefox with a new profile; what it downloads goes to ``folder``/downloads."""
    profile = folder / "profile"
    profile.mkdir()
    port = free_port()
    preferences: dict[str, object] = {
        "marionette.port": port,
        "browser.download.folderList": 2,
        "browser.download.dir": str(folder / "downloads"),
        "browser.shell.checkDefaultBrowser": False,
        "datareporting.policy.dataSubmissionEnabled": False,
        "network.captive-portal-service.enabled": False,
        "network.connectivity-service.enabled": False,
        "app.update.enabled": False,
    }
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in preferences.items()]
    (profile / "user.js").write_text("".join(lines))
    command = [program, "--headless", "--no-remote", "--profile", str(profile), "--marionette", "about:blank"]
    with running(command, folder, dict(os.environ, HOME=str(folder), MOZ_CRASHREPORTER_DISABLE="1")):
        connection = connected(port)
        with connection, connection.makefile("rb") as answers:
            read_message(answers)  # what it says of itself
            count = 0

            def send(command: str, _: str, arguments: dict[str, Any]) -> Any:
                nonlocal count
                count += 1
                text = json.dumps([0, count, command, arguments]).encode()
                connection.sendall(str(len(text)).encode() + b":" + text)
                _, _, error, value = read_message(answers)
                assert not error, f"Firefox: {error['error']}: {error['message']}" if error else ""
                return value["value"] if isinstance(value, dict) and set(value) == {"value"} else value

            said = send("WebDriver:NewSession", "", {})
            assert said["capabilities"]["browserName"] == "firefox"
            yield Browser(send)


def read_message(answers: Any) -> Any:
    """Read what Marionette sends: a length, a colon, and JSON of that length."""
    length = b""
    while (letter := answers.read(1)) != b":":
        assert letter, "Firefox has gone"
        length += letter
    return json.loads(answers.read(int(length)))


@contextmanager
def webkit(program: str, folder: Path) -> Iterator[Browser]:
    """Start WebKitGTK's MiniBrowser on a screen of its own; what it downloads goes to ``folder``/downloads."""
    port = free_port()
    driver, mini_browser = program.split(os.pathsep)
    (folder / ".config").mkdir()
    (folder / ".config" / "user-dirs.dirs").write_text(f'XDG_DOWNLOAD_DIR="{folder / "downloads"}"\n')
    settings = {
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder / ".config"),
        "XDG_RUNTIME_DIR": str(folder),
        "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",  # it needs namespaces, which containers do not give
        "WEBKIT_DISABLE_COMPOSITING_MODE": "1",
        "GDK_BACKEND": "x11",
        "LIBGL_ALWAYS_SOFTWARE": "1",
        "NO_AT_BRIDGE": "1",
    }
    command = [shutil.which("xvfb-run") or "xvfb-run", "-a", "dbus-run-session", "--", driver, f"--port={port}"]
    with running(command, folder, dict(os.environ, **settings)):
        connected(port).close()
        options = {"binary": mini_browser, "args": ["--automation"]}
        asked = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}
        session = request("POST", f"http://127.0.0.1:{port}/session", asked)["sessionId"]
        address = f"http://127.0.0.1:{port}/session/{session}"

        def send(_: str, command: str, arguments: dict[str, Any]) -> Any:
            method, path = command.split()
            return request(method, f"{address}/{path}", arguments)

        yield Browser(send)
        with contextlib.suppress(OSError):
            request("DELETE", address)


def request(method: str, address: str, content: object = None) -> Any:
    """Ask the WebDriver."""
    body = None if content is None else json.dumps(content).encode()
    asked = urllib.request.Request(address, body, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(asked, timeout=2 * PATIENCE_S) as answer:
            return json.load(answer)["value"]
    except urllib.error.HTTPError as error:
        raise AssertionError(f"WebKit: {error.read().decode()[:500]}") from None


@contextmanager
def running(command: list[str], folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """Run a program and whatever it starts, until the end."""
    (folder / "downloads").mkdir()
    with (folder / "said.txt").open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, env=environment, start_new_session=True)
        try:
            yield
        finally:
            for signal in (15, 9):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(5)


def connected(port: int) -> socket.socket:
    """Connect as soon as somebody listens."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            connection = socket.create_connection(("127.0.0.1", port), 5)
        except OSError:
            assert time.monotonic() < end, "the browser did not start"
            time.sleep(0.1)
        else:
            connection.settimeout(2 * PATIENCE_S)
            return connection


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
