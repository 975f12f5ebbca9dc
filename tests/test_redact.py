"""Redaction: every kind's own examples, what must stay, and the promises that hold for any text."""

import base64
import html
import json
import os
import re
import time
from urllib.parse import quote

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from confmend.redact import Choices, redact, restored
from confmend.redact.redaction import scanners
from confmend.redact.scanner import Example, Scanner, Span

# shared facts: texts that look like secrets and are none (redaction.md, "Global near-miss list")
NEAR_MISSES = """\
password_encryption = scram-sha-256
shared_preload_libraries='passwordcheck,auth_delay,pg_stat_statements'
auth_delay.milliseconds = 500
kernel.random.boot_id = 5f3c1c57-24f1-4b0b-9c43-7c1d2f3d9a10
kernel.random.uuid = 0e7c9f3a-6a44-4d0f-a1f7-5a3a1a2b3c4d
net.ipv4.tcp_fastopen_key = 00000000-00000000-00000000-00000000
net.ipv4.ipfrag_secret_interval = 0
sysctl: reading key "net.ipv6.conf.all.stable_secret"
kernel.keys.maxbytes = 20000
kernel.keys.persistent_keyring_expiry = 259200
kernel.core_pattern = |/usr/lib/systemd/systemd-coredump %P %u %g %s %t %c %h
commit 9fceb02d0ae598e95dc970b74767f19372d61af8
sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
archived write-ahead log file "000000010000000A000000FE"
checkpoint complete: lsn=A2C/FE000028, redo lsn=A2C/FD000060
Database system identifier: 7241234567890123456
queryid=-4305783251236546548 xid=734 oid=16384
WARNING:  page verification failed, calculated checksum 20919 but expected 45543
ssl_key_file = '/etc/ssl/private/ssl-cert-snakeoil.key'
krb_server_keyfile = 'FILE:/etc/postgresql/krb5.keytab'
ssl_passphrase_command_supports_reload = off
primary_slot_name = 'standby_1'
ssl_ciphers = 'HIGH:MEDIUM:+3DES:!aNULL'
SSL connection (protocol: TLSv1.3, cipher: TLS_AES_256_GCM_SHA384, bits: 256)
SHA256 Fingerprint=AB:CD:EF:12:34:56:78:90:AB:CD:EF:12:34:56:78:90
host    all  all  10.0.0.0/8  md5
host    all  all  0.0.0.0/0   password
auth_type = scram-sha-256
PGPASSFILE=/home/app/.pgpass
POSTGRES_PASSWORD_FILE=/run/secrets/pg
POSTGRES_PASSWORD=${VAR}
DETAIL:  Key (id)=(7d444840-9dc0-11d1-b245-5ffdce74fad2) already exists.
token bucket filter on eth0
max_pred_locks_per_transaction = 64
keyword monkey hockey: turkey = 1
FATAL:  password authentication failed for user "app"
DETAIL:  Password does not match for user "app".
SELECT password FROM users WHERE password IS NULL
ALTER ROLE app PASSWORD NULL VALID UNTIL '2026-01-01'
http://h:8080/p?mail=a@b.c postgres://app@h/db
arn:aws:iam::aws:policy/AmazonRDSFullAccess
"""


def hidden(text: str) -> str:
    return redact([text]).texts[0]


def assert_gone(secret: str, text: str) -> None:
    for start in range(max(1, len(secret) - 3)):
        assert secret[start : start + 4] not in text


@pytest.mark.parametrize(
    ("scanner", "example"), [(scanner, example) for scanner in scanners().values() for example in scanner.examples]
)
def test_examples(scanner: Scanner, example: Example) -> None:
    out = redact([example.text], Choices(levels=frozenset({scanner.level} - {""}))).texts[0]
    if not example.hidden:
        assert out == example.text
    for secret in example.hidden:
        assert_gone(secret, out)
    own = [example.text[span.start : span.end] for span in scanner.find(example.text)]
    for secret in example.hidden:
        assert any(secret in value for value in own)
    if scanner.rename:
        return
    assert len("".join(own)) <= 1.5 * len("".join(example.hidden)) + 60 * bool(own)


@pytest.mark.parametrize("scanner", scanners().values())
def test_scanner_has_both_kinds_of_example(scanner: Scanner) -> None:
    assert any(example.hidden for example in scanner.examples)
    assert any(not example.hidden for example in scanner.examples)


