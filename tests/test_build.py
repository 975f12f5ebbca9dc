"""The build gives the same bytes for the same source, fetches only what is pinned, and says plainly what is missing."""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import build  # noqa: E402  the repository's own, which is no package


def contents(dist: Path) -> dict[str, bytes]:
    """Every file of a build, by name."""
    return {path.name: path.read_bytes() for path in build.files_in(dist)}


@pytest.fixture(scope="module")
def clean_build(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What comes of a build that finds nothing of an earlier one but what was fetched."""
    work = tmp_path_factory.mktemp("clean")
    build.build(ROOT, work / "dist", work / "work")
    return contents(work / "dist")


def test_a_clean_build_gives_the_same_bytes(clean_build: dict[str, bytes]) -> None:
    build.build()
    assert contents(build.DIST) == clean_build


def test_a_second_build_does_nothing_again(capsys: pytest.CaptureFixture[str]) -> None:
    build.build()
    capsys.readouterr()
    build.build()
    steps = [line for line in capsys.readouterr().out.splitlines() if not line.startswith(" ")]
    assert [line for line in steps if not line.endswith(": nothing has changed")] == []


def test_every_file_of_the_engine_is_named_by_its_content(clean_build: dict[str, bytes]) -> None:
    engine = {name: content for name, content in clean_build.items() if name.endswith(".bin")}
    assert engine
    for name, content in engine.items():
        assert name == build.dist_name(name.partition("-")[0], content)


def test_the_page_has_no_inline_script_or_style_and_no_other_address(clean_build: dict[str, bytes]) -> None:
    page = clean_build["index.html"].decode()
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", page, re.DOTALL)
    assert [attributes for attributes, text in scripts if text and "application/json" not in attributes] == []
    assert not re.search(r"<style|\sstyle=|\son\w+=", page)
    assert not re.search(r"(src|href)=\"(https?:)?//", page)


def test_nothing_shipped_names_this_machine(clean_build: dict[str, bytes]) -> None:
    for name, content in clean_build.items():
        shown = gzip.decompress(content) if name.endswith(".bin") else content
        assert str(ROOT).encode() not in shown, name


@pytest.mark.parametrize("requirements", ["web/requirements.txt", "tests/requirements.txt"])
def test_python_requirements_are_pinned_and_hashed(requirements: str) -> None:
    text = (ROOT / requirements).read_text()
    entries = [entry for entry in re.sub(r"\\\n", "", text).splitlines() if entry and not entry.startswith("#")]
    assert entries
    for entry in entries:
        assert re.match(r"[a-z0-9-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", entry), entry
    assert "://" not in text


def test_npm_packages_are_pinned_and_hashed_and_name_no_host() -> None:
    text = (build.WEB / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    assert all("integrity" in package for name, package in packages.items() if name)
    assert "://" not in re.sub(r'"url": "[^"]*"', "", text)  # whom to thank with money is no address to fetch from
    asked = json.loads((build.WEB / "package.json").read_text())["devDependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in asked.values())


def test_a_missing_npm_is_one_sentence(tmp_path: Path) -> None:
    said = build_without_path(tmp_path)
    assert said.splitlines()[-1] == (
        "Fetching Pyodide and esbuild with npm failed: npm is not installed; install Node.js 20 or newer with npm."
    )
    assert "Traceback" not in said


def build_without_path(tmp_path: Path) -> str:
    """Build a copy that has its virtual environment but not its npm packages, on a machine without any program."""
    for name in ("build.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(build.WEB, tmp_path / "web", ignore=shutil.ignore_patterns("node_modules"))
    code = "import build; build.make_venv = lambda: None; build.main()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    return done.stdout + done.stderr


def test_a_page_without_its_places_is_refused() -> None:
    with pytest.raises(build.Failure, match=r"\{\{engine\}\} once"):
        build.fill("<p>no place</p>", engine="x")


def test_a_changed_input_is_seen(tmp_path: Path) -> None:
    made = []
    source, out = tmp_path / "source", tmp_path / "out"
    for text in ("a", "a", "b"):
        source.write_text(text)
        build.step("Copying", out, [source], lambda new: made.append(shutil.copy(source, new)))
    assert len(made) == 2
    assert (out / "source").read_text() == "b"


def test_a_step_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    out = tmp_path / "out"
    build.step("Making", out, ["first"], lambda new: (new / "made").write_text("whole") and None)

    def fail(new: Path) -> None:
        (new / "made").write_text("half")
        raise build.Failure("no")

    with pytest.raises(build.Failure):
        build.step("Making", out, ["second"], fail)
    assert (out / "made").read_text() == "whole"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
