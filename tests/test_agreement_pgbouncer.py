"""pgbouncer.ini as we read and edit it, against PgBouncer itself: Debian's own version, and newer ones.

Sampled by default, and always the same sample; ``CONFMEND_WHOLE=1`` takes more, and another sample each time.
docs/agreement.md says what is compared, the figures, and what a file alone can't decide.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from confmend.catalog import pgbouncer as catalog
from confmend.document import Document, document, split_lines
from confmend.formats import pgbouncer_ini, userlist
from confmend.model import Line
from programs.debian import MissingProgramError
from programs.make_pgbouncer_settings import TABLE, table
from programs.pgbouncer import INI, Bouncer, Complaint, Row, bouncers

WHOLE = os.environ.get("CONFMEND_WHOLE") == "1"
ROOT = Path(__file__).resolve().parents[1]
CORPUS = Path(os.environ.get("CONFMEND_CORPUS") or ROOT.parent / "shared" / "corpus")
BLANK = " \t\r\n\f\v"

try:
    INSTALLED, REASON = {bouncer.version: bouncer for bouncer in bouncers()}, ""
except MissingProgramError as missing:
    INSTALLED, REASON = {}, str(missing)
TALLY: Counter[str] = Counter()
pytestmark = pytest.mark.skipif(not INSTALLED, reason=REASON)
each_version = pytest.mark.parametrize("version", list(INSTALLED))

# So that a start needs nothing but its own folder, and its console can be asked. These lines end the last [pgbouncer];
# before them, the same settings are compared as to whether they are refused, but not as to their values.
OVERRIDES = {
    "unix_socket_dir": "{folder}",
    "unix_socket_mode": "0777",
    "unix_socket_group": "",
    "listen_addr": "",
    "listen_port": "6432",
    "listen_backlog": "128",
    "logfile": "",
    "pidfile": "",
    "resolv_conf": "",
    "user": "",
    "auth_type": "any",
    "auth_file": "",
    "client_tls_sslmode": "disable",
    "server_tls_sslmode": "disable",
    "syslog": "0",
    "pkt_buf": "4096",
    "max_packet_size": "2147483647",
    "client_login_timeout": "60",
    "client_idle_timeout": "0",
    "disable_pqexec": "0",
    "so_reuseport": "0",
    "verbose": "0",
}


@pytest.fixture(scope="module", autouse=True)
def figures(request: pytest.FixtureRequest) -> Iterator[None]:
    """Print how many lines were compared; all agreed if the tests passed."""
    yield
    plugins = request.config.pluginmanager
    reporter, capture = plugins.get_plugin("terminalreporter"), plugins.get_plugin("capturemanager")
    if reporter and capture and TALLY:
        lines = ", ".join(f"{version}: {TALLY[version]:,}" for version in INSTALLED)
        with capture.global_and_fixture_disabled():
            reporter.write_line(f"\nRefusals and values compared with PgBouncer {lines}; all agreed if none failed")


# Our reading ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Refusal:
    """What our reading says against the text's line ``number``."""

    text: str
    number: int


def our_refusal(read: Document, version: str) -> Refusal | None:
    """Return the first reason why a version would not start."""
    groups: dict[int, list[Line]] = {}
    for number, line in zip(read.numbers, read.lines, strict=True):
        groups.setdefault(number, []).append(line)
    section = entry = ""
    for number, lines in groups.items():
        late = ""
        for line in lines:
            if line.key == f"{line.value}/" and "[" in line.raw and not line.commented:
                section = line.value
            entry = line.value if line.key.endswith("/") and not line.commented else entry
            # The string of * is looked at later.
            text = (
                "" if (section, entry) == ("databases", "*") and not _starts(line) else _problem(line, section, version)
            )
            if text.startswith(("host was not", "the name of a database")):
                # PgBouncer finds these when it has read the whole entry.
                late = late or text
            elif text:
                return Refusal(text, number)
        if late:
            return Refusal(late, number)
    if not any(line.key == "pgbouncer/" for line in read.lines):
        return Refusal("main section missing", 0)
    return None


