"""Connection strings as we read and edit them, against those who read them: libpq, SQLAlchemy, asyncpg, node-postgres.

Differences on purpose, which the generated strings leave out:

- The userinfo of a URI ends at the last ``@`` before the host; libpq takes the first, and misreads ``/`` in a password.
  The redacted text and the owner's have to be read alike, so no password may move what is behind it.
- A string with a template's variable (``${HOST}``, ``%s``) is no mistake, though libpq would refuse ``%s``.
- An unknown parameter is read: who reads a plain URI (libpq, pgx, Rails) decides whether it is one.
- node-postgres leaves ``%2F`` and other reserved characters of a database's name encoded, and lower-cases the host;
  asyncpg and it take ``+`` in a parameter for a blank, libpq does not. confmend writes ``%20`` and ``%2B``.
"""

import ast
import inspect
import json
import os
import subprocess
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st

from confmend.document import document
from confmend.formats import _conninfo, _uri
from confmend.formats._part import Parsed
from confmend.formats.connection_strings import FORMAT
from confmend.redact import redact

psycopg = pytest.importorskip("psycopg", reason="no libpq: install tests/requirements.txt")
asyncpg = pytest.importorskip("asyncpg", reason="no asyncpg: install tests/requirements.txt")
sqlalchemy = pytest.importorskip("sqlalchemy", reason="no SQLAlchemy: install tests/requirements.txt")

from asyncpg import connect_utils  # noqa: E402
from psycopg.conninfo import conninfo_to_dict  # noqa: E402
from sqlalchemy.engine import make_url  # noqa: E402

NODE_PACKAGE = Path(__file__).parent / "node_modules" / "pg-connection-string"
TALLY: Counter[str] = Counter()
KNOWN = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
WHOLE = os.environ.get("CONFMEND_WHOLE") == "1"


