"""Passwords with hostile characters in every place that SQL, its logs and the files beside it have for one."""

import csv
import io
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from confmend.redact import redact, restored
from programs.redaction_log import WRITINGS, quoted

# Apart from the first and last they are what a language between quotes takes for its own signs.
PASSWORDS = st.text(st.sampled_from("qzQZ79'\"\\$;-/*,()%:{}[]@# é\u0130"), min_size=6, max_size=20).map(
    lambda text: f"Zq{text}7x"
)
STATEMENTS = (
    "ALTER ROLE app WITH LOGIN PASSWORD {} VALID UNTIL '2031-01-01';",
    "create user mapping for app server s options (user 'bob', password {});",
    "SELECT pgp_sym_decrypt(a, {}), 'an ordinary text';",
    "SELECT crypt({}, hash) FROM people WHERE name = 'bob';",
    "INSERT INTO people (name, password) VALUES ('bob', {});",
    "CREATE ROLE app\n\tLOGIN\n\tPASSWORD {}\n\tCONNECTION LIMIT 5;",
)
FORMS = ("script", "stderr", "csv", "json", "nested")


def _as(form: str, statement: str) -> str:
    if form == "stderr":
        return "2026-01-02 03:04:05.678 UTC [7] app@app LOG:  statement: " + statement.replace("\n", "\n\t")
    if form == "csv":
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(
            ["2026-01-02 03:04:05.678 UTC", "app", "statement: " + statement, ""]
        )
        return line.getvalue()
    if form == "json":
        return json.dumps({"timestamp": "2026-01-02", "message": "statement: " + statement, "n": 1}, ensure_ascii=False)
    if form == "nested":
        return f"DO $body$ BEGIN EXECUTE {quoted(statement)}; END $body$"
    return statement


def _assert_gone(password: str, text: str) -> None:
    for start in range(len(password) - 3):
        run = password[start : start + 4]
        # Runs of signs alone stand in the statement itself.
        if sum(map(str.isalnum, run)) >= 2:
            assert run not in text


@settings(max_examples=400)
@given(PASSWORDS, st.sampled_from(WRITINGS), st.sampled_from(STATEMENTS), st.sampled_from(FORMS))
def test_a_literal_goes_and_the_statement_stays(password, write, statement, form) -> None:  # type: ignore[no-untyped-def]
    text = f"before = 1\n{_as(form, statement.replace('{}', write(password)))}\nafter = 2\n"
    result = redact([text])
    (clean,) = result.texts
    _assert_gone(password, clean)
    assert clean.startswith("before = 1\n")
    assert clean.endswith("\nafter = 2\n")
    assert restored(clean, [text], result) == text
    if form == "json":
        json.loads(clean.split("\n")[1])


@settings(max_examples=200)
@given(PASSWORDS.map(lambda text: text.replace(" ", "_")))
def test_files_beside_the_server(password: str) -> None:
    for text in (
        "db:5432:app:app:" + password.replace("\\", "\\\\").replace(":", "\\:"),
        '"app" "' + password.replace('"', '""') + '"',
        "machine h login app password " + password,
        "bindpw " + password,
    ):
        _assert_gone(password, redact([f"a = 1\n{text}\nb = 2\n"]).texts[0])