def _starts(line: Line) -> bool:
    """Whether a line is no part of an entry: a heading, an entry's name, what can't be read."""
    return line.key.endswith("/") or line.problem == "syntax error: no key = value"


def _problem(line: Line, section: str, version: str) -> str:
    if not line.raw.strip(BLANK) or line.commented:
        return ""
    if line.problem.startswith("syntax error") and "; PgBouncer starts" not in line.problem:
        return line.problem
    if line.key == f"{section}/":
        since = catalog.SECTION_SINCE.get(section, "")
        return line.problem or ("" if _is_in(since, version) else f'invalid section "{section}"')
    name = line.raw[line.key_at :].strip(BLANK).partition("=")[0].strip(BLANK)
    known = catalog.settings().get(name) if section == catalog.MAIN else None
    if known and not known.is_in(version) and not line.raw.strip(BLANK).startswith((";", "#")):
        return f"unknown parameter: pgbouncer/{name}"
    if name == "auth_type" and line.value.lower() == "ldap" and not _is_in("1.25", version):
        return f'invalid value "{line.value}" for parameter auth_type'
    part = catalog.parts(section).get(name) if line.value and line.key_at <= line.start < line.end else None
    if part and not part.is_in(version) and not line.key.endswith("/"):
        return f"unrecognized {'user' if section == 'users' else 'connection'} parameter: {name}"
    return "" if line.problem.startswith("without effect") or "; PgBouncer starts" in line.problem else line.problem


def _is_in(since: str, version: str) -> bool:
    return catalog.Setting("", "", "", "", since, "", "", "").is_in(version)


def our_values(read: Document, version: str) -> dict[str, str]:
    """Return the effective values as ``SHOW CONFIG`` prints them."""
    found = {}
    for name, row in catalog.settings().items():
        if row.is_in(version) and name not in ("conffile", "service_name"):
            line = read.get(f"pgbouncer/{name}")
            found[name] = _printed(row, line.value if line else row.default_in(version))
    return found


def _printed(row: catalog.Setting, value: str) -> str:
    if row.type in ("int", "bool"):
        return str(catalog.integer(value) if value else 0)
    if row.type == "uint":
        return str(catalog.unsigned(value))
    if row.type == "time":
        read = catalog.seconds(value)
        assert read is not None
        return f"{int(read * 1_000_000) / 1_000_000:g}"
    return value.lower() if row.type == "enum" else value


def our_entries(read: Document, section: str) -> dict[str, dict[str, str]]:
    """Return the entries of a section with their parts."""
    found: dict[str, dict[str, str]] = {}
    for key in read.settings:
        where, _, name = key.partition("/")
        line = read.get(key)
        if where == section and name and line:
            name, _, part = name.rpartition("/")
            found.setdefault(name, {}).update({part: line.value} if part else {})
    return found


def our_database(name: str, parts: Mapping[str, str], config: Mapping[str, str]) -> dict[str, str | None]:
    """Return an entry as ``SHOW DATABASES`` prints it."""
    host, mode = parts.get("host"), parts.get("pool_mode")
    balance = parts.get("load_balance_hosts", "round-robin").lower()
    lifetime = catalog.leading_integer(parts.get("server_lifetime", "0"))
    reserve = [part for part in parts if part in ("reserve_pool", "reserve_pool_size")]
    return {
        "name": name,
        "host": host,
        "port": str(catalog.leading_integer(parts.get("port", "5432"))),
        "database": parts.get("dbname", name),
        "force_user": parts.get("user"),
        "pool_size": _count(parts, "pool_size", config["default_pool_size"]),
        "min_pool_size": _count(parts, "min_pool_size", config["min_pool_size"]),
        "reserve_pool": _count(parts, reserve[-1] if reserve else "", config["reserve_pool_size"]),
        "reserve_pool_size": _count(parts, reserve[-1] if reserve else "", config["reserve_pool_size"]),
        "server_lifetime": str(lifetime if lifetime > 0 else int(float(config["server_lifetime"]))),
        "pool_mode": mode.lower() if mode else None,
        "load_balance_hosts": balance if host and "," in host else None,
        "max_connections": _cap(parts, "max_db_connections", config["max_db_connections"]),
        "max_client_connections": _cap(parts, "max_db_client_connections", config.get("max_db_client_connections", "")),
    }


