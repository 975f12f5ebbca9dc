"""Values after a key that says secret: `password: x`, `"api_key": "x"`, `DB_PASSWORD=x`, `'secret' => 'x'`.

The value is a secret whatever it looks like: `admin` and `1234` are in use. Only words that cannot be one (on, null,
${VAR}, ***) stay, and the values of keys that are about a secret without holding it: password_encryption, token_url.
"""

import re
from collections.abc import Iterator

from confmend.redact.keys import STEMS, looks_drawn, may_be_key, secret_label
from confmend.redact.scanner import Example, Scanner, Span
from confmend.redact.values import (
    BLANK,
    CONNINFO_KEYWORDS,
    CONNINFO_PAIR,
    KEPT,
    NEXT_PAIR,
    QUOTES,
    bare,
    folded,
    line_end,
    line_start,
    open_quotes,
    quoted,
    secret,
    unescaped,
)

LONGEST_KEY = 100
KEY_CHARS = "abcdefghijklmnopqrstuvwxyz0123456789_.-"
KEY_REST = re.compile(rf"[\w.-]{{0,{LONGEST_KEY}}}+")
# What stands between key and value: `x = `, `"x": `, `['x'] => `, `x[25] = `, `x string = `, `x ?= `, `("X", `.
SEPARATOR = re.compile(
    r"(\\?[\"'`]{1,2})?(?:\[[0-9]*\])?\]?(?:(?:[ \t]+|:[ \t]*)(?:[Ss]tring|str)(?=[ \t]*=))?"
    r"[ \t]*(=>|[!?.+:]{0,3}={1,3}(?!~)|:(?!:)|,(?=[ \t]*\\?[\"']))[ \t]*"
)
BLANKS = re.compile(
    r"[ \t]+(?=\\?\"|'[^'\n]{1,200}')"
)  # `password "x"`, as in Gradle, Groovy and pgpool's and nginx's files
PREFIX = re.compile(
    r"\(?[ \t]*(?:@|[bBfFrRuUNLeE]{1,2}|[uU]&)?(?=[\"'])|[A-Za-z.]{1,30}\((?=[\"'])"
)  # `@"x"`, `b'x'`, `new("x")`
# What SQL computes; the scanners of SQL look at the arguments.
SQL_CALL = re.compile(
    r"(?:crypt|md5|sha[0-9]{3}|digest|hmac|encode|pgp_\w{3,20}|format|quote_literal|current_setting)\(", re.I
)
REVERSED = re.compile(r"([\"'])((?:(?!\1).){1,200})\1[ \t]*[=!]={1,2}[ \t]*$")

# Fewer than KEY_OF: "signing key: <hex>" in dmesg is a certificate's fingerprint.
SPACED_KEY = re.compile(r"(?:^|[^A-Za-z])(?:api|access|private|secret|encryption|auth|shared|master) $", re.IGNORECASE)
# This many keys of a line with no more than so many characters each are no text; one by one they would take for ever.
CROWD, CROWD_WIDTH = 200, 24
LONGEST_UNSURE = 1_000
DEFAULT = re.compile(r":?[-=+]([^{}\r\n]*)\}")
STATISTIC = re.compile(r"pass|.*\.pass[0-9]", re.IGNORECASE)  # `Pass: 12`, FreeBSD's kern.nchstats.pass2

STARTS_LINE = re.compile(
    r"[ \t]*(?:[#;*>|+-]+[ \t]*|//[ \t]*)*(?:(?:export|set|env|arg)[ \t]+)?\\?[\"'`]{0,2}", re.IGNORECASE
)
# Where the value of a whole line ends early: a comment, or the next pair of a list.
WHOLE_STOP = re.compile(
    rf"[ \t](?:#(?:[ \t]|$)|(?:{CONNINFO_KEYWORDS})[ \t]*=)|{NEXT_PAIR.pattern}", re.IGNORECASE | re.MULTILINE
)
# The command of `PGPASSWORD=x psql -h db`: only there, for in `password = x psql y` all of it is the password.
COMMAND = re.compile(r"[ \t](?:psql|pg_\w{1,20}|pgbench|createdb|dropdb|vacuumdb)[ \t]")
BLOCK = re.compile(r"(?:![\w!/:.-]{1,40}[ \t]+)?[|>][-+0-9]{0,2}[ \t]*(?:#.*)?")
JSON_SCALAR = re.compile(r"[\w.+-]{1,200}(?=[ \t]*(?:[,}\]]|$))", re.MULTILINE)
MAPPING = re.compile(r"\{[ \t]*(?:\\?[\"']{0,2}[\w.-]{1,60}\\?[\"']{0,2}[ \t]*(?:[:=]|$)|\}|$)", re.MULTILINE)
LIST = re.compile(r"\[[ \t]*(?:\]|$)", re.MULTILINE)
ARMOUR = re.compile(r"[\s>|]*-----BEGIN [A-Z0-9 ]{0,40}(?:PRIVATE KEY|PUBLIC KEY|CERTIFICATE)")  # the PEM scanner's
AFTER_KEPT = BLANK + ",;)]}&\"'`\\"
NUMBER = re.compile(r"[0-9]+")


