"""Values after a key that says secret: `password: x`, `"api_key": "x"`, `DB_PASSWORD=x`, `'secret' => 'x'`.

The value is a secret whatever it looks like: `admin` and `1234` are in use. Only words that cannot be one (on, null,
${VAR}, ***) stay, and the values of keys that are about a secret without holding it: password_encryption, token_url.
Each line is read by itself; keyed_beyond.py reads the values that stand in other lines than their keys.
"""

import re
from collections.abc import Iterator

from confmend.redact.assigned import ARMOUR, SCALAR, block, compared, in_prefix, value_at
from confmend.redact.keys import IN_SHAPES, STEMS, looks_drawn, may_be_key, secret_label, spaced_label
from confmend.redact.known import known_otherwise, names_program, names_variable, stands_for_value
from confmend.redact.placeholders import CLOSING
from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import QUOTES, folded, line_end, line_start, secret, unescaped
from confmend.redact.yaml_nodes import NODE, named_value

LONGEST_KEY = 100
KEY_CHARS = "abcdefghijklmnopqrstuvwxyz0123456789_.-"
KEY_REST = re.compile(rf"[\w.-]{{0,{LONGEST_KEY}}}+")
# What stands between key and value: `x = `, `"x": `, `['x'] => `, `x[25] = `, `x string = `, `x ?= `, `("X", `.
SEPARATOR = re.compile(
    r"(\\?[\"'`]{1,2})?(?:\*\*)?(?:\[[0-9]*\])?\]?(?:(?:[ \t]+|:[ \t]*)(?:[Ss]tring|str)(?=[ \t]*=))?"
    r"[ \t\xa0]*(=>|[!?.+:]{0,3}={1,3}(?!~)|:(?!:)|[：＝]|,(?=[ \t]*\\?[\"']))(?:\*\*(?=[ \t]))?[ \t\xa0]*"
)
BLANKS = re.compile(
    r"[ \t]+(?=\\?\"|'[^'\n]{1,200}')"
)  # `password "x"`, as in Gradle, Groovy and pgpool's and nginx's files
CALLED = re.compile(r"\((?=[\"'])")

GIVES = re.compile(r"(?:^|\.)(?:set|with|Set|With)[^.]*$|\.(?:password|passwd|pwd)$")

# This many keys of a line with no more than so many characters each are no text; one by one they would take for ever.
CROWD, CROWD_WIDTH = 200, 24
LONGEST_UNSURE = 1_000
DEFAULT = re.compile(r":?[-=+]([^{}\r\n]*)\}")
ENDS_STATEMENT = re.compile(r"[\"'];[ \t]*(?:[#/}].*)?$", re.MULTILINE)  # as in BIND's and Kea's files

# A list of strings: `["a", "b"]`.
ITEM = re.compile(r"([\"'])((?:(?!\1)[^\\\n]|\\.)*)\1")
LISTED = re.compile(rf"[ \t]*(?:{ITEM.pattern}[ \t]{{0,9}},?[ \t]{{0,9}}){{1,999}}")

BEYOND = re.compile(rf"{NODE.pattern}|{SCALAR.pattern}$", re.MULTILINE)


def _stems(low: str, start: int, end: int) -> list[int]:
    """Where the stems of the keys stand, in order."""
    found = []
    for stem in STEMS:
        at = low.find(stem, start, end)
        while at >= 0:
            found.append(at)
            at = low.find(stem, at + len(stem), end)
    found.sort()
    return found


def find(text: str) -> Iterator[Span]:
    """Give the value of every key that names a secret, where its line holds it."""
    return values(text, folded(text), 0, len(text), False)


