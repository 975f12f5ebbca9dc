"""No password is left of the logs that real servers write about statements which hold it, in any of their forms."""

import csv
import io
import json
import re
from collections.abc import Iterator

import pytest

from confmend.redact import redact, restored
from programs.postgresql import servers
from programs.redaction_log import PASSWORDS, write_log

INSTALLED = {server.version: server for server in servers()}
pytestmark = pytest.mark.skipif(
    not INSTALLED, reason="no servers: run npm ci --ignore-scripts in tests/ (Linux on x64 only)"
)


def _runs() -> Iterator[tuple[str, str]]:
    """Give each run of four characters of each password that says something, also as a log writes it."""
    for password in PASSWORDS:
        for written in (
            password,
            password.replace("'", "''"),
            password.replace("\n", "\n\t"),
            password.replace('"', '""'),
        ):
            # Four digits of one can stand in a port, a time or a process id.
            width = 6 if written.isdigit() else 4
            for start in range(len(written) - width + 1):
                run = written[start : start + width]
                if sum(char.isalnum() for char in run) >= 2 or (run.isprintable() and any(map(str.isalnum, run))):
                    yield run, password


def _decoded(kind: str, text: str) -> Iterator[str]:
    """Give the text as it stands, and what a reader of its form gets."""
    yield text
    if kind == "pg_csvlog":
        for row in csv.reader(io.StringIO(text)):
            yield "\n".join(row)
    if kind == "pg_jsonlog":
        for line in text.splitlines():
            yield "\n".join(str(value) for value in json.loads(line).values())


@pytest.mark.parametrize("version", [min(INSTALLED, default=0), max(INSTALLED, default=0)])
def test_no_password_is_left_and_nothing_else_goes(version: int) -> None:
    written = write_log(INSTALLED[version])
    runs = dict(_runs())
    assert written.statements > 100
    assert 20 < written.failed < 60
    for kind, text in written.forms.items():
        result = redact([text])
        (clean,) = result.texts
        assert restored(clean, [text], result) == text
        for part in _decoded(kind, clean):
            left = {run: password for run, password in runs.items() if run in part}
            assert not left, (kind, left, _around(part, left))
        assert clean.count("\n") == text.count("\n")
        # The arguments of format() go together: the name beside the password as well.
        strange = {text[each.start : each.end] for each in result.hidden[0]} - {"guest"}
        assert [value for value in strange if not _is_of_a_password(value)] == [], kind
        for line in filter(None, clean.split("\n") if kind == "pg_jsonlog" else ()):
            json.loads(line)


def _is_of_a_password(value: str) -> bool:
    """Whether a hidden stretch is one of our passwords, a part of one or one with the signs around it."""
    plain, *known = (re.sub(r"\\+[nt]|[\\'\"\s]", "", each) for each in (value, *PASSWORDS))
    return any(plain in each or (each in plain and len(plain) < len(each) + 40) for each in known)


def _around(text: str, runs: dict[str, str]) -> list[str]:
    places = [text.find(run) for run in runs]
    return [text[max(0, place - 160) : place + 60] for place in places[:4]]
