"""The one door: builds, serves and tests confmend. It needs Python 3.11 or newer and npm, nothing else.

    python build.py                    assemble dist/, which any static host can serve
    python build.py serve [--port N]   assemble it, serve it on this machine and print the address
    ... --allow-origin ORIGIN          only pages of this origin may hand in text when they embed the page; repeatable
    python build.py test [ARGS...]     run every check; ARGS go to pytest

What is fetched is pinned with its hash in web/requirements.txt, web/package-lock.json and tests/requirements.txt. A
step whose inputs have not changed since the last time is skipped, and the same inputs always give the same bytes.
"""

import argparse
import base64
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parent
WEB = ROOT / "web"
VENV = ROOT / ".venv"
WORK = ROOT / ".build"
DIST = ROOT / "dist"
PYODIDE = WEB / "node_modules" / "pyodide"

# Files that the page gets from the engine's build: their key in the page, and their name in dist/.
# They are gzip, but not named so: some hosts declare *.gz as a content encoding, and browsers then unpack it unasked.
HOSTED_FILES = {
    "worker": "worker.js",
    "wasm": "pyodide.asm.wasm",
    "library": "library.zip",
    "confmend": "confmend.zip",
    "snapshot": "snapshot.bin",
}
SINGLE_FILE_KEYS = ("worker", "wasm", "library")
# Files that are served as they lie in web/.
PLAIN_FILES = (
    *("style.css", "licences.txt", "pages.js", "embed.js"),
    *("offline.html", "offline.js", "sw.js", "confmend.webmanifest"),
)
# What offline.html keeps in a browser, besides the engine's files that its page loads.
KEPT_FILES = ("index.html", "app.js", "style.css", "licences.txt", "offline.html", "offline.js")
# Browsers, servers and a kernel are real here, and the machine may be busy: what fails is run once more, and -raR names
# it. What fails twice has failed.
PYTEST = ["pytest", "--reruns", "1", "-raR"]
# A laboratory measures times, so nothing else runs beside it.
PYTEST_RUNS = [
    ("Tests", [*PYTEST, "-m", "not lab", "-n", "auto", "--dist", "loadfile"]),
    ("Laboratories", [*PYTEST, "-m", "lab"]),
]
APT_GET = ("apt-get", "-o", "Acquire::Retries=5")
STAMP = ".made-from"
FIXED_TIME = "315532800"  # 1980-01-01, the first day that a zip file can hold


class Failure(Exception):  # noqa: N818  it is told, not handled
    """What went wrong, in one sentence for the person at the terminal."""


def say(text: str) -> None:
    """Tell the person at the terminal what is going on."""
    print(text, flush=True)


# Steps ---------------------------------------------------------------------------------------------------------------


def run(what: str, *command: str | Path, cwd: Path = ROOT, env: Mapping[str, str] | None = None) -> None:
    """Run a command quietly; if it fails, show what it said and raise a sentence that names the step."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise Failure(f"{what} failed: {command[0]} cannot be run ({error.strerror}).") from error
    if done.returncode:
        say("\n".join(line[:500] for line in done.stdout.splitlines()[-20:]))
        raise Failure(f"{what} failed: {Path(command[0]).name} ended with status {done.returncode}; see above.")


def step(what: str, folder: Path, inputs: Iterable[Path | str], make: Callable[[Path], None]) -> None:
    """Make what belongs into ``folder``, unless it was made from these very inputs.

    It is made in a new folder that then takes the place of the old one, so that nobody ever finds half of it.
    """
    made_from = digest(inputs)
    if was_made_from(folder, made_from):
        say(f"{what}: nothing has changed")
        return
    say(what)
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        make(new)
        new.chmod(0o755)
        (new / STAMP).write_text(made_from)
        shutil.rmtree(folder, ignore_errors=True)
        new.rename(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def step_in_place(what: str, folder: Path, inputs: Iterable[Path | str], make: Callable[[], None]) -> None:
    """Do the same for a folder that a tool makes for itself and that knows its own address."""
    made_from = digest(inputs)
    if was_made_from(folder, made_from):
        say(f"{what}: nothing has changed")
        return
    say(what)
    (folder / STAMP).unlink(missing_ok=True)
    make()
    (folder / STAMP).write_text(made_from)


def was_made_from(folder: Path, made_from: str) -> bool:
    """Say whether the folder is there, whole, and was made from these inputs."""
    stamp = folder / STAMP
    return stamp.is_file() and stamp.read_text() == made_from


def digest(inputs: Iterable[Path | str]) -> str:
    """Hash texts, and files and folders by their names below this repository's root and their contents."""
    whole = hashlib.sha256()
    for given in inputs:
        if isinstance(given, str):
            whole.update(given.encode() + b"\0")
            continue
        for path in files_in(given):
            whole.update(path.relative_to(given.parent).as_posix().encode() + b"\0")
            whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def files_in(path: Path) -> list[Path]:
    """List the files of a folder, or the file itself, without what tools leave behind."""
    if path.is_file():
        return [path]
    left_behind = {"__pycache__", STAMP}
    return sorted(
        file
        for file in path.rglob("*")
        if file.is_file() and not any(part in left_behind or part.endswith(".egg-info") for part in file.parts)
    )