def values(text: str, low: str, start_at: int, end_at: int, beyond: bool) -> Iterator[Span]:
    """Give the values of the keys in this part of the text: those ``beyond`` their line, or the others."""
    done = 0
    end = -1
    crowd = crowd_start = 0
    for stem in _stems(low, start_at, end_at):
        if stem < done:
            continue
        rest = KEY_REST.match(text, stem)
        key_end = rest.end() if rest else stem
        separator = SEPARATOR.match(text, key_end)
        floor, done = max(done, stem - LONGEST_KEY), key_end
        blanks = separator or BLANKS.match(text, key_end) or CALLED.match(text, key_end)
        if blanks is None and text[max(0, stem - LONGEST_KEY) : stem].rfind("=") < 0:
            continue
        head = low[floor:stem]
        start = floor + len(head.rstrip(KEY_CHARS))
        while start > floor and not text[start - 1].isascii() and text[start - 1].isalnum():
            start -= 1
        if blanks is None:
            opposite = compared(text, start)
            label = secret_label(text[start:key_end]) if opposite else ""
            if opposite and label and (span := secret(text, *opposite, label)):
                yield span
            continue
        key = text[start:key_end]
        if CLOSING in key and stands_for_value(key, separator, text[key_end : blanks.end()]):
            continue
        label = secret_label(key)
        if not label:
            start, label = spaced_label(text, start, key_end)
        unsure = not label and may_be_key(key)
        if not label and not unsure:
            continue
        if stem >= end:
            end = line_end(text, stem)
            crowd, crowd_start = 0, stem
        at = blanks.end()
        if at >= end:
            continue
        if separator is None and text.startswith("(", key_end):
            if not GIVES.search(key):
                continue  # `password("x")` may be any function's; `setPassword("x")` and `.password("x")` give one
            closed, operator = False, "("
        elif separator is None:
            if label not in ("password", "private key") and not ENDS_STATEMENT.search(text, at, min(end, at + 500)):
                continue  # `token "x" is invalid`, `secret "x" not found`
            closed, operator = False, " "
        else:
            closed, operator = separator[1] is not None, separator[2]
            if operator == "," and not (closed and "(" in text[max(0, start - 4) : start]):
                continue
        colon = operator in (":", "：")
        if beyond != (colon and text[at - 1] in " \t" and BEYOND.match(text, at, end) is not None):
            continue
        crowd += 1
        if crowd == CROWD:
            if key_end - crowd_start < CROWD * CROWD_WIDTH:
                # No text that anyone wrote. What cannot be read is hidden to the end of its line.
                yield Span(at, end, label)
                done = end
                continue
            crowd, crowd_start = 0, stem
        if text.startswith("${", start - 2):
            if default := DEFAULT.match(text, key_end, end):
                first, last = default.span(1)
                if span := secret(text, first, last, label):
                    yield span
            continue
        if colon and (names_program(text, start, key_end) or names_variable(text, start, key_end)):
            continue
        tight = colon and text[at - 1] == ":" and text[at].isdigit()
        if tight and ("." in key or text[start - 1 : start] in ("/", "@")):
            continue  # a host and its port, a file and its line
        if beyond and text[at] in "&*" and (node := named_value(text, at, end)):
            at = node
            if at >= end:
                continue
        if beyond and SCALAR.fullmatch(text, at, end):
            line = line_start(text, start)
            first, last = block(text, end, start - line)
            if ARMOUR.match(text, first) if first >= 0 else True:
                continue
        else:
            at = in_prefix(text, at, end, not closed and text[start - 1 : start] in tuple(QUOTES))
            limit = min(end, at + LONGEST_UNSURE) if unsure else end
            first, last = value_at(text, start, limit, at, closed, colon)
            if listed := LISTED.fullmatch(text, first, last) if text[first - 1 : first] == "[" else None:
                for item in ITEM.finditer(text, *listed.span()):
                    if span := secret(text, *item.span(2), label):
                        yield span
                        done = max(done, span.end)
                continue
        if unsure:
            last = first + len(text[first : min(last, first + LONGEST_UNSURE)].split("&")[0].split(" ")[0].rstrip(",;"))
            if not looks_drawn(text[first:last], 10 if key.endswith("_key") else 16):
                continue
            label = "key"
        if known_otherwise(key, text[first : min(last, first + LONGEST_KEY)]):
            continue
        if span := secret(text, first, last, label):
            yield span
        done = max(done, last)  # also of a value that stays: `{{resolve:...:SecretString:password}}`


