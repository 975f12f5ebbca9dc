"""An edit of a value that stands in a file, against augeas: the same bytes, wherever augeas can read the file.

augeas has a grammar of its own for each file; where that is stricter or wrong, the program's own reading counts
(the agreement tests of PostgreSQL, PgBouncer and sysctl prove ours), and the difference is listed here with its reason.
"""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from confmend.document import Document, document
from confmend.formats import formats
from programs import augeas
from programs.debian import MissingProgramError

HERE = Path(__file__).resolve().parent
CORPUS = Path(os.environ.get("CONFMEND_CORPUS") or HERE.parents[1] / "shared" / "corpus")
LENSES = {"sysctl_conf": "Sysctl", "postgresql_conf": "Postgresql", "pgbouncer_ini": "Pgbouncer"}
EDITS_PER_FILE = 8
TALLY: Counter[tuple[str, str]] = Counter()
# What augeas does otherwise, and what the program says.
DIFFERENCES = {
    "end": "it ends a last line that has no end, which nobody asked for",
}


def available() -> str:
    try:
        augeas.edited("Sysctl", "a.b = 1\n", [("a.b", "2")])
    except (MissingProgramError, OSError) as error:
        return str(error)
    return ""


UNAVAILABLE = available()
pytestmark = pytest.mark.skipif(bool(UNAVAILABLE), reason=UNAVAILABLE)


@pytest.fixture(scope="module", autouse=True)
def figures(request: pytest.FixtureRequest) -> Iterator[None]:
    """Print the table: what was compared, and what augeas could not read."""
    yield
    plugins = request.config.pluginmanager
    reporter, capture = plugins.get_plugin("terminalreporter"), plugins.get_plugin("capturemanager")
    if reporter and capture and TALLY:
        with capture.global_and_fixture_disabled():
            for (kind, what), count in sorted(TALLY.items()):
                reporter.write_line(f"{kind:16} {count:5,}  {what}")


def files(kind: str) -> list[Path]:
    folders = (HERE / "corpus" / kind, CORPUS / kind)
    return [
        path
        for folder in folders
        if folder.is_dir()
        for path in sorted(folder.iterdir())
        if path.name != "cases.toml" and path.stat().st_size < 100_000
    ]


def place(read: Document, index: int) -> str:
    """Where augeas has the value: the last of the nodes of that name, in the last section of that name."""
    line = read.lines[index]
    section, _, name = line.key.rpartition("/") if read.kind == "pgbouncer_ini" else ("", "", "")
    label = line.raw[line.key_at : line.start].rstrip(" \t=")
    if read.kind == "pgbouncer_ini":
        return f"{section}[last()]/*[label()='{name}'][last()]"
    return f"*[label()='{label}'][last()]"


def new_value(value: str) -> str:
    """A value of the same sort, so that no lens wants other quotes around it."""
    return "".join("7" if char.isdigit() else char for char in value) if any(map(str.isdigit, value)) else "seven"


def known(read: Document, ours: str, theirs: str) -> str:
    """Which of the differences an edit is an example of, nothing if it is none."""
    return "end" if not read.text.endswith("\n") and theirs == ours + "\n" else ""


@pytest.mark.parametrize("kind", LENSES)
def test_an_edit_gives_the_bytes_that_augeas_gives(kind: str) -> None:
    for path in files(kind):
        text = path.read_bytes().decode("utf-8", "surrogateescape")
        read = document(formats()[kind], path.name, text)
        indices = [each[-1] for key, each in read.settings.items() if not key.endswith("/") and "%" not in key]
        if kind == "pgbouncer_ini":
            # The parts of a database's entry are one value to augeas.
            indices = [index for index in indices if read.lines[index].key.startswith("pgbouncer/")]
        indices = [index for index in indices if read.lines[index].value.strip()]
        indices = indices[:: max(1, len(indices) // EDITS_PER_FILE)]
        edits = [(place(read, index), new_value(read.lines[index].value)) for index in indices]
        if not edits:
            continue
        TALLY[kind, "files"] += 1
        outcomes = augeas.edited(LENSES[kind], text, edits)
        if all("parse_failed" in outcome.error for outcome in outcomes):
            TALLY[kind, "files that augeas can't read"] += 1
            continue
        for index, (where, value), theirs in zip(indices, edits, outcomes, strict=True):
            ours = read.set(read.lines[index].key, value).text
            if theirs.text == ours or (theirs.text is None and ours == text):
                TALLY[kind, "edits of the same bytes"] += 1
            elif theirs.text is None:
                TALLY[kind, "edits that augeas can't make"] += 1
            else:
                reason = known(read, ours, theirs.text)
                assert reason, (path.name, where, value, changed(text, ours), changed(text, theirs.text))
                TALLY[kind, f"edits that differ: {DIFFERENCES[reason]}"] += 1
    assert TALLY[kind, "edits of the same bytes"]


def changed(before: str, after: str) -> list[str]:
    old = before.split("\n")
    new = after.split("\n")
    return [line for line in new if line not in old] + [line for line in old if line not in new]