def our_user(name: str, parts: Mapping[str, str], config: Mapping[str, str]) -> dict[str, str | None]:
    """Return an entry as ``SHOW USERS`` prints it."""
    mode, clients = parts.get("pool_mode"), config.get("max_user_client_connections", "")
    return {
        "name": name,
        "pool_mode": mode.lower() if mode else None,
        "max_user_connections": _cap(parts, "max_user_connections", config["max_user_connections"]),
        "max_user_client_connections": _cap(parts, "max_user_client_connections", clients),
    }


def our_peer(name: str, parts: Mapping[str, str], config: Mapping[str, str]) -> dict[str, str | None]:
    """Return an entry as ``SHOW PEERS`` prints it."""
    return {
        "peer_id": str(int(name)),
        "host": parts["host"],
        "port": str(catalog.leading_integer(parts.get("port", "6432"))),
        "pool_size": _count(parts, "pool_size", config["default_pool_size"]),
    }


def _count(parts: Mapping[str, str], part: str, otherwise: str) -> str:
    number = catalog.leading_integer(parts.get(part, "-1"))
    return str(number) if number >= 0 else otherwise


def _cap(parts: Mapping[str, str], part: str, otherwise: str) -> str:
    number = catalog.leading_integer(parts.get(part, "0"))
    return str(number) if number > 0 else otherwise


# The comparison ------------------------------------------------------------------------------------------------------


def runnable(text: str) -> str:
    """Return a file with OVERRIDES at the end of its last [pgbouncer]."""
    lines = list(split_lines(text))
    sections = [index for index, line in enumerate(lines) if line.lstrip(BLANK).startswith("[")]
    main = [index for index in sections if re.search(r"\[pgbouncer\][^\[]*$", lines[index])]
    if not main:
        return text
    at = next((index for index in sections if index > main[-1]), len(lines))
    before = "".join(lines[:at])
    added = "".join(f"{name} = {value}\n" for name, value in OVERRIDES.items())
    return before + ("" if before.endswith("\n") else "\n") + added + "".join(lines[at:])


def place(text: str, number: int) -> int:
    """Return the line that PgBouncer names when it refuses the value in line ``number``.

    It looks when it has skipped the blanks behind the value, and has cut the file at the value's end.
    """
    lines = list(split_lines(text))
    line, rest = lines[number - 1], "".join(lines[number:])
    skipped = len(rest) - len(rest.lstrip(BLANK))
    newline = line.endswith("\n")
    # Blanks behind the = are skipped before the value starts, so behind no value they are not cut off.
    empty = re.fullmatch(r"[^=]*=[ \t]*(\r?)\n?", line)
    cut = not empty[1] if empty else line.rstrip(BLANK) == line[:-1]
    return number + newline + rest[:skipped].count("\n") - (newline and cut)


def compare(bouncer: Bouncer, given_text: str) -> None:
    """Assert that we say of a file what PgBouncer says, line after line, and without the lines refused, its values."""
    text, version = runnable(given_text), bouncer.version
    tables = ["CONFIG", "DATABASES", "USERS", *(["PEERS"] if _is_in("1.19", version) else [])]
    while True:
        read = document(pgbouncer_ini.FORMAT, INI, text)
        answer = bouncer.start({INI: text}, tables)
        ours = our_refusal(read, version)
        TALLY[version] += 1
        assert bool(ours) == bool(answer.complaints), (text, ours, answer.complaints)
        if not ours:
            break
        assert_same(ours, answer.complaints, text)
        if not ours.number:
            return
        lines = list(split_lines(text))
        text = "".join(lines[: ours.number - 1] + lines[ours.number :])
        if "[" not in text:
            # What is left is read as a part of another file, which a start can't tell anything of.
            return
    config = our_values(read, version)
    shown = {str(row["key"]): row["value"] or "" for row in answer.tables["CONFIG"]}
    assert {name: shown[name].replace(_folder(shown), "{folder}") for name in config} == config, text
    TALLY[version] += sum(line.key.startswith("pgbouncer/") for line in read.lines)
    assert_rows(bouncer, read, answer.tables["DATABASES"], "databases", config)
    assert_rows(bouncer, read, answer.tables["USERS"], "users", config)
    if "PEERS" in answer.tables:
        assert_rows(bouncer, read, answer.tables["PEERS"], "peers", config)