SCANNER = Scanner(
    label="password",
    find=find,
    reason="stands after a key that names a secret",
    meaning=unescaped,
    anchors=IN_SHAPES,
    lines=1,
    examples=(
        Example("password = correct horse battery", hidden=("correct horse battery",)),
        Example("    password: admin77x\n    username: rep\n", hidden=("admin77x",)),
        Example('{"user": "app", "password": "qq\\"11zz", "port": 5432}', hidden=('qq\\"11zz',)),
        Example('key "x" {\n\talgorithm hmac-sha256;\n\tsecret "qq11zz==";\n};\n', hidden=("qq11zz==",)),
        Example("Authentication key:qq11zz", hidden=("qq11zz",)),
        Example("AccountName=x;AccountKey=qq11zz==;EndpointSuffix=core.example", hidden=("qq11zz==",)),
        Example('{"password":12345678}', hidden=("12345678",)),
        Example("'password' => 'qq11zz',", hidden=("qq11zz",)),
        Example('      - "POSTGRES_PASSWORD=two words9"\n', hidden=("two words9",)),
        Example("      - POSTGRES_PASSWORD=rinha88   \n", hidden=("rinha88",)),
        Example("PGPASSWORD=qq11zz psql -h db", hidden=("qq11zz",)),
        Example('ds.setPassword("qq11zz"); **Password:** ww22xx\n', hidden=("qq11zz", "ww22xx")),
        Example('Config::new().user("app").password("qq11zz")', hidden=("qq11zz",)),
        Example('{"passwords": ["qq11zz", "ww22xx"], "n": 1}', hidden=("qq11zz", "ww22xx")),
        Example('$env:PGPASSWORD = "qq`"11zz"', hidden=('qq`"11zz',)),
        Example("helm install pg x --set auth.postgresPassword=qq11zz,auth.database=app", hidden=("qq11zz",)),
        Example("password = qq11zz psql more9", hidden=("qq11zz psql more9",)),
        Example("Host=db;Username=u;Password=qq11zz;Pooling=true;Timeout=15", hidden=("qq11zz",)),
        Example('Password="qq""1;1";Keepalive=30\n"x": "Password=\\"zz\\"\\"22\\";"', hidden=('qq""1;1', 'zz\\"\\"22')),
        Example('Environment="PGPASSWORD=qq(\'11zz,&7" "A=b"', hidden=("qq('11zz,&7",)),
        Example("repo1-cipher-pass=zWaf6XtpjIVZC54", hidden=("zWaf6XtpjIVZC54",)),
        Example("repo1-s3-key-secret=aB3+/dEfGh", hidden=("aB3+/dEfGh",)),
        Example("export WALG_LIBSODIUM_KEY='00ffaa11'", hidden=("00ffaa11",)),
        Example("clientSecret: qq~11.zz  # from the vault\n", hidden=("qq~11.zz",)),
        Example("api key: 7f3a99c1", hidden=("7f3a99c1",)),
        Example("POSTGRES_PASSWORD: ${PGPW:-d3fault}", hidden=("d3fault",)),
        Example("command: run ${DB_PASSWORD:-d3fault} now", hidden=("d3fault",)),
        Example('ldapbindpasswd="qq 11 zz"', hidden=("qq 11 zz",)),
        Example('password: "never closed 9\nport: 1', hidden=("never closed 9",)),
        Example("net.ipv6.conf.all.stable_secret = 2001:db8:1:2:3:4:5:6", hidden=("2001:db8:1:2:3:4:5:6",)),
        Example(
            "net.ipv4.tcp_fastopen_key = 4b1f6a29-8c3d0e57-1a2b3c4d-5e6f7081",
            hidden=("4b1f6a29-8c3d0e57-1a2b3c4d-5e6f7081",),
        ),
        Example(
            'Kennwort: qq11zz\nDB_SENHA=ww22xx\nMot de passe : rr33\n{"contraseña": "tt44"}\n',
            hidden=("qq11zz", "ww22xx", "rr33", "tt44"),
        ),
        Example(
            "数据库密码：qq 11\nパスワード: ww22\nпароль = rr33\n  hasło: tt44 # x\nşifre=uu55\nmotDePasse: 'vv66'\n",
            hidden=("qq 11", "ww22", "rr33", "tt44", "uu55", "vv66"),
        ),
        Example('\\"token\\": \\"qq11zz\\"', hidden=("qq11zz",)),
        Example('2024-01-01,"u","{""token"":""qq11zz""}",0', hidden=("qq11zz",)),
        Example("net.ipv4.tcp_fastopen_key = 00000000-00000000-00000000-00000000"),
        Example("password_encryption = scram-sha-256\nssl_key_file = 'server.key'\nkrb_server_keyfile = 'k'\n"),
        Example("PGPASSFILE=/root/.pgpass POSTGRES_PASSWORD_FILE=/run/secrets/pg POSTGRES_PASSWORD=${PW}"),
        Example("password: <password>\ntoken: {{ vault_token }}\nsecret: ***\npwd: null\n"),
        Example(
            "net.ipv4.ipfrag_secret_interval = 600\nkernel.keys.maxkeys = 200\nnet.inet.sctp.secret_lifetime: 3600\n"
        ),
        Example('FATAL:  password authentication failed for user "app"\nHINT:  Set PGPASSWORD.\n'),
        Example("DETAIL:  Key (id)=(7d444840-9dc0-11d1-b245-5ffdce74fad2) already exists.\n"),
        Example('const accountKey = accountKey;\n\nAccountName={2};AccountKey={3};\nsecret "x" not found; or so\n'),
        Example("SELECT password::text, token FROM users; max_tokens: 4096"),
        Example(
            "existingSecret: pg-secret\nsecretKeys:\n  adminPasswordKey: pg-password\npool_passwd = 'pool_passwd'\n"
        ),
        Example(
            "password = var.db_password\npassword: !Ref DBPassword\npassword: <%= ENV['PW'] %>\npw: $(DB_PASSWORD)\n"
        ),
        Example("password = os.environ['PGPASSWORD']\npw = os.getenv(\"PW\")\npassword: process.env.DB_PASSWORD,\n"),
        Example("passwd[77]: pam_unix(passwd:chauthtok): password changed\npasswd: password updated successfully\n"),
        Example("ALTER ROLE app PASSWORD :'pw';\npassword:  16 bytes\n- secrets:/run/secrets\n"),
        Example("desenha: o mapa\nKennwortrichtlinie: streng\n密码加密: 开\nsenha_arquivo_path = /x/y\nmot_passe: x\n"),
        Example("postgresql:\n  pgpass: /tmp/pgpass0\nTokens: 12\n"),
        Example("net.bridge.bridge-nf-pass-vlan-input-dev = 0\nkern.nchstats.pass2=38\n"),
        Example("Loaded X.509 cert 'CentOS kernel signing key: 37af3bf21974ad2408256639ae87c7823aa3c04c'"),
        Example(
            "PWD=/root\nwarn: at Auth.TokenFilter: started; token.example.com:8080 password.py:12: monkey = keyword\n"
        ),
    ),
)
