"""What lets a scanner pass over a text or a line: each value that it finds has an anchor in the line it is read from.

A scanner that reads line by line finds in a line what it finds in the whole text, so the lines without an anchor can be
left out.
"""

import random
import re
import string
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confmend.redact import redact
from confmend.redact.lines import lines, part, places, shape
from confmend.redact.readings import around
from confmend.redact.redaction import scanners
from confmend.redact.scanner import Scanner

SCANNERS = {name: scanner for name, scanner in scanners().items() if scanner.anchors}
EXAMPLES = [example.text for scanner in scanners().values() for example in scanner.examples]
# An ordinary line; so many of them that the lines of a text are looked at by their shape.
ORDINARY = "net.ipv4.conf.eth{}.rp_filter = {}\n"
# Where a secret is written: what stands before and behind it.
CONTEXTS = (
    *(("postgres://app:", "@db:5432/orders"), ("https://h/x?access_token=", "&a=1"), ("jdbc:oracle:thin:u/", "@h:1:x")),
    *(
        ("app = host=h password=", " dbname=app"),
        ("host=h sslpassword='", "' user=u"),
        ("scram_client_key=", " host=h"),
    ),
    *(("ALTER ROLE app PASSWORD '", "'"), ("CREATE USER a IDENTIFIED BY '", "'"), ("SELECT crypt('", "', 'x')")),
    *(("SET app.secret TO '", "'"), ("INSERT INTO u (password) VALUES ('", "')"), ("OPTIONS (password '", "')")),
    *(("PrivateKey = ", ""), (': PSK "', '"'), ("the token is ", ""), ("acme SECRET ", ""), ("KEY\n", "")),
    *(("ghp_", ""), ("xoxb-1234567890-", ""), ("AIza", ""), ("hvs.", ""), ("eyJ", ".eyJ0.abc")),
    *(("https://hooks.slack.com/services/", ""), ("https://discord.com/api/v10/webhooks/1/", "")),
    *(("kennwort: ", ""), ("dbSenha=", ""), ("密码：", ""), ("пароль = ", ""), ("şifre=", ""), ("hasło: ", "")),
    *(("the password is ", ""), ("user app / ", ""), ("auth=('u', '", "')"), ("pymysql.connect('h', 'u', '", "')")),
    *(("app:TEXT", ""), ("# client server secret\napp * ", " *"), ("postgres%3A%2F%2Fapp%3A", "%40h")),
    *(("{SSHA}", ""), ("$6$rounds=5000$salt$", ""), ("SCRAM-SHA-256$4096:", "=="), ("pbkdf2_sha256$1$salt$", "")),
)
CASES = st.sampled_from([str, str.upper, str.lower, str.title, str.swapcase])
SECRETS = st.text(st.sampled_from("qzQZ79!#%*()_+-=|:.~<>\xe9\u0130\u212a\u017f"), min_size=4, max_size=40)


def ordinary(count: int, first: int = 0) -> str:
    return "".join(ORDINARY.format(number, number % 3) for number in range(first, first + count))


def found(scanner: Scanner, text: str) -> set[tuple[int, int]]:
    """Return what a scanner finds that has any characters."""
    return {(span.start, span.end) for span in scanner.find(text) if span.end > span.start}


def read(scanner: Scanner, text: str) -> set[tuple[int, int]]:
    """Return what it finds in what is left of a text when the lines without an anchor are left out."""
    seen = lines(text)
    shapes = {*seen.holding(scanner.anchors)}
    if not shapes:
        return set()
    if not scanner.lines and not scanner.begins:
        return found(scanner, text)
    # By hand: a scanner whose lines are most of the text is given all of it.
    numbers = [number for number, each in enumerate(seen.shapes) if each in shapes]
    some = part(text, places(seen.ends(), around(seen.shapes, numbers, scanner)), text)
    return {place for span in found(scanner, some.text) for place in some.originals(*span)}


@pytest.mark.parametrize("scanner", SCANNERS.values(), ids=SCANNERS)
def test_examples_hold_an_anchor(scanner: Scanner) -> None:
    assert scanner.lines >= 0
    for text in EXAMPLES:
        assert read(scanner, text) == found(scanner, text)
    together = ordinary(3).join(text.rstrip("\n") + "\n" for text in EXAMPLES)
    assert read(scanner, together) == found(scanner, together)


def test_no_scanner_reads_lines_without_an_anchor() -> None:
    assert scanners() == SCANNERS


@settings(max_examples=400, deadline=None)
@given(SECRETS, st.sampled_from(CONTEXTS), CASES, st.sampled_from(["{}", "'{}'", "LOG:  {} x", "{}\r", "a\n{}\nb"]))
def test_generated_secrets_hold_an_anchor(secret: str, context: tuple[str, str], case: object, around: str) -> None:
    before, after = context
    text = around.format((case(before) if callable(case) else before) + secret + after)
    for scanner in SCANNERS.values():
        assert read(scanner, text) == found(scanner, text)


@pytest.mark.parametrize("context", CONTEXTS)
def test_every_context_is_one_that_a_scanner_with_anchors_reads(context: tuple[str, str]) -> None:
    text = "q1W2e3R4t5Y6u7I8o9P0a1S2d3F4g5H6j7K8".join(context)
    assert any(read(scanner, text) for scanner in SCANNERS.values())


def mixed(chance: random.Random) -> Iterator[str]:
    # No ordinary line twice: one that an example takes for its own would be hidden wherever it stands.
    for number, text in enumerate(chance.sample(EXAMPLES, 12)):
        yield ordinary(chance.randrange(40), 1000 + 100 * number)
        yield text.rstrip("\n") + "\n"


@pytest.mark.parametrize("seed", range(20))
def test_ordinary_lines_change_nothing(seed: int) -> None:
    # The same text once with ordinary lines that are passed over, once with as many that all differ.
    text = "".join(mixed(random.Random(seed))) + ordinary(400, 3000)
    chance = random.Random(seed)
    words = iter(lambda: "".join(chance.choices(string.ascii_lowercase, k=5)), "")
    other = re.sub(r"(?<=^net\.ipv4\.conf\.)eth(?=\d+\.rp_filter)", lambda _: next(words), text, flags=re.MULTILINE)
    assert len(lines(text).distinct) < len(text) / 2 < len(lines(other).distinct)
    plain = re.compile(r"^net\.ipv4\.conf\.[a-z]+\d+\.rp_filter = \d\n", re.MULTILINE)
    assert plain.sub("", redact([text]).texts[0]) == plain.sub("", redact([other]).texts[0])


@given(st.text(st.characters(), max_size=40))
def test_a_shape_keeps_places(text: str) -> None:
    assert len(shape(text)) == len(text)
    assert [each == "\n" for each in shape(text)] == [each == "\n" for each in text]
    assert shape(shape(text)) == shape(text)