def examples(count: int) -> settings:
    """Always the same examples; with CONFMEND_WHOLE=1 many more, and others each time."""
    many = count * 20 if WHOLE else count
    return settings(max_examples=many, derandomize=not WHOLE, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module", autouse=True)
def figures(request: pytest.FixtureRequest) -> Iterator[None]:
    """Print how many strings were compared; all agreed if the tests passed."""
    yield
    plugins = request.config.pluginmanager
    reporter, capture = plugins.get_plugin("terminalreporter"), plugins.get_plugin("capturemanager")
    if reporter and capture and TALLY:
        with capture.global_and_fixture_disabled():
            reporter.write_line(f"\nConnection strings compared: {', '.join(f'{k}: {n:,}' for k, n in TALLY.items())}")


def libpq(text: str) -> tuple[Mapping[str, str], str]:
    """What libpq reads in a string, or why it refuses it."""
    try:
        return {name: str(value) for name, value in conninfo_to_dict(text).items()}, ""
    except psycopg.ProgrammingError as refusal:
        return {}, str(refusal).strip()
    except UnicodeDecodeError:  # libpq takes any bytes, psycopg and confmend UTF-8
        reject()


def values(parsed: Parsed) -> dict[str, str]:
    """Our reading with the hosts joined as libpq joins them."""
    found = {part.name: part.value for part in parsed.parts}
    hosts = 1
    while f"host/{hosts + 1}" in found:
        hosts += 1
    for name in ("host", "port"):
        if hosts > 1:
            found[name] = ",".join([found.get(name, ""), *(found.pop(f"{name}/{n}", "") for n in range(2, hosts + 1))])
    return found


# libpq ---------------------------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=8)
KEYWORD = st.one_of(st.sampled_from(sorted(KNOWN)), st.sampled_from(["keepalive_idle", "pool", "HOST", "", "é"]))
WRITTEN = st.one_of(
    st.text("ab1.,:/ '\\\t=", max_size=8),
    TEXT.map(lambda text: "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"),
    TEXT,
    st.sampled_from(["'", "'a", "a'b", "\\", "a\\ b", "''"]),
)
PAIR = st.tuples(KEYWORD, st.sampled_from(["=", " = ", "= ", " =", "", "=="]), WRITTEN).map("".join)
CONNINFO = st.lists(PAIR, max_size=5).flatmap(
    lambda pairs: st.sampled_from([" ", "  ", "\t", "\n", ""]).map(lambda blank: blank.join(pairs))
)


@examples(400)
@given(CONNINFO)
def test_keywords_and_values_are_read_as_libpq_reads_them(text: str) -> None:
    assume(not text.startswith(("postgres://", "postgresql://")))
    parsed = _conninfo.parse(text)
    read, refusal = libpq(text)
    unknown = {part.name for part in parsed.parts} - KNOWN
    assert bool(parsed.problem or unknown) == bool(refusal), refusal
    if not refusal:
        assert values(parsed) == read
    elif not unknown:
        assert parsed.problem == refusal
    TALLY["libpq key=value"] += 1


def test_no_keyword_of_libpq_is_missing() -> None:
    assert _conninfo.KEYWORDS >= KNOWN


PIECE = st.one_of(
    st.text("abc1-._", min_size=1, max_size=6),
    TEXT.map(lambda text: "".join(f"%{byte:02x}" for byte in text.encode())),
    st.sampled_from(["%zz", "%00", "%4", "a%2Fb", "a%20b", "é", "a+b", "%", "%E9", "a#b", "a=b", "a&b"]),
)
HOST = st.one_of(
    st.sampled_from(["db", "10.0.0.1", "[::1]", "[fe80::1%25eth0]", "%2Ftmp", "[::1", "[]", "[::1]x", "db-1.example"]),
    st.text("abc.-1", min_size=1, max_size=6),
)
PORT = st.sampled_from(["", ":5432", ":6432", ":"])
USERINFO = st.one_of(
    st.just(""),
    PIECE.map(lambda user: f"{user}@"),
    st.tuples(PIECE, PIECE).map(lambda both: f"{both[0]}:{both[1]}@"),
    st.sampled_from(["@", ":@", "u:@", ":p@", "u:p?x@", "u:p#x@", "u:p:q@"]),
)
HOSTS = st.one_of(st.just(""), st.lists(st.tuples(HOST, PORT).map("".join), min_size=1, max_size=3).map(",".join), PORT)
PARAMETER = st.one_of(
    st.tuples(st.sampled_from(sorted(KNOWN - {"host", "port"})), PIECE).map("=".join),
    st.tuples(PIECE, PIECE).map("=".join),
    st.sampled_from(["ssl=true", "a", "", "host=%2Ftmp", "port=5433", "options=-c%20a%3Db", "=", "user="]),
)
QUERY = st.one_of(st.just(""), st.lists(PARAMETER, max_size=4).map(lambda each: "?" + "&".join(each)))
PATH = st.one_of(st.just(""), st.just("/"), PIECE.map(lambda name: f"/{name}"), st.just("/a/b"))
URI = st.tuples(st.sampled_from(["postgres://", "postgresql://"]), USERINFO, HOSTS, PATH, QUERY).map("".join)


def uri_values(text: str) -> tuple[dict[str, str], str]:
    """Our reading of a URI in libpq's words."""
    parsed = _uri.parse(text)
    given = [part for part in parsed.parts if part.start > text.find("?", text.rfind("@") + 1) > 0]
    found = values(parsed)
    for name in ("host", "port"):
        of_query = [part.value for part in given if part.name == name]
        if of_query:
            found[name] = of_query[-1]
    if found.get("ssl") == "true":
        del found["ssl"]
        found["sslmode"] = [
            part.value if part.name == "sslmode" else "require" for part in given if part.name in ("sslmode", "ssl")
        ][-1]
    return found, parsed.problem or next(
        (f'invalid URI query parameter: "{name}"' for name in found if name not in KNOWN), ""
    )


@examples(400)
@given(URI)
def test_uris_are_read_as_libpq_reads_them(text: str) -> None:
    read, refusal = libpq(text)
    if _uri.TEMPLATE.search(text):
        return
    found, problem = uri_values(text)
    assert bool(problem) == bool(refusal), (problem, refusal)
    if not refusal:
        # An empty part of the authority is as good as none; an empty parameter is a value.
        assert found == {name: value for name, value in read.items() if value or name in found}
    TALLY["libpq URI"] += 1


# The others ----------------------------------------------------------------------------------------------------------

PLAIN = st.text(
    st.characters(exclude_characters="\0", exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=8
)
NAMES = st.sampled_from(["application_name", "options", "sslcert_x", "connect_timeout", "a.b"])


@st.composite
def written(draw: st.DrawFn, scheme: str) -> tuple[str, dict[str, str]]:
    """A URI and what was put into it."""
    told = {"host": draw(st.sampled_from(["db", "10.0.0.1", "::1", "db-1.example"]))}
    for name in ("user", "password", "dbname"):
        told |= {name: draw(PLAIN)} if draw(st.booleans()) or name == "user" else {}
    if draw(st.booleans()):
        told["port"] = draw(st.sampled_from(["5432", "6432"]))
    for name in draw(st.lists(NAMES, unique=True, max_size=3)):
        told[name] = draw(PLAIN)
    text = document(FORMAT, "x", f"{scheme}://u:p@h:1/d\n")
    for name in ("user", "password", "host", "port", "dbname"):
        text = text.set(f"1/{name}", told[name]) if name in told else text.unset(f"1/{name}")
    for name, value in told.items():
        text = text.set(f"1/{name}", value)
    return text.text.strip("\n"), told


@examples(120)
@given(written("postgresql+psycopg"))
def test_sqlalchemy_reads_what_was_set(case: tuple[str, dict[str, str]]) -> None:
    text, told = case
    url = make_url(text)
    found = {"user": url.username, "password": url.password, "host": url.host, "dbname": url.database, **url.query}
    found["port"] = str(url.port) if url.port else None
    assert {name: value for name, value in found.items() if value} == told == values(_uri.parse(text))
    TALLY["SQLAlchemy"] += 1


@examples(120)
@given(written("postgresql"))
def test_asyncpg_reads_what_was_set(case: tuple[str, dict[str, str]]) -> None:
    text, told = case
    absent: dict[str, None] = dict.fromkeys(inspect.signature(connect_utils._parse_connect_dsn_and_args).parameters)
    del absent["dsn"], absent["ssl"]
    addresses, params, *_ = connect_utils._parse_connect_dsn_and_args(dsn=text, ssl="disable", **absent)
    found = {
        "user": params.user,
        "password": params.password,
        "dbname": params.database,
        **(params.server_settings or {}),
    }
    found["host"], found["port"] = addresses[0][0], str(addresses[0][1])
    expected = {"port": "5432", **told}
    assert {name: value for name, value in found.items() if value} == expected
    TALLY["asyncpg"] += 1


READ = """
const { parse } = require(process.argv[1]);
const texts = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(texts.map((text) => parse(text))));
"""


@examples(2)
@given(st.lists(written("postgresql"), min_size=60, max_size=80))
def test_node_reads_what_was_set(cases: list[tuple[str, dict[str, str]]]) -> None:
    assert NODE_PACKAGE.is_dir(), "run npm ci --ignore-scripts in tests/"
    texts = json.dumps([text for text, _ in cases])
    command = ["node", "-e", READ, str(NODE_PACKAGE)]
    answer = subprocess.run(command, input=texts, capture_output=True, text=True, check=True, encoding="utf-8").stdout
    for found, (text, told) in zip(json.loads(answer), cases, strict=True):
        if "dbname" in told:
            # decodeURI leaves these as they are.
            name = found.pop("database")
            for mark in ";/?:@&=+$,#":
                name = name.replace(f"%{ord(mark):02X}", mark)
            if "%" not in told["dbname"]:
                assert name == told["dbname"], text
        rest = {key: value for key, value in found.items() if value and key != "database"}
        assert rest == {key: value for key, value in told.items() if key != "dbname"}, text
        TALLY["node-postgres"] += 1


# Edits ---------------------------------------------------------------------------------------------------------------

LANGUAGES: dict[str, tuple[str, Callable[[str], str]]] = {
    "line": ("{}\n", lambda text: text.removesuffix("\n")),
    "JSON": ('{{"a": "{}"}}\n', lambda text: json.loads(text)["a"]),
    "JSON in JSON": ('{{"a": "{{\\"b\\": \\"{}\\"}}"}}\n', lambda text: json.loads(json.loads(text)["a"])["b"]),
    "Python": ('dsn = "{}"\n', lambda text: ast.literal_eval(text.removeprefix("dsn = "))),
}
BASES = {
    "key=value": "host=db dbname=app keepalives_idle=900",
    "URI": "postgresql://u@db/app?keepalives_idle=900",
}
EDITED = st.sampled_from(["keepalives_idle", "options", "application_name", "dbname", "user"])
LINE_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=10)


@examples(120)
@given(st.sampled_from(sorted(LANGUAGES)), st.sampled_from(sorted(BASES)), EDITED, LINE_TEXT)
def test_libpq_reads_what_was_set(language: str, form: str, name: str, value: str) -> None:
    template, decode = LANGUAGES[language]
    before = document(FORMAT, "x", template.format(BASES[form]))
    try:
        after = before.set(f"1/{name}", value)
    except ValueError:
        # Only what could mean something else around the string may be refused, and an empty part of a URI.
        assert any(mark in value for mark in "$`\"\\'#:") if form == "key=value" else not value
        return
    told, refusal = libpq(decode(after.text))
    assert not refusal
    assert told == {**libpq(BASES[form])[0], name: value}
    removed, refusal = libpq(decode(after.unset(f"1/{name}").text))
    assert not refusal
    assert removed == {key: text for key, text in told.items() if key != name}
    TALLY["edits"] += 1


@examples(120)
@given(LINE_TEXT, LINE_TEXT)
def test_xml_and_properties_hold_what_was_set(first: str, second: str) -> None:
    before = "<a>jdbc:postgresql://db/app?user=u&amp;x=1</a>\n"
    after = document(FORMAT, "x", before).set("1/user", first).set("1/options", second)
    text = ET.fromstring(after.text).text or ""
    assert values(_uri.parse(text)) == {"host": "db", "dbname": "app", "user": first, "x": "1", "options": second}
    escaped = document(FORMAT, "x", "url=jdbc\\:postgresql\\://db/app?user\\=u\n").set("1/user", first)
    again = escaped.text.partition("=")[2].strip("\n").replace("\\:", ":").replace("\\=", "=")
    assert values(_uri.parse(again)) == {"host": "db", "dbname": "app", "user": first}
    TALLY["edits"] += 2


# Passwords as people write them --------------------------------------------------------------------------------------

PASSWORD = st.text("abcXYZ019@:/#?%!*+~^=&-_.", min_size=6, max_size=14).map(lambda text: f"Tr0{text}x")


@examples(250)
@given(PASSWORD)
def test_a_password_moves_nothing(password: str) -> None:
    raw = (
        f"A=postgres://app:{password}@db.example:5432/orders?sslmode=require&keepalives_idle=60\n"
        f"B=host=db.example password={password} dbname=orders keepalives_idle=60\n"
        "C=jdbc:postgresql://db.example/orders?socketTimeout=60\n"
    )
    hidden = redact([raw]).texts[0]
    ours, theirs = (
        [
            (line.key, "" if "password" in line.key else line.value)
            for line in document(FORMAT, "x", text).lines
            if line.key
        ]
        for text in (raw, hidden)
    )
    assert password not in hidden
    assert ours == theirs
    TALLY["hidden passwords"] += 1
