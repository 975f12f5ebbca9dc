"""Nothing of a secret is left, wherever it stands: in the redacted text, and in everything that is made of it."""

import html
import json
import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artefact_cases import BAD_SYSCTL
from confmend.__main__ import main
from confmend.artefacts import artefacts
from confmend.bridge import call
from confmend.engine import analyse
from confmend.model import Paste
from confmend.redact import redact, restored
from confmend.render import text_report
from secret_contexts import CONTEXTS, RARE, SIGNS, Context, all_left, allowed, drawn, left

PARTS = st.tuples(st.text(SIGNS, min_size=1, max_size=3), st.text(RARE, min_size=1, max_size=2))
SECRETS = st.lists(PARTS, min_size=3, max_size=8).map(lambda parts: "".join(map("".join, parts)))


@pytest.mark.parametrize("context", CONTEXTS, ids=lambda each: each.name)
@settings(max_examples=40, deadline=None)
@given(secret=SECRETS)
def test_nothing_is_left_in_the_text(context: Context, secret: str) -> None:
    secret = allowed(secret, context)
    text = context.of(secret)
    result = redact([text])
    (out,) = result.texts
    assert not left(context, secret, out)
    assert redact([out]).texts == (out,)
    assert restored(out, [text], result, private_keys=True) == text


def strings(value: Any) -> Iterator[str]:
    """Yield every text of a JSON value."""
    if isinstance(value, str):
        yield value
    for each in [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(each)


def decoded(text: str) -> Iterator[str]:
    """Yield a text as a reader of XML, of HTML or of JSON gets it."""
    yield text
    if "&" in text:
        yield html.unescape(text)
    with suppress(ValueError):
        yield from strings(json.loads(text))


def answered(name: str, pastes: list[dict[str, str]]) -> Iterator[str]:
    """Yield what the bridge says, as it is written and as it is read."""
    answer = call(json.dumps({"id": 1, "call": name, "args": {"pastes": pastes}}))
    yield answer
    for each in set(strings(json.loads(answer))):
        yield from decoded(each)


def outputs(pastes: list[dict[str, str]]) -> Iterator[str]:
    """Yield everything that is made of pastes and may be shown."""
    for name in ("analyse", "report", "redacted"):
        yield from answered(name, pastes)
    yield text_report(analyse([Paste(each["text"], each.get("name", ""), each.get("kind", "")) for each in pastes]))


# What is asked of the bridge that it must refuse, or can't do.
BROKEN = (
    {"kind": "no such kind"},
    {"kind": "answers"},
    {"kind": "redaction"},
    {"kind": "postgresql_conf"},
    {"name": 7},
)


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_left_in_what_is_shown(seed: int) -> None:
    secrets = [(context, drawn(seed, context)) for context in CONTEXTS]
    pastes = [{"text": context.of(secret), "name": context.file} for context, secret in secrets]
    assert {name for name, _ in all_left(secrets, "\n\n".join(each["text"] for each in pastes))} == {
        context.name for context in CONTEXTS
    }
    assert not all_left(secrets, "\n\n".join(outputs(pastes)))


# Settings that something is wrong with, so that the files that hold secrets are corrected.
WRONG = {"postgresql.conf": "fsync = off\n", "pgbouncer.ini": "[pgbouncer]\nserver_idle_timeout = 3600\n"}
HOLDING_SECRETS = {"confmend.patch", "corrected", "connection-strings", "confmend-report.html", "confmend-report.json"}


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_left_in_the_artefacts(seed: int) -> None:
    secrets = [(context, drawn(seed, context)) for context in CONTEXTS]
    pastes = [Paste(context.of(secret) + WRONG.get(context.file, ""), context.file) for context, secret in secrets]
    pastes += [
        Paste("postgresql = 16\nmemory = 16GB\nmiddlebox = 350s\n", kind="answers"),
        Paste(BAD_SYSCTL, "sysctl.conf"),
    ]
    made = artefacts(analyse(pastes))
    files = [(each.name, text) for each in made for file in each.files for text in decoded(file.text)]
    assert {name for name, text in files if "_HIDDEN" in text} >= HOLDING_SECRETS
    assert not all_left(secrets, "\n\n".join(text for _, text in files))


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_left_in_one_paste_of_everything(seed: int) -> None:
    secrets = [(context, drawn(seed, context)) for context in CONTEXTS]
    chance = random.Random(seed)
    chance.shuffle(secrets)
    shown = "\n\n".join(outputs([{"text": "\n".join(context.of(secret) for context, secret in secrets)}]))
    assert not all_left(secrets, shown)


@pytest.mark.parametrize("broken", BROKEN, ids=str)
@pytest.mark.parametrize("name", ["analyse", "report", "redacted", "rewrite", "no such call"])
def test_no_error_quotes_a_secret(name: str, broken: dict[str, Any]) -> None:
    secrets = [(context, drawn(7, context)) for context in CONTEXTS]
    pastes = [{"text": context.of(secret), **broken} for context, secret in secrets]
    message = {"id": 1, "call": name, "args": {"pastes": pastes}}
    try:
        answer = json.loads(call(json.dumps(message)))
    except Exception as failure:  # whatever it is, it must not quote
        answer = {"error": repr(failure)}
    said = answer.get("error", "")
    assert not all_left(secrets, said)


@pytest.mark.parametrize("command", ["redact", "analyse", "analyse --format=json"])
def test_nothing_is_left_of_what_the_command_line_prints(
    command: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    secrets = [(context, drawn(11, context)) for context in CONTEXTS]
    files = []
    for number, (context, secret) in enumerate(secrets):
        file = tmp_path / f"{number}" / (context.file or "paste.txt")
        file.parent.mkdir()
        file.write_text(context.of(secret), "utf-8")
        files.append(str(file))
    main([*command.split(), *files])
    printed = "".join(capfd.readouterr())
    printed += "\n".join(strings(json.loads(printed))) if "json" in command else ""
    assert not all_left(secrets, printed)


@pytest.mark.parametrize("context", CONTEXTS, ids=lambda each: each.name)
def test_what_stands_around_a_secret_stays(context: Context) -> None:
    """Only the value goes: what the text holds without the secret stands in the redacted one too, but for one word."""
    secret = "Zq7-zQ9-qZ8"
    (out,) = redact([context.of(secret)]).texts
    for piece in context.text.split("§"):
        assert piece.strip(" .^\n") in out