def _folder(shown: Mapping[str, str]) -> str:
    return shown["unix_socket_dir"]


def assert_same(ours: Refusal, theirs: Sequence[Complaint], text: str) -> None:
    """Assert that a refusal is PgBouncer's: its words and its line."""
    first = theirs[0]
    if not ours.number:
        assert "main section missing" in first.text, text
    elif ours.text.startswith("syntax error: "):
        assert first == Complaint("syntax error", ours.number), (text, ours)
    elif ours.text.startswith("invalid section"):
        assert theirs[1] == Complaint(ours.text, ours.number), (text, ours)
    elif ours.text.startswith("invalid value"):
        assert first == Complaint(ours.text, place(text, ours.number)), (text, ours)
    else:
        said = first.text.removeprefix("load_init_file: ")
        said = "the name of a database has at most 63 characters" if said.startswith("cannot create data") else said
        assert said == ours.text, (text, ours)
        assert theirs[1].line == place(text, ours.number), (text, ours)


def assert_rows(bouncer: Bouncer, read: Document, rows: Sequence[Row], section: str, config: Mapping[str, str]) -> None:
    """Assert that the entries of a section are what PgBouncer shows."""
    shape = {"databases": our_database, "users": our_user, "peers": our_peer}[section]
    shown = {str(row["peer_id" if section == "peers" else "name"]): row for row in rows}
    for name, parts in our_entries(read, section).items():
        if section == "databases" and name == "*":
            continue
        ours = shape(name, parts, config)
        key = ours["peer_id"] if section == "peers" else name
        theirs = shown[str(key)]
        assert {column: theirs[column] for column in ours if column in theirs} == {
            column: value for column, value in ours.items() if column in theirs
        }, read.text
        TALLY[bouncer.version] += 1 + len(parts)
    if section == "databases":
        assert set(shown) - {"pgbouncer"} == set(our_entries(read, section)) - {"*"}, read.text


# Lines ---------------------------------------------------------------------------------------------------------------

MAIN_LINES = r"""
max_client_conn = 010
max_client_conn = 0x10
max_client_conn = 08
max_client_conn = 0x
max_client_conn = 5k
max_client_conn = 5,000
max_client_conn = 1e3
max_client_conn = +7
max_client_conn = - 7
max_client_conn = 4294967297
max_client_conn = 99999999999999999999
max_client_conn =
max_client_conn = 100 ; many
max_client_conn = 100 # many
max_client_conn = '100'
max_client_conn 100
max_client_conn: 100
Max_Client_Conn = 100
  max_client_conn	=	100  
max_client_conn=100
max client conn = 100
= 100
tcp_keepalive = on
tcp_keepalive = yes
tcp_keepalive = 2
tcp_keepalives_idle = 60
log_connections = true
max_packet_size = -1
server_idle_timeout = 10min
server_idle_timeout = 0.5
server_idle_timeout = 1e3
server_idle_timeout = 0x10
server_idle_timeout = 010
server_idle_timeout = -1
server_idle_timeout = -0
server_idle_timeout = 1e400
server_idle_timeout = .5
server_idle_timeout = 5.
server_idle_timeout = 1,5
pool_mode = TRANSACTION
pool_mode = trans
pool_mode = "transaction"
pool_mode = transaction;
auth_type = scram-sha-256
auth_type = ldap
auth_type = peer
auth_type = cert
auth_type = MD5
server_tls_sslmode = disabled
client_tls_sslmode = verify-full
auth_dbname = pgbouncer
auth_dbname = postgres
server_reset_query = DISCARD ALL; SELECT 'a = b' # c
server_check_query = select 1
ignore_startup_parameters = extra_float_digits, options
suspend_timeout = 5
transaction_timeout = 5
max_prepared_statements = 100
nope = 1
%include
%includefile
; max_client_conn = 5
# max_client_conn = 5
// max_client_conn = 5
[pgbouncer] max_client_conn = 7
[pgbouncer] ; as it were
[pgbouncer
[Pgbouncer]
[ pgbouncer ]
[]
é = 1
job_name = é
""".strip("\n").split("\n")  # noqa: W291