# Tools ---------------------------------------------------------------------------------------------------------------


def venv_program(name: str) -> Path:
    """Say where the virtual environment of this repository has a program."""
    return VENV / ("Scripts" if os.name == "nt" else "bin") / (f"{name}.exe" if os.name == "nt" else name)


def make_venv() -> None:
    """Make the virtual environment, with the pinned setuptools that builds wheels and the deflate that compresses."""

    def make() -> None:
        try:
            venv.EnvBuilder(with_pip=True, clear=True).create(VENV)
        except (subprocess.CalledProcessError, OSError, ImportError) as error:
            raise Failure(
                "Making a virtual environment failed: this Python has no complete venv module; "
                "install it (on Debian: apt-get install python3-venv) and try again."
            ) from error
        pip_install("Fetching setuptools and deflate", locked(WEB / "requirements.txt", "setuptools", "deflate"))

    inputs = [sys.version, str(VENV), *pins(WEB / "requirements.txt", "setuptools", "deflate")]
    step_in_place("Making a virtual environment in .venv", VENV, inputs, make)


def pip_install(what: str, *requirements: Path) -> None:
    """Install pinned packages into the virtual environment; pip checks their hashes."""
    pip(what, "install", "--require-hashes", "--no-deps", *(part for file in requirements for part in ("-r", file)))


def pip(what: str, *arguments: str | Path, env: Mapping[str, str] | None = None) -> None:
    """Run the virtual environment's pip."""
    try:
        quiet = ("--disable-pip-version-check", "--quiet")
        run(what, venv_program("python"), "-m", "pip", *quiet, *arguments, env=env)
    except Failure as error:
        raise Failure(f"{error} Is the network up, and does it reach a Python package index?") from error


def pins(requirements: Path, *names: str) -> list[str]:
    """Give the lines of a requirements file that pin these packages, hashes included."""
    text = requirements.read_text()
    found = {name: re.search(rf"^{re.escape(name)}==(.*\\\n)*.*\n", text, re.MULTILINE) for name in names}
    absent = [name for name, pin in found.items() if not pin]
    if absent:
        raise Failure(f"{requirements.name} does not pin {', '.join(absent)}.")
    return [pin[0] for pin in found.values() if pin]


def locked(requirements: Path, *names: str) -> Path:
    """Write a requirements file of only these packages."""
    WORK.mkdir(exist_ok=True)
    part = WORK / f"{'-'.join(names)}.txt"
    part.write_text("".join(pins(requirements, *names)))
    return part


def npm_install(what: str, folder: Path) -> None:
    """Fetch the npm packages that a folder pins; npm checks their hashes."""

    def make() -> None:
        npm = shutil.which("npm")
        if not npm or not shutil.which("node"):
            raise Failure(f"{what} failed: npm is not installed; install Node.js 20 or newer with npm.")
        try:
            # The install scripts of packages are not needed, so they do not run.
            run(what, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=folder)
        except Failure as error:
            raise Failure(f"{error} Is the network up, and does it reach an npm registry?") from error

    inputs = [folder / "package.json", folder / "package-lock.json"]
    step_in_place(what, folder / "node_modules", inputs, make)


# The engine ----------------------------------------------------------------------------------------------------------