def _block(text: str, end: int, column: int) -> tuple[int, int]:
    """The lines of a YAML block scalar after the line that ends at `end`: those deeper than the key's column."""
    first = last = -1
    at = end
    while (at := text.find("\n", at, at + 2)) >= 0:
        start = at + 1
        at = line_end(text, start)
        content = start
        while content < at and text[content] in " \t":
            content += 1
        if content == at:
            continue
        if content - start <= column:
            break
        first = content if first < 0 else first
        last = at
    return first, last


def _around(text: str, start: int, end: int, value: int) -> int | None:
    """The end of the string that begins with the key, as in `- "POSTGRES_PASSWORD=two words"`; None if none does."""
    before = text[max(0, start - 2) : start]
    if not before or before[-1] not in QUOTES:
        return None
    pair = before in ('""', "''") or before[0] == "\\"
    opened = quoted(text, start - (2 if pair and len(before) == 2 else 1), end, before[-1] if pair else "")
    return max(value, opened[1]) if opened else None


def _whole(text: str, value: int, limit: int) -> int:
    """The end of a value that takes the rest of its line or string."""
    stop = COMMAND.search(text, value, limit) if text[value - 1] == "=" else None
    stop = stop or WHOLE_STOP.search(text, value, limit)
    found = text[value : stop.start() if stop else limit].rstrip(BLANK)
    if found.endswith(" \\"):
        found = found[:-1].rstrip(BLANK)
    return value + len(found.removesuffix(",").removesuffix(";"))


def _value(text: str, start: int, end: int, at: int, closed: bool, colon: bool) -> tuple[int, int]:
    """Where the value at `at` stands; empty when nothing there can be a secret. `closed`: the key is quoted."""
    nothing = (at, at)
    inside = open_quotes(text, at)
    if found := quoted(text, at, end, inside):
        return nothing if ARMOUR.match(text, *found) else found
    if closed and colon and (scalar := JSON_SCALAR.match(text, at, end)):
        return at, scalar.end()
    if CONNINFO_PAIR.match(text, at) or ARMOUR.match(text, at) or SQL_CALL.match(text, at):
        return nothing
    if MAPPING.match(text, at, end) or LIST.match(text, at, end):
        return nothing
    if text[at] == "[" and (close := text.find("]", at, end)) > 0:
        return at + 1, close
    limit = None if closed else _around(text, start, end, at)
    if limit is not None:
        return at, _whole(text, at, limit)
    low = line_start(text, start)
    if STARTS_LINE.fullmatch(text, low, start) and (low == 0 or text[low - 1] == "\n"):
        return at, _whole(text, at, end)
    kept = KEPT.match(text, at, end)
    if kept and text[kept.end() : kept.end() + 1] in AFTER_KEPT:
        return nothing
    before = text[max(0, start - 4) : start].rstrip(BLANK + "\"'")[-1:]
    return at, bare(text, at, end, inside, {"?": "&", "{": ",", "[": ",", "(": ","}.get(before, before))


def _is_known_otherwise(key: str, value: str) -> bool:
    """Whether it is the shell's directory, a count of tokens or tests passed, or a kernel's statistic."""
    if key in ("PWD", "OLDPWD"):
        return value[:1] in ("/", "~")
    counted = key.endswith(("tokens", "secrets", "passwords", "keys")) or STATISTIC.fullmatch(key) is not None
    return counted and NUMBER.fullmatch(value) is not None


def _stems(low: str) -> list[int]:
    """Where the stems of the keys stand, in order."""
    found = []
    for stem in STEMS:
        at = low.find(stem)
        while at >= 0:
            found.append(at)
            at = low.find(stem, at + len(stem))
    found.sort()
    return found


def _compared(text: str, start: int) -> tuple[int, int] | None:
    """The literal that a key is compared with: `if ("x" == password)`."""
    if text[max(0, start - 4) : start].rstrip(" \t")[-1:] != "=":
        return None
    low = line_start(text, start)
    found = REVERSED.search(text[low:start])
    return (low + found.start(2), low + found.end(2)) if found else None


