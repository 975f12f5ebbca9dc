"""A secret is hidden in all its writings, and comes back only where its own placeholder stands."""

import base64
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confmend.redact import Choices, choices, redact, restored
from confmend.redact.placeholders import placeholder

SECRET = "p!ss+W\"rd\\9'x"
WRITINGS = {
    "plain": SECRET,
    "percent-encoded": quote(SECRET, safe=""),
    "doubled for SQL": SECRET.replace("'", "''"),
    "doubled for CSV": SECRET.replace('"', '""'),
    "escaped for JSON": SECRET.replace("\\", "\\\\").replace('"', '\\"'),
    "base64": base64.b64encode(SECRET.encode()).decode(),
    "base64 behind a user": base64.b64encode(f"app:{SECRET}".encode()).decode(),
    "base64 before more": base64.urlsafe_b64encode(f"{SECRET};more".encode()).decode(),
}


@pytest.mark.parametrize("writing", WRITINGS)
def test_a_secret_found_once_is_hidden_in_every_writing(writing: str) -> None:
    texts = [f"[app]\n{WRITINGS[writing]} end\n"]
    result = redact(texts, Choices(hide=(SECRET,)))
    (only,) = result.redactions
    assert only.placeholder in result.texts[0]
    for start in range(1, len(WRITINGS[writing]) - 8):
        assert WRITINGS[writing][start : start + 8] not in result.texts[0]
    assert restored(result.texts[0], texts, result) == texts[0]


def test_an_ordinary_word_that_is_a_password_too_stays_elsewhere() -> None:
    text = "password: postgres\ndatadir: /var/lib/postgres\n"
    assert redact([text]).texts[0].endswith("\ndatadir: /var/lib/postgres\n")


def test_what_the_reader_keeps_stays_and_what_the_reader_names_goes() -> None:
    text = "password: Public9!\ntitle: the Blue Heron project\n"
    chosen = choices(["keep = Public9!\n# words of ours\nhide = Blue Heron\n"], ())
    hidden = placeholder("word", 1)
    assert redact([text], chosen).texts == (f"password: Public9!\ntitle: the {hidden} project\n",)


@pytest.mark.parametrize("line", ["hide", "hide =", "show = x", "level = everything"])
def test_a_choice_that_cannot_be_read_stops_and_quotes_nothing(line: str) -> None:
    with pytest.raises(ValueError, match=r"redaction choices, line 2: .*") as refused:
        choices([f"\n{line}\n"], ("addresses",))
    assert "everything" not in str(refused.value)


ORIGINALS = ["password: Hunter2!x\nurl: postgres://u:Hunter2%21x@h/d\n", "api_key: kk-99-kk-99\n"]
REDACTED = redact(ORIGINALS)
PASSWORD, KEY = (each.placeholder for each in REDACTED.redactions)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (f"set {PASSWORD} and {KEY}.", "set Hunter2!x and kk-99-kk-99."),
        (f"set `{PASSWORD}` in `{KEY.lower()}`", "set Hunter2!x in kk-99-kk-99"),
        (PASSWORD.replace("_", r"\_"), "Hunter2!x"),
        (PASSWORD.replace("_", "_\u200b"), "Hunter2!x"),
        ("\u2060".join(PASSWORD), "Hunter2!x"),
        (f"\u00a0{PASSWORD}\u00a0", "\u00a0Hunter2!x\u00a0"),
        (f"url: postgres://u:{PASSWORD}@other/d", "url: postgres://u:Hunter2%21x@other/d"),
        (f"X{PASSWORD} {PASSWORD}S", f"X{PASSWORD} {PASSWORD}S"),
        ("PASSWORD_9ZZ_HIDDEN PASSWORD_1_HIDDEN", "PASSWORD_9ZZ_HIDDEN PASSWORD_1_HIDDEN"),
    ],
)
def test_an_answer_gets_its_values_back(answer: str, expected: str) -> None:
    assert restored(answer, ORIGINALS, REDACTED) == expected


def test_private_keys_come_back_only_when_asked_for() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIIabc\nxyz\n-----END PRIVATE KEY-----\n"
    result = redact([key])
    assert restored(result.texts[0], [key], result) == result.texts[0]
    assert restored(result.texts[0], [key], result, private_keys=True) == key


@given(st.text(max_size=80))
def test_nothing_is_put_into_a_text_without_placeholders(text: str) -> None:
    assert restored(text, ORIGINALS, REDACTED) == text