ENTRY_LINES = r"""
a =
a = host=x
a = host=x port=5432 dbname=y user=z password=p pool_size=5
a = host = x  port= 6000
a = host=x	port=6000
a = host='it''s' dbname='x  y'
a = host=x dbname='x' pool_size=3
a = host='x'port=5432
a = 'host'=x
a = host=x'y
a = host='x
a = host=''
a = host=
a = host
a = = x
a = host=x port=abc
a = host=x port=0x10
a = host=x port=5432x
a = port=0
a = port=-1
a = port=4294967296
a = host=x pool_size=abc
a = host=x pool_size=010
a = host=x pool_size=-5
a = host=x pool_size=20 pool_size=30
a = host=x reserve_pool=3
a = host=x reserve_pool_size=3 reserve_pool=4
a = host=a,b load_balance_hosts=disable
a = host=a,b load_balance_hosts=random
a = host=/run/postgresql
a = pool_mode=Session
a = pool_mode=trans
a = max_db_connections=5 max_db_client_connections=7 min_pool_size=2
a = server_lifetime=60
a = connect_query='set x = ''y'''
a = sslmode=require
a = HOST=x
a = host=x ; comment
a = host=x # comment
a-b.c_d*e = host=x
"a" = host=x
a b = host=x
* = host=x
* = nonsense here
pgbouncer = host=x
= host=x
a = auth_user=x auth_dbname=y auth_query='select 1'
a = client_encoding=UTF8 datestyle=ISO timezone='Europe/Berlin' application_name=me
a = query_wait_timeout=5
""".strip("\n").split("\n")
ENTRY_LINES += [f"{'n' * 63} = host=x", f"{'n' * 64} = host=x"]
USER_LINES = [
    "u = pool_mode=transaction max_user_connections=5", "u = pool_mode=x", "u = pool_size=3 reserve_pool_size=2", "u =",
    "u = max_user_client_connections=9 query_timeout=5 idle_transaction_timeout=3 client_idle_timeout=4", "u = 'x",
    "u = transaction_timeout=3 query_wait_timeout=5", "u = host=x", "U-1.b = pool_mode=Statement",
]  # fmt: skip
PEER_LINES = ["1 = host=x", "1 = host=x port=7000 pool_size=4", "1 = port=3", "0 = host=x", "65536 = host=x",
              "a = host=x", "007 = host=x", "1 = host=x port=x", "1 = host=x user=y", "2 ="]  # fmt: skip


@each_version
def test_lines(version: str) -> None:
    bouncer, step = INSTALLED[version], 1 if WHOLE else 2
    offset = list(INSTALLED).index(version) % step
    ends = ("\n", "\r\n", " \n\n\n", "")
    texts = [f"[pgbouncer]\n{line}{end}" for line in MAIN_LINES for end in ends]
    texts += [f"[databases]\n{line}{end}[pgbouncer]\n" for line in ENTRY_LINES for end in ends[:3]]
    texts += [f"[users]\n{line}\n[pgbouncer]\n" for line in USER_LINES]
    texts += [f"[peers]\n{line}\n[pgbouncer]\n" for line in PEER_LINES]
    for text in texts if WHOLE else texts[offset::5]:
        compare(bouncer, text)