def find(text: str) -> Iterator[Span]:
    """Give the value of every key that names a secret."""
    low = folded(text)
    done = 0
    end = -1
    crowd = crowd_start = 0
    for stem in _stems(low):
        if stem < done:
            continue
        rest = KEY_REST.match(text, stem)
        key_end = rest.end() if rest else stem
        separator = SEPARATOR.match(text, key_end)
        floor, done = max(done, stem - LONGEST_KEY), key_end
        blanks = separator or BLANKS.match(text, key_end)
        if blanks is None and text[max(0, stem - LONGEST_KEY) : stem].rfind("=") < 0:
            continue
        head = low[floor:stem]
        start = floor + len(head.rstrip(KEY_CHARS))
        if blanks is None:
            compared = _compared(text, start)
            label = secret_label(text[start:key_end]) if compared else ""
            if compared and label and (span := secret(text, *compared, label)):
                yield span
            continue
        key = text[start:key_end]
        label = secret_label(key)
        if not label and low[start:key_end] == "key" and SPACED_KEY.search(text, max(0, start - 16), start):
            label = "private key" if low.startswith("private", start - 8) else "key"
        unsure = not label and may_be_key(key)
        if not label and not unsure:
            continue
        if stem >= end:
            end = line_end(text, stem)
            crowd, crowd_start = 0, stem
        at = blanks.end()
        if at >= end:
            continue
        if separator is None:
            if label not in ("password", "private key"):
                continue  # `token "x" is invalid`, `secret "x" not found`
            closed, operator = False, " "
        else:
            closed, operator = separator[1] is not None, separator[2]
            if operator == "," and not (closed and "(" in text[max(0, start - 4) : start]):
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
        colon = operator == ":"
        tight = colon and text[at - 1] == ":" and text[at].isdigit()
        if tight and ("." in key or text[start - 1 : start] in ("/", "@")):
            continue  # a host and its port, a file and its line
        if colon and BLOCK.fullmatch(text, at, end):
            line = line_start(text, start)
            first, last = _block(text, end, start - line)
            if ARMOUR.match(text, first) if first >= 0 else True:
                continue
        else:
            if prefix := PREFIX.match(text, at, end):
                at = prefix.end()
            limit = min(end, at + LONGEST_UNSURE) if unsure else end
            first, last = _value(text, start, limit, at, closed, colon)
        if unsure:
            last = first + len(text[first : min(last, first + LONGEST_UNSURE)].split("&")[0].split(" ")[0].rstrip(",;"))
            if not looks_drawn(text[first:last], 10 if key.endswith("_key") else 16):
                continue
            label = "key"
        if _is_known_otherwise(key, text[first : min(last, first + LONGEST_KEY)]):
            continue
        if span := secret(text, first, last, label):
            yield span
            done = max(done, span.end)


SCANNER = Scanner(
    label="password",
    find=find,
    reason="stands after a key that names a secret",
    meaning=unescaped,
    examples=(
        Example("password = correct horse battery", hidden=("correct horse battery",)),
        Example("    password: admin77x\n    username: rep\n", hidden=("admin77x",)),
        Example('{"user": "app", "password": "qq\\"11zz", "port": 5432}', hidden=('qq\\"11zz',)),
        Example('{"password":12345678}', hidden=("12345678",)),
        Example("'password' => 'qq11zz',", hidden=("qq11zz",)),
        Example('      - "POSTGRES_PASSWORD=two words9"\n', hidden=("two words9",)),
        Example("      - POSTGRES_PASSWORD=rinha88   \n", hidden=("rinha88",)),
        Example("PGPASSWORD=qq11zz psql -h db", hidden=("qq11zz",)),
        Example("password = qq11zz psql more9", hidden=("qq11zz psql more9",)),
        Example("Host=db;Username=u;Password=qq11zz;Pooling=true;Timeout=15", hidden=("qq11zz",)),
        Example("repo1-cipher-pass=zWaf6XtpjIVZC54", hidden=("zWaf6XtpjIVZC54",)),
        Example("repo1-s3-key-secret=aB3+/dEfGh", hidden=("aB3+/dEfGh",)),
        Example("export WALG_LIBSODIUM_KEY='00ffaa11'", hidden=("00ffaa11",)),
        Example("clientSecret: qq~11.zz  # from the vault\n", hidden=("qq~11.zz",)),
        Example("api key: 7f3a99c1", hidden=("7f3a99c1",)),
        Example("POSTGRES_PASSWORD: ${PGPW:-d3fault}", hidden=("d3fault",)),
        Example("command: run ${DB_PASSWORD:-d3fault} now", hidden=("d3fault",)),
        Example("password: |\n  line one9\n\n  line two8\nport: 1\n", hidden=("line one9", "line two8")),
        Example('ldapbindpasswd="qq 11 zz"', hidden=("qq 11 zz",)),
        Example('password: "never closed 9\nport: 1', hidden=("never closed 9",)),
        Example("net.ipv6.conf.all.stable_secret = 2001:db8:1:2:3:4:5:6", hidden=("2001:db8:1:2:3:4:5:6",)),
        Example(
            "net.ipv4.tcp_fastopen_key = 4b1f6a29-8c3d0e57-1a2b3c4d-5e6f7081",
            hidden=("4b1f6a29-8c3d0e57-1a2b3c4d-5e6f7081",),
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
        Example("SELECT password::text, token FROM users; max_tokens: 4096"),
        Example("net.bridge.bridge-nf-pass-vlan-input-dev = 0\nkern.nchstats.pass2=38\n"),
        Example("Loaded X.509 cert 'CentOS kernel signing key: 37af3bf21974ad2408256639ae87c7823aa3c04c'"),
        Example(
            "PWD=/root\nwarn: at Auth.TokenFilter: started; token.example.com:8080 password.py:12: monkey = keyword\n"
        ),
    ),
)