@pytest.mark.parametrize("line", NEAR_MISSES.splitlines())
def test_near_miss_stays(line: str) -> None:
    assert hidden(line) == line


def test_near_misses_stay_together() -> None:
    assert hidden(NEAR_MISSES) == NEAR_MISSES
    assert hidden(NEAR_MISSES.replace("\n", "\r\n")) == NEAR_MISSES.replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("primary_conninfo = 'host=h password=abcd1'", "primary_conninfo = 'host=h password=PASSWORD_1CM_HIDDEN'"),
        (
            "primary_conninfo = 'password=''a b'' host=h' # x\n",
            "primary_conninfo = 'password=''PASSWORD_1CM_HIDDEN'' host=h' # x\n",
        ),
        ("postgres://u:p@ss/w@h:1/d?x=1", "postgres://u:PASSWORD_1CM_HIDDEN@h:1/d?x=1"),
        ("amqp://u:aaaa1@h1:1,u:bbbb2@h2/v", "amqp://u:PASSWORD_1CM_HIDDEN@h1:1,u:PASSWORD_2CN_HIDDEN@h2/v"),
        ('{"password": "x\\"y", "n": 1}', '{"password": "PASSWORD_1CM_HIDDEN", "n": 1}'),
        ("Password=abc;Maximum Pool Size=2", "Password=PASSWORD_1CM_HIDDEN;Maximum Pool Size=2"),
        ("jdbc:x://h/t?user=u&password=abc&ssl=true&", "jdbc:x://h/t?user=u&password=PASSWORD_1CM_HIDDEN&ssl=true&"),
        ("{password=abc, user=bcd}", "{password=PASSWORD_1CM_HIDDEN, user=bcd}"),
        ("password: abc  # ask Eve\r\n", "password: PASSWORD_1CM_HIDDEN  # ask Eve\r\n"),
        # Which parameter is a secret, another line of the message says; neither look may forget it.
        (
            "LOG:  duration: 1 ms  plan:\n\tQuery Text: select hmac($1, $2, 'md5')\n"
            "\tQuery Parameters: $1 = 'a text', $2 = 'k3y 7z'\n",
            "LOG:  duration: 1 ms  plan:\n\tQuery Text: select hmac($1, $2, 'md5')\n"
            "\tQuery Parameters: $1 = 'a text', $2 = 'PASSWORD_1CM_HIDDEN'\n",
        ),
        (
            "LOG:  execute x: select $1, $2\nDETAIL:  parameters: $1 = 'a text', $2 = 'q1W2e3R4t5Y6'\n"
            "pw: q1W2e3R4t5Y6\n",
            "LOG:  execute x: select $1, $2\nDETAIL:  parameters: $1 = 'a text', $2 = 'PASSWORD_1CM_HIDDEN'\n"
            "pw: PASSWORD_1CM_HIDDEN\n",
        ),
        (
            "-----BEGIN PRIVATE KEY-----\r\nAAAA\r\nBBBB\r\n-----END PRIVATE KEY-----\r\n",
            "-----BEGIN PRIVATE KEY-----\r\nPRIVATE_KEY_1MH_HIDDEN\r\n\r\n-----END PRIVATE KEY-----\r\n",
        ),
    ],
)
def test_only_the_value_goes(text: str, expected: str) -> None:
    assert hidden(text) == expected


def test_one_secret_has_one_placeholder_in_all_texts() -> None:
    result = redact(["postgres://u:hunter2@h/d\ntoken: abcd", "password: other", "PGPASSWORD=hunter2\npassword: other"])
    assert result.texts == (
        "postgres://u:PASSWORD_1CM_HIDDEN@h/d\ntoken: TOKEN_1JG_HIDDEN",
        "password: PASSWORD_2CN_HIDDEN",
        "PGPASSWORD=PASSWORD_1CM_HIDDEN\npassword: PASSWORD_2CN_HIDDEN",
    )
    assert [(r.placeholder, r.label, r.count) for r in result.redactions] == [
        ("PASSWORD_1CM_HIDDEN", "password", 2),
        ("TOKEN_1JG_HIDDEN", "token", 1),
        ("PASSWORD_2CN_HIDDEN", "password", 2),
    ]