@each_version
def test_what_is_written_twice(version: str) -> None:
    for text in (
        "[pgbouncer]\nmax_client_conn = 5\nmax_client_conn = 7\n",
        "[pgbouncer]\nmax_client_conn = 5\nauth_user = x\n[databases]\na = host=x\n[pgbouncer]\nverbose = 0\n",
        "[pgbouncer]\nmax_client_conn = x\n[pgbouncer]\n",
        "[databases]\na = host=x pool_size=3 user=me\na = host=y\n[pgbouncer]\n",
        "[databases]\na = host=x user=me password=p\na = host=y user=you\n[pgbouncer]\n",
        "[databases]\na = host=x port=x\na = host=y\n[databases]\nb = dbname=z\n[pgbouncer]\n",
        "[users]\nu = pool_mode=session\nu = max_user_connections=3\n[pgbouncer]\n",
        "[pgbouncer] [databases] a = host=x\n[pgbouncer]\n",
        "[databases]\na = host=x\n",
        "max_client_conn = 5\n[pgbouncer]\n",
        "\ufeff[pgbouncer]\n",
        "",
    ):
        compare(INSTALLED[version], text)


@each_version
def test_includes(version: str) -> None:
    """What another file includes goes on in its section, and the section it ends in goes on behind the include."""
    overrides = runnable("[pgbouncer]\n").removeprefix("[pgbouncer]\n")
    main = f"[pgbouncer]\nmax_client_conn = 5\n%include more.ini\nmin_pool_size = 1\n{overrides}"
    more = "max_client_conn = 7\n"
    shown = INSTALLED[version].start({INI: main, "more.ini": more}).tables["CONFIG"]
    values = {row["key"]: row["value"] for row in shown}
    read = document(pgbouncer_ini.FORMAT, "more.ini", more).get("pgbouncer/max_client_conn")
    assert read is not None
    assert (values["max_client_conn"], values["min_pool_size"]) == (read.value, "1")
    refused = INSTALLED[version].start({INI: "%include missing.ini\n[pgbouncer]\n"}).complaints
    assert [each.text.partition(":")[0] for each in refused[:1]] == ['could not load file "missing.ini"']
    TALLY[version] += 3


# Generated files -----------------------------------------------------------------------------------------------------

NUMBERS = (
    "0", "1", "-1", "5", "100", "010", "0777", "08", "+7", "0x1F", "0x", "0x1.8", "1e2", "1e", "0.5", ".5", "5.", ".",
    "-.5", "-0.0", "1e-3", "1e400", "1e-400", "0x1p3", "", "7 x", "1_0", "5k", "10min", "1;", "2147483647",
    "2147483648", "4294967295", "-2147483649", "9223372036854775807", "9223372036854775808", "on", "off", "true", "'1'",
)  # fmt: skip
WORDS = ("session", "Transaction", "STATEMENT", "trans", "disable", "require", "verify-full", "md5", "trust", "on", "")
# Numbers that PgBouncer accepts, but can't work with.
UNSOUND = (
    "service_name",  # for Windows alone
    "conffile",  # frees the very name that complaints are then printed with
    "stats_period",
    "max_client_conn",
    "tcp_defer_accept",
    "scram_iterations",
    "query_wait_notify",
)


@st.composite
def main_lines(draw: st.DrawFn) -> str:
    row = draw(st.sampled_from([row for row in catalog.settings().values() if row.name not in UNSOUND]))
    number = st.one_of(st.sampled_from(NUMBERS), st.integers(-(2**33), 2**33).map(str), st.text("0123456789.+-eExX "))
    texts = st.text("abc '=#;\"\t\\é0", max_size=12)
    values = {"enum": st.sampled_from(WORDS), "string": texts}.get(row.type, number)
    value = draw(st.one_of(values, values, st.just(row.default)))
    name = draw(st.sampled_from((row.name, row.name, row.name, row.name, row.name.title(), row.name + "s")))
    return _spaced(draw, name, value)


def _spaced(draw: st.DrawFn, name: str, value: str) -> str:
    blank = st.sampled_from(("", " ", "\t", "  "))
    return draw(blank) + name + draw(blank) + "=" + draw(blank) + value + draw(blank)