def fetch_wheels(wheels: Path) -> None:
    """Fetch the wheels that the page's Python gets, and micropip, which installs them when the page is built."""
    requirements = WEB / "requirements.txt"

    def make(new: Path) -> None:
        checked = ("--require-hashes", "--no-deps")
        pip(
            "Fetching jinja2 and micropip",
            *("download", *checked, "--only-binary", ":all:", "--python-version", "3.14", "--dest", new),
            *("-r", locked(requirements, "jinja2", "micropip")),
        )
        # These have no wheels that run on WebAssembly; without a compiler, their sources make some that run anywhere.
        pip(
            "Making a pure markupsafe and pyyaml",
            *("wheel", *checked, "--no-binary", ":all:", "--no-build-isolation", "--wheel-dir", new),
            *("-r", locked(requirements, "markupsafe", "pyyaml")),
            env={
                "CC": "/bin/false",
                "CXX": "/bin/false",
                "PYYAML_FORCE_LIBYAML": "0",
                "SOURCE_DATE_EPOCH": FIXED_TIME,
            },
        )

    inputs = pins(requirements, "jinja2", "markupsafe", "micropip", "pyyaml")
    step("Fetching jinja2, markupsafe, micropip and pyyaml", wheels, inputs, make)


def make_own_wheel(project: Path, out: Path) -> None:
    """Build confmend's wheel from a copy, so that nothing an earlier build left behind gets into it."""

    def make(new: Path) -> None:
        source = new / "source"
        for path in sources:
            for file in files_in(path):
                copy = source / file.relative_to(project)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(file.read_bytes())
        pip(
            "Building confmend's wheel",
            *("wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", new, source),
            env={"SOURCE_DATE_EPOCH": FIXED_TIME},
        )
        shutil.rmtree(source)

    names = ("pysrc", "pyproject.toml", "README.md", "LICENSE")
    sources = [project / name for name in names if (project / name).exists()]
    step("Building confmend's wheel", out, [*sources, *pins(WEB / "requirements.txt", "setuptools")], make)


def make_engine(wheels: Iterable[Path], out: Path) -> None:
    """Make the library and the snapshot, in Node: the Python that compiles is the one that will run."""
    found = sorted(wheel for folder in wheels for wheel in folder.glob("*.whl"))
    tools = [WEB / name for name in ("pack.mjs", "pack.py", "precomputed.py", "snapshot.js", "package-lock.json")]

    def make(new: Path) -> None:
        for wheel in found:
            shutil.copy(wheel, new)
        node("Compiling the engine's modules", "library", new, new)
        node("Making a snapshot of the engine", "snapshot", new)

    step("Compiling the engine, and making a snapshot of it", out, [*found, *tools], make)


def write_pages(wheels: Iterable[Path], out: Path) -> None:
    """Write the pages of incidents and rules, which need no JavaScript."""
    found = sorted(wheel for folder in wheels for wheel in folder.glob("*.whl"))

    def make(new: Path) -> None:
        # The wheels are pure Python; from a zip, their many data files would be read twenty times as slowly.
        modules = new / "modules"
        for wheel in found:
            shutil.unpack_archive(wheel, modules, "zip")
        run("Writing the pages", venv_program("python"), WEB / "write_pages.py", new, env={"PYTHONPATH": str(modules)})
        shutil.rmtree(modules)

    step("Writing the pages of incidents and rules", out, [*found, WEB / "write_pages.py"], make)


def bundle_scripts(out: Path) -> None:
    """Bundle the page's script, and the worker's with Pyodide inside."""
    inputs = [*sorted(WEB.glob("*.js")), WEB / "pack.mjs", WEB / "package-lock.json"]
    step("Bundling the page's scripts", out, inputs, lambda new: node("Bundling the page's scripts", "bundle", new))


def node(what: str, *arguments: str | Path) -> None:
    """Run the half of the build that needs Node."""
    run(what, shutil.which("node") or "node", WEB / "pack.mjs", *arguments)


# The page ------------------------------------------------------------------------------------------------------------