@pytest.mark.parametrize(
    "text",
    [
        # A placeholder that was cut in two, or was read as a key, made the text change again and again.
        '"stats" "SCRAM-SHA-256$4096:c2FsdHNhbHQ=$YWJjZGVmZ2hpamtsbW5vcA==:cXJzdHV2d3h5ejAxMjM0NQ=="\n',
        "app:abJnggxhB/yWI:19000:0:99999:7:::\n",
        "INSERT INTO u (pwd) VALUES (crypt('my pw 1', gen_salt('bf')));\n",
        "mysql -u root -pR00t!pw -e 'show databases'\n",
    ],
)
def test_a_redacted_text_is_left_as_it_is(text: str) -> None:
    once = hidden(text)
    assert once != text
    assert hidden(once) == once


def test_what_follows_a_placeholder_stays() -> None:
    assert hidden("app:abJnggxhB/yWI:19000:0:99999:7:::\n").endswith("_HIDDEN:19000:0:99999:7:::\n")
    assert hidden("SELECT digest('s3cr3t', 'sha256');") == "SELECT digest('PASSWORD_1CM_HIDDEN', 'sha256');"
    # Somebody's list of what the words stand for.
    assert "hunter2" not in hidden("PASSWORD_1CM_HIDDEN = hunter2\nTOKEN_1JG_HIDDEN: hunter2\n")


WRITTEN = "p@ss w'r\\d\"1<é>/&"
WRITINGS = {
    "csv of SQL": WRITTEN.replace("'", "''").replace('"', '""'),
    "JSON of SQL": json.dumps(WRITTEN.replace("'", "''"))[1:-1],
    "JSON in JSON": json.dumps(json.dumps(WRITTEN)[1:-1])[1:-1],
    "JSON of Go": json.dumps(WRITTEN)[1:-1].replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"),
    "JSON of PHP": json.dumps(WRITTEN)[1:-1].replace("/", "\\/"),
    "conninfo in postgresql.conf": WRITTEN.replace("\\", "\\\\\\\\").replace("'", "\\\\''"),
    "shell": WRITTEN.replace("'", "'\\''"),
    "XML": html.escape(WRITTEN, quote=False).replace('"', "&quot;").replace("'", "&apos;"),
    "HTML": html.escape(WRITTEN),
    "URL": quote(WRITTEN, safe=""),
    "URL, digits in lower case": re.sub("%..", lambda code: code[0].lower(), quote(WRITTEN, safe="")),
    "URL in a URL": quote(quote(WRITTEN, safe=""), safe=""),
    "base64": base64.b64encode(WRITTEN.encode()).decode(),
    "base64 of a login": base64.b64encode(f"app:{WRITTEN}".encode()).decode(),
    "base64 of a line": base64.b64encode(f"{WRITTEN}\n".encode()).decode(),
    "base64 of base64": base64.b64encode(base64.b64encode(WRITTEN.encode())).decode(),
    "hexadecimal": WRITTEN.encode().hex(),
    "hexadecimal in capitals": WRITTEN.encode().hex().upper(),
}


@pytest.mark.parametrize("writing", WRITINGS)
def test_a_secret_is_hidden_in_its_other_writings(writing: str) -> None:
    pastes = [f'{{"password": {json.dumps(WRITTEN)}}}', f"note {WRITINGS[writing]} end"]
    result = redact(pastes)
    assert result.texts[1] == "note PASSWORD_1CM_HIDDEN end"
    edited = f"see: {result.texts[1]}!"
    assert restored(edited, pastes, result) == f"see: {pastes[1]}!"


def test_a_look_alike_is_text_and_its_number_is_not_issued() -> None:
    result = redact(["password: PASSWORD_1_HIDDEN", "see password_2_hidden and x_03_HIDDEN", "pwd = abc"])
    assert result.texts == (
        "password: PASSWORD_4CQ_HIDDEN",
        "see password_2_hidden and x_03_HIDDEN",
        "pwd = PASSWORD_5CR_HIDDEN",
    )