@st.composite
def entries(draw: st.DrawFn, section: str) -> str:
    names = {"databases": ("a", "b", "my-db", "*", "x.y", "pgbouncer"), "users": ("u", "v")}.get(section, ("1", "2"))
    known = [*catalog.parts(section)] * 3 + ["sslmode", "Host"]
    number = st.sampled_from(("0", "1", "5", "-1", "010", "0x10", "5x", "x", "99999999999", "session", "Transaction"))
    free = st.text("ab ='\"\t;é", max_size=6)
    found = []
    for part in draw(st.lists(st.sampled_from(known), max_size=4)):
        value = draw(
            number if part in catalog.parts(section) and catalog.parts(section)[part].type != "string" else free
        )
        quoted = "'" + value.replace("'", "''") + "'"
        blank = st.sampled_from(("", "", "", " "))
        written = draw(st.sampled_from((value, quoted, quoted)))
        found.append(part + draw(blank) + "=" + draw(blank) + written)
    text = draw(st.sampled_from((" ", " ", "  ", " "))).join(found)
    return _spaced(draw, draw(st.sampled_from(names)), text)


ODD = st.sampled_from(
    ["", "  ", "; x = 1", "# y", "\t; pool_mode = session", "[users]", "nonsense", "[pgbouncer]", "a=b"]
)


@st.composite
def ini_files(draw: st.DrawFn) -> str:
    found: list[str] = []
    for section in draw(st.permutations(["databases", "users", "peers", "pgbouncer", "databases"]))[:4]:
        lines = main_lines() if section == "pgbouncer" else entries(section)
        found += [f"[{section}]", *draw(st.lists(st.one_of(lines, lines, lines, ODD), max_size=5))]
    found += ["[pgbouncer]", *draw(st.lists(main_lines(), max_size=4))] if draw(st.booleans()) else []
    ends = [draw(st.sampled_from(("\n", "\n", "\n", "\r\n"))) for _ in found]
    return "".join(line + end for line, end in zip(found, ends, strict=True))