def build(project: Path = ROOT, dist: Path = DIST, work: Path = WORK, hosts: Sequence[str] = ()) -> None:
    """Assemble ``dist``, a folder that any static host can serve, from ``project``'s Python and this page.

    ``hosts``: the origins whose pages may hand in text when they embed this one; without any, every page may.
    """
    make_venv()
    npm_install("Fetching Pyodide and esbuild with npm", WEB)
    fetch_wheels(WORK / "wheels")
    make_own_wheel(project, work / "own-wheel")
    make_engine([WORK / "wheels", work / "own-wheel"], work / "engine")
    bundle_scripts(WORK / "scripts")
    write_pages([WORK / "wheels", work / "own-wheel"], work / "pages")
    assemble(work / "engine", WORK / "scripts", work / "pages", dist, hosts)


def assemble(engine: Path, scripts: Path, pages: Path, dist: Path, hosts: Sequence[str] = ()) -> None:
    """Put the page together, hosted and as one file."""
    sources = [engine / HOSTED_FILES[key] for key in ("library", "confmend", "snapshot")]
    sources += [scripts / HOSTED_FILES["worker"], PYODIDE / HOSTED_FILES["wasm"]]
    sources = [pressed(source, (engine.parent if engine in source.parents else WORK) / "pressed") for source in sources]

    def make(new: Path) -> None:
        packed = {key: source.read_bytes() for key, source in by_key(sources).items()}
        names = {key: dist_name(HOSTED_FILES[key], content) for key, content in packed.items()}
        for key, content in packed.items():
            (new / names[key]).write_bytes(content)
        for source in (*(WEB / name for name in PLAIN_FILES), scripts / "app.js"):
            shutil.copyfile(source, new / source.name)
        shutil.copytree(pages, new, ignore=shutil.ignore_patterns(STAMP), dirs_exist_ok=True)
        page = (WEB / "index.html").read_text("utf-8")
        files = {key: {"name": names[key], "bytes": len(content)} for key, content in packed.items()}
        write(new / "index.html", hosted_page(page, files, hosts))
        inlined = ("style.css", "app.js", "licences.txt")
        style, script, licences = ((new / name).read_text("utf-8") for name in inlined)
        inside = {key: packed[key] for key in SINGLE_FILE_KEYS}
        own = {key: files[key] for key in inside}
        write(new / "confmend.html", single_page(page, style, script, licences, own, inside, hosts))
        list_files(new, [*KEPT_FILES, *(names[key] for key in SINGLE_FILE_KEYS)])

    page_sources = [*(WEB / name for name in ("index.html", *PLAIN_FILES)), scripts / "app.js"]
    step("Assembling the page", dist, [*sources, *page_sources, pages, Path(__file__), *hosts], make)
    for path in sorted(file for file in dist.iterdir() if file.is_file() and file.name != STAMP):
        say(f"  {path.stat().st_size:>10,} bytes  {path.name}")


def list_files(dist: Path, kept: Iterable[str]) -> None:
    """List what was built: for people and sha256sum in SHA256SUMS, for offline.html in offline.json."""
    sums = {path.relative_to(dist).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files_in(dist)}
    write(dist / "SHA256SUMS", "".join(f"{sums[name]}  {name}\n" for name in sorted(sums)))
    files = [{"name": name, "bytes": (dist / name).stat().st_size, "sha256": sums[name]} for name in kept]
    version = hashlib.sha256(json.dumps(files).encode()).hexdigest()[:16]
    write(dist / "offline.json", json.dumps({"version": version, "files": files}))


def pressed(source: Path, folder: Path) -> Path:
    """Compress a file, and say where it is now."""
    out = folder / source.name.partition(".")[0]

    def make(new: Path) -> None:
        run(f"Compressing {source.name}", venv_program("python"), WEB / "press.py", source, new / source.name)

    step(f"Compressing {source.name}", out, [source, WEB / "press.py"], make)
    return out / source.name


def by_key(sources: Iterable[Path]) -> dict[str, Path]:
    """Give the engine's files in the order of HOSTED_FILES."""
    paths = {source.name: source for source in sources}
    return {key: paths[name] for key, name in HOSTED_FILES.items()}


def dist_name(name: str, content: bytes) -> str:
    """Name a file by its contents, so that a cache can keep it for ever."""
    return f"{name.split('.')[0]}-{hashlib.sha256(content).hexdigest()[:16]}.bin"


def write(path: Path, text: str) -> None:
    """Write text with the same line ends on every system."""
    path.write_text(text, "utf-8", newline="\n")