def test_a_broken_scanner_stops_everything_and_quotes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(text: str) -> list[Span]:
        raise ValueError(text)

    broken = Scanner("made up", find, (), "")  # type: ignore[arg-type]
    monkeypatch.setattr("confmend.redact.redaction.scanners", lambda: {"broken": broken})
    with pytest.raises(RuntimeError) as caught:
        redact(["hunter2"])
    assert "hunter2" not in str(caught.value)
    assert caught.value.__context__ is None


# What the scanners meet: their anchors, quotes and ends, lone surrogates, capitals that grow in lower case.
PIECES = st.sampled_from(
    [
        "password",
        "passwd=",
        "pwd: ",
        "token",
        "api_key",
        "://",
        "postgres://u:",
        "@",
        "@h",
        "''",
        '""',
        '\\"',
        "'",
        '"',
        "\\",
        "`",
        "=",
        ":",
        "=>",
        " ",
        "\n",
        "\r\n",
        "\r",
        "\t",
        "\x00",
        "/",
        "?",
        "#",
        ";",
        ",",
        "&",
        "{",
        "}",
        "[",
        "]",
        "$",
        "${",
        "{{",
        "<",
        "|",
        "host=h ",
        "port=",
        "-----BEGIN PRIVATE KEY-----",
        "-----END PRIVATE KEY-----",
        "arn:aws:",
        "BEGIN ",
        ":thin:",
        "key",
        "\ud800",
        "\u0130",
        "\xe9",
        "\u2028",
        "x1",
        "admin",
        "PASSWORD_1_HIDDEN",
        "_2_hidden",
    ]
)
TEXTS = st.one_of(st.lists(PIECES, max_size=40).map("".join), st.text(st.characters(), max_size=60))


@settings(max_examples=int(os.environ.get("CONFMEND_EXAMPLES", "600")), deadline=None)
@given(st.lists(TEXTS, max_size=3))
def test_any_text(texts: list[str]) -> None:
    """What holds for any text; before a release once with CONFMEND_EXAMPLES=6000, which takes some minutes."""
    result = redact(texts)
    assert len(result.texts) == len(texts)
    assert redact(texts) == result
    for before, after in zip(texts, result.texts, strict=True):
        assert after.count("\n") == before.count("\n")
        assert after.count("\r\n") == before.count("\r\n")
    assert sum(r.count for r in result.redactions) == sum(
        after.count(r.placeholder) for r in result.redactions for after in result.texts
    )
    for redaction in result.redactions:
        assert not any(redaction.placeholder in text for text in texts)
    assert redact(result.texts).texts == result.texts
    for before, after in zip(texts, result.texts, strict=True):
        # Two texts that differ in how one secret is written alone are one text when they are redacted.
        same = {text for text, clean in zip(texts, result.texts, strict=True) if clean == after}
        assert before in same
        assert restored(after, texts, result, private_keys=True) in same


# Secrets of hostile characters; each context below leaves out only what cannot be written in it.
HOSTILE = st.text(st.sampled_from("qzQZ79!@#$%^&*()_+-=[]{}|:;,.?/~<>é\u0130"), min_size=6, max_size=24)
PASSWORDS = HOSTILE.map(lambda text: "Zq" + text + "7x")


@settings(max_examples=300, deadline=None)
@given(
    PASSWORDS,
    st.sampled_from(["postgres", "amqp", "https", "jdbc:mysql"]),
    st.sampled_from(["{}", '"{}"', "x = '{}'", "<{}>"]),
)
def test_uri_password(password: str, scheme: str, around: str) -> None:
    assume(not (around == "<{}>" and ">" in password))
    uri = f"{scheme}://app:{password}@db.example:5432/app?sslmode=require"
    assert_gone(password, hidden(f"LOG: {around.format(uri)} failed"))
    assert_gone(quote(password, safe=""), hidden(uri.replace(password, quote(password, safe=""))))


@settings(max_examples=300, deadline=None)
@given(HOSTILE.map(lambda text: text + " '\\q Z'9"), st.booleans())
def test_conninfo_password(password: str, first: bool) -> None:
    value = "'" + password.replace("\\", "\\\\").replace("'", "\\'") + "'"
    pairs = [f"password={value}", "host=10.0.0.5 user=rep"]
    conninfo = " ".join(pairs if first else pairs[::-1])
    for line in (
        f"app = {conninfo}",
        "primary_conninfo = '" + conninfo.replace("'", "''") + "'",
        f'psql "{conninfo}"',
    ):
        out = hidden(f"port = 1\n{line}\nwork_mem = 4MB\n")
        assert_gone(value[1:-1].replace("'", "''") if "''" in line else value[1:-1], out)
        assert out.startswith("port = 1\n")
        assert out.endswith("\nwork_mem = 4MB\n")
        assert out.count("'") % 2 == 0
        assert "host=10.0.0.5 user=rep" in out


