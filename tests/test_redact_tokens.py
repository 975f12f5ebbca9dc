"""Tokens, keys and passwords in the places where servers' texts have them: any value, not only the examples."""

import base64
import string
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confmend.redact import redact
from confmend.redact.scanners.tokens import STRONG

# Two digits, both cases and no separator: what an issuer draws by lot.
DRAWN = st.text(st.sampled_from(string.ascii_letters + string.digits), min_size=34, max_size=40).map("q1W2".__add__)
PASSWORDS = st.text(st.sampled_from("abcXYZ0189!#%+=~@^_"), min_size=6, max_size=16).map("q7".__add__)
AROUND = ("{}", "see {} there", '"{}"', "'{}',", "x={}\n", "LOG:  got {}.", "a\\n{}\\nb", "<{}>", "({})")


def hidden(text: str) -> str:
    return redact([text]).texts[0]


def assert_gone(secret: str, text: str) -> None:
    for start in range(len(secret) - 3):
        assert secret[start : start + 4] not in text


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(STRONG), DRAWN, st.sampled_from(AROUND))
def test_token_of_a_known_issuer(prefix: str, drawn: str, around: str) -> None:
    out = hidden(around.format(prefix + drawn))
    assert_gone(drawn, out)
    before, after = around.split("{}")
    assert out.startswith(before)
    assert out.endswith(after)


@settings(max_examples=200, deadline=None)
@given(
    PASSWORDS,
    st.sampled_from(
        [
            "mysql -u root -p'{}' app",
            "curl -u 'app:{}' https://db.example/",
            "tool --host h --password '{}' --verbose",
            "redis-cli -h h -a '{}' ping",
            "docker run -e 'POSTGRES_PASSWORD={}' pg",
            '- name: DB_PASSWORD\n  value: "{}"\n',
            '{{"name": "DB_PASSWORD", "value": "{}"}}',
            '{{"kind": "Secret", "data": {{"pin": "{}"}}}}',
            "kind: Secret\nstringData:\n  pin: '{}'\ntype: Opaque\n",
            "<dbPassword>{}</dbPassword>",
            '<add key="DbPassword" value="{}"/>',
            'requirepass "{}"\n',
            "stats auth 'app':{}",
            'define("DB_PASSWORD", "{}");',
            'var dbPassword string = "{}"',
            'if ("{}" == password) {{',
            'password "{}"\n',
        ]
    ),
)
def test_password_in_its_place(password: str, place: str) -> None:
    text = f"port = 5432\n{place.format(password)}\nwork_mem = 4MB\n"
    out = hidden(text)
    assert_gone(password, out)
    assert out.startswith("port = 5432\n")
    assert out.endswith("work_mem = 4MB\n")


@settings(max_examples=100, deadline=None)
@given(
    DRAWN, st.sampled_from(["Authorization: Bearer {}", "Authorization: Basic {}", "Cookie: sid={}", "X-Api-Key: {}"])
)
def test_headers(value: str, header: str) -> None:
    for around in ("{}", 'curl -H "{}" https://db.example/', "{}\r\nHost: db.example\r\n"):
        out = hidden(around.format(header.format(value)))
        assert_gone(value, out)
        assert "db.example" in out or around == "{}"


@settings(max_examples=100, deadline=None)
@given(st.binary(min_size=60, max_size=200), st.integers(0, 2))
def test_private_key_in_base64(body: bytes, shift: int) -> None:
    armour = b"-----BEGIN RSA PRIVATE KEY-----\n" + base64.b64encode(body) + b"\n-----END RSA PRIVATE KEY-----\n"
    encoded = base64.b64encode(b"x" * shift + armour).decode()
    assert encoded[8:40] not in hidden(f"tls.key: {encoded}\nport: 1\n")


# Texts of servers and their manuals that look like the kinds above and hold no secret.
CLEAN = """\
psql -p 5432 -U app -d app
docker run -p 5432:5432 -e POSTGRES_USER=app postgres:16
-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 5432 -j ACCEPT
pg_basebackup --no-password -D /var/lib/postgresql/data -X stream
ssh -p 2222 db.example; mkdir -p /srv/pg; ps -p 4242; mysql -p app
curl -u "${USER}:${PASSWORD}" https://db.example/
auth  :emerg : [    1.000000] example
user  :notice: [    2.000000] token bucket filter attached
kind: ConfigMap
  name: postgres-secret-1234567890
WWW-Authenticate: Basic realm="db"
the cookie jar; authorization of user "app" failed; bearer of bad news
<Password></Password><KeepAlive>true</KeepAlive>
duplicate key value violates unique constraint "orders_2024_01_pkey"
ALTER TABLE orders ADD PRIMARY KEY (id), ADD FOREIGN KEY orders_2024_fk_customer_0001 (c)
pk_users_2024_01 idx_key_0123456789 sk-learn task-1234567890abcdefghijkl
/usr/lib/postgresql/16/lib/pgcrypto.so 0123456789abcdef0123456789abcdef01234567
ca: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSURkekND
https://discord.com/developers https://api.slack.com/web https://h.example/hooks
app.kubernetes.io/instance: pg-0123456789 image: registry.example/pg@sha256:0123456789abcdef0123456789abcdef
"""


@pytest.mark.parametrize("line", CLEAN.splitlines())
def test_clean_line_stays(line: str) -> None:
    assert hidden(line) == line


def test_clean_lines_stay_together() -> None:
    assert hidden(CLEAN) == CLEAN


def seconds(text: str) -> float:
    start = time.process_time()
    redact([text])
    return time.process_time() - start


@pytest.mark.parametrize(
    "piece",
    [
        "ghp_a",
        "sk-",
        "_a-",
        "eyJa",
        "a1",
        "curl -u a:b ",
        "-p ",
        "--password x ",
        "Authorization: ",
        "</password>",
        "Cookie: a=bcde; ",
        "value=",
        "kind: Secret\n",
        "kind: Secret\ndata:\n",
        "LS0tLS1CRUdJTi",
        "UFJJVkFURSBLRV",
        "SECRET ",
        "key-",
        "?token=",
        "&k=",
        "<key>",
        "hooks.slack.com/",
        "stats auth ",
        '"auth":"',
        "createuser ",
        '"kind":"Secret","data":{',
        "name: password value: ",
        "AIza",
        "Q~",
        ":AA",
        "0|",
        "requirepass\n",
    ],
)
def test_time_is_linear(piece: str) -> None:
    small, large = (piece * (size // len(piece)) for size in (50_000, 200_000))
    # A quadratic scanner takes 16 times as long. Measured again before it is believed: the machine may be busy.
    assert any(seconds(large) < 8 * seconds(small) + 0.02 for _ in range(4))