def policy(script: str, style: str, connect: str) -> str:
    """Say what the page may do; its worker inherits it. The engine's start narrows connect-src to nothing."""
    return (
        f"default-src 'none'; script-src {script} 'wasm-unsafe-eval'; style-src {style}; worker-src blob:; "
        f"connect-src {connect}; img-src data:; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types confmend"
    )


def hosted_page(page: str, files: Mapping[str, object], hosts: Sequence[str]) -> str:
    """Fill the page for a host: everything lies beside it."""
    return fill(
        page,
        policy=policy("'self'", "'self'", "'self'"),
        style='<link rel="stylesheet" href="style.css">',
        engine="\n".join([*data_blocks(files, hosts), '<script src="app.js"></script>']),
    )


def single_page(
    page: str,
    style: str,
    script: str,
    licences: str,
    files: Mapping[str, object],
    inside: Mapping[str, bytes],
    hosts: Sequence[str],
) -> str:
    """Fill the page as one file that works from a disk: everything lies inside it, and it may fetch nothing."""
    style += "a.page { display: none; } /* the pages lie beside the hosted one */\n"
    blocks = [f"<!--\n{licences}-->"]
    blocks += [
        f'<script type="text/plain" id="engine-file-{key}">{base64.b64encode(content).decode()}</script>'
        for key, content in inside.items()
    ]
    return fill(
        page,
        policy=policy(source_hash(script), source_hash(style), "'none'"),
        style=f"<style>{style}</style>",
        engine="\n".join([*data_blocks(files, hosts), *blocks, f"<script>{script}</script>"]),
    )


def fill(page: str, **parts: str) -> str:
    """Put each part in its place, which the page names once in double braces."""
    for name, part in parts.items():
        place = f"{{{{{name}}}}}"
        if page.count(place) != 1:
            raise Failure(f"web/index.html has to name {place} once.")
        page = page.replace(place, part)
    return page


def data_blocks(files: Mapping[str, object], hosts: Sequence[str]) -> list[str]:
    """Write what the page knows of its build: the engine's files, and who may hand in text (null: everybody)."""
    return [data_block("engine-files", files), data_block("allowed-hosts", list(hosts) or None)]


def data_block(name: str, value: object) -> str:
    """Write data into the page; a script of this type is never run."""
    return f'<script type="application/json" id="{name}">{json.dumps(value)}</script>'


def source_hash(text: str) -> str:
    """Name an inline script or style in a policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


# Commands ------------------------------------------------------------------------------------------------------------


def serve(port: int) -> None:
    """Serve dist/ on this machine until the person presses Ctrl-C."""
    handler = partial(SimpleHTTPRequestHandler, directory=DIST)
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        raise Failure(f"Serving failed: port {port} is not free ({error.strerror}); choose one with --port.") from error
    with server:
        say(f"confmend is at http://127.0.0.1:{server.server_port}/ (Ctrl-C stops it)")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            say("")


def find_chromium() -> str | None:
    """Find a Chromium that is there."""
    named = os.environ.get("CONFMEND_CHROMIUM")
    return named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def playwright_has_chromium() -> bool:
    """Say whether Playwright has its own Chromium already."""
    look = (
        "import os, playwright.sync_api as p\n"
        "with p.sync_playwright() as browsers:\n"
        "    raise SystemExit(not os.path.exists(browsers.chromium.executable_path))"
    )
    return subprocess.run([venv_program("python"), "-c", look], check=False).returncode == 0


def provide_chromium() -> None:
    """Get a Chromium for the tests: one that is there, else Playwright's, else Debian's."""
    if find_chromium() or playwright_has_chromium():
        return
    say("Fetching a Chromium for the tests")
    try:
        run("Fetching Playwright's Chromium", venv_program("playwright"), "install", "chromium")
        return
    except Failure as error:
        say(str(error))
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        run("Updating Debian's list of packages", *APT_GET, "update")
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        run("Installing Debian's Chromium", *APT_GET, "install", "--yes", "chromium", env=quiet)
    if not find_chromium():
        raise Failure("The tests need a browser: install Chromium, or name one in CONFMEND_CHROMIUM.")


def find_firefox() -> str | None:
    """Find a Firefox that is there."""
    named = os.environ.get("CONFMEND_FIREFOX")
    return named or next(filter(None, map(shutil.which, ("firefox-esr", "firefox"))), None)


def find_webkit() -> str | None:
    """Find WebKitGTK's driver and the small browser that it drives; both paths, separated as in PATH."""
    driver = shutil.which("WebKitWebDriver")
    browsers = [
        *Path("/usr").glob("lib*/*/webkit2gtk-4.*/MiniBrowser"),
        *Path("/usr").glob("libexec/webkit2gtk-4.*/MiniBrowser"),
    ]
    there = driver and browsers and shutil.which("xvfb-run") and shutil.which("dbus-run-session")
    return f"{driver}{os.pathsep}{browsers[0]}" if there else None