@settings(max_examples=300, deadline=None)
@given(
    PASSWORDS,
    st.sampled_from(["password", "DB_PASSWORD", "api-key", "clientSecret", "spring.datasource.password", "pwd"]),
)
def test_keyed_password(password: str, key: str) -> None:
    single, double = password.replace("'", "''"), password.replace("\\", "\\\\")
    for line in (
        f'  "{key}": "{double}",',
        f"{key} = '{single}'",
        f"{key}: {password} with blanks",
        f"- {key}={password}",
        f"'{key}' => '{single}',",
        f'- "{key}={password}"',
    ):
        out = hidden(f"a = 1\n{line}\nb = 2\n")
        assert_gone(password, out)
        assert "with blanks" not in out
        assert out.startswith("a = 1\n")
        assert out.endswith("\nb = 2\n")


@settings(max_examples=100, deadline=None)
@given(PASSWORDS.filter(lambda p: not set(p) & set("/?#@:,<>[]{}%;&$()")))
def test_one_password_in_many_places(password: str) -> None:
    result = redact(
        [f"postgres://u:{password}@h/d", f"x = host=h password={password} port=1", f'"password": "{password}"']
    )
    assert [redaction.count for redaction in result.redactions] == [3]


def seconds(text: str) -> float:
    start = time.process_time()
    redact([text])
    return time.process_time() - start


@pytest.mark.parametrize(
    "piece",
    [
        "x://a:b",
        "x://a:1/",
        "x://a:1/?",
        '"x://a:b"',
        "x://a:b@",
        "prepare p as ",
        "psql -p \\\n",
        "postgres://u:p@h1:1,",
        "http://h:80/@",
        "password",
        "password=",
        "password: ",
        "password = 'a' ",
        "password='\\'",
        "password=''",
        'password=""x',
        "password=a;",
        "password=a,b=",
        "password=${x}",
        "password: |\n",
        "host=h password= ",
        "host=h password=''a'' ",
        "'",
        '\\"',
        "\\",
        " ",
        "token=[",
        "a",
        "arn:aws:iam::aws:",
        "arn:aws:iam::1:",
        "-----BEGIN PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----",
        "BEGIN ",
        "A" * 60 + "\n",
        "?token=",
        "jdbc:oracle:thin:a/b",
        "---\n",
        " password | x\n---+---\n",
        "user,password\n",
        'a,token\n"',
        "[ RECORD 1\npassword | ",
        'AUDIT: SESSION,1,1,a,b,,,"pwd $1',
        "password: *x\n",
        "password: 'x'\\'' ",
        'passwords: ["a", ',
        "password:\n  x\n",
        'password: {"value": ',
        "password: {\n",
        "ENV PASSWORD x ",
        "echo 'a' | ",
        "echo 'a",
        "COPY t (password) FROM stdin;\n",
        "Private-Lines: 9\nAAAA\n",
        "$ANSIBLE_VAULT;1.1;AES256\n",
        "rabbitmqctl add_user a b ",
        "https://q1w2e3r4t5y6u7i8o9p0@",
        "_1_HIDDEN",
        "\u0130password",
        "the password is ",
        "change the password to ",
        "with password a ",
        "user a / ",
        "密码",
        "mot de passe ",
        "auth=('a', ",
        "login('a\\'",
        "# client server secret\na b c\n",
        "%3A%2F%2Fa%3A",
        "chpasswd:\n list: |\n a:b\n",
    ],
)
def test_time_is_linear(piece: str) -> None:
    for end in ("", "@h/?x@'\""):
        small, large = (piece * (size // len(piece)) + end for size in (100_000, 400_000))
        # A quadratic scanner takes 16 times as long. Measured again before it is believed: the machine may be busy.
        assert any(seconds(large) < 8 * seconds(small) + 0.02 for _ in range(4))