@each_version
def test_generated_files(version: str) -> None:
    @settings(
        max_examples=600 if WHOLE else 30,
        derandomize=not WHOLE,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(ini_files())
    def agrees(text: str) -> None:
        compare(INSTALLED[version], text)

    agrees()


# Real files ----------------------------------------------------------------------------------------------------------


def real_files() -> list[Path]:
    folder = CORPUS / "pgbouncer_ini"
    stock = [ROOT / "tests" / "corpus" / "pgbouncer_ini" / "pgbouncer.ini"]
    return stock + (sorted(folder.iterdir()) if folder.is_dir() else [])


def _read(path: Path) -> str:
    """Return a real file without its includes, which lie elsewhere."""
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    own = "".join(line for line in split_lines(text) if not line.startswith("%include"))
    # A file for a file that includes it goes on in the section of that.
    return own if "[" in own else f"[pgbouncer]\n{own}"


@each_version
def test_real_files_are_read_as_pgbouncer_reads_them(version: str) -> None:
    for path in real_files():
        compare(INSTALLED[version], _read(path))


# key, value asked for, table, name of the row, column, value shown
EDITS = (
    ("pgbouncer/default_pool_size", "25", "CONFIG", "default_pool_size", "value", "25"),
    ("pgbouncer/pool_mode", "Transaction", "CONFIG", "pool_mode", "value", "transaction"),
    ("pgbouncer/server_idle_timeout", "0.5", "CONFIG", "server_idle_timeout", "value", "0.5"),
    ("pgbouncer/server_reset_query", "SELECT 'a  b'", "CONFIG", "server_reset_query", "value", "SELECT 'a  b'"),
    ("databases/new/host", "/run/x", "DATABASES", "new", "host", "/run/x"),
    ("databases/new/dbname", "it's  one", "DATABASES", "new", "database", "it's  one"),
    ("databases/new/pool_size", "7", "DATABASES", "new", "pool_size", "7"),
    ("databases/new/dbname", "'", "DATABASES", "new", "database", "'"),
    ("users/new/pool_mode", "statement", "USERS", "new", "pool_mode", "statement"),
)


@each_version
def test_edits_of_real_files_are_taken_as_they_are_meant(version: str) -> None:
    bouncer, tables = INSTALLED[version], ("CONFIG", "DATABASES", "USERS")
    for path in real_files():
        before = document(pgbouncer_ini.FORMAT, INI, runnable(_read(path)))
        if bouncer.start({INI: before.text}, ()).complaints:
            continue
        after = before
        for key, value, *_ in EDITS:
            after = after.set(key, value)
        for key in before.settings:
            # One part of each entry there is, changed or added.
            if key.startswith("databases/") and key.count("/") == 2 and key.endswith("/") and "*" not in key:
                after = after.set(f"{key}min_pool_size", "3")
        shown = bouncer.start({INI: after.text}, tables)
        assert shown.complaints == [], path.name
        asked = {(table_, row, column): value for _, _, table_, row, column, value in EDITS}
        for (table_, row, column), value in asked.items():
            (found,) = [each for each in shown.tables[table_] if each.get("key", each.get("name")) == row]
            assert found[column] == value, path.name
            TALLY[version] += 1
        for name in our_entries(before, "databases"):
            if name != "*":
                (found,) = [each for each in shown.tables["DATABASES"] if each["name"] == name]
                assert found["min_pool_size"] == "3", path.name
                TALLY[version] += 1
        for key, *_ in EDITS:
            after = after.unset(key)
        assert bouncer.start({INI: after.text}, ()).complaints == [], path.name


# The file of users ---------------------------------------------------------------------------------------------------

USER_FILES = [
    '"a" "x"\n"b" "y" rest\n; "c" "z"\n\n  "d" "q""uote"\n"e""f" ""\n',
    '"a" "x"\nb "y"\n"c" "z"\n',
    '"a" "x"\n"b" y\n"c" "z"\n',
    '"a" "x"\n# "b" "y"\n"c" "z"\n',
    '"a" "x"\n"b\n"c" "z"\n',
    '"a" "x"\n"b"\n"c" "z"\n"d" "w"\n',
    '"a""x"\n"b" "y"\n',
    '"a" junk "x"\n"b" "y"\n',
    f'"{"n" * 127}" "x"\n"b" "y"\n',
    f'"{"n" * 128}" "x"\n"b" "y"\n',
    '"a" "x"\r\n"b" "SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy"\r\n"c" "md5d41d8cd98f00b204e9800998ecf8427e"',
    '"" "x"\n"b" "y"\n',
]


@each_version
def test_users_are_read_as_pgbouncer_reads_them(version: str) -> None:
    overrides = runnable("[pgbouncer]\n").replace("auth_type = any", "auth_type = md5")
    main = overrides.replace("auth_file = \n", "auth_file = {folder}/users\n")
    folder = CORPUS / "userlist"
    written = [path.read_text("utf-8") for path in sorted(folder.iterdir())] if folder.is_dir() else []
    for text in USER_FILES + written:
        answer = INSTALLED[version].start({INI: main, "users": text}, ("USERS",))
        read = document(userlist.FORMAT, "users", text)
        ours = {line.key for line in read.lines if line.key and not line.commented}
        assert {row["name"] for row in answer.tables["USERS"]} - {"pgbouncer", ""} == ours - {"pgbouncer"}, text
        assert ("auth file" in answer.log.replace("auth_file", "")) == any(
            "auth file" in line.problem for line in read.lines
        ), text
        TALLY[version] += len(ours) + 1


# The catalogue -------------------------------------------------------------------------------------------------------


def test_the_table_is_what_the_newest_says_of_itself() -> None:
    assert TABLE.read_text("utf-8") == table(list(INSTALLED.values())[-1])


@each_version
def test_names_and_defaults_of_each_version(version: str) -> None:
    answer = INSTALLED[version].start({INI: runnable("[pgbouncer]\n")})
    shown = {str(row["key"]): row for row in answer.tables["CONFIG"]}
    known = {name: row for name, row in catalog.settings().items() if row.is_in(version) and name != "service_name"}
    assert set(known) == set(shown)
    assert {name: row.default_in(version) for name, row in known.items()} == {
        name: row["default"] or "" for name, row in shown.items()
    }
    assert {name for name, row in shown.items() if row["default"] is None} == catalog.WITHOUT_DEFAULT & set(known)