def provide_other_browsers() -> None:
    """Get a Firefox and a WebKit for the tests: those that are there, else Debian's.

    Playwright's own builds of them are no choice: they are patched, and no reader has them.
    """
    needed = [] if find_firefox() else ["firefox-esr"]
    needed += [] if find_webkit() else ["webkit2gtk-driver", "xvfb", "xauth", "dbus"]
    if not needed:
        return
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        say("Fetching Firefox and WebKit for the tests")
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        run("Updating Debian's list of packages", *APT_GET, "update")
        install = (*APT_GET, "install", "--yes", "--no-install-recommends")
        run("Installing Debian's Firefox and WebKit", *install, *needed, env=quiet)
    if not (find_firefox() and find_webkit()):
        raise Failure(f"The tests need Firefox and WebKit: install {' '.join(needed)}, or what your system calls them.")


def install_test_packages() -> None:
    """Install what the tests need, and confmend itself from its source."""

    def make() -> None:
        (VENV / "tests").mkdir(exist_ok=True)
        pip_install("Fetching the test packages", ROOT / "tests" / "requirements.txt")
        pip("Installing confmend", "install", "--no-deps", "--no-build-isolation", "--no-index", "--editable", ROOT)

    inputs: list[Path | str] = [
        ROOT / "tests" / "requirements.txt",
        ROOT / "pyproject.toml",
        (VENV / STAMP).read_text(),
    ]
    step_in_place("Installing the test packages", VENV / "tests", inputs, make)


def test(pytest_arguments: list[str]) -> None:
    """Run every check, the quick ones first, and fail if any of them did."""
    build()
    install_test_packages()
    if (sys.platform, platform.machine()) == ("linux", "x86_64"):  # the only one that they are pinned for
        npm_install("Fetching PostgreSQL 12 to 18 for the tests with npm", ROOT / "tests")
    provide_chromium()
    provide_other_browsers()
    checks: list[tuple[str, list[str]]] = [
        ("Format", ["ruff", "format", "--check"]),
        ("Lint", ["ruff", "check"]),
        ("Types", ["mypy"]),
        ("Types of build.py", ["mypy", "build.py"]),
        ("Layers", ["lint-imports"]),
        *([("Tests", ["pytest", *pytest_arguments])] if pytest_arguments else PYTEST_RUNS),
    ]
    failed = []
    for name, (program, *arguments) in checks:
        say(f"== {name}: {program} {' '.join(arguments)}".rstrip())
        if subprocess.run([venv_program(program), *arguments], cwd=ROOT, check=False).returncode:
            failed.append(name)
    if failed:
        raise Failure(f"Failed: {', '.join(failed)}.")


def origin(text: str) -> str:
    """Give an origin as a browser writes it, or refuse: an address with a path would never be met."""
    if text != "null" and not re.fullmatch(r"https?://[a-z0-9.-]+(:\d+)?|https?://\[[0-9a-f:]+\](:\d+)?", text):
        raise argparse.ArgumentTypeError(f"{text} is no origin: write it as https://wiki.example or http://host:8080")
    return text


def main() -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--allow-origin", action="append", default=[], type=origin, help="see above; repeatable")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("serve", help="build the page and serve it").add_argument("--port", type=int, default=8000)
    commands.add_parser("test", help="run every check; further arguments go to pytest")
    options, others = parser.parse_known_args()
    if others and options.command != "test":
        parser.error(f"unknown: {' '.join(others)}")
    try:
        if options.command == "test":
            test(others)
        else:
            build(hosts=options.allow_origin)
        if options.command == "serve":
            serve(options.port)
    except Failure as failure:
        raise SystemExit(f"\n{failure}") from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
